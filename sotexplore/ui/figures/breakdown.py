"""Where area, energy and time of one design go, as bars by component."""

from collections.abc import Mapping
from typing import Any

from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack
from sotexplore.ui.formatting import QUANTITIES, percent, quantity_text

BAR_HEIGHT = 26


def breakdown_rows(parts: Mapping[str, float]) -> list[tuple[str, float, float]]:
    """Component, value and share of the total, largest first; parts of nothing are left out."""
    total = sum(parts.values())
    rows = [(name, value, value / total) for name, value in parts.items() if value > 0 and total > 0]
    return sorted(rows, key=lambda row: row[1], reverse=True)


def breakdown_figure(field: str, parts: Mapping[str, float], *, colour: str) -> Figure:
    """One bar per component, longest on top.

    Args:
        field: the metric that the parts sum to.
        parts: component -> value in SI units.
        colour: role of the bars' colour.

    Returns:
        The figure; its natural height is `breakdown_height(parts)`.
    """
    quantity = QUANTITIES[field]
    rows = breakdown_rows(parts)[::-1]
    labels = [f"{quantity_text(field, value)} · {percent(share, decimals=1)}" for _, value, share in rows]
    values = [value * quantity.factor for _, value, _ in rows]
    trace: dict[str, Any] = {
        "type": "bar", "orientation": "h", "x": values, "y": [_words(name) for name, _, _ in rows], "text": labels,
        "textposition": "outside", "cliponaxis": False, "hovertemplate": "%{y}: %{text}<extra></extra>",
        "marker": {"color": colour}, "textfont": {"size": FONT_SMALL},
    }  # fmt: skip
    layout = {
        "margin": {**MARGIN, "t": 28},
        "title": {
            "text": quantity.title,
            "font": {"size": 14},
            "x": 0,
            "xref": "container",
            "y": 0.99,
            "yanchor": "top",
        },
        "xaxis": {"visible": False, "range": [0, 2.7 * max(values, default=1.0)], "fixedrange": True},
        "yaxis": {"automargin": True, "showgrid": False, "fixedrange": True, "tickfont": {"size": FONT_SMALL}},
        "bargap": 0.35,
        "showlegend": False,
        "dragmode": False,
    }
    return Figure(points=pack([trace]), layout=layout, config={"displayModeBar": False})


def breakdown_height(parts: Mapping[str, float]) -> int:
    """Height in pixels that gives every bar the same room."""
    return 44 + BAR_HEIGHT * max(1, len(breakdown_rows(parts)))


def _words(name: str) -> str:
    return name.replace("_", " ")
