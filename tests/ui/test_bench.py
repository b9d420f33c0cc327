"""The speed table of slider steps: its arithmetic, its comparison page, and one real run in a browser."""

from importlib.resources import files
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from sotexplore.ui import bench


def test_the_table_is_medians_and_their_ratio() -> None:
    live = [{"total_ms": ms, "server_ms": 10.0} for ms in (90.0, 100.0, 500.0)]
    plain = [{"total_ms": ms, "server_ms": 30.0} for ms in (700.0, 800.0, 900.0)]
    rows = bench.table({"points": 3000, "drawing": "svg"}, live, plain)
    assert [row["value"] for row in rows] == [100.0, 10.0, 800.0, 8.0]
    assert [row["unit"] for row in rows] == ["ms", "ms", "ms", "1"]
    assert all("3,000 designs" in row["name"] for row in rows)


def test_without_a_browser_there_are_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.shutil, "which", lambda name: None)
    assert bench.browser_path() is None
    assert bench.rows() == []


@pytest.mark.parametrize("case", bench.CASES, ids=lambda case: case["network"])
def test_the_plain_page_draws_the_same_designs(
    case: dict[str, str], filled_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOTEXPLORE_CACHE", str(filled_cache))
    page = AppTest.from_file(str(files("sotexplore.ui").joinpath("assets", "plain_page.py")), default_timeout=60)
    for name, value in (case | {"network": "lenet5-mnist"}).items():
        page.query_params[name] = str(value)
    page.run()
    assert not page.exception
    before = page.metric[0].value
    page.slider[0].set_value(8).run()
    assert page.metric[0].value != before
