"""The designs behind the chart: the chart, the table below it, and clicks on both taken back to the controls."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import Evaluation
from sotexplore.ui import current, engine, state
from sotexplore.ui.assessment import context_of
from sotexplore.ui.components.live_chart import clicked, live_chart, selected, send_points
from sotexplore.ui.figures.front import NO_FRONT, front_figure
from sotexplore.ui.figures.front_data import FrontData
from sotexplore.ui.formatting import QUANTITIES, field_label, plain
from sotexplore.ui.state import View

CHART, TABLE = "front_chart", "design_table"
_SPACE, _LISTED = "_space", "_listed"


@dataclass(frozen=True)
class Space:
    """All designs behind the chart, and those of them that the view shows (None: no design keeps its limits)."""

    items: tuple[str, ...]
    """What the designs are, see `engine.front_spaces`."""
    frame: pd.DataFrame
    front: engine.Front | None


def design_frame(items: tuple[str, ...], cache: Path, cache_state: str) -> pd.DataFrame | None:
    """The designs behind the chart; None, with a message, where the hardware refuses them all."""
    try:
        frame = engine.front_frame(items, cache, cache_state)
    except InputError as error:
        st.error(plain(str(error)), title="The design space cannot be evaluated", icon=":material/block:")
        return None
    st.session_state[_SPACE] = frame
    return frame


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
    place = values_at(evaluation, front.x, front.y)
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


def _take_point() -> None:
    frame, index = st.session_state.get(_SPACE), clicked(CHART)
    if frame is not None and index in frame.index:
        current.move_to(frame.loc[index])
        st.rerun()


def _take_selection() -> None:
    """Has the whole page run, as the table stands outside the chart's fragment."""
    st.rerun()


def values_at(evaluation: Evaluation | None, x: str, y: str) -> tuple[float, float] | None:
    """Where a design stands on two metrics, in SI units; None where it has no figures or one of the two is unknown."""
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
