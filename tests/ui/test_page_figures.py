"""Figures of the Design, Technology and Validation pages: the data first, then the drawing."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore.design import Design, Hardware
from sotexplore.explorer import technologies, validation
from sotexplore.explorer.area_tree import area_leaves
from sotexplore.explorer.comparison import Comparison
from sotexplore.explorer.evaluate import Evaluation, evaluate_design
from sotexplore.explorer.fault_curves import Curve
from sotexplore.explorer.floor import LayerTiles, layer_floor, layer_tiles
from sotexplore.explorer.listing import checkpoint_records
from sotexplore.explorer.published import RESULTS
from sotexplore.explorer.results import MARKS, Point, points
from sotexplore.explorer.stages import pipeline_of
from sotexplore.ui import validation_data
from sotexplore.ui.fault_view import FAMILIES, first_choice
from sotexplore.ui.figures.area_map import MOST_COMPONENTS, OTHERS, area_map_figure, main_components, merged
from sotexplore.ui.figures.axes import log_axis, log_ticks, tick_text
from sotexplore.ui.figures.curves import EDITED, Mark, curves_figure, looks
from sotexplore.ui.figures.fault_lines import MOST_LINES, fault_figure
from sotexplore.ui.figures.figure import Figure
from sotexplore.ui.figures.parity import panels, parity_figure
from sotexplore.ui.figures.published import numbered, published_figure, staircase
from sotexplore.ui.figures.technology_bars import bars_figure
from sotexplore.ui.figures.tiles import COPY, FREED, PER_LINE, USED, floor_figure, squares, squares_figure, tile_states
from sotexplore.ui.figures.timeline import bars, time_unit, timeline_figure
from sotexplore.ui.figures.tornado import Row, Side, ranked, tornado_figure
from sotexplore.ui.figures.two_fronts import two_fronts_figure
from sotexplore.ui.formatting import QUANTITIES
from sotexplore.ui.technology_data import BARS


@pytest.fixture
def evaluation(empty_cache: Path) -> Evaluation:
    return evaluate_design(Design(network="resnet20-cifar10", hardware=Hardware(area_budget_m2=2e-5)), empty_cache)


def drawn(figure: Figure) -> list[dict[str, Any]]:
    """The traces, which must be there, hold something, and be sendable; no fixed colour stands in a figure."""
    text = json.dumps([figure.points.traces, figure.layout], allow_nan=False)
    assert "#" not in text.replace("&#", "")
    traces = figure.points.traces
    assert traces
    return traces


def test_the_area_map_closes_and_keeps_few_colours(evaluation: Evaluation) -> None:
    leaves = area_leaves(evaluation)
    names = main_components(leaves)
    assert len(names) == MOST_COMPONENTS + 1
    assert names[-1] == OTHERS
    assert sum(leaf.area_m2 for leaf in merged(leaves)) == pytest.approx(evaluation.metrics["area_m2"])
    (trace,) = drawn(area_map_figure(leaves))
    values = dict(zip(trace["ids"], trace["values"], strict=True))
    assert len(values) == len(trace["ids"])
    for parent in set(trace["parents"]) - {""}:
        children = [value for value, above in zip(trace["values"], trace["parents"], strict=True) if above == parent]
        assert sum(children) == pytest.approx(values[parent]), parent


def test_the_timeline_overlaps_frames_by_the_period(evaluation: Evaluation) -> None:
    pipeline = pipeline_of(evaluation)
    found = bars(pipeline)
    layers = len(pipeline.stages)
    assert found[layers].start_s == pytest.approx(pipeline.period_s)
    for layer in range(layers):
        same = [bar for bar in found if bar.layer == pipeline.stages[layer].name]
        for one, after in pairwise(same):
            assert after.start_s >= (one.start_s + one.duration_s) * (1 - 1e-9), "a layer works on one frame at a time"
    traces = drawn(timeline_figure(pipeline))
    assert [len(trace["x"]) for trace in traces] == [layers] * len(traces)


@pytest.mark.parametrize(
    ("span", "unit"), [(2.0, "s"), (0.5, "ms"), (3e-3, "ms"), (4e-5, "µs"), (1e-8, "ns"), (1e-11, "ns")]
)
def test_time_has_a_unit_that_reads_well(span: float, unit: str) -> None:
    assert time_unit(span)[1] == unit


@given(st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 5)), min_size=1, max_size=8))
def test_squares_tell_used_freed_and_copies_apart(sizes: list[tuple[int, int, int]]) -> None:
    tiles = [LayerTiles(f"layer{n}", dense, kept, copies, 0.5) for n, (dense, kept, copies) in enumerate(sizes)]
    found = squares(tiles)
    flat = [state for line in found.states for state in line if state is not None]
    scale = found.per_square
    for state, count in (
        (USED, sum(math.ceil(item.kept / scale) for item in tiles)),
        (COPY, sum(math.ceil(item.kept * (item.copies - 1) / scale) for item in tiles)),
        (FREED, sum(max(0, math.ceil(item.dense / scale) - math.ceil(item.kept / scale)) for item in tiles)),
    ):
        assert flat.count(state) == count
    assert {len(line) for line in found.states} == {PER_LINE}
    assert [name for _, name in found.labels] == [item.name for item in tiles]


def test_squares_and_floor_of_a_design_are_drawn(evaluation: Evaluation) -> None:
    tiles = layer_tiles(evaluation)
    heat = drawn(squares_figure(tiles))[0]
    assert len(heat["z"]) == len(heat["hovertext"])
    floor = layer_floor(evaluation, tiles[-1].name)
    across, down = floor.dense.tiles
    states = tile_states(floor, across, down)
    assert sum(state == USED for line in states for state in line) == tiles[-1].kept
    assert sum(state == FREED for line in states for state in line) == tiles[-1].freed
    assert drawn(floor_figure(floor))[0]["type"] == "heatmap"


def tornado(values: list[float]) -> Figure:
    rows = [Row(f"knob {n}", (Side(value, "1 → 2", "@c0"),)) for n, value in enumerate(values)]
    return tornado_figure(QUANTITIES["area_m2"], 1e-6, rows, (("@c0", "up"), ("@c1", "down")))


def test_a_tornado_ranks_by_reach_either_way_and_names_what_it_draws() -> None:
    rows = [Row(name, (Side(value, "", "@c0"),)) for name, value in (("a", 1.1e-6), ("b", 2e-7), ("c", 3e-6))]
    assert [row.label for row in ranked(rows, 1e-6, 2)] == ["b", "c"]
    (trace,) = drawn(tornado([2e-6]))
    assert trace["name"] == "up"
    assert trace["x"] == [pytest.approx(1.0), pytest.approx(2.0), None]
    assert "2.00 mm²" in trace["text"][1]


def test_a_wide_tornado_has_a_logarithmic_axis() -> None:
    assert tornado([1.2e-6, 9e-7]).layout["xaxis"].get("type") != "log"
    assert tornado([1.2e-5, 9e-7]).layout["xaxis"]["type"] == "log"


@given(st.floats(-12, 12), st.floats(0.05, 20))
def test_logarithmic_ticks_lie_within_and_are_few(low: float, span: float) -> None:
    ticks = log_ticks(low, low + span)
    assert len(ticks) <= 14
    assert ticks == sorted(ticks)
    assert all(low <= math.log10(tick) <= low + span for tick in ticks)
    if span >= 1:
        assert ticks


@pytest.mark.parametrize(
    ("value", "text"), [(0.002, "0.002"), (1500.0, "1,500"), (1e6, "10<sup>6</sup>"), (2e-7, "2·10<sup>-7</sup>")]
)
def test_ticks_say_their_full_number(value: float, text: str) -> None:
    assert tick_text(value) == text


def test_a_logarithmic_axis_holds_its_values() -> None:
    axis = log_axis("Area [mm²]", [0.3, 7.0])
    low, high = (10**end for end in axis["range"])
    assert low < 0.3
    assert high > 7.0
    assert len(axis["tickvals"]) == len(axis["ticktext"])


def test_curves_have_a_line_for_each_technology_and_the_edited_one_its_own_look() -> None:
    look = looks({"sot-69f2": "SOT", "edited~1": "edited copy", "sram-6t": "SRAM"}, "edited~1")
    assert (look["edited~1"].colour, look["edited~1"].symbol) == EDITED
    assert len({(item.colour, item.symbol) for item in look.values()}) == 3
    frame = pd.DataFrame(
        {
            "cell": ["sot-69f2", "sot-69f2", "sram-6t", "sram-6t"],
            "rate": [1.0, 10.0] * 2,
            "power_w": [1e-6, 2e-6, 3e-6, 4e-6],
        }
    )
    figure = curves_figure(
        frame, look, x=("rate", "Rate"), y=("power_w", "Power [µW]", 1e6), marks=[Mark("x", 5.0, "five")]
    )
    traces = drawn(figure)
    assert [trace["name"] for trace in traces] == ["SOT", "SRAM"]
    assert traces[0]["y"] == [pytest.approx(1.0), pytest.approx(2.0)]
    assert figure.layout["shapes"][0]["x0"] == 5.0
    assert figure.layout["annotations"][0]["yanchor"] == "bottom", "the lines cross the mark high, its name stands low"
    for trace in traces:
        assert all(
            10 ** figure.layout["yaxis"]["range"][0] < value < 10 ** figure.layout["yaxis"]["range"][1]
            for value in trace["y"]
        ), "no line runs out of the figure"


def test_bars_of_technologies_hold_what_cannot_be_built(empty_cache: Path) -> None:
    design = Design(hardware=Hardware(subarray_rows=512))
    work, hardware = technologies.workload_of(design, empty_cache), technologies.hardware_fields(design)
    frame = technologies.on_technologies(work, hardware, ["sot-69f2", "sram-6t"])
    frame.loc[1, list(BARS)] = math.nan
    look = looks({"sot-69f2": "SOT", "sram-6t": "SRAM"}, None)
    traces = drawn(bars_figure(frame, look, BARS))
    assert len(traces) == len(BARS)
    for trace in traces:
        assert trace["x"][0] > 0
        assert trace["text"][1] == "cannot be built"


def test_two_fronts_mark_who_leaves_and_who_joins() -> None:
    setting = {"structure": "none", "prune_ratio": 0.0, "weight_bits": 8, "activation_bits": 8, "compute_style": "and-count",
               "operand": "streamed", "subarray_rows": 64, "subarray_cols": 64}  # fmt: skip
    changes = pd.DataFrame(
        [
            {**setting, "status": "stays", "reason": "", "x_before": 1e-6, "y_before": 0.9, "x_after": 2e-6, "y_after": 0.9},
            {**setting, "status": "leaves", "reason": "better", "x_before": 3e-6, "y_before": 0.95, "x_after": math.nan, "y_after": math.nan},
            {**setting, "status": "joins", "reason": "none", "x_before": 9e-6, "y_before": 0.93, "x_after": 4e-6, "y_after": 0.93},
        ]
    )  # fmt: skip
    figure = two_fronts_figure(changes, x="energy_per_frame_j", y="accuracy_ratio", before="old", after="new")
    points = {trace["name"]: trace for trace in drawn(figure)}
    assert points["old"]["x"] == [pytest.approx(1.0), pytest.approx(3.0)]
    assert points["new"]["x"] == [pytest.approx(2.0), pytest.approx(4.0)]
    assert points["leaves the front"]["marker"]["symbol"] != points["joins the front"]["marker"]["symbol"]
    assert points["leaves the front"]["x"] == [pytest.approx(3.0)]


def comparison(**changed: Any) -> Comparison:
    plain = {
        "reference": "ISAAC tile",
        "quantity": "area_m2",
        "unit": "m2",
        "reference_value": 1e-6,
        "model_value": 2e-6,
        "kind": "textbook",
        "source": "s",
    }
    return Comparison(**{**plain, **changed})


def test_parity_leaves_out_what_a_logarithm_cannot_hold_and_nothing_else() -> None:
    rows = [
        comparison(),
        comparison(model_value=None),
        comparison(unit="1"),
        comparison(unit="J", reference_value=1e-12),
    ]
    found = panels(rows, ["m2", "J", "W"])
    assert {unit: len(items) for unit, items in found.items()} == {"m2": 1, "J": 1}


def test_every_comparison_of_the_model_is_on_the_parity_plot_or_without_unit_or_model() -> None:
    rows = validation.comparisons(every_run=False)
    families = list(dict.fromkeys(map(validation_data.family, rows)))
    figure = parity_figure(
        rows, dict(validation_data.PANELS), families, {row.reference: validation_data.family(row) for row in rows}
    )
    points = sum(len(trace["x"]) for trace in drawn(figure) if trace["mode"] == "markers")
    assert points == sum(row.model_value is not None and row.unit != "1" for row in rows)
    names = [trace["name"] for trace in figure.points.traces if trace["showlegend"]]
    assert len(names) == len(set(names))
    colours = {trace["marker"]["color"] for trace in figure.points.traces if trace["mode"] == "markers"}
    assert len(colours) == len(
        {validation_data.family(row) for row in rows if row.model_value is not None and row.unit != "1"}
    )


def test_published_results_stand_beside_ours_in_the_same_kind_of_ratio(filled_cache: Path) -> None:
    ours = points(filled_cache)
    assert len(ours) == len(checkpoint_records(filled_cache)[0])
    results = [item for item in RESULTS if item.ours == "lenet5-mnist" and item.ratio_kind == "weights_ratio"]
    figure = published_figure(ours, results, ratio="weights_ratio", title="Weights [×]", name="lenet5-mnist")
    traces = {trace["name"]: trace for trace in drawn(figure)}
    assert len(traces["ours, lenet5-mnist: measured"]["x"]) == len(ours)
    assert len(traces["published, stated"]["x"]) == sum(
        item.kind == "stated" and item.accuracy_ratio is not None for item in results
    )
    assert len(figure.layout["shapes"]) == sum(item.accuracy_ratio is None for item in results)
    numbers = [text for trace in drawn(figure) if trace["name"].startswith("published") for text in trace["text"]]
    numbers += [note["text"] for note in figure.layout["annotations"]]
    assert sorted(numbers) == sorted(f"<b>{number}</b>" for number in range(1, len(results) + 1))
    key = validation_data.key_words(results).replace("\\", "")
    for number, item in numbered(results):
        assert f"**{number}** {item.method} " in key
    front = staircase(ours, "weights_ratio")
    for point in ours:
        assert any(
            item.ratio("weights_ratio") >= point.ratio("weights_ratio") and item.accuracy_ratio >= point.accuracy_ratio
            for item in front
        )


def test_marks_of_ours_are_explained_where_there_are_any(filled_cache: Path) -> None:
    (first, *_), step = points(filled_cache), {"last_step": {"residual_bits": 8, "admm": False}}
    marked = Point(step, "admm", first.rows)
    plain, told = (validation_data.published_frame([item]) for item in (first, marked))
    assert validation_data.mark_words(plain) == ""
    assert validation_data.mark_words(told) == "; ".join(f"{mark} {words}" for mark, words in MARKS.items())
    results = [item for item in RESULTS if item.ours == marked.row["network"]]
    figure = published_figure([marked], results, ratio="weights_ratio", title="Weights [×]", name="lenet5-mnist")
    (text,) = next(trace["text"] for trace in drawn(figure) if trace["name"].startswith("ours, "))
    assert "†‡" in text and all(f"<br>{mark} {words}" in text for mark, words in MARKS.items())


def curve(checkpoint: str, across: str, held: tuple[tuple[str, float], ...] = (), half: float = 0.01) -> Curve:
    return Curve(checkpoint, "any", across, held, (1e-3, 1e-2), (0.99, 0.9), (half, half), (None, 0.02), 0.992, 500, 3)


def test_fault_lines_have_their_intervals_and_an_axis_that_suits_what_is_varied() -> None:
    figure = fault_figure(
        [curve("a", "weight_write_error_ratio"), curve("b", "weight_write_error_ratio", half=math.nan)],
        {"a": "A", "b": "B"},
    )
    one, other = drawn(figure)
    assert (one["name"], other["name"]) == ("A", "B")
    assert one["error_y"]["array"] == [1.0, 1.0]
    assert not other["error_y"]["visible"]
    assert one["y"] == [99.0, 90.0]
    assert figure.layout["xaxis"]["type"] == "log"
    assert fault_figure([curve("a", "tmr_ratio")], {}).layout["xaxis"].get("type") != "log"


def test_a_checkpoint_that_stands_alone_is_said_once() -> None:
    lines = [curve("a", "active_rows", (("adc_bits", bits),)) for bits in (4.0, 5.0)]
    alone = fault_figure(lines, {"a": "A"})
    assert [trace["name"] for trace in drawn(alone)] == ["4-bit ADC", "5-bit ADC"]
    assert "A" in alone.layout["legend"]["title"]["text"]
    assert drawn(alone)[0]["text"][0].startswith("<b>A, 4-bit ADC</b>")
    both = fault_figure([*lines, curve("b", "active_rows", (("adc_bits", 4.0),))], {"a": "A", "b": "B"})
    assert [trace["name"] for trace in drawn(both)] == ["A, 4-bit ADC", "A, 5-bit ADC", "B, 4-bit ADC"]


def test_the_first_checkpoints_fill_the_chart_without_crowding_it() -> None:
    assert len(set(FAMILIES.values())) == len(FAMILIES)
    many = [curve("a", "active_rows", (("adc_bits", float(bits)),)) for bits in range(2 * MOST_LINES)]
    assert first_choice([*many, curve("b", "active_rows")]) == ["a"]
    assert first_choice([curve(name, "tmr_ratio") for name in "abc"]) == ["a", "b", "c"]
