"""Validation: the hardware model beside its references, misses first, and our compression beside published results."""

import streamlit as st

from sotexplore.store import cache_directory
from sotexplore.ui import arrival, engine, fault_view, sidebar, validation_page

arrival.require()
sidebar.stay_away()
cache = cache_directory()
cache_state = engine.signature(cache)
st.header("Validation", anchor=False)
rows = validation_page.comparisons()
validation_page.show_verdict(rows)
validation_page.show_parity(rows)
validation_page.show_misses(rows)
validation_page.show_table(rows)
validation_page.show_published(cache, cache_state)
fault_view.show(cache, engine.checkpoints(cache, cache_state))
