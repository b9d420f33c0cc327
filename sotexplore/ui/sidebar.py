"""The current design's controls beside a page: any page that shows one design draws them with one call."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from sotexplore.checkpoint import Listing
from sotexplore.ui import controls, current, link

STEPS = "design_steps"
"""Key of the fragment with undo and redo."""


def draw(listing: Listing, *, on_step: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Draws the design's controls in the sidebar, remembers what they say, and returns it.

    The controls are the same on every page (their keys are the field names), so that a page with a sidebar can be
    reloaded and linked to like Explore.

    Args:
        listing: the cache's checkpoints, which say how far pruning goes.
        on_step: called with the field's name when a slider was moved, before the rerun that follows; a page that need
            not run as a whole then calls `current.note_step` and `st.rerun` with the keys of its fragments, of which
            one draws `steps`.

    Returns:
        Flat values by field name; `state.design_of` makes a design of them.
    """
    link.check()
    with st.sidebar:
        place = st.container(gap="xsmall")
        values = controls.design_controls(max((row["prune_ratio"] for row in listing.rows), default=0.0), on_step)
    current.remember(values)
    with place:
        steps()
    controls.complete_link()
    return values


def stay_away() -> None:
    """On a page that has no use for the design's controls: its address holds the design for the pages that have."""
    link.check()
    current.keep_in_address()


@st.fragment(key=STEPS)
def steps() -> None:
    """The buttons that move the design back and forth."""
    known = current.steps()
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Undo", key="undo", icon=":material/undo:", on_click=_move, args=(current.undo,), disabled=not known.can_undo,
            shortcut="Ctrl+Z", help="Back to the design before the last change.", type="tertiary",
        )  # fmt: skip
        st.button(
            "Redo", key="redo", icon=":material/redo:", on_click=_move, args=(current.redo,), disabled=not known.can_redo,
            shortcut="Ctrl+Y", help="Takes up again what was undone.", type="tertiary",
        )  # fmt: skip
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Dense baseline", key="to_baseline", icon=":material/flag:", on_click=_move, args=(current.to_baseline,), type="tertiary",
            help="The dense network at 8 bits on the same hardware: what changes are counted against.",
        )  # fmt: skip
        st.button(
            "Reset design", key="reset_design", icon=":material/restart_alt:", on_click=_move, args=(current.reset,), type="tertiary",
            help="All controls back to their defaults.",
        )  # fmt: skip


def _move(move: Callable[[], None]) -> None:
    """Moves the design and has the whole page run: the controls stand outside the buttons' fragment."""
    move()
    st.rerun()
