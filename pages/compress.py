"""Compress: training runs in a queue beside the dashboard, and their course as they train."""

import streamlit as st

from sotexplore.jobs import queue
from sotexplore.store import cache_directory
from sotexplore.ui import arrival, compress_form, compress_page, sidebar
from sotexplore.ui.components.live_chart import send_library

arrival.require()
sidebar.stay_away()
compress_page.go_where_asked()
cache = cache_directory()
found = queue.read(cache)

with st.sidebar:
    compress_form.draw(cache, found.jobs, compress_page.paces(cache, found.jobs))

st.header("Compress networks", anchor=False)
with st.container():
    send_library()
compress_page.show(cache, compress_page.states(found))
