"""What of a link or of the address could not be used: said at the top of the page until it is dismissed."""

from collections.abc import Sequence

import streamlit as st

from sotexplore.ui import places
from sotexplore.ui.formatting import plain

_NOTICES = "_notices"
_SHOWN = 8


def tell(name: str, intro: str, problems: Sequence[str]) -> None:
    """Remembers problems under the name of their place, in place of those that were told there before."""
    st.session_state.setdefault(_NOTICES, {})[name] = (intro, tuple(problems))


def show(name: str) -> None:
    """Says what stands under that name."""
    intro, problems = st.session_state.get(_NOTICES, {}).get(name, ("", ()))
    if not problems:
        return
    lines = "\n".join(f"- {plain(problem)}" for problem in problems[:_SHOWN])
    with places.place(name):
        st.warning(f"{intro}\n{lines}", title="Part of the link could not be used", icon=":material/link_off:")
        st.button(
            "Dismiss",
            key=f"dismiss_{name}",
            on_click=tell,
            args=(name, "", ()),
            type="tertiary",
            icon=":material/close:",
        )
