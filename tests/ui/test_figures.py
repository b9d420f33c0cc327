"""Figures as plain plotly JSON: the data first, then the drawing."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore.checkpoint import list_checkpoints
from sotexplore.design import Compression, Design, Hardware
from sotexplore.explorer.evaluate import evaluate_design
from sotexplore.ui import engine
from sotexplore.ui.explore import count_text
from sotexplore.ui.figures.breakdown import breakdown_figure, breakdown_height, breakdown_rows
from sotexplore.ui.figures.figure import pack
from sotexplore.ui.figures.front import MAX_DRAWN, NO_FRONT, front_figure, front_points, padded_range
from sotexplore.ui.figures.front_data import Extent, FrontData, extent_of, front_data, thinned, usable_axes


def state_fields() -> list[str]:
    return ["compute_style", "subarray_rows", "subarray_cols", "active_rows", "adc_bits"]


def designs(count: int = 200, *, seed: int = 0) -> pd.DataFrame:
    """A made-up evaluated space."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["measured", "estimated", "unknown"], count, p=[0.6, 0.3, 0.1])
    accuracy = np.where(kinds == "unknown", np.nan, rng.uniform(0.9, 0.99, count))
    return pd.DataFrame(
        {
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
    assert clouds["AND-count, measured"]["symbol"] != clouds["AND-count, estimated"]["symbol"]
    assert clouds["AND-count, measured"]["symbol"] != clouds["AND-count, unknown"]["symbol"]
    assert clouds["AND-count, measured"]["color"] != clouds["crossbar, measured"]["color"]


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
    figure = front_figure(front_points(data, x="area_m2"), extent_of(data), x="area_m2", y="power_w")
    low, high = figure.layout["xaxis"]["range"]
    assert low < data.frame["x"].iloc[0] < high


def test_the_star_stands_at_the_current_design_and_inside_the_axes() -> None:
    data = front_data(designs(), x="area_m2", y="accuracy_ratio", log_x=True)
    points, extent = front_points(data, x="area_m2"), extent_of(data)
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
        return front_figure(front_points(data, x=x), extent_of(data), x=x, y="accuracy_ratio").layout

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
        front_points(data, x="area_m2"), extent_of(data), x="area_m2", y="power_w", current=(1e-7, 0.1)
    )
    json.dumps([figure.layout, figure.marker], allow_nan=False)
    with pytest.raises(ValueError, match="JSON"):
        pack([{"x": [math.nan]}])


def test_equal_traces_have_equal_revisions() -> None:
    assert pack([{"x": [1]}]).revision == pack([{"x": [1]}]).revision != pack([{"x": [2]}]).revision


def test_extent_of_the_front_alone() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [5.0, 6.0, 4.0]})
    data = FrontData(frame, np.array([True, True, False]))
    assert extent_of(data) == Extent((1.0, 3.0), (4.0, 6.0))
    assert extent_of(data, front_only=True) == Extent((1.0, 2.0), (5.0, 6.0))


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
    listing = list_checkpoints(filled_cache)
    spaces = [json.loads(text) for text in engine.front_spaces(Design(), listing, between=False)]
    assert all(len(space["checkpoint"]) == len(listing.rows) for space in spaces)
    both = [json.loads(text) for text in engine.front_spaces(Design(), listing, between=True)]
    assert len(both) == 2 * len(spaces)
    assert "compression" in both[-1]


def test_short_crossbars_drive_all_their_rows(filled_cache: Path) -> None:
    listing, state = list_checkpoints(filled_cache), engine.signature(filled_cache)
    frame = engine.front_frame(engine.front_spaces(Design(), listing, between=False), filled_cache, state)
    crossbars = frame[frame["compute_style"] == "crossbar"]
    assert set(crossbars["subarray_rows"]) == set(engine.SUBARRAY_SIZES)
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
    points, extent = front_points(data, x="area_m2", front_only=True), extent_of(data, front_only=True)
    figure = front_figure(points, extent, x="area_m2", y="power_w", note=NO_FRONT)
    assert NO_FRONT in [annotation["text"] for annotation in figure.layout["annotations"]]
    assert not any(trace["mode"] == "lines" for trace in points.traces)


def test_unreliable_designs_are_thinned_out_first() -> None:
    frame = designs(MAX_DRAWN * 2).assign(reliable=np.arange(2 * MAX_DRAWN) % 3 == 0)
    kept = thinned(frame, MAX_DRAWN)
    assert len(kept) <= MAX_DRAWN
    assert kept["reliable"].sum() == frame["reliable"].sum()
    assert len(thinned(frame.assign(reliable=True), MAX_DRAWN)) <= MAX_DRAWN


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
    listing, state = list_checkpoints(filled_cache), engine.signature(filled_cache)
    spaces = engine.front_spaces(Design(), listing, between=True)
    frame = engine.front_frame(spaces, filled_cache, state)
    crossbars = frame[frame["compute_style"] == "crossbar"]
    pairs = set(zip(crossbars["active_rows"], crossbars["adc_bits"], strict=True))
    assert pairs >= set(engine.EXACT_PAIRS)
    counts = frame[frame["compute_style"] == "and-count"]
    assert set(counts["adc_bits"]) == {Design().hardware.adc_bits}
    assert not frame.duplicated([*state_fields(), "structure", "prune_ratio", "weight_bits", "activation_bits"]).any()
    exact = Design(hardware=Hardware(compute_style="crossbar", active_rows=3, adc_bits=2))
    assert len(engine.front_spaces(exact, listing, between=False)) == len(engine.EXACT_PAIRS)


def test_of_several_seeds_the_chart_shows_the_one_that_a_click_lands_on(
    tmp_path: Path, add_checkpoint: Callable[..., None]
) -> None:
    for seed in (2, 0, 1):
        add_checkpoint(tmp_path, 0.9, 4, 4, seed=seed, accuracy_ratio=0.98 + 0.001 * seed)
    listing, state = list_checkpoints(tmp_path), engine.signature(tmp_path)
    frame = engine.front_frame(engine.front_spaces(Design(), listing, between=False), tmp_path, state)
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
    kept = engine.within(frame, {"accuracy_ratio": (0.95, None), "area_m2": (None, 5e-7)})
    assert len(kept)
    assert (kept["accuracy_ratio"] >= 0.95).all()
    assert (kept["area_m2"] <= 5e-7).all()
    assert engine.within(frame, {}).equals(frame)


def test_the_signature_follows_the_cache(tmp_path: Path) -> None:
    assert engine.signature(tmp_path) == ""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    empty = engine.signature(tmp_path)
    (folder / "a.safetensors").write_bytes(b"1")
    one = engine.signature(tmp_path)
    (folder / "notes.txt").write_bytes(b"1")
    assert empty != one == engine.signature(tmp_path)
