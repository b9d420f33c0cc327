"""Technology: cells and constants with their sources, and an edited copy of a cell tried on designs."""

import streamlit as st

from sotexplore.store import cache_directory
from sotexplore.ui import engine, technology_page

cache = cache_directory()
state = engine.signature(cache)
st.header("Technology", anchor=False)
design = technology_page.current_design()
if design is None:
    st.stop()

form, results = st.columns([1, 2], gap="medium")
with form:
    trial = technology_page.show_form(design)
with results:
    technology_page.show_comparison(trial, cache, state)
technology_page.show_front(trial, cache, state)
technology_page.show_duty(trial, cache, state)
technology_page.show_constants(trial)
