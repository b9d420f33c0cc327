"""Figures as plain plotly JSON: the data first, then the drawing."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore.checkpoint import list_checkpoints
from sotexplore.design import Compression, Design, Hardware
from sotexplore.explorer.evaluate import evaluate_design
from sotexplore.ui import engine, spaces
from sotexplore.ui.figures.breakdown import breakdown_figure, breakdown_height, breakdown_rows
from sotexplore.ui.figures.figure import pack
from sotexplore.ui.figures.front import NO_FRONT, front_figure, front_points, padded_range
from sotexplore.ui.figures.front_bands import Band
from sotexplore.ui.figures.front_data import MAX_DRAWN, Extent, front_data, front_extent, sample, usable_axes
from sotexplore.ui.figures.parallel import MAX_LINES, lines_of, parallel_figure
from sotexplore.ui.front_view import count_text
from sotexplore.ui.state import View


def state_fields() -> list[str]:
    return ["compute_style", "subarray_rows", "subarray_cols", "active_rows", "adc_bits"]


def designs(count: int = 200, *, seed: int = 0) -> pd.DataFrame:
    """A made-up evaluated space."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["measured", "estimated", "unknown"], count, p=[0.6, 0.3, 0.1])
    accuracy = np.where(kinds == "unknown", np.nan, rng.uniform(0.9, 0.99, count))
    return pd.DataFrame(
        {
            "network": "lenet5-mnist",
            "structure": "filter+shape",
            "prune_ratio": rng.uniform(0, 0.99, count),
            "weight_bits": rng.integers(1, 9, count),
            "activation_bits": rng.integers(1, 9, count),
            "compute_style": rng.choice(["and-count", "crossbar"], count),
            "subarray_rows": 256,
            "subarray_cols": 512,
            "node_nm": 45,
            "cell": "sot-69f2",
            "schedule": "pipelined",
            "columns_per_sense_amplifier": 1,
            "adc_bits": 5,
            "active_rows": 128,
            "operand": "streamed",
            "accuracy_ratio": accuracy,
            "accuracy_kind": kinds,
            "area_m2": rng.uniform(1e-8, 1e-6, count),
            "power_w": rng.uniform(1e-3, 1e-1, count),
            "frames_per_s": rng.uniform(1e2, 1e5, count),
            "energy_per_frame_j": rng.uniform(1e-7, 1e-4, count),
            "standby_power_w": rng.uniform(1e-6, 1e-4, count),
            "accuracy_error_ratio": np.nan,
            "n_subarrays": rng.integers(1, 99, count),
            "read_error_ratio": 1e-6,
            "checkpoint": "0123456789abcdef",
            "seed": 0,
        }
    )


def dominated(x: float, y: float, others: list[tuple[float, float]], *, low_x: bool, low_y: bool) -> bool:
    """Whether another point is at least as good on both axes and better on one."""
    sx, sy = (1 if low_x else -1), (1 if low_y else -1)
    return any(sx * ox <= sx * x and sy * oy <= sy * y and (sx * ox < sx * x or sy * oy < sy * y) for ox, oy in others)


@pytest.mark.parametrize(
    ("x", "y"), [("area_m2", "accuracy_ratio"), ("power_w", "area_m2"), ("frames_per_s", "accuracy_ratio")]
)
def test_the_front_is_that_of_the_shown_axes(x: str, y: str) -> None:
    data = front_data(designs(), x=x, y=y)
    points = list(zip(data.frame["x"], data.frame["y"], strict=True))
    low_x, low_y = x != "frames_per_s", y == "area_m2"
    for (px, py), on_front in zip(points, data.on_front, strict=True):
        assert on_front == (not dominated(px, py, points, low_x=low_x, low_y=low_y))


def test_designs_without_a_value_are_left_out_and_keep_their_identifier() -> None:
    frame = designs()
    data = front_data(frame, x="area_m2", y="accuracy_ratio")
    assert set(data.frame.index) == set(frame.index[frame["accuracy_ratio"].notna()])
    assert data.frame["x"].max() < 1.01
    assert data.frame["y"].between(90, 99).all()


def test_log_axes_leave_out_what_is_not_positive() -> None:
    frame = designs(10).assign(power_w=[0.0] * 5 + [1.0] * 5)
    assert len(front_data(frame, x="power_w", y="area_m2").frame) == 10
    assert len(front_data(frame, x="power_w", y="area_m2", log_x=True).frame) == 5


@pytest.mark.parametrize(("x", "shape"), [("area_m2", "hv"), ("frames_per_s", "vh")])
def test_the_front_is_a_staircase_of_designs_that_exist(x: str, shape: str) -> None:
    data = front_data(designs(), x=x, y="accuracy_ratio")
    stairs = next(trace for trace in front_points(data, x=x).traces if trace["mode"] == "lines")
    assert stairs["line"]["shape"] == shape
    assert stairs["x"] == sorted(stairs["x"])
    on_front = data.frame[data.on_front]
    assert set(zip(stairs["x"], stairs["y"], strict=True)) == set(zip(on_front["x"], on_front["y"], strict=True))


def test_kinds_of_accuracy_differ_by_shape_and_styles_by_colour() -> None:
    traces = front_points(front_data(designs(), x="area_m2", y="power_w"), x="area_m2").traces
    clouds = {trace["name"]: trace["marker"] for trace in traces if trace["type"] == "scattergl"}
    assert clouds["and-count, measured"]["symbol"] != clouds["and-count, estimated"]["symbol"]
    assert clouds["and-count, measured"]["symbol"] != clouds["and-count, unknown"]["symbol"]
    assert clouds["and-count, measured"]["color"] != clouds["crossbar, measured"]["color"]


def test_every_point_carries_its_identifier_and_configuration() -> None:
    frame = designs()
    for trace in front_points(front_data(frame, x="area_m2", y="accuracy_ratio"), x="area_m2").traces:
        if "customdata" not in trace:
            continue
        assert len(trace["customdata"]) == len(trace["x"])
        used = [int(part.split("]")[0]) for part in trace["hovertemplate"].split("customdata[")[1:]]
        assert max(used) < len(trace["customdata"][0])
        identifier, structure, ratio, *_ = trace["customdata"][0]
        assert frame.loc[identifier, "prune_ratio"] == ratio
        assert frame.loc[identifier, "structure"] == structure
        assert "45 nm · sot-69f2 · pipelined" in trace["hovertemplate"]


def test_front_only_leaves_the_dominated_designs_out() -> None:
    data = front_data(designs(), x="area_m2", y="accuracy_ratio")
    traces = front_points(data, x="area_m2", front_only=True).traces
    drawn = [point[0] for trace in traces for point in trace.get("customdata", [])]
    assert sorted(drawn) == sorted(data.frame.index[data.on_front])


def test_a_large_space_is_thinned_out_but_its_front_is_whole() -> None:
    data = front_data(designs(3 * MAX_DRAWN), x="area_m2", y="power_w")
    traces = front_points(data, x="area_m2").traces
    cloud = [point[0] for trace in traces if trace["type"] == "scattergl" for point in trace["customdata"]]
    front = [point[0] for trace in traces if trace["type"] == "scatter" for point in trace.get("customdata", [])]
    assert len(cloud) <= MAX_DRAWN
    assert sorted(front) == sorted(data.frame.index[data.on_front])


def test_one_design_makes_a_chart() -> None:
    data = front_data(designs(1), x="area_m2", y="power_w")
    figure = front_figure(front_points(data, x="area_m2"), front_extent(data), x="area_m2", y="power_w")
    low, high = figure.layout["xaxis"]["range"]
    assert low < data.frame["x"].iloc[0] < high


def test_the_star_stands_at_the_current_design_and_inside_the_axes() -> None:
    data = front_data(designs(), x="area_m2", y="accuracy_ratio", log_x=True)
    points, extent = front_points(data, x="area_m2"), front_extent(data)
    figure = front_figure(points, extent, x="area_m2", y="accuracy_ratio", log_x=True, current=(5e-5, 0.95))
    assert figure.marker == {"x": pytest.approx(50.0), "y": pytest.approx(95.0)}
    low, high = figure.layout["xaxis"]["range"]
    assert low < math.log10(50.0) < high
    inside = front_figure(points, extent, x="area_m2", y="accuracy_ratio", log_x=True, current=(5e-7, 0.95))
    without = front_figure(points, extent, x="area_m2", y="accuracy_ratio", log_x=True)
    assert without.marker is None
    assert inside.layout == without.layout


def test_zoom_belongs_to_the_axes_and_not_to_the_data() -> None:
    def layout(frame: pd.DataFrame, x: str) -> dict[str, dict[str, str]]:
        data = front_data(frame, x=x, y="accuracy_ratio")
        return front_figure(front_points(data, x=x), front_extent(data), x=x, y="accuracy_ratio").layout

    first, other, axes = layout(designs(), "area_m2"), layout(designs(seed=1), "area_m2"), layout(designs(), "power_w")
    assert first["xaxis"]["uirevision"] == other["xaxis"]["uirevision"] != axes["xaxis"]["uirevision"]
    assert first["uirevision"] == other["uirevision"]


def test_axes_without_any_value_are_replaced() -> None:
    frame = designs().assign(accuracy_ratio=np.nan)
    assert usable_axes(frame, "area_m2", "accuracy_ratio") == ("area_m2", "frames_per_s")
    assert usable_axes(frame, "accuracy_ratio", "frames_per_s") == ("area_m2", "frames_per_s")
    assert usable_axes(frame, "accuracy_ratio", "accuracy_ratio") == ("frames_per_s", "area_m2")
    assert usable_axes(designs(), "area_m2", "accuracy_ratio") == ("area_m2", "accuracy_ratio")


@given(st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=9), st.sampled_from(["linear", "log"]))
def test_axis_ranges_hold_their_values(values: list[float], scale: str) -> None:
    low, high = padded_range(values, scale)  # type: ignore[arg-type]
    places = [math.log10(value) for value in values] if scale == "log" else values
    assert low < min(places)
    assert max(places) < high


def test_figures_are_json_that_browsers_read() -> None:
    data = front_data(designs(), x="area_m2", y="power_w")
    figure = front_figure(
        front_points(data, x="area_m2"), front_extent(data), x="area_m2", y="power_w", current=(1e-7, 0.1)
    )
    json.dumps([figure.layout, figure.marker], allow_nan=False)
    with pytest.raises(ValueError, match="JSON"):
        pack([{"x": [math.nan]}])


def test_equal_traces_have_equal_revisions() -> None:
    assert pack([{"x": [1]}]).revision == pack([{"x": [1]}]).revision != pack([{"x": [2]}]).revision


def test_extent_of_the_front_alone() -> None:
    frame = designs(3).assign(area_m2=[1e-6, 2e-6, 3e-6], power_w=[5e-3, 4e-3, 6e-3])
    data = front_data(frame, x="area_m2", y="power_w")
    close = [pytest.approx(ends) for ends in ((1.0, 3.0), (4.0, 6.0), (1.0, 2.0), (4.0, 5.0))]
    assert front_extent(data) == Extent(close[0], close[1])  # type: ignore[arg-type]
    assert front_extent(data, front_only=True) == Extent(close[2], close[3])  # type: ignore[arg-type]


def test_breakdown_bars_are_sorted_and_sum_to_the_whole() -> None:
    parts = {"sub_arrays": 3e-7, "buffer": 1e-7, "nothing": 0.0}
    rows = breakdown_rows(parts)
    assert [name for name, _, _ in rows] == ["sub_arrays", "buffer"]
    assert sum(share for _, _, share in rows) == pytest.approx(1)
    (bars,) = breakdown_figure("area_m2", parts, colour="@c0").points.traces
    assert bars["y"] == ["buffer", "sub arrays"]
    assert bars["x"] == [pytest.approx(0.1), pytest.approx(0.3)]
    assert "0.300 mm² · 75.0 %" in bars["text"]
    assert breakdown_height(parts) > breakdown_height({"one": 1.0})


def test_breakdown_of_nothing() -> None:
    (bars,) = breakdown_figure("area_m2", {}, colour="@c0").points.traces
    assert bars["x"] == []


def test_the_space_holds_every_checkpoint_on_every_size(filled_cache: Path) -> None:
    listing, state = list_checkpoints(filled_cache), engine.signature(filled_cache)
    few = [json.loads(text) for text in engine.front_spaces(Design(), View(), filled_cache, state)]
    assert all(len(space["checkpoint"]) == len(listing.rows) for space in few)
    both = [json.loads(text) for text in engine.front_spaces(Design(), View(between=True), filled_cache, state)]
    assert len(both) == 2 * len(few)
    assert "compression" in both[-1]


@pytest.mark.parametrize(
    ("size", "least", "free"),
    [
        (
            "All sliders",
            30_000,
            {"columns_per_sense_amplifier": 4, "adc_bits": 3, "active_rows": 7, "subarray_rows": 64},
        ),
        ("All hardware", 300_000, {"node_nm": 22, "schedule": "sequential", "operand": "written", "subarray_cols": 64}),
    ],
)
def test_larger_spaces_hold_what_the_controls_offer_and_stay_when_they_move(
    filled_cache: Path, size: spaces.Size, least: int, free: dict[str, Any]
) -> None:
    state, view = engine.signature(filled_cache), View(space=size)
    items = engine.front_spaces(Design(), view, filled_cache, state)
    moved = Design(hardware=Hardware(**free))
    assert engine.front_spaces(moved, view, filled_cache, state) == items
    assert sum(engine.parse_size(item) for item in items) > least
    axes = [json.loads(item)["hardware"] for item in items]
    for name in free:
        values = {
            value for space in axes for value in (space[name] if isinstance(space[name], list) else [space[name]])
        }
        assert len(values) > 1, name
    assert engine.front_spaces(moved, View(), filled_cache, state) != engine.front_spaces(
        Design(), View(), filled_cache, state
    )


def test_short_crossbars_drive_all_their_rows(filled_cache: Path) -> None:
    state = engine.signature(filled_cache)
    frame = engine.front_frame(engine.front_spaces(Design(), View(), filled_cache, state), filled_cache, state)
    crossbars = frame[frame["compute_style"] == "crossbar"]
    assert set(crossbars["subarray_rows"]) == set(spaces.SUBARRAY_SIZES)
    wide = crossbars[crossbars["active_rows"] > 31]
    assert (wide["active_rows"] == wide["subarray_rows"].clip(upper=Design().hardware.active_rows)).all()
    assert not frame.duplicated([*state_fields(), "checkpoint"]).any()


def test_unreliable_designs_stay_off_the_front_and_look_different() -> None:
    frame = designs()
    frame["read_error_ratio"] = np.where(np.arange(len(frame)) % 2, 0.54, 1e-3)
    data = front_data(frame, x="area_m2", y="power_w")
    assert data.frame.loc[data.on_front, "reliable"].all()
    alone = front_data(frame[frame["read_error_ratio"] <= 1e-3], x="area_m2", y="power_w")
    assert list(data.frame.index[data.on_front]) == list(alone.frame.index[alone.on_front])
    clouds = {trace["name"]: trace for trace in front_points(data, x="area_m2").traces if trace["type"] == "scattergl"}
    failing, reading = clouds["crossbar, reads unreliable"], clouds["crossbar, measured"]
    assert failing["marker"]["symbol"] != reading["marker"]["symbol"]
    assert failing["marker"]["opacity"] < reading["marker"]["opacity"]
    assert all("54 %" in point for point in failing["customdata"])
    joined = front_data(frame, x="area_m2", y="power_w", unreliable=True)
    everything = front_data(frame.assign(read_error_ratio=0.0), x="area_m2", y="power_w")
    assert (joined.on_front == everything.on_front).all()


def test_a_space_without_a_reliable_design_has_no_front_and_says_so() -> None:
    data = front_data(designs().assign(read_error_ratio=0.5), x="area_m2", y="power_w")
    assert not data.on_front.any()
    points, extent = front_points(data, x="area_m2", front_only=True), front_extent(data, front_only=True)
    figure = front_figure(points, extent, x="area_m2", y="power_w", note=NO_FRONT)
    assert NO_FRONT in [annotation["text"] for annotation in figure.layout["annotations"]]
    assert not any(trace["mode"] == "lines" for trace in points.traces)


def test_unreliable_designs_are_thinned_out_first() -> None:
    reliable = np.arange(2 * MAX_DRAWN) % 3 == 0
    wanted = np.ones(2 * MAX_DRAWN, dtype=bool)
    kept = sample(wanted, reliable, MAX_DRAWN)
    assert len(kept) <= MAX_DRAWN
    assert reliable[kept].sum() == reliable.sum()
    assert len(sample(wanted, wanted, MAX_DRAWN)) <= MAX_DRAWN
    assert set(sample(reliable, wanted, 10 * MAX_DRAWN)) == set(np.flatnonzero(reliable))


def test_hover_text_reads_well() -> None:
    frame = designs(1).assign(frames_per_s=2523.0, n_subarrays=1, compute_style="crossbar")
    (trace,) = (
        t for t in front_points(front_data(frame, x="area_m2", y="power_w"), x="area_m2").traces if "customdata" in t
    )
    assert "2.523 kFPS" in trace["customdata"][0]
    assert "1 sub-array" in trace["customdata"][0]
    assert "checkpoint 0123456789abcdef, seed 0" in trace["customdata"][0]
    assert "1 column per sense amplifier" in trace["hovertemplate"]


def test_crossbars_with_an_exact_adc_join_the_space_once(filled_cache: Path) -> None:
    state = engine.signature(filled_cache)
    items = engine.front_spaces(Design(), View(between=True), filled_cache, state)
    frame = engine.front_frame(items, filled_cache, state)
    crossbars = frame[frame["compute_style"] == "crossbar"]
    pairs = set(zip(crossbars["active_rows"], crossbars["adc_bits"], strict=True))
    assert pairs >= set(spaces.EXACT_PAIRS)
    counts = frame[frame["compute_style"] == "and-count"]
    assert set(counts["adc_bits"]) == {Design().hardware.adc_bits}
    assert not frame.duplicated([*state_fields(), "structure", "prune_ratio", "weight_bits", "activation_bits"]).any()
    exact = Design(hardware=Hardware(compute_style="crossbar", active_rows=3, adc_bits=2))
    assert len(engine.front_spaces(exact, View(), filled_cache, state)) == len(spaces.EXACT_PAIRS)


def test_of_several_seeds_the_chart_shows_the_one_that_a_click_lands_on(
    tmp_path: Path, add_checkpoint: Callable[..., None]
) -> None:
    for seed in (2, 0, 1):
        add_checkpoint(tmp_path, 0.9, 4, 4, seed=seed, accuracy_ratio=0.98 + 0.001 * seed)
    state = engine.signature(tmp_path)
    frame = engine.front_frame(engine.front_spaces(Design(), View(), tmp_path, state), tmp_path, state)
    (key,) = set(frame["checkpoint"])
    landed = evaluate_design(
        Design(compression=Compression(prune_ratio=0.9, weight_bits=4, activation_bits=4)), tmp_path
    )
    assert landed.checkpoint is not None
    assert key == landed.checkpoint["key"]
    assert set(frame["seed"]) == {0}
    assert set(frame["accuracy_ratio"].dropna()) == {landed.metrics["accuracy_ratio"]}


def test_the_caption_says_where_the_missing_designs_are() -> None:
    data = front_data(designs(), x="area_m2", y="accuracy_ratio")
    shown = len(data.frame)
    said = count_text(300, 200, data, front_only=False)
    assert f"{shown} of 300 designs shown" in said
    assert "100 outside the constraints" in said
    assert f"{200 - shown} without a value" in said
    large = front_data(designs(3 * MAX_DRAWN), x="area_m2", y="power_w")
    assert "a sample of" in count_text(3 * MAX_DRAWN, 3 * MAX_DRAWN, large, front_only=False)
    assert "hidden by Front only" in count_text(3 * MAX_DRAWN, 3 * MAX_DRAWN, large, front_only=True)


def test_limits_keep_what_is_within_and_drop_what_is_unknown() -> None:
    frame = designs()
    kept = frame[engine.within(frame, {"accuracy_ratio": (0.95, None), "area_m2": (None, 5e-7)})]
    assert len(kept)
    assert (kept["accuracy_ratio"] >= 0.95).all()
    assert (kept["area_m2"] <= 5e-7).all()
    assert engine.within(frame, {}).all()


def overlaid() -> pd.DataFrame:
    """Two networks, the second one larger and less accurate throughout."""
    other = designs(seed=1).assign(network="digits-cnn")
    other["area_m2"] += 2e-6
    return pd.concat([designs(), other], ignore_index=True)


def test_networks_and_styles_have_fronts_of_their_own() -> None:
    frame = overlaid()
    data = front_data(frame, x="area_m2", y="power_w", apart=("network", "compute_style"))
    for (_, _), part in frame.groupby(["network", "compute_style"]):
        alone = front_data(part, x="area_m2", y="power_w")
        assert set(alone.front.index) == set(data.front.index) & set(part.index)
    traces = front_points(data, x="area_m2", by_style=True).traces
    stairs = [trace for trace in traces if trace["mode"] == "lines"]
    assert len(stairs) == 4
    assert len({trace["line"]["dash"] for trace in stairs}) == 4
    assert any("digits-cnn" in trace["name"] for trace in stairs)
    fronts = [trace for trace in traces if trace["name"].endswith("on the front")]
    shapes = {(trace["marker"]["color"], trace["marker"]["symbol"][0].split("-open")[0]) for trace in fronts}
    assert len({colour for colour, _ in shapes}) == len({shape for _, shape in shapes}) == len(fronts) == 4


def test_the_overlaid_networks_share_one_front_only_where_one_is_asked_for() -> None:
    together = front_data(overlaid(), x="area_m2", y="power_w")
    apart = front_data(overlaid(), x="area_m2", y="power_w", apart=("network",))
    assert together.on_front.sum() < apart.on_front.sum()


def test_bands_are_bars_around_their_designs() -> None:
    data = front_data(designs(), x="area_m2", y="power_w")
    band = Band(1.0, 2.0, (0.9, 1.3), (2.1, 2.4))
    traces = front_points(data, x="area_m2", bands=[band]).traces
    (bars,) = (trace for trace in traces if "error_x" in trace)
    assert bars["error_x"]["array"] == [pytest.approx(0.3)]
    assert bars["error_x"]["arrayminus"] == [pytest.approx(0.1)]
    assert bars["error_y"]["arrayminus"] == [0.0], "a nominal value below its band has a bar on one side only"
    assert not any("error_x" in trace for trace in front_points(data, x="area_m2").traces)


def test_the_current_designs_bars_move_with_its_star() -> None:
    data = front_data(designs(), x="area_m2", y="accuracy_ratio")
    points, extent = front_points(data, x="area_m2"), front_extent(data)
    figure = front_figure(
        points, extent, x="area_m2", y="accuracy_ratio", current=(5e-7, 0.95), ends=((4e-7, 6e-7), (0.94, 0.96))
    )
    assert figure.marker is not None
    assert figure.marker["x_ends"] == [pytest.approx(0.4), pytest.approx(0.6)]
    assert figure.marker["y_ends"] == [pytest.approx(94.0), pytest.approx(96.0)]


def test_bands_are_percentiles_or_the_error_of_an_estimate(filled_cache: Path) -> None:
    state = engine.signature(filled_cache)
    found = engine.study(Design().model_dump_json(), filled_cache, state)
    low, high = engine.band_ends("area_m2", found, found.nominal["area_m2"], None)
    assert low < found.nominal["area_m2"] < high
    assert engine.band_ends("accuracy_ratio", found, 0.9, 0.02) == (pytest.approx(0.88), pytest.approx(0.92))
    assert engine.band_ends("accuracy_ratio", found, 0.99, 0.02) == (pytest.approx(0.97), 1.0)
    assert engine.band_ends("accuracy_ratio", found, 0.9, math.nan) == (0.9, 0.9)
    assert engine.band_ends("n_subarrays", found, 5.0, None) == (5.0, 5.0)


def test_the_front_carries_bands_on_demand(filled_cache: Path) -> None:
    state = engine.signature(filled_cache)
    view = View(bands=True, min_accuracy_percent=99.3)
    items = engine.front_spaces(Design(), view, filled_cache, state)
    front = engine.front(items, view, filled_cache, state)
    assert front is not None
    (bars,) = (trace for trace in front.points.traces if "error_x" in trace)
    assert len(bars["x"]) == front.data.on_front.sum() <= engine.MOST_BANDS
    assert all(up > 0 for up in bars["error_x"]["array"])


def test_parallel_coordinates_hold_the_front_and_a_sample() -> None:
    data = front_data(designs(3 * MAX_LINES), x="area_m2", y="accuracy_ratio")
    lines = lines_of(data)
    assert len(lines) <= MAX_LINES
    assert set(data.front.index) <= set(lines.index)
    assert lines["on_front"].tolist() == sorted(lines["on_front"]), "the front lies on top"
    (trace,) = parallel_figure(data).points.traces
    lengths = {len(dimension["values"]) for dimension in trace["dimensions"]}
    assert lengths == {len(trace["line"]["color"])}
    area = next(dimension for dimension in trace["dimensions"] if dimension["label"].startswith("Area"))
    assert max(area["values"]) <= 0.01, "logarithms of mm2"
    assert [10**value for value in area["tickvals"]] == pytest.approx([float(text) for text in area["ticktext"]])


def test_parallel_coordinates_without_accuracy_leave_that_axis_out() -> None:
    data = front_data(designs().assign(accuracy_ratio=np.nan, accuracy_kind="unknown"), x="area_m2", y="power_w")
    (trace,) = parallel_figure(data).points.traces
    assert not any(dimension["label"].startswith("Accuracy") for dimension in trace["dimensions"])
    assert trace["line"]["color"]


def test_the_signature_follows_the_cache(tmp_path: Path) -> None:
    assert engine.signature(tmp_path) == ""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    empty = engine.signature(tmp_path)
    (folder / "a.safetensors").write_bytes(b"1")
    one = engine.signature(tmp_path)
    (folder / "notes.txt").write_bytes(b"1")
    assert empty != one == engine.signature(tmp_path)
