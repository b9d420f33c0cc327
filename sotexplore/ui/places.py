"""Fixed places at the top of every page: for messages about a link, and for parts that renew themselves by a timer.

They are there on every page, in the same order, whatever follows them. The browser knows a part of the page by its
place among its neighbours: a renewal that arrives while the page is being drawn anew falls on a place that exists.
"""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

NAMES = ("arrival", "link", "settle_arrival", "settle_link", "watch")
_PLACES = "_places"


def lay_out() -> None:
    """Makes the places; before anything else is drawn."""
    st.session_state[_PLACES] = {name: st.container() for name in NAMES}


def place(name: str) -> DeltaGenerator:
    """The place of that name on the page that is being drawn."""
    found: DeltaGenerator = st.session_state[_PLACES][name]
    return found
