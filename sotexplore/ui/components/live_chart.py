"""The live chart: plotly.js of the installed plotly wheel, driven by `Plotly.react`.

`st.plotly_chart` mounts a new chart whenever its data change, and with it loses zoom, hover and selection. This component
keeps the chart and updates it; a step that only moves the current design's marker costs one annotation. The points travel
through a mount of their own, which Streamlit does not send again while they stay the same, and plotly.js itself is
sent once per browser session.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.resources import files
from itertools import count
from typing import Any

import streamlit as st
from plotly.offline import get_plotlyjs
from streamlit.errors import StreamlitDuplicateElementKey

from sotexplore.ui.figures.figure import Figure, Points

_LOADED = "_plotly_loaded"
_TURNS = count(1)
_HTML = """<div class="sotexplore-chart" role="figure">
<div class="sotexplore-plot"></div><div class="sotexplore-bar-x" hidden></div><div class="sotexplore-bar-y" hidden></div>
<div class="sotexplore-star" aria-hidden="true" hidden>★</div><div class="sotexplore-wait">Drawing the chart…</div>
</div>"""


def _asset(name: str) -> str:
    return files("sotexplore.ui.components").joinpath(name).read_text(encoding="utf-8")


def _library() -> str:
    announce = 'globalThis.sotexploreCharts?.events.dispatchEvent(new Event("plotly"));'
    return f"{get_plotlyjs()}\n{announce}\nexport default function () {{}}\n"


_PLOTLY = st.components.v2.component("sotexplore_plotly", js=_library())
_CHART = st.components.v2.component(
    "sotexplore_live_chart",
    html=_HTML,
    css=_asset("live_chart.css"),
    js=_asset("live_chart.js"),
    isolate_styles=False,  # plotly.js puts its style sheet into the document
)
_POINTS = st.components.v2.component("sotexplore_live_points", js=_asset("live_chart.js"))


def live_chart(
    figure: Figure,
    *,
    key: str,
    label: str,
    height: int = 440,
    on_click: Callable[[], None] | None = None,
    on_select: Callable[[], None] | None = None,
    points_apart: bool = False,
    context: str = "",
    renewed: bool = False,
) -> None:
    """Draws `figure` and keeps it: zoom, hover and selection survive reruns.

    Args:
        figure: what to draw.
        key: identifies the chart on the page; `st.session_state[key]` holds `clicked` while `on_click` runs, and
            `selected` from then on.
        label: what the chart shows, for assistive technology.
        height: height in pixels.
        on_click: called before the rerun that a click on a point causes.
        on_select: called before the rerun that a lasso or box selection causes.
        points_apart: whether the page itself calls `send_points`, outside the fragment that draws the chart.
        context: of `figure_row`, where the marker follows the sliders with it; see there.
        renewed: whether a fragment with a timer draws it. Its messages are then sent whole each time: a reference to one
            that the browser has would stay in Streamlit's queue where the timer takes the rest of the fragment out of it
            (`ForwardMsgQueue.clear` of 1.67), and the browser stops at a chart without its place. The page sends
            plotly.js itself, for the same reason: see `send_library`.
    """
    turn = next(_TURNS) if renewed else 0
    with st.container(gap=None, key=f"{key}_frame"):
        _CHART(
            key=key,
            data={
                "channel": key,
                "label": label,
                "height": height,
                "library": bool(st.session_state.get(_LOADED)),
                "revision": figure.points.revision,
                "layout": figure.layout,
                "config": figure.config,
                "marker": figure.marker,
                "context": context,
                "turn": turn,
            },
            default={"selected": []},
            on_clicked_change=on_click or _nothing,
            on_selected_change=on_select or _nothing,
            on_library_change=partial(_note_library, key),
        )
        if not points_apart:
            send_points(figure.points, key=key, turn=turn)
        if not renewed:
            send_library()


def send_library() -> None:
    """Sends plotly.js, until the browser has said that it has it: once for all charts of a page.

    By the page itself, in a place that stays, where a fragment with a timer draws the charts.
    """
    if not st.session_state.get(_LOADED):
        with suppress(StreamlitDuplicateElementKey):  # the second mount of one key in a run
            _PLOTLY(key="sotexplore_plotly_library", height=1)


def send_points(points: Points, *, key: str, turn: int = 0) -> None:
    """Sends a chart its points, with which it is drawn again where they are new.

    Args:
        points: the figure's.
        key: of the chart.
        turn: another number makes another message of the same points.
    """
    _POINTS(key=f"{key}_points", data=_message(key, points, turn), height=1)


def is_drawn() -> bool:
    """Whether this session's browser has said that it draws charts."""
    return bool(st.session_state.get(_LOADED))


def clicked(key: str) -> Any:
    """The identifier of the point that was clicked; None outside `on_click`."""
    return getattr(st.session_state.get(key), "clicked", None)


def selected(key: str) -> list[Any]:
    """The identifiers of the points that are selected."""
    return list(getattr(st.session_state.get(key), "selected", None) or [])


def _message(channel: str, points: Points, turn: int) -> bytes:
    """Points as bytes: Streamlit passes them on as they are, where a dictionary would be serialized three times."""
    return f"{channel}\n{points.revision}\n{turn}\n".encode() + points.content


def _note_library(key: str) -> None:
    """Remembers whether the browser has plotly.js, as the chart says."""
    st.session_state[_LOADED] = bool(getattr(st.session_state.get(key), "library", False))


def _nothing() -> None:
    """Marks an event as known."""
