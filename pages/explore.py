"""Explore: one design's figures beside the Pareto front of all designs."""

import streamlit as st

from sotexplore.store import cache_directory
from sotexplore.ui import (
    arrival,
    assessment,
    cache_view,
    choosing,
    controls,
    design_step,
    engine,
    front_view,
    panels,
    pins,
    ranges,
    sidebar,
    state,
)

arrival.require()
cache = cache_directory()
cache_state = engine.signature(cache)
listing = engine.checkpoints(cache, cache_state)
values, steps = sidebar.begin(listing, design_step.on_step)
now = assessment.assess(values, cache, cache_state)
latest = assessment.latest(now)

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.header(f"Design space of {values['network']}", anchor=False, width="content")
    with st.container(horizontal=True, width="content"):
        limits = controls.limit_controls()
        pins.button(cache, cache_state)
        panels.show_exports(latest, f"{values['network']}-design")

cache_view.show_cache_problems(listing, cache, values["network"])
assessment.show_problem(now.problem)
figures_place = st.container()
axes = controls.axis_controls()
chart_place = st.container()
choice_place = st.expander(
    "Which one should I take?", icon=":material/recommend:", on_change="rerun", key="choice_open",
    expanded=any(name in st.query_params for name in state.WEIGHED),
)  # fmt: skip
lines_place = st.expander(
    "Parallel coordinates and ranges", icon=":material/tune:", on_change="rerun", key="lines_open",
    expanded=any(name in st.query_params for name in state.RANGES),
)  # fmt: skip

space, view = None, state.view_of({**axes, **limits})
if now.design is not None:
    items = engine.front_spaces(now.design, view, cache, cache_state)
    frame = front_view.design_frame(items, cache, cache_state)
    if frame is not None:
        with lines_place:
            view = state.view_of({**axes, **limits, **ranges.range_controls(items, cache, cache_state)})
        space = front_view.Space(items, frame, engine.front(items, view, cache, cache_state))

design_step.follow_design(
    steps, space, view, latest, figures_place=figures_place, chart_place=chart_place, cache=cache, cache_state=cache_state
)  # fmt: skip

if space is not None and space.front is not None:
    if lines_place.open:
        with lines_place:
            ranges.show_lines(space.front)
    if choice_place.open:
        with choice_place:
            choosing.show(space.front, space.items, view, cache, cache_state)
    listed = front_view.show_listing(space.front)
    if listed is not None:
        panels.show_table(
            listed, key=front_view.TABLE, label="Designs on the Pareto front", on_select=front_view.take_row
        )

front_view.send_chart_points(space)
design_step.look_ahead(space, view, latest, cache=cache, cache_state=cache_state)
design_step.show_details(latest)
cache_view.watch(cache, cache_state)
