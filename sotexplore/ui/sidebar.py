"""The current design's controls beside a page: any page that shows one design draws them with one call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from sotexplore.checkpoint import Listing
from sotexplore.ui import controls, current, link


@dataclass(frozen=True)
class Steps:
    """What a slider step changes in the sidebar: the sliders that move the current design alone, undo and redo."""

    history: DeltaGenerator
    sliders: controls.Sliders
    on_step: Callable[[str], None]

    def draw(self) -> dict[str, Any]:
        """Draws them, takes the sliders' values up as a step, and returns these."""
        values = self.sliders.draw(self.on_step)
        current.take_up(values)
        with self.history:
            _history()
        return values


def draw(listing: Listing) -> dict[str, Any]:
    """Draws the design's controls in the sidebar, remembers what they say, and returns it.

    The controls are the same on every page (their keys are the field names), so that a page with a sidebar can be
    reloaded and linked to like Explore.

    Args:
        listing: the cache's checkpoints, which say how far pruning goes.

    Returns:
        Flat values by field name; `state.design_of` makes a design of them.
    """
    values, _, history = _draw(listing, None, later=False)
    with history:
        _history()
    return values


def stay_away() -> None:
    """On a page that has no use for the design's controls: its address holds the design for the pages that have."""
    link.check()
    current.keep_in_address()


def begin(listing: Listing, on_step: Callable[[str], None]) -> tuple[dict[str, Any], Steps]:
    """Draws what a slider step leaves as it is; the rest is drawn by the page's fragment, as often as it runs.

    Args:
        listing: the cache's checkpoints, which say how far pruning goes.
        on_step: called with the field's name when a slider was moved, before the rerun that follows.

    Returns:
        Flat values by field name as the sliders will have them, and what is left to draw.
    """
    values, sliders, history = _draw(listing, on_step, later=True)
    return values, Steps(history, sliders, on_step)


def _draw(
    listing: Listing, on_step: Callable[[str], None] | None, *, later: bool
) -> tuple[dict[str, Any], controls.Sliders, DeltaGenerator]:
    link.check()
    with st.sidebar:
        with st.container(gap="xsmall"):
            history = st.container(gap="xsmall")
            _jumps()
        highest = max((row["prune_ratio"] for row in listing.rows), default=0.0)
        structures = {row["structure"] for row in listing.rows}
        values, sliders = controls.design_controls(highest, on_step, structures=structures, later=later)
    current.remember(values)
    controls.complete_link()
    return values, sliders, history


def _history() -> None:
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


def _jumps() -> None:
    """The buttons to the designs that everything is compared with."""
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Dense baseline", key="to_baseline", icon=":material/flag:", on_click=current.to_baseline, type="tertiary",
            help="The dense network at 8 bits on the same hardware: what changes are counted against.",
        )  # fmt: skip
        st.button(
            "Reset design", key="reset_design", icon=":material/restart_alt:", on_click=current.reset, type="tertiary",
            help="All controls back to their defaults.",
        )  # fmt: skip


def _move(move: Callable[[], None]) -> None:
    """Moves the design and has the whole page run, also where a fragment draws the button: all controls may move."""
    move()
    st.rerun()
