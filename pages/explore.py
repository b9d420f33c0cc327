"""Explore: one design's figures beside the Pareto front of all designs."""

import streamlit as st

from sotexplore.store import cache_directory
from sotexplore.ui import arrival, controls, engine, explore, link, panels, pins, sidebar, state

arrival.require()
cache = cache_directory()
cache_state = engine.signature(cache)
listing = engine.checkpoints(cache, cache_state)
values = sidebar.draw(listing)
assessment = explore.assess(values, cache, cache_state)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.header(f"Design space of {values['network']}", anchor=False, width="content")
    with st.container(horizontal=True, width="content"):
        limits = controls.limit_controls()
        pins.button(cache, cache_state)
        panels.show_exports(assessment.evaluation)

link.show_problems()
explore.show_cache_problems(listing, cache, values["network"])
explore.show_problem(assessment.problem)
panels.show_figures(assessment.evaluation, assessment.baseline)

view = state.view_of({**controls.axis_controls(), **limits})
space = explore.design_space(assessment, listing, view, cache, cache_state)
if space is not None:
    explore.show_chart(space, view, assessment.evaluation)
if space is not None and space.front is not None:
    listed = explore.show_listing(space.front)
    if listed is not None:
        panels.show_table(listed, key=explore.TABLE, label="Designs on the Pareto front", on_select=explore.take_row)

if assessment.evaluation is not None:
    breakdown = st.expander(
        "Where area, energy and time go", icon=":material/bar_chart:", on_change="rerun", key="breakdown_open"
    )
    if breakdown.open:
        with breakdown:
            panels.show_breakdown(assessment.evaluation)
            panels.show_layers(assessment.evaluation)

with st.expander("How to read these numbers", icon=":material/menu_book:"):
    panels.show_reading(assessment.evaluation)

explore.watch(cache, cache_state)
