"""What the address asks for and cannot have: found once a session, said until it is dismissed."""

import streamlit as st

from sotexplore.ui import controls, notices, permalink, state

_CHECKED = "_link_checked"


def check() -> None:
    """Reads the address before the controls do, once a session, and says what cannot be used."""
    if not st.session_state.get(_CHECKED):
        st.session_state[_CHECKED] = True
        query, offered = st.query_params.to_dict(), controls.offered()
        query.pop(permalink.PINS, None)
        usable = {name: text for name, text in query.items() if not state.link_problems({name: text}, offered)}
        problems = state.link_problems(query, offered) + state.misfits(usable)
        notices.tell("link", "These keep their defaults, or take the nearest value that fits:", problems)
    notices.show("link")
