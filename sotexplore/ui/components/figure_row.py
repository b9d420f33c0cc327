"""The row of figures of the current design, which follows the sliders before the server answers.

Whoever takes a slider up has the designs that it leads to sent to the browser; a step then shows in the same frame as the
slider's own movement, and the server's answer, computed by the same functions, finds it drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

import streamlit as st

_HTML = """<div class="sotexplore-figures" role="group" aria-label="Figures of the current design">
<dl class="sotexplore-tiles"></dl><p class="sotexplore-note"></p><div class="sotexplore-cautions"></div></div>"""


def _asset(name: str) -> str:
    return files("sotexplore.ui.components").joinpath(name).read_text(encoding="utf-8")


_ROW = st.components.v2.component(
    "sotexplore_figure_row",
    html=_HTML,
    css=_asset("figure_row.css"),
    js=_asset("figure_row.js"),
    isolate_styles=False,
)
_AHEAD = st.components.v2.component("sotexplore_ahead", js=_asset("figure_row.js"))
_AHEAD_KEY = "figures_ahead"


@dataclass(frozen=True)
class Tile:
    """One figure: its name, its value with unit, and its change against the baseline in words, with a direction."""

    label: str
    value: str
    change: str
    arrow: str
    verdict: str
    help: str


@dataclass(frozen=True)
class Row:
    """The figures of a design, a line on what they mean, and what a user must know about them."""

    tiles: Sequence[Tile]
    note: str
    cautions: Sequence[str]


def figure_row(row: Row, *, key: str, context: str) -> None:
    """Draws the figures.

    Args:
        row: of the current design.
        key: identifies the row on the page.
        context: stands for everything but the sliders that the figures depend on; `send_ahead` names the same.
    """
    _ROW(key=key, data={"context": context, **asdict(row)})


@dataclass(frozen=True)
class Ahead:
    """Designs along one slider: what the row and the chart show when it stands there."""

    field: str
    base: Mapping[str, str]
    """Position of every slider, by field, around which they lie."""
    entries: Mapping[str, Mapping[str, Any]]
    """Position of the slider -> row and marker."""


def entry(row: Row, marker: Mapping[str, Any] | None, *, first: bool, last: bool) -> dict[str, Any]:
    """A design of `Ahead`; `first` and `last` say whether the slider ends there."""
    return {**asdict(row), "marker": marker, "first": first, "last": last}


def send_ahead(ahead: Ahead | None, *, context: str) -> None:
    """Sends the browser designs that a slider leads to; None takes them back."""
    found = {} if ahead is None else asdict(ahead)
    _AHEAD(
        key=_AHEAD_KEY, data={"context": context, **found}, height=1, on_asked_change=_nothing, default={"asked": None}
    )


def asked(context: str) -> str | None:
    """The slider whose designs the browser asks for in this context."""
    found = getattr(st.session_state.get(_AHEAD_KEY), "asked", None) or {}
    return str(found["field"]) if found.get("context") == context else None


def _nothing() -> None:
    """Marks an event as known."""
