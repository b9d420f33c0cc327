"""What every test may use: a cache with one small real checkpoint, and the gates for browser and real data."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHIPPED_CACHE = ROOT / "cache"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser") and not CHROMIUM and not os.environ.get("SOTEXPLORE_REQUIRE_BROWSER"):
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))
        if item.get_closest_marker("real_data") and not _has_mnist() and not os.environ.get("SOTEXPLORE_REQUIRE_DATA"):
            item.add_marker(pytest.mark.skip(reason="no MNIST in SOTEXPLORE_DATA"))
        if item.get_closest_marker("cifar10") and not _has_cifar10() and not os.environ.get("SOTEXPLORE_REQUIRE_DATA"):
            item.add_marker(pytest.mark.skip(reason="no CIFAR-10 in SOTEXPLORE_DATA"))


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("SOTEXPLORE_CACHE", raising=False)
    yield


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder with nothing in it, which the product is told to use."""
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setenv("SOTEXPLORE_CACHE", str(cache))
    return cache


@pytest.fixture
def short_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sotexplore bench` measures every kind of thing, a few times only."""
    from sotexplore.compression import bench as training_bench  # torch, which most tests do without
    from sotexplore.explorer import bench as explorer_bench

    whole = explorer_bench.rows
    monkeypatch.setattr(explorer_bench, "rows", lambda: whole(500))
    monkeypatch.setattr(training_bench, "STEPS", {"lenet5-mnist": 1, "resnet20-cifar10": 1})


def _has_cifar10() -> bool:
    folder = os.environ.get("SOTEXPLORE_DATA")
    return bool(folder) and (Path(str(folder)) / "cifar-10-batches-py" / "test_batch").is_file()


def _has_mnist() -> bool:
    folder = os.environ.get("SOTEXPLORE_DATA")
    return bool(folder) and (Path(str(folder)) / "MNIST" / "raw" / "t10k-images-idx3-ubyte").is_file()
