"""One design on several technologies: a small chart of bars for each figure."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Final

import pandas as pd

from sotexplore.ui.figures.curves import Look
from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack
from sotexplore.ui.formatting import QUANTITIES, quantity_text

PER_ROW: Final = 3
ROW_HEIGHT: Final = 22
_GAP, _HEAD = 0.04, 0.16


def bars_figure(frame: pd.DataFrame, look: Mapping[str, Look], fields: Sequence[str]) -> Figure:
    """Bars by technology, a panel for each figure; the shorter bar is better unless the panel says so.

    Args:
        frame: from `on_technologies`.
        look: cell -> its look.
        fields: figures in `QUANTITIES`, in order.

    Returns:
        The figure; its natural height is `bars_height(frame, fields)`.
    """
    lines = -(-len(fields) // PER_ROW)
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "margin": {**MARGIN, "t": 8},
        "showlegend": False,
        "dragmode": False,
        "bargap": 0.25,
        "annotations": [],
    }
    for place, field in enumerate(fields):
        number = "" if place == 0 else str(place + 1)
        column, line = place % PER_ROW, place // PER_ROW
        left, right = column / PER_ROW + (_GAP if column else 0), (column + 1) / PER_ROW
        top, bottom = 1 - line / lines - _HEAD / lines, 1 - (line + 1) / lines
        traces.append(_bars(frame, look, field, number))
        most = max((value for value in frame[field] * QUANTITIES[field].factor if isfinite(value)), default=1.0)
        layout[f"xaxis{number}"] = {
            "domain": [left, right],
            "anchor": f"y{number}",
            "visible": False,
            "fixedrange": True,
            "range": [0, 1.75 * most],
        }
        layout[f"yaxis{number}"] = {
            "domain": [bottom, top], "anchor": f"x{number}", "autorange": "reversed", "showgrid": False, "fixedrange": True,
            "showticklabels": column == 0, "automargin": True, "tickfont": {"size": FONT_SMALL}, "type": "category",
        }  # fmt: skip
        layout["annotations"].append(_title(field, left, 1 - line / lines))
    return Figure(points=pack(traces), layout=layout, config={"displayModeBar": False})


def bars_height(frame: pd.DataFrame, fields: Sequence[str]) -> int:
    """Height in pixels that gives every bar the same room."""
    lines = -(-len(fields) // PER_ROW)
    return round(lines * ROW_HEIGHT * len(frame) / (1 - _HEAD)) + 24


def _bars(frame: pd.DataFrame, look: Mapping[str, Look], field: str, number: str) -> dict[str, Any]:
    values = [value if isfinite(value) else None for value in (frame[field] * QUANTITIES[field].factor).astype(float)]
    texts = [
        "cannot be built" if isfinite(value) is False else quantity_text(field, value)
        for value in frame[field].astype(float)
    ]
    names = [look[cell].label for cell in frame["cell"]]
    return {
        "type": "bar", "orientation": "h", "x": [0 if value is None else value for value in values], "y": names, "text": texts,
        "textposition": "outside", "cliponaxis": False, "textfont": {"size": FONT_SMALL}, "xaxis": f"x{number}", "yaxis": f"y{number}",
        "marker": {"color": [look[cell].colour for cell in frame["cell"]]}, "hovertemplate": "%{y}: %{text}<extra></extra>",
    }  # fmt: skip


def _title(field: str, x: float, y: float) -> dict[str, Any]:
    quantity = QUANTITIES[field]
    text = f"<b>{quantity.label}</b>" + (" (longer is better)" if quantity.better == "higher" else "")
    return {"text": text, "x": x, "y": y, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top", "showarrow": False, "font": {"size": FONT_SMALL}}  # fmt: skip
