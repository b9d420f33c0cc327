"""What the address asks for and cannot have: found once a session, said until it is dismissed."""

import streamlit as st

from sotexplore.ui import controls, permalink, state
from sotexplore.ui.formatting import plain

_CHECKED, _PROBLEMS = "_link_checked", "_link_problems"


def check() -> None:
    """Reads the address before the controls do, once a session, and remembers what cannot be used."""
    if not st.session_state.get(_CHECKED):
        st.session_state[_CHECKED] = True
        query, offered = st.query_params.to_dict(), controls.offered()
        query.pop(permalink.PINS, None)
        usable = {name: text for name, text in query.items() if not state.link_problems({name: text}, offered)}
        st.session_state[_PROBLEMS] = state.link_problems(query, offered) + state.misfits(usable)


def show_problems() -> None:
    """Says which parts of the link were left out."""
    problems = st.session_state.get(_PROBLEMS)
    if problems:
        lines = "\n".join(f"- {plain(problem)}" for problem in problems[:8])
        st.warning(
            f"These keep their defaults, or take the nearest value that fits:\n{lines}",
            title="Part of the link could not be used",
            icon=":material/link_off:",
        )
        st.button("Dismiss", on_click=_dismiss, type="tertiary", icon=":material/close:")


def _dismiss() -> None:
    st.session_state[_PROBLEMS] = []
