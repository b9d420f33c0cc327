"""Design: one configuration in depth, what limits it and what to change next."""

import streamlit as st

from sotexplore.store import cache_directory
from sotexplore.ui import arrival, design_page, engine, panels, sidebar

arrival.require()
cache = cache_directory()
cache_state = engine.signature(cache)
sidebar.draw(engine.checkpoints(cache, cache_state))
found = design_page.depth(cache, cache_state)
if found is None:
    st.stop()

design_page.show_head(found)
panels.show_figures(found.evaluation, found.baseline)
design_page.show_limits(found)
design_page.show_area(found)
design_page.show_timeline(found)
design_page.show_parts(found)
design_page.show_layers(found)
design_page.show_baseline(found)
design_page.show_constants(found)
