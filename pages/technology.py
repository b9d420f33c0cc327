"""Technology: cells and constants with their sources, and an edited copy of a cell tried on designs."""

import streamlit as st

from sotexplore.store import cache_directory
from sotexplore.ui import arrival, cell_form, engine, sidebar, technology_page

arrival.require()
cache = cache_directory()
state = engine.signature(cache)
sidebar.draw(engine.checkpoints(cache, state))
st.header("Technology", anchor=False)
design = technology_page.current_design()
if design is None:
    st.stop()

trial = cell_form.show(design)
technology_page.show_comparison(trial, cache, state)
technology_page.show_front(trial, cache, state)
technology_page.show_duty(trial, cache, state)
technology_page.show_constants(trial)
