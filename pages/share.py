"""Share: a link, a bundle, files opened, designs exported."""

import streamlit as st

from sotexplore.store import cache_directory
from sotexplore.ui import arrival, assessment, engine, share_page, sidebar

arrival.require()
cache = cache_directory()
cache_state = engine.signature(cache)
listing = engine.checkpoints(cache, cache_state)
now = assessment.assess(sidebar.draw(listing), cache, cache_state)
st.header("Share and export", anchor=False)
assessment.show_problem(now.problem)
share_page.show_link()
found = share_page.hand_overs(now.evaluation, cache, cache_state)
share_page.show_exports(found)
left, right = st.columns(2, gap="large")
with left:
    share_page.show_bundle(found, listing)
with right:
    share_page.show_opening(cache, cache_state)
