"""The current design's controls beside a page: any page that shows one design draws them with one call."""

from typing import Any

import streamlit as st

from sotexplore.checkpoint import Listing
from sotexplore.ui import controls, current, link


def draw(listing: Listing) -> dict[str, Any]:
    """Draws the design's controls in the sidebar, remembers what they say, and returns it.

    The controls are the same on every page (their keys are the field names), so that a page with a sidebar can be
    reloaded and linked to like Explore.

    Args:
        listing: the cache's checkpoints, which say how far pruning goes.

    Returns:
        Flat values by field name; `state.design_of` makes a design of them.
    """
    link.check()
    with st.sidebar:
        place = st.container(gap="xsmall")
        values = controls.design_controls(max((row["prune_ratio"] for row in listing.rows), default=0.0))
    current.remember(values)
    with place:
        _buttons()
    controls.complete_link()
    return values


def _buttons() -> None:
    steps = current.steps()
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Undo", key="undo", icon=":material/undo:", on_click=current.undo, disabled=not steps.can_undo,
            shortcut="Ctrl+Z", help="Back to the design before the last change.", type="tertiary",
        )  # fmt: skip
        st.button(
            "Redo", key="redo", icon=":material/redo:", on_click=current.redo, disabled=not steps.can_redo,
            shortcut="Ctrl+Y", help="Takes up again what was undone.", type="tertiary",
        )  # fmt: skip
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Dense baseline", key="to_baseline", icon=":material/flag:", on_click=current.to_baseline, type="tertiary",
            help="The dense network at 8 bits on the same hardware: what changes are counted against.",
        )  # fmt: skip
        st.button(
            "Reset design", key="reset_design", icon=":material/restart_alt:", on_click=current.reset, type="tertiary",
            help="All controls back to their defaults.",
        )  # fmt: skip
