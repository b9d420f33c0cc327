"""Comparison: which rows differ, what the ratios are, and figures that show every design."""

from pathlib import Path

import pytest

from sotexplore.design import Compression, Design, Hardware
from sotexplore.explorer.evaluate import Evaluation, dense_baseline, evaluate_design
from sotexplore.ui.figures.compare import components_figure, profile_figure
from sotexplore.ui.figures.compare_data import PROFILE, better_ratio, comparison, component_shares, ratio_text
from sotexplore.ui.formatting import quantity_text

SHIPPED = Path(__file__).resolve().parents[2] / "cache"
DESIGNS = (
    Design(),
    Design(compression=Compression(prune_ratio=0.9, weight_bits=2, activation_bits=2)),
    Design(hardware=Hardware(compute_style="crossbar", subarray_rows=128, subarray_cols=128)),
)


@pytest.fixture(scope="module")
def evaluations() -> list[Evaluation]:
    return [evaluate_design(design, SHIPPED) for design in DESIGNS]


@pytest.fixture(scope="module")
def dense() -> list[Evaluation | None]:
    return [dense_baseline(design, SHIPPED) for design in DESIGNS]


def test_only_what_differs_is_marked(evaluations: list[Evaluation], dense: list[Evaluation | None]) -> None:
    rows = {row.label: row for row in comparison(evaluations[:2], dense[:2])}
    assert rows["Weight bits"].differs and rows["Chip area"].differs and rows["Checkpoint"].differs
    assert not rows["Network"].differs and not rows["Sub-array rows"].differs and not rows["Memory cell"].differs
    assert [cell.text for cell in rows["Weight bits"].cells] == ["4", "2"]
    assert "ADC bits" not in rows, "an and-count has no ADC"
    three = {row.label: row for row in comparison(evaluations, dense)}
    assert [cell.text for cell in three["ADC bits"].cells] == ["–", "–", "5"]


def test_every_metric_has_a_row_with_its_unit(evaluations: list[Evaluation], dense: list[Evaluation | None]) -> None:
    rows = {row.label: row for row in comparison(evaluations[:1], dense[:1]) if row.group == "Figures"}
    assert len(rows) == len(evaluations[0].metrics) - 2
    assert rows["Chip area"].cells[0].text == quantity_text("area_m2", evaluations[0].metrics["area_m2"])
    assert rows["Chip area"].cells[0].text.endswith(" mm²")
    assert rows["Accuracy"].cells[0].text == "99.27 % measured"
    assert rows["Weight load energy"].cells[0].text.endswith("J")


def test_ratios_are_those_of_the_metrics(evaluations: list[Evaluation], dense: list[Evaluation | None]) -> None:
    rows = {row.label: row for row in comparison(evaluations, dense)}
    for place, (item, base) in enumerate(zip(evaluations, dense, strict=True)):
        assert base is not None
        cell = rows["Chip area"].cells[place]
        assert cell.ratio == item.metrics["area_m2"] / base.metrics["area_m2"]
        assert cell.better is (item.metrics["area_m2"] < base.metrics["area_m2"])
    same = {row.label: row for row in comparison(evaluations, [evaluations[0]] * 3)}
    assert same["Energy per frame"].cells[0].ratio == 1
    assert same["Energy per frame"].cells[0].better is None


def test_a_design_without_figures_has_dashes(evaluations: list[Evaluation], dense: list[Evaluation | None]) -> None:
    rows = {row.label: row for row in comparison([evaluations[0], None], [dense[0], None])}
    assert rows["Chip area"].cells[1].text == "–" and rows["Chip area"].cells[1].ratio is None
    assert comparison([None], [None]) == []


@pytest.mark.parametrize(
    ("field", "value", "base", "times"),
    [("area_m2", 1.0, 2.0, 2.0), ("frames_per_s", 1.0, 2.0, 0.5), ("accuracy_ratio", None, 0.9, None), ("power_w", 1.0, None, None)],
)  # fmt: skip
def test_better_is_up_for_every_metric(
    field: str, value: float | None, base: float | None, times: float | None
) -> None:
    assert better_ratio(field, value, base) == times


def test_the_profile_has_a_line_for_each_design(evaluations: list[Evaluation], dense: list[Evaluation | None]) -> None:
    named = {f"design <{place}>": item for place, item in enumerate(evaluations)}
    traces = profile_figure(named, dense, baseline="the dense network").points.traces
    assert [len(trace["y"]) for trace in traces] == [len(PROFILE)] * 3
    assert traces[0]["name"] == "design &lt;0&gt;"
    assert len({(trace["marker"]["symbol"], trace["line"]["dash"], trace["line"]["color"]) for trace in traces}) == 3
    assert traces[0]["y"][1] == pytest.approx(dense[0].metrics["area_m2"] / evaluations[0].metrics["area_m2"])  # type: ignore[union-attr]


@pytest.mark.parametrize("metric", ["area_m2", "energy_per_frame_j", "frame_latency_s"])
def test_stacked_bars_sum_to_the_metric(evaluations: list[Evaluation], metric: str) -> None:
    named = {f"design {place}": item for place, item in enumerate(evaluations)}
    shares = component_shares(named, metric, most=4)
    assert len(shares) == 5 and list(shares)[-1] == "other"
    for place, item in enumerate(evaluations):
        assert sum(values[place] for values in shares.values()) == pytest.approx(item.metrics[metric])
    traces = components_figure(named, metric).points.traces
    assert len(traces) <= 8
    assert all(len(trace["x"]) == 3 for trace in traces)


def test_ratios_as_text() -> None:
    assert (ratio_text(0.1534), ratio_text(1), ratio_text(21.62), ratio_text(2e-5)) == (
        "×0.153",
        "×1.00",
        "×21.6",
        "×2.0e-05",
    )
