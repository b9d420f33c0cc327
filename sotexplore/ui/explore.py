"""What the Explore page does between its controls and its drawings: messages, evaluation, and clicks taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from sotexplore.checkpoint import Listing
from sotexplore.design import Design
from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import Evaluation
from sotexplore.ui import controls, engine, state
from sotexplore.ui.components.live_chart import clicked, live_chart, selected
from sotexplore.ui.figures.front import front_figure
from sotexplore.ui.figures.front_data import FrontData
from sotexplore.ui.formatting import QUANTITIES, plain
from sotexplore.ui.state import View

CHART, TABLE = "front_chart", "design_table"
REFRESH_S = 5
_CHECKED, _PROBLEMS, _SPACE, _LISTED = "_link_checked", "_link_problems", "_space", "_listed"


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

    frame: pd.DataFrame
    front: engine.Front | None


def check_link() -> None:
    """Reads the address before the controls do, once a session, and remembers what cannot be used."""
    if not st.session_state.get(_CHECKED):
        st.session_state[_CHECKED] = True
        st.session_state[_PROBLEMS] = state.link_problems(st.query_params.to_dict(), controls.offered())


def show_link_problems() -> None:
    """Says which parts of the link were left out."""
    problems = st.session_state.get(_PROBLEMS)
    if problems:
        lines = "\n".join(f"- {plain(problem)}" for problem in problems[:8])
        st.warning(
            f"These keep their defaults:\n{lines}",
            title="Part of the link could not be used",
            icon=":material/link_off:",
        )
        st.button("Dismiss", on_click=_dismiss, type="tertiary", icon=":material/close:")


def show_cache_problems(listing: Listing, cache: Path, network: str) -> None:
    """Says what the cache lacks, and what to do about it."""
    if listing.problems:
        lines = "\n".join(f"- {plain(problem)}" for problem in listing.problems[:5])
        st.warning(
            lines,
            title=f"{len(listing.problems)} unreadable files in the cache were left out",
            icon=":material/warning:",
        )
    if engine.network_rows(listing, network):
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


def design_space(assessment: Assessment, listing: Listing, view: View, cache: Path, cache_state: str) -> Space | None:
    """The designs behind the chart; None, with a message, where the hardware refuses them all."""
    if assessment.design is None:
        return None
    spaces = engine.front_spaces(assessment.design, listing, between=view.between)
    try:
        frame = engine.front_frame(spaces, cache, cache_state)
    except InputError as error:
        st.error(plain(str(error)), title="The design space cannot be evaluated", icon=":material/block:")
        return None
    st.session_state[_SPACE] = frame
    return Space(frame, engine.front(spaces, view, cache, cache_state))


def show_chart(space: Space, view: View, evaluation: Evaluation | None) -> None:
    """Draws the designs that keep the limits and the current design, or says that no design keeps them."""
    front = space.front
    if front is None:
        _show_nothing_kept(space.frame, state.limits_of(view))
        return
    if (front.x, front.y) != (state.AXES[view.x], state.AXES[view.y]):
        names = f"{QUANTITIES[front.x].label} and {QUANTITIES[front.y].label}"
        st.caption(f"No shown design has a known accuracy: the axes are {names} instead.")
    current = _values_at(evaluation, front.x, front.y)
    figure = front_figure(
        front.points, front.extent, x=front.x, y=front.y, log_x=view.log_x, log_y=view.log_y, current=current
    )
    label = (
        f"Scatter plot of {len(front.data.frame)} designs: {QUANTITIES[front.y].title} against "
        f"{QUANTITIES[front.x].title}, with the Pareto front and the current design. The table below lists the front."
    )
    live_chart(figure, key=CHART, label=label, height=410, on_click=_take_point)
    _show_count(space.frame, front.data, evaluation is not None and figure.marker is None)


def show_listing(front: engine.Front) -> pd.DataFrame:
    """Heads the table and returns its designs: the selected ones, or else the front."""
    data = front.data
    chosen = data.frame.index.intersection(selected(CHART))
    if len(chosen):
        listed, title = data.frame.loc[chosen], f"Selection: {len(chosen):,} {_designs(len(chosen))}"
    else:
        listed = data.frame[data.on_front]
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
        _move_to(listed.iloc[rows[0]])


def reset() -> None:
    """Moves the controls to the default design."""
    _move_to(state.values_of(Design()))


@st.fragment(run_every=REFRESH_S)
def watch(cache: Path, known: str) -> None:
    """Reruns the page when the cache changes, so that a new checkpoint appears by itself."""
    if engine.signature(cache) != known:
        st.rerun()


def _dismiss() -> None:
    st.session_state[_PROBLEMS] = []


def _take_point() -> None:
    frame, index = st.session_state.get(_SPACE), clicked(CHART)
    if frame is not None and index in frame.index:
        _move_to(frame.loc[index])


def _move_to(values: Mapping[str, Any] | pd.Series) -> None:
    defaults = state.values_of(Design())
    for name in state.DESIGN_FIELDS:
        st.session_state[name] = type(defaults[name])(values[name])


def _values_at(evaluation: Evaluation | None, x: str, y: str) -> tuple[float, float] | None:
    if evaluation is None or evaluation.metrics[x] is None or evaluation.metrics[y] is None:
        return None
    return float(evaluation.metrics[x]), float(evaluation.metrics[y])


def _designs(count: int) -> str:
    return "design" if count == 1 else "designs"


def _show_count(frame: pd.DataFrame, data: FrontData, star_missing: bool) -> None:
    parts = [f"{len(data.frame):,} of {len(frame):,} designs shown, {int(data.on_front.sum()):,} on the front"]
    if star_missing:
        parts.append("the current design has no value on these axes, so it has no star")
    st.caption("; ".join(parts) + ".")


def _show_nothing_kept(frame: pd.DataFrame, limits: Mapping[str, tuple[float | None, float | None]]) -> None:
    lines = [
        f"- {QUANTITIES[metric].label}: {len(engine.within(frame, {metric: bounds})):,} of {len(frame):,} designs keep this limit"
        for metric, bounds in limits.items()
    ]
    st.info(
        "\n".join([*lines, "", "Loosen a limit under Constraints."]),
        title="No design keeps all limits",
        icon=":material/filter_alt_off:",
    )
