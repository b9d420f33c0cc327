"""`sotexplore faults`: rows of what was run, the cache the second time, bad input."""

import json
import shutil
from pathlib import Path

import pytest

from sotexplore.checkpoint import list_checkpoints
from sotexplore.cli import main
from sotexplore.fault_study import list_studies

CACHE = Path(__file__).resolve().parents[2] / "cache"
ROW = next(row for row in list_checkpoints(CACHE).rows if row["network"] == "digits-cnn" and row["weight_bits"] == 2)


@pytest.fixture
def digits_cache(empty_cache: Path) -> Path:
    (empty_cache / "checkpoints").mkdir()
    shutil.copy(CACHE / "checkpoints" / f"{ROW['key']}.safetensors", empty_cache / "checkpoints")
    return empty_cache


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([str(item) for item in arguments])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def test_rows_of_a_study_and_the_cache_the_second_time(digits_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("faults", ROW["key"], "--family", "stuck-at-one", "--images", 20, "--seeds", 2, "--json")
    code, out, told = call(capsys, *arguments)
    rows = json.loads(out)
    assert code == 0
    assert len(rows) == told.count("\n") >= 5
    (study,) = list_studies(digits_cache)
    assert {row["study"] for row in rows} == {study.key}
    for row, point in zip(rows, study.points, strict=True):
        assert row["accuracy_ratio"] == point.mean_ratio
        assert (row["images"], row["seeds"], row["checkpoint"]) == (20, 2, ROW["key"])
    assert rows[0]["accuracy_ratio"] > rows[-1]["accuracy_ratio"]
    code, again, told = call(capsys, *arguments)
    assert (code, json.loads(again), told) == (0, rows, "")


def test_a_network_stands_for_its_checkpoints(digits_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "faults", "--network", "digits-cnn", "--family", "adc", "--images", 5)
    assert code == 0
    assert ROW["key"] in out
    assert [study.checkpoint for study in list_studies(digits_cache)] == [ROW["key"]]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("--family", "weather"), "family"),
        (("--seeds", 0), "seeds"),
        (("--images", 0), "images"),
        (("--images", 100_000), "images"),
        (("--network", "vgg8-cifar10"), "network"),
        ((), "network"),
        (("0" * 16,), "checkpoint"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    digits_cache: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[object, ...], field: str
) -> None:
    has_key = not arguments or field in ("network", "checkpoint")
    code, out, err = call(capsys, "faults", *(() if has_key else (ROW["key"],)), *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {field}: ")
    assert err.count("\n") == 1
    assert not (digits_cache / "faults").exists()
