"""The design that all pages speak of: what the controls of Explore last said, kept while a session moves between pages."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from sotexplore.design import Design
from sotexplore.ui import state

_CURRENT = "_current_design"


def remember(values: Mapping[str, Any]) -> None:
    """Keeps the flat values (see `state.values_of`) that a page's controls show."""
    st.session_state[_CURRENT] = dict(values)


def values() -> dict[str, Any]:
    """The current design's flat values; the default design before any control was drawn."""
    return {**state.values_of(Design()), **st.session_state.get(_CURRENT, {})}


def design() -> Design:
    """The current design.

    Raises:
        InputError: the controls describe no valid design.
    """
    return state.design_of(values())
