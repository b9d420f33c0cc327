"""What a figure does when one thing at a time changes: bars to both sides of where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sotexplore.ui.figures.axes import log_axis
from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack
from sotexplore.ui.figures.front import padded_range
from sotexplore.ui.formatting import Quantity, quantity_text

BAR_HEIGHT: Final = 26
_WIDE: Final = 4.0
"""Greatest over least value from which on the axis is logarithmic."""
_ROOM: Final = 0.12


@dataclass(frozen=True)
class Side:
    """One end of a bar."""

    value: float
    """In SI units."""
    text: str
    """What was changed, and to what."""
    colour: str
    """Role of its colour."""


@dataclass(frozen=True)
class Row:
    """One thing that changes, with one or two ends."""

    label: str
    sides: tuple[Side, ...]


def ranked(rows: Sequence[Row], nominal: float, most: int) -> list[Row]:
    """The rows with the greatest effect, greatest first."""

    def reach(row: Row) -> float:
        return max(
            (max(side.value / nominal, nominal / side.value) for side in row.sides if side.value > 0), default=0.0
        )

    return sorted(rows, key=reach, reverse=True)[:most]


def tornado_figure(quantity: Quantity, nominal: float, rows: Sequence[Row], names: Sequence[tuple[str, str]]) -> Figure:
    """Bars from the nominal figure to what each change makes of it.

    Args:
        quantity: what the axis shows.
        nominal: the figure as it stands, in SI units.
        rows: from top to bottom.
        names: colour role -> its meaning, for the legend.

    Returns:
        The figure; its natural height is `tornado_height(rows)`.
    """
    values = [nominal, *(side.value for row in rows for side in row.sides)]
    log = min(values) > 0 and max(values) / min(values) > _WIDE
    traces = [_bars(quantity, nominal, rows, colour, name) for colour, name in names]
    traces = [trace for trace in traces if trace["x"]]
    layout = {
        "margin": {**MARGIN, "t": 32},
        "xaxis": _axis(quantity, values, log=log),
        "yaxis": {"type": "category", "categoryorder": "array", "categoryarray": [row.label for row in rows][::-1],
                  "range": [-0.6, len(rows) - 0.4], "automargin": True, "fixedrange": True, "showgrid": False, "tickfont": {"size": FONT_SMALL}},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SMALL}, "itemclick": False, "itemdoubleclick": False},
        "shapes": [{"type": "line", "xref": "x", "yref": "paper", "x0": nominal * quantity.factor, "x1": nominal * quantity.factor,
                    "y0": 0, "y1": 1, "line": {"color": "@text", "width": 1.5}}],
        "hovermode": "closest",
        "dragmode": False,
    }  # fmt: skip
    return Figure(points=pack(traces), layout=layout, config={"displayModeBar": False})


def _axis(quantity: Quantity, values: Sequence[float], *, log: bool) -> dict[str, Any]:
    shown = [value * quantity.factor for value in values]
    if log:
        return log_axis(quantity.title, shown, room=_ROOM)
    low, high = padded_range(shown, "linear")
    room = _ROOM * (high - low)
    return {"title": {"text": quantity.title, "font": {"size": 14}}, "range": [low - room, high + room], "zeroline": False,
            "automargin": True, "fixedrange": True}  # fmt: skip


def tornado_height(rows: Sequence[Row]) -> int:
    """Height in pixels that gives every row the same room."""
    return 104 + BAR_HEIGHT * max(1, len(rows))


def _bars(quantity: Quantity, nominal: float, rows: Sequence[Row], colour: str, name: str) -> dict[str, Any]:
    """All bars of one colour as thick lines, which a logarithmic axis bears as well; their ends carry the text."""
    x: list[float | None] = []
    y: list[str | None] = []
    told: list[str] = []
    for row in rows:
        for side in row.sides:
            if side.colour == colour:
                text = (
                    f"<b>{row.label}</b>, {side.text}<br>{quantity.label}: {quantity_text(quantity.field, side.value)}"
                )
                x += [nominal * quantity.factor, side.value * quantity.factor, None]
                y += [row.label, row.label, None]
                told += [text, text, ""]
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "text": told,
        "line": {"color": colour, "width": 13}, "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip
