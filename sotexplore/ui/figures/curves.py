"""Lines of several memory technologies over a rate, both axes logarithmic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any, Final

import pandas as pd

from sotexplore.ui.figures.axes import log_axis
from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack

_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_EVERY: Final = 10
"""Of the points of a line, every n-th carries its symbol."""


@dataclass(frozen=True)
class Look:
    """How one technology looks in every figure."""

    label: str
    colour: str
    """Role of its colour."""
    symbol: str


LOOKS: Final = (
    ("@c0", "circle"),
    ("@c2", "square"),
    ("@c3", "diamond"),
    ("@c4", "triangle-up"),
    ("@c5", "x"),
    ("@c6", "star"),
)
EDITED: Final = ("@c1", "hexagon2")


def looks(labels: Mapping[str, str], edited: str | None) -> dict[str, Look]:
    """A look for each technology; the edited one always has the same.

    Args:
        labels: cell -> what it is called.
        edited: the edited cell among them, if there is one.
    """
    others = [name for name in labels if name != edited]
    found = {name: Look(labels[name], *LOOKS[place % len(LOOKS)]) for place, name in enumerate(others)}
    return {name: found.get(name) or Look(labels[name], *EDITED) for name in labels}


@dataclass(frozen=True)
class Mark:
    """A line across the figure with its meaning."""

    axis: str
    """`x` or `y`."""
    value: float
    text: str


def curves_figure(
    frame: pd.DataFrame, look: Mapping[str, Look], *, x: tuple[str, str], y: tuple[str, str, float], marks: Sequence[Mark] = (),
) -> Figure:  # fmt: skip
    """One line for each cell.

    Args:
        frame: a column `cell`, and the two that are drawn.
        look: cell -> its look.
        x: column, title.
        y: column, title, factor from the column's unit to the title's.
        marks: lines across.
    """
    traces = [_line(frame[frame["cell"] == name], look[name], place, x[0], y) for place, name in enumerate(look)]
    traces = [trace for trace in traces if trace["x"]]
    values = [value for trace in traces for value in trace["y"]] + [mark.value for mark in marks if mark.axis == "y"]
    rates = [rate for trace in traces for rate in trace["x"]]
    layout = {
        "margin": {**MARGIN, "t": 48},
        "xaxis": log_axis(x[1], rates),
        "yaxis": log_axis(y[1], values),
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SMALL}},
        "shapes": [_across(mark) for mark in marks],
        "annotations": [_name(mark, traces) for mark in marks],
        "hovermode": "closest",
        "dragmode": False,
    }
    return Figure(points=pack(traces), layout=layout, config={"displayModeBar": False})


def _line(part: pd.DataFrame, look: Look, place: int, x: str, y: tuple[str, str, float]) -> dict[str, Any]:
    column, title, factor = y
    return {
        "type": "scatter", "mode": "lines+markers", "name": look.label, "x": part[x].tolist(), "y": (part[column] * factor).tolist(),
        "line": {"color": look.colour, "width": 2.5, "dash": _DASHES[place % len(_DASHES)]},
        "marker": {"symbol": look.symbol, "size": 8, "color": look.colour, "maxdisplayed": _EVERY},
        "hovertemplate": f"<b>{look.label}</b><br>%{{x:.4~g}} frames per hour<br>{title}: %{{y:.3~g}}<extra></extra>",
    }  # fmt: skip


def _across(mark: Mark) -> dict[str, Any]:
    other = "y" if mark.axis == "x" else "x"
    return {
        "type": "line", f"{mark.axis}ref": mark.axis, f"{other}ref": "paper", f"{mark.axis}0": mark.value, f"{mark.axis}1": mark.value,
        f"{other}0": 0, f"{other}1": 1, "line": {"color": "@muted", "width": 1, "dash": "dot"},
    }  # fmt: skip


def _name(mark: Mark, traces: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The mark's text where no line runs: at the end of its line that is farther from them."""
    low = _runs_low(mark, traces)
    place = {
        "x": log10(mark.value),
        "xref": "x",
        "y": 0.98 if low else 0.02,
        "yref": "paper",
        "yanchor": "top" if low else "bottom",
        "xanchor": "left",
    }
    if mark.axis == "y":
        place = {
            "y": log10(mark.value),
            "yref": "y",
            "x": 0.99,
            "xref": "paper",
            "xanchor": "right",
            "yanchor": "bottom",
        }
    return {**place, "text": mark.text, "showarrow": False, "font": {"size": FONT_SMALL, "color": "@muted"}}


def _runs_low(mark: Mark, traces: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the lines cross a vertical mark in the lower half of the figure."""
    ends = [log10(value) for trace in traces for value in trace["y"]]
    crossings = [
        log10(min(zip(trace["x"], trace["y"], strict=True), key=lambda point: abs(log10(point[0] / mark.value)))[1])
        for trace in traces
    ]
    return sum(crossings) / len(crossings) < (min(ends) + max(ends)) / 2
