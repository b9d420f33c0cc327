"""The design that all pages speak of: what the design's controls last said, kept while a session moves between pages.

Widgets bound to the address keep their values by key, also on pages that do not draw them; this is the same by name for
everyone else, with the steps that led there.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from sotexplore.design import Compression, Design
from sotexplore.explorer.resolve import BASELINE_BITS
from sotexplore.ui import controls, history, state
from sotexplore.ui.history import History

_CURRENT, _HISTORY = "_current_design", "_design_history"
_DEFAULTS = state.values_of(Design())


def remember(values: Mapping[str, Any]) -> None:
    """Keeps the flat values (see `state.values_of`) that a page's controls show, as a step that can be undone."""
    st.session_state[_CURRENT] = dict(values)
    st.session_state[_HISTORY] = history.noted(steps(), values)


def note_step() -> None:
    """Takes up the values of controls that were moved, without drawing them again; in a callback."""
    known = st.session_state.get(_CURRENT, {})
    take_up({name: st.session_state.get(name, value) for name, value in known.items()})


def take_up(moved: Mapping[str, Any]) -> None:
    """Takes up new values of some controls as a step that can be undone."""
    remember({**st.session_state.get(_CURRENT, {}), **moved})


def values() -> dict[str, Any]:
    """The current design's flat values; the default design before any control was drawn."""
    return {**_DEFAULTS, **st.session_state.get(_CURRENT, {})}


def design() -> Design:
    """The current design.

    Raises:
        InputError: the controls describe no valid design.
    """
    return state.design_of(values())


def move_to(target: Mapping[str, Any]) -> None:
    """Moves the current design, and with it the controls of every page, to other values.

    To be called from a callback (`on_click` and the like): Streamlit refuses to move a control that was drawn already.

    Args:
        target: flat values by field name, also a row of an evaluated space; fields that it lacks stay as they are.
    """
    moved = {name: type(_DEFAULTS[name])(target[name]) for name in state.DESIGN_FIELDS if name in target}
    for name, value in moved.items():
        st.session_state[name] = value
    st.session_state[_CURRENT] = {**values(), **moved}
    controls.ask_for_link()


def keep_in_address() -> None:
    """On a page without the design's controls: has its address hold the design all the same.

    A session that begins there takes the design from the address; afterwards the address follows the design.
    """
    if _CURRENT not in st.session_state:
        move_to(state.design_values(st.query_params.to_dict(), controls.offered()))
    for name, value in values().items():
        text = None if value == _DEFAULTS[name] else str(value)
        if st.query_params.get(name) == text:
            continue
        if text is None:
            del st.query_params[name]
        else:
            st.query_params[name] = text


def steps() -> History:
    """The steps that led to the current design."""
    found: History = st.session_state.get(_HISTORY, History())
    return found


def undo() -> None:
    """Moves to the design before the last step; in a callback."""
    _go(history.undone(steps()))


def redo() -> None:
    """Moves to the design that was undone last; in a callback."""
    _go(history.redone(steps()))


def reset() -> None:
    """Moves to the default design; in a callback."""
    move_to(_DEFAULTS)


def to_baseline() -> None:
    """Moves to what designs are compared with: the dense network at 8 bits on the same hardware; in a callback."""
    dense = Compression(structure="none", prune_ratio=0.0, weight_bits=BASELINE_BITS, activation_bits=BASELINE_BITS)
    move_to({**values(), **dense.model_dump()})


def _go(to: History) -> None:
    st.session_state[_HISTORY] = to
    if to.present is not None:
        move_to(to.present)
