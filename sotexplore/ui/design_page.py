"""The Design page: one configuration in depth, what limits it and what to change next."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import streamlit as st

from sotexplore.design import Design
from sotexplore.errors import InputError
from sotexplore.explorer.area_tree import area_leaves
from sotexplore.explorer.bands import design_study
from sotexplore.explorer.evaluate import dense_baseline, evaluate_design
from sotexplore.explorer.floor import layer_floor, layer_tiles
from sotexplore.explorer.next_steps import next_steps
from sotexplore.explorer.stages import pipeline_of
from sotexplore.ui import current, design_data, design_words
from sotexplore.ui.components.live_chart import live_chart
from sotexplore.ui.design_data import GREATER, LAYER_HELP, LESS, OTHER, Depth
from sotexplore.ui.figures.area_map import area_map_figure
from sotexplore.ui.figures.breakdown import breakdown_figure, breakdown_height
from sotexplore.ui.figures.tiles import floor_figure, squares_figure, squares_height
from sotexplore.ui.figures.timeline import timeline_figure, timeline_height
from sotexplore.ui.figures.tornado import ranked, tornado_figure, tornado_height
from sotexplore.ui.formatting import QUANTITIES, plain, si

KNOBS_SHOWN: Final = 14


def depth(cache: Path, cache_state: str) -> Depth | None:
    """The current design in depth; None, with a message, where it cannot be built."""
    try:
        return _depth(current.design().model_dump_json(), cache, cache_state)
    except InputError as error:
        st.error(plain(str(error)), title="The current design cannot be built", icon=":material/block:")
        st.page_link("pages/explore.py", label="Change it on Explore", icon=":material/scatter_plot:")
        return None


@st.cache_resource(max_entries=64, show_spinner=False)
def _depth(design_json: str, cache: Path, state: str) -> Depth:
    """Remembered while the cache's `state` stays as it is."""
    design = Design.model_validate_json(design_json)
    evaluation = evaluate_design(design, cache)
    return Depth(
        evaluation, dense_baseline(design, cache), pipeline_of(evaluation), layer_tiles(evaluation),
        next_steps(design, cache), design_study(design, cache),
    )  # fmt: skip


def show_head(found: Depth) -> None:
    """What the design is."""
    st.header("Design in depth", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(plain(design_words.configuration(found.evaluation)), width="content")
        st.page_link("pages/explore.py", label="Change it on Explore", icon=":material/tune:", width="content")


def show_limits(found: Depth) -> None:
    """What limits the design, and the best next steps."""
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader("What limits this design", anchor=False)
        st.markdown(
            "\n".join(f"- {line}" for line in design_words.limits(found.evaluation, found.pipeline, found.tiles))
        )
    with right, st.container(border=True, height="stretch"):
        st.subheader(
            "What to change next", anchor=False,
            help="The best single step of one knob for each goal, among those that can be built, read reliably and cost "
                 "at most half a point of accuracy.",
        )  # fmt: skip
        st.markdown("\n".join(f"- {line}" for line in design_words.advice(found.evaluation, found.steps)))
    _show_knobs(found)


def _show_knobs(found: Depth) -> None:
    with st.container(border=True):
        st.subheader("One step of each knob", anchor=False)
        metric = st.segmented_control(
            "Figure that the steps change", design_data.knob_metrics(found.evaluation.metrics, found.steps), default="area_m2", key="knob_metric", required=True,
            format_func=lambda name: QUANTITIES[name].label, label_visibility="collapsed",
        )  # fmt: skip
        nominal = found.evaluation.metrics[metric]
        rows = ranked(design_data.knob_rows(found.steps, metric), nominal, KNOBS_SHOWN)
        figure = tornado_figure(
            QUANTITIES[metric],
            nominal,
            rows,
            ((LESS, "a step down"), (GREATER, "a step up"), (OTHER, "another choice")),
        )
        label = f"{QUANTITIES[metric].label} after one step of each knob of the design"
        live_chart(figure, key="knobs", label=label, height=tornado_height(rows))
        st.caption(
            "The line is the current design; each bar is what one step of one knob alone makes of it. A step whose array reads "
            "would often fail, or whose accuracy is unknown, says so on hover. "
            + design_data.refused(found.steps)
        )  # fmt: skip


def show_area(found: Depth) -> None:
    """Treemap of the area beside the sub-arrays."""
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader("Where the area goes", anchor=False)
        live_chart(area_map_figure(area_leaves(found.evaluation)), key="area_map", label="Treemap of the chip's area by layer and component", height=430)  # fmt: skip
        st.caption(design_words.area_words(found.evaluation))
    with right, st.container(border=True, height="stretch"):
        st.subheader("Sub-arrays: used and freed", anchor=False, help="Against the dense network with 8-bit weights on the same sub-arrays.")  # fmt: skip
        _show_tiles(found)


def _show_tiles(found: Depth) -> None:
    height = squares_height(found.tiles)
    label = "Sub-arrays of each layer: in use, and freed by compression"
    live_chart(squares_figure(found.tiles), key="squares", label=label, height=height)
    st.caption(design_data.tiles_words(found.tiles))
    names = [item.name for item in found.tiles]
    start = max(range(len(names)), key=lambda place: found.tiles[place].freed)
    name = st.selectbox("Layer", names, index=start, key="floor_layer", help="Starts at the layer that compression freed most sub-arrays of.")  # fmt: skip
    floor = layer_floor(found.evaluation, name)
    live_chart(
        floor_figure(floor), key="floor", label=f"Weight bits of {name} on its sub-arrays, dense and now", height=330
    )
    groups = f" One of {floor.groups} groups is drawn." if floor.groups > 1 else ""
    st.caption(f"Kept weights lie together at the top left: removed filters and inputs take no cells.{groups}")


def show_timeline(found: Depth) -> None:
    """Frames through the layers."""
    with st.container(border=True):
        st.subheader("Frames through the layers", anchor=False)
        figure, height = timeline_figure(found.pipeline), timeline_height(found.pipeline)
        live_chart(figure, key="timeline", label="Timeline of the first frames through every layer", height=height)
        st.caption(design_words.pipeline_words(found.pipeline))


def show_parts(found: Depth) -> None:
    """Energy and latency by component and by layer."""
    parts = (
        ("energy_per_frame_j", "by component", found.evaluation.breakdown["energy_per_frame_j"], "@c1"),
        ("frame_latency_s", "by component", found.evaluation.breakdown["frame_latency_s"], "@c2"),
        ("energy_per_frame_j", "by layer", design_data.by_layer(found.evaluation, "energy_j"), "@c1"),
        ("frame_latency_s", "by layer", design_data.by_layer(found.evaluation, "latency_s"), "@c2"),
    )
    with st.container(border=True):
        st.subheader("Where energy and time go", anchor=False)
        with st.grid(2, min_column_width=380, gap="small"):
            for field, by, values, colour in parts:
                shown = design_data.top_parts(values)
                with st.container():
                    st.markdown(f"**{QUANTITIES[field].title}**, {by}")
                    key = f"{field}_{by[3:]}"
                    label = f"{QUANTITIES[field].label} {by}"
                    live_chart(untitled(breakdown_figure(field, shown, colour=colour)), key=key, label=label, height=breakdown_height(shown))  # fmt: skip


def untitled(figure: Any) -> Any:
    """The figure without its title, which stands above it."""
    layout = {name: value for name, value in figure.layout.items() if name != "title"}
    return replace(figure, layout={**layout, "margin": {**layout["margin"], "t": 4}})


def show_layers(found: Depth) -> None:
    """The per-layer table."""
    with st.container(border=True):
        st.subheader("Layer by layer", anchor=False)
        frame = design_data.layer_frame(found.evaluation, found.tiles)
        numbers = [name for name in frame.columns if name not in ("Layer", "Kind")]
        config: dict[str, Any] = {
            name: st.column_config.NumberColumn(name.strip(), format="%.4g" if "[" in name else "localized", help=LAYER_HELP.get(name))
            for name in numbers
        }  # fmt: skip
        config["Layer"] = st.column_config.TextColumn("Layer", pinned=True)
        st.dataframe(
            frame, hide_index=True, column_config=config, placeholder="", alt="Layers of the current design",
            height=min(38 + 35 * len(frame), 460),
        )  # fmt: skip


def show_constants(found: Depth) -> None:
    """Tornado of the model's constants, and the band that they make."""
    with st.container(border=True):
        st.subheader(
            "How sure the figures are", anchor=False,
            help="Every constant of the model has a range. Each is moved alone to both ends for the bars; all are drawn at "
                 "random together for the band.",
        )  # fmt: skip
        metric = st.segmented_control(
            "Figure that the constants change", design_data.constant_metrics(found.study), default="energy_per_frame_j", key="constant_metric", required=True,
            format_func=lambda name: QUANTITIES[name].label, label_visibility="collapsed",
        )  # fmt: skip
        st.markdown(design_data.band_words(found.study, metric))
        rows = design_data.constant_rows(found.study, metric)
        figure = tornado_figure(
            QUANTITIES[metric],
            found.study.nominal[metric],
            rows,
            ((LESS, "constant at its low end"), (GREATER, "constant at its high end")),
        )
        label = f"{QUANTITIES[metric].label} with each constant of the model at either end of its range"
        live_chart(figure, key="constants", label=label, height=tornado_height(rows))
        st.caption(
            "Hover a bar for the constant's value, range, kind and source; all constants are on the Technology page."
        )


def show_baseline(found: Depth) -> None:
    """The table against the dense network."""
    with st.container(border=True):
        st.subheader(
            "Against the dense network", anchor=False,
            help="The same network, not pruned, 8-bit weights and activations, on the same hardware.",
        )  # fmt: skip
        frame = design_data.compared_frame(found)
        st.dataframe(frame, hide_index=True, alt="The design against the dense 8-bit network", height="content")
        kinds = [
            f"accuracy of this design {found.evaluation.metrics['accuracy_kind']}",
            f"of the dense one {found.baseline.metrics['accuracy_kind']}",
        ]
        st.caption(f"{', '.join(kinds).capitalize()}. Period of a frame: {si(found.pipeline.period_s, 's')}.")
