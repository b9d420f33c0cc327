"""What the Explore page does between its controls and its drawings: messages, evaluation, and clicks taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from sotexplore import catalogue
from sotexplore.checkpoint import Listing
from sotexplore.design import Design
from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import Evaluation
from sotexplore.fault_study import study_problems
from sotexplore.ui import controls, current, engine, places, sidebar, spaces, state
from sotexplore.ui.components.figure_row import Ahead, asked, entry, figure_row, send_ahead
from sotexplore.ui.components.live_chart import clicked, is_drawn, live_chart, selected, send_points
from sotexplore.ui.figures.front import NO_FRONT, front_figure, star_place
from sotexplore.ui.figures.front_data import FrontData
from sotexplore.ui.formatting import QUANTITIES, field_label, plain
from sotexplore.ui.panels import figures_of, show_breakdown, show_layers, show_reading
from sotexplore.ui.state import View

CHART, TABLE = "front_chart", "design_table"
STEP, DETAILS = "design_step", "design_details"
"""Keys of the fragments that follow the current design."""
AHEAD_STEPS = 8
"""Steps of the pruning slider to each side that the browser knows ahead; of the other sliders it knows all."""
REFRESH_S = 5
_LIGHT_IN_WIDE_SPACES = ("columns_per_sense_amplifier", "adc_bits", "active_rows")
"""Sliders that change no space in the larger spaces, besides `controls.STEPPED`."""
_SPACE, _LISTED, _LATEST = "_space", "_listed", "_latest"


@dataclass(frozen=True)
class Assessment:
    """The current design's figures; `problem` says why there are none."""

    design: Design | None
    evaluation: Evaluation | None
    baseline: Evaluation | None
    problem: str = ""


@dataclass(frozen=True)
class Space:
    """All designs behind the chart, and those of them that the view shows (None: no design keeps its limits)."""

    items: tuple[str, ...]
    """What the designs are, see `engine.front_spaces`."""
    frame: pd.DataFrame
    front: engine.Front | None


def show_cache_problems(listing: Listing, cache: Path, network: str) -> None:
    """Says what the cache lacks, and what to do about it."""
    problems = [*listing.problems, *study_problems(cache)]
    if problems:
        lines = "\n".join(f"- {plain(problem)}" for problem in problems[:5])
        st.warning(
            lines,
            title=f"{len(problems)} unreadable files in the cache were left out",
            icon=":material/warning:",
        )
    if spaces.network_rows(listing, network):
        return
    if not catalogue.network(network).trainable:
        st.info(
            "It has no training recipe, so its accuracy stays unknown; area, power and speed below are those of designs "
            "as the pruning budget plans them.",
            title=f"{plain(network)} is for the hardware only",
            icon=":material/info:",
        )
        return
    place = (
        f"The cache ({plain(str(cache))}) is empty"
        if not listing.rows
        else f"No checkpoint of {plain(network)} in the cache"
    )
    st.info(
        "Accuracy is unknown until a network is trained and compressed: `sotexplore compress RUN.yaml` adds a checkpoint, "
        "and it appears here by itself. Area, power and speed below are those of designs as the pruning budget plans them.",
        title=place,
        icon=":material/info:",
    )


def assess(values: Mapping[str, Any], cache: Path, cache_state: str) -> Assessment:
    """The figures of the design that the controls describe, or the reason why there are none."""
    design = None
    try:
        design = state.design_of(values)
        evaluation = engine.evaluation(design.model_dump_json(), cache, cache_state)
        baseline = engine.baseline(design.network, design.hardware.model_dump_json(), cache, cache_state)
    except InputError as error:
        return Assessment(design, None, None, str(error))
    return Assessment(design, evaluation, baseline)


def show_problem(problem: str) -> None:
    """Says why the current design has no figures."""
    if problem:
        st.error(plain(problem), title="This combination cannot be built", icon=":material/block:")


def design_frame(items: tuple[str, ...], cache: Path, cache_state: str) -> pd.DataFrame | None:
    """The designs behind the chart; None, with a message, where the hardware refuses them all."""
    try:
        frame = engine.front_frame(items, cache, cache_state)
    except InputError as error:
        st.error(plain(str(error)), title="The design space cannot be evaluated", icon=":material/block:")
        return None
    st.session_state[_SPACE] = frame
    return frame


def on_step(name: str) -> None:
    """After a slider moved: has more or less of the page run than the slider's own part where that is needed.

    The sliders that move the current design alone stand in the fragment that follows it, and nothing else runs. The
    page runs as a whole where other controls change with the new value, and, for the other sliders, as long as no
    browser has drawn it once.
    """
    stepped = name in controls.STEPPED
    wide = st.session_state.get("space", spaces.SMALLEST) != spaces.SMALLEST
    if not stepped and not (is_drawn() and wide and name in _LIGHT_IN_WIDE_SPACES):
        return
    if controls.changes_controls(name):
        st.rerun()
    details = [DETAILS] if any(st.session_state.get(key) for key in ("breakdown_open", "reading_open")) else []
    if details or not stepped:
        current.note_step()
        st.rerun([STEP, *details])


class Latest:
    """The current design's figures, as parts of the page that are not drawn again find them when they are used."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        self.whole = self.ahead_whole = True
        """Whether the page is running as a whole, as the fragments learn that run on their own later."""

    def __call__(self) -> Evaluation | None:
        """The figures; None where the design cannot be built."""
        return self.assessment.evaluation


def latest(assessment: Assessment) -> Latest:
    """The holder of this session's current figures."""
    holder: Latest = st.session_state.setdefault(_LATEST, Latest(assessment))
    holder.assessment, holder.whole, holder.ahead_whole = assessment, True, True
    return holder


@st.fragment(key=STEP)
def follow_design(
    steps: sidebar.Steps,
    space: Space | None,
    view: View,
    holder: Latest,
    *,
    figures_place: DeltaGenerator,
    chart_place: DeltaGenerator,
    cache: Path,
    cache_state: str,
) -> None:
    """What a slider step changes: sliders, row of figures, star on the chart; runs alone where nothing else changes."""
    before, whole = holder.assessment, holder.whole
    known, drawn = current.values(), steps.draw()
    misread = whole and any(known[name] != value for name, value in drawn.items())
    holder.assessment, holder.whole = assess(current.values(), cache, cache_state), False
    now = holder.assessment
    if misread or (now.evaluation is None) != (before.evaluation is None):
        st.rerun()
    with figures_place:
        figure_row(
            figures_of(now.evaluation, now.baseline), key="figures", context=context_of(current.values(), view, cache_state)
        )  # fmt: skip
    with chart_place:
        if space is not None:
            show_chart(space, view, now.evaluation, cache, cache_state)


def context_of(values: Mapping[str, Any], view: View, cache_state: str) -> str:
    """Stands for everything that the figures and the star depend on, but for the sliders that move the design alone."""
    others = {name: value for name, value in values.items() if name not in controls.STEPPED}
    facts = repr((sorted(others.items()), view.model_dump_json(), cache_state))
    return blake2b(facts.encode(), digest_size=8).hexdigest()


@st.fragment
def look_ahead(space: Space | None, view: View, holder: Latest, *, cache: Path, cache_state: str) -> None:
    """Sends the browser the designs along the slider that is taken up, so that it shows a step without waiting.

    Not where bands are drawn, whose draws take too long.
    """
    values = current.values()
    context = context_of(values, view, cache_state)
    whole, holder.ahead_whole = holder.ahead_whole, False
    name = None if whole or view.bands else asked(context)
    front = None if space is None else space.front
    found = None if name is None else designs_ahead(name, values, front, view, cache=cache, cache_state=cache_state)
    send_ahead(found, context=context)


def designs_ahead(
    name: str, values: Mapping[str, Any], front: engine.Front | None, view: View, *, cache: Path, cache_state: str
) -> Ahead:
    """The designs along one slider around the current one, those left out that change other controls or cannot be built."""
    steps = controls.positions(name, values[name], AHEAD_STEPS)
    entries = {}
    for place, value in steps.items():
        st.session_state.get(STEP)  # where the session is read, a newer step takes over
        if controls.changes_controls(name, value):
            continue
        found = assess({**values, name: value}, cache, cache_state)
        if found.evaluation is None:
            continue
        at = None if front is None else _values_at(found.evaluation, front.x, front.y)
        star = None if front is None else star_place(at, front.x, front.y, log_x=view.log_x, log_y=view.log_y)
        marker = None if star is None else {"x": star[0], "y": star[1]}
        ends = controls.ends_at(name, value)
        entries[place] = entry(figures_of(found.evaluation, found.baseline), marker, first=ends[0], last=ends[1])
    base = {field: controls.position(field, values[field]) for field in controls.STEPPED}
    return Ahead(name, base, entries)


@st.fragment(key=DETAILS)
def show_details(holder: Latest) -> None:
    """What there is to read about the current design, drawn where it was opened."""
    evaluation = holder()
    if evaluation is not None:
        breakdown = st.expander(
            "Where area, energy and time go", icon=":material/bar_chart:", on_change="rerun", key="breakdown_open"
        )
        if breakdown.open:
            with breakdown:
                show_breakdown(evaluation)
                show_layers(evaluation)
    reading = st.expander(
        "How to read these numbers", icon=":material/menu_book:", on_change="rerun", key="reading_open"
    )
    if reading.open:
        with reading:
            show_reading(evaluation)


def send_chart_points(space: Space | None) -> None:
    """Sends the browser the points of the chart, once for all steps that leave them as they are."""
    if space is not None and space.front is not None:
        send_points(space.front.points, key=CHART)


def show_chart(space: Space, view: View, evaluation: Evaluation | None, cache: Path, cache_state: str) -> None:
    """Draws the designs that keep the limits and the current design, or says that no design keeps them."""
    front = space.front
    if front is None:
        _show_nothing_kept(space.frame, state.limits_of(view))
        return
    if (front.x, front.y) != (state.AXES[view.x], state.AXES[view.y]):
        names = f"{QUANTITIES[front.x].label} and {QUANTITIES[front.y].label}"
        st.caption(f"No shown design has a known accuracy: the axes are {names} instead.")
    place = _values_at(evaluation, front.x, front.y)
    ends = _ends_at(evaluation, front.x, front.y, cache, cache_state) if view.bands and place else None
    figure = front_figure(
        front.points, front.extent, x=front.x, y=front.y, log_x=view.log_x, log_y=view.log_y, current=place,
        note="" if front.data.on_front.any() else NO_FRONT, ends=ends,
    )  # fmt: skip
    label = (
        f"Scatter plot of {front.data.n_shown:,} designs: {QUANTITIES[front.y].title} against "
        f"{QUANTITIES[front.x].title}, with the Pareto front and the current design. The table below lists the front."
    )
    live_chart(
        figure, key=CHART, label=label, height=410, on_click=_take_point, on_select=_take_selection, points_apart=True,
        context=context_of(current.values(), view, cache_state),
    )  # fmt: skip
    st.caption(count_text(len(space.frame), front.n_kept, front.data, front_only=view.front_only))
    if evaluation is not None and figure.marker is None:
        st.caption("The current design has no value on these axes, so it has no star.")


def count_text(total: int, kept: int, data: FrontData, *, front_only: bool) -> str:
    """How many designs are shown, and why the others are not.

    Args:
        total: designs in the space.
        kept: designs that keep the constraints.
        data: designs that have both metrics, and their front.
        front_only: whether the dominated designs are hidden.
    """
    shown, on_front = data.n_shown, int(data.on_front.sum())
    missing = []
    if total > kept:
        missing.append(f"{total - kept:,} outside the constraints")
    if kept > shown:
        missing.append(f"{kept - shown:,} without a value on these axes, such as an unknown accuracy")
    left_out = f" ({'; '.join(missing)})" if missing else ""
    parts = [f"{shown:,} of {total:,} designs shown{left_out}, {on_front:,} on the front"]
    if front_only:
        parts.append("the others are hidden by Front only")
    elif shown > len(data.frame):
        parts.append(f"of the others a sample of {len(data.frame) - on_front:,} is drawn")
    if data.n_failing:
        parts.append(f"{data.n_failing:,} with unreliable reads")
    return "; ".join(parts) + "."


def show_listing(front: engine.Front) -> pd.DataFrame | None:
    """Heads the table and returns its designs: the selected ones, or else the front; None where there is neither."""
    data = front.data
    chosen = data.frame.index.intersection(selected(CHART))
    if len(chosen):
        listed, title = data.frame.loc[chosen], f"Selection: {len(chosen):,} {_designs(len(chosen))}"
    elif not data.on_front.any():
        st.info(
            "The array reads of every shown design fail too often (too many active rows or too few ADC bits for the "
            "cell), while accuracy was measured with ideal reads. **Unreliable reads** above the chart lets them join.",
            title="No Pareto front: no shown design reads reliably",
            icon=":material/warning:",
        )
        return None
    else:
        listed = data.front
        title = f"Pareto front: {len(listed):,} {_designs(len(listed))}"
    listed = listed.sort_values(["y", "x"], ascending=[QUANTITIES[front.y].better == "lower", True])
    st.session_state[_LISTED] = listed
    st.subheader(title, anchor=False)
    st.caption(
        "Choose a row, or click a point, and the controls go there. A lasso or box in the chart lists its designs here."
    )
    return listed


def take_row() -> None:
    """Moves the controls to the chosen row of the table."""
    rows = st.session_state[TABLE].selection.rows
    listed = st.session_state.get(_LISTED)
    if rows and listed is not None and rows[0] < len(listed):
        current.move_to(listed.iloc[rows[0]])


def watch(cache: Path, known: str) -> None:
    """Reruns the page when the cache changes, so that a new checkpoint appears by itself."""
    with places.place("watch"):
        _watch(cache, known)


@st.fragment(run_every=REFRESH_S)
def _watch(cache: Path, known: str) -> None:
    if engine.signature(cache) != known:
        st.rerun()


def _take_point() -> None:
    frame, index = st.session_state.get(_SPACE), clicked(CHART)
    if frame is not None and index in frame.index:
        current.move_to(frame.loc[index])
        st.rerun()


def _take_selection() -> None:
    """Has the whole page run, as the table stands outside the chart's fragment."""
    st.rerun()


def _values_at(evaluation: Evaluation | None, x: str, y: str) -> tuple[float, float] | None:
    if evaluation is None or evaluation.metrics[x] is None or evaluation.metrics[y] is None:
        return None
    return float(evaluation.metrics[x]), float(evaluation.metrics[y])


def _ends_at(
    evaluation: Evaluation | None, x: str, y: str, cache: Path, cache_state: str
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Ends of the current design's bands on both axes, in SI units."""
    if evaluation is None:
        return None
    found = engine.study(evaluation.design.model_dump_json(), cache, cache_state)
    values = evaluation.metrics
    across, up = (
        engine.band_ends(metric, found, float(values[metric]), values.get(engine.ERRORS.get(metric, "")))
        for metric in (x, y)
    )
    return across, up


def _designs(count: int) -> str:
    return "design" if count == 1 else "designs"


def _show_nothing_kept(frame: pd.DataFrame, limits: Mapping[str, tuple[float | None, float | None]]) -> None:
    lines = [
        f"- {field_label(metric)}: {engine.within(frame, {metric: bounds}).sum():,} of {len(frame):,} designs keep this limit"
        for metric, bounds in limits.items()
    ]
    st.info(
        "\n".join([*lines, "", "Loosen a limit under Constraints or a range under Parallel coordinates."]),
        title="No design keeps all limits",
        icon=":material/filter_alt_off:",
    )
