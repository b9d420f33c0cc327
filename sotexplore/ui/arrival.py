"""What a session begins with: a link to a view and pins in the address; and views taken over from files."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import streamlit as st

from sotexplore.design import Design
from sotexplore.store import dashboard_directory
from sotexplore.ui import controls, current, notices, permalink, pins, places, ranges, state

_ENTERED = "_entered"
_PENDING, _TRIES = "_arrival_pending", "_arrival_tries"
_MOST_TRIES = 4


@contextmanager
def entered() -> Iterator[None]:
    """In `app.py`, around the page: what `require` asks for."""
    st.session_state[_ENTERED] = True
    try:
        yield
    finally:
        st.session_state[_ENTERED] = False


def take() -> None:
    """Reads link and pins of the address before any control is drawn, takes the link out, says what could not be kept."""
    _repeat_values()
    problems = [*pins.take_from_address()]
    text = st.query_params.get(permalink.LINK)
    if text is not None:
        del st.query_params[permalink.LINK]
        shared = permalink.decode(text, controls.offered())
        show(shared.design, shared.view)
        if shared.pins:
            pins.put(shared.pins)
        problems += shared.problems
    if problems:
        notices.tell("arrival", "The rest is shown; what is missing has its default:", problems)
    notices.show("arrival")


def require() -> None:
    """At the top of a page: has it run within `app.py`.

    Where the first visitor of a new server asks for a page by its address, Streamlit runs the page's file alone, as
    it did before there was `st.navigation`; a call of that ends it.
    """
    if not st.session_state.get(_ENTERED):
        files = sorted((dashboard_directory() / "pages").glob("*.py"))
        st.navigation([st.Page(path, default=path.stem == "explore") for path in files], position="hidden")
        st.rerun()


def show(design: Mapping[str, Any], view: Mapping[str, Any]) -> None:
    """Moves the controls to a design and a view: what is not named goes to its default. Before controls are drawn."""
    current.move_to({**state.values_of(Design()), **design})
    chosen = state.view_of(view)
    for name in state.VIEW_FIELDS:
        value = getattr(chosen, name)
        if value is None and name in state.RANGES:
            st.session_state.pop(name, None)  # a range slider has no empty state: its own ends are "all"
        elif name in view:
            st.session_state[name] = list(value) if isinstance(value, tuple) and not _is_range(value) else value
        elif name in st.session_state:
            st.session_state[name] = value
    st.session_state[_PENDING], st.session_state[_TRIES] = [*design, *view], 0


def settle() -> None:
    """At the end of a run: has the page run once more while the address lacks values that a link or a bundle brought."""
    if st.session_state.get(_PENDING) and st.session_state[_TRIES] < _MOST_TRIES:
        with places.place("settle_arrival"):
            _run_again(st.session_state[_TRIES])
        st.session_state[_TRIES] += 1


@st.fragment(run_every=0.5)
def _run_again(known: int) -> None:
    """Streamlit writes a value that was set to the address only once its control was there in a finished run."""
    if st.session_state.get(_TRIES, 0) == known + 1:
        st.rerun()


def _repeat_values() -> None:
    """Sets the values that the address still lacks to what they are: then they are written."""
    left = [name for name in st.session_state.get(_PENDING, ()) if name not in st.query_params]
    st.session_state[_PENDING] = left
    for name in left:
        if name in st.session_state:
            st.session_state[name] = st.session_state[name]


def view_now() -> dict[str, Any]:
    """The view that the controls show: from the session where they were drawn, else from the address."""
    told: dict[str, Any] = {}
    for name in state.VIEW_FIELDS:
        texts = st.query_params.get_all(name)
        if texts and not state.link_problems({name: texts[0]}, {}):
            told[name] = texts if len(texts) > 1 else texts[0]
        if name in state.RANGES and ranges.passes_all(name):
            told.pop(name, None)
        elif name in st.session_state:
            told[name] = st.session_state[name]
    return state.view_of(
        {name: value or None if name in state.LIMITS else value for name, value in told.items()}
    ).model_dump()


def _is_range(value: tuple[Any, ...]) -> bool:
    return len(value) == 2 and all(isinstance(end, int | float) for end in value)
