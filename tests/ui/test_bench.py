"""The speed table of slider steps: its arithmetic, its comparison page, and one real run in a browser."""

from importlib.resources import files
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from sotexplore.ui import bench


def test_the_table_is_medians_their_ratio_and_90th_percentiles() -> None:
    live = [{"total_ms": ms, "server_ms": 10.0} for ms in (90.0, 100.0, 500.0)]
    plain = [{"total_ms": ms, "server_ms": 30.0} for ms in (700.0, 800.0, 900.0)]
    rows = bench.table({"points": 3000, "drawing": "svg"}, live, plain)
    assert [row["value"] for row in rows] == [100.0, 500.0, 800.0, 900.0, 10.0, 8.0]
    assert [row["unit"] for row in rows] == ["ms", "ms", "ms", "ms", "ms", "1"]
    assert all("3,000 designs" in row["name"] for row in rows)


def test_a_page_that_does_not_finish_a_step_is_said() -> None:
    live = [{"total_ms": 90.0, "server_ms": 10.0}]
    rows = bench.table({"points": 50_000, "drawing": "webgl"}, live, [])
    assert [row["value"] for row in rows] == [90.0, 90.0, None, 10.0]
    assert "no step within" in rows[2]["name"]


def test_a_step_whose_answer_was_not_seen_alone_has_no_server_time() -> None:
    live = [{"total_ms": 90.0}, {"total_ms": 110.0, "server_ms": 20.0}]
    rows = {row["name"]: row["value"] for row in bench.table({"points": 3000, "drawing": "svg"}, live, live)}
    assert [value for name, value in rows.items() if "last word" in name] == [20.0]


def test_nine_tenths_do_not_exceed_the_90th_percentile() -> None:
    assert bench.percentile_90([float(value) for value in range(1, 11)]) == 9.0
    assert bench.percentile_90([3.0]) == 3.0


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
