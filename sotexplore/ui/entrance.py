"""The way into a page: through `app.py`, also for the first visitor of a server who comes by a link to that page."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def check() -> None:
    """The first line of a page. Has the run begin again where Streamlit ran the page without `app.py`.

    Until `st.navigation` is called for the first time in its process, Streamlit takes the files in `pages/` for pages
    by themselves; the first visitor's deep link would get a page without title, logo, width and menu.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
