"""Compare: up to six pinned designs side by side."""

import streamlit as st

from sotexplore.store import cache_directory
from sotexplore.ui import arrival, cache_view, compare_page, engine, pins, sidebar

arrival.require()
cache = cache_directory()
cache_state = engine.signature(cache)
sidebar.draw(engine.checkpoints(cache, cache_state))
items = compare_page.pinned(cache, cache_state)

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.header("Compare designs", anchor=False, width="content")
    with st.container(horizontal=True, width="content", vertical_alignment="center"):
        st.caption(compare_page.count_text(len(items)))
        pins.button(cache, cache_state, label="Pin current design")

if not items:
    compare_page.show_empty()
else:
    compare_page.show_heads(items)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        baseline, baselines = compare_page.baseline_control(items)
        only = st.toggle("Only what differs", key="compare_only", persist_state="session", value=True)
    compare_page.show_table(
        compare_page.rows_of(items, baselines), [item.pin.name for item in items], only_differing=only
    )
    compare_page.show_charts(items, baselines, baseline)
cache_view.watch(cache, cache_state)
