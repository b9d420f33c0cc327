"""What follows a slider step: the row of figures, the star on the chart, the designs ahead of the slider, the details."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from sotexplore.ui import controls, current, engine, sidebar, spaces
from sotexplore.ui.assessment import Latest, assess, context_of
from sotexplore.ui.components.figure_row import Ahead, asked, entry, figure_row, send_ahead
from sotexplore.ui.components.live_chart import is_drawn
from sotexplore.ui.figures.front import star_place
from sotexplore.ui.front_view import Space, show_chart, values_at
from sotexplore.ui.panels import figures_of, show_breakdown, show_layers, show_reading
from sotexplore.ui.state import View

STEP, DETAILS = "design_step", "design_details"
"""Keys of the fragments that follow the current design."""
AHEAD_STEPS = 8
"""Steps of the pruning slider to each side that the browser knows ahead; of the other sliders it knows all."""
_LIGHT_IN_WIDE_SPACES = ("columns_per_sense_amplifier", "adc_bits", "active_rows")
"""Sliders that change no space in the larger spaces, besides `controls.STEPPED`."""


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
        at = None if front is None else values_at(found.evaluation, front.x, front.y)
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
