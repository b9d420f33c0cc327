"""The model against its references: one panel for each unit, both axes logarithmic, with bands around equality."""

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any, Final

from sotexplore.explorer.comparison import Comparison
from sotexplore.ui.figures.axes import log_ticks, tick_text
from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack
from sotexplore.ui.figures.front import padded_range

PER_ROW: Final = 3
PANEL_HEIGHT: Final = 300
BANDS: Final = ((2.0, 0.10), (1.5, 0.16))
"""Factor around equality, opacity."""
SYMBOLS: Final[Mapping[str, str]] = {
    "measured": "circle", "simulated": "square", "stated": "diamond", "secondary": "triangle-up", "textbook": "x",
}  # fmt: skip
"""Kind of the reference -> shape."""
_GAP, _HEAD, _FOOT = 0.07, 0.08, 0.17


def panels(rows: Sequence[Comparison], units: Sequence[str]) -> dict[str, list[Comparison]]:
    """The comparisons that a log-log plot can hold, by unit; units without any are left out."""
    usable = [row for row in rows if row.model_value is not None and row.model_value > 0 and row.reference_value > 0]
    found = {unit: [row for row in usable if row.unit == unit] for unit in units}
    return {unit: items for unit, items in found.items() if items}


def parity_figure(
    rows: Sequence[Comparison], titles: Mapping[str, str], families: Sequence[str], family_of: Mapping[str, str]
) -> Figure:
    """Panels with a point for each comparison, coloured by work, shaped by kind.

    Args:
        rows: comparisons.
        titles: unit -> title of its panel, in order.
        families: works in the order of their colours.
        family_of: reference -> work.

    Returns:
        The figure; its natural height is `parity_height(rows, titles)`.
    """
    found = panels(rows, list(titles))
    lines = -(-len(found) // PER_ROW)
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "margin": {**MARGIN, "t": 64}, "hovermode": "closest", "dragmode": False, "annotations": [],
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SMALL}},
    }  # fmt: skip
    for place, (unit, items) in enumerate(found.items()):
        number = "" if place == 0 else str(place + 1)
        values = [value for row in items for value in (row.reference_value, float(row.model_value or 0))]
        ends = padded_range(values, "log")
        traces += _bands(ends, number, first=place == 0)
        traces += [
            _cloud(
                [row for row in items if family_of[row.reference] == name and row.kind == kind],
                name,
                kind,
                families.index(name),
                number,
            )
            for name in families
            for kind in SYMBOLS
        ]
        layout |= _axes(ends, place, lines, number)
        layout["annotations"].append(_title(titles[unit], layout[f"xaxis{number}"], layout[f"yaxis{number}"]))
    drawn = [trace for trace in traces if trace["x"]]
    return Figure(points=pack(_legend_once(drawn)), layout=layout, config={"displayModeBar": False})


def parity_height(rows: Sequence[Comparison], titles: Mapping[str, str]) -> int:
    """Height in pixels that makes the panels about square."""
    return 70 + PANEL_HEIGHT * -(-max(1, len(panels(rows, list(titles)))) // PER_ROW)


def _bands(ends: Sequence[float], number: str, *, first: bool) -> list[dict[str, Any]]:
    low, high = 10.0 ** ends[0], 10.0 ** ends[1]
    axes = {
        "xaxis": f"x{number}",
        "yaxis": f"y{number}",
        "type": "scatter",
        "hoverinfo": "skip",
    }
    areas = [
        {
            **axes, "mode": "lines", "x": [low, high, high, low], "y": [low * factor, high * factor, high / factor, low / factor],
            "fill": "toself", "fillcolor": "@muted", "opacity": opacity, "line": {"width": 0}, "name": f"within {factor:g}×", "showlegend": first,
        }
        for factor, opacity in BANDS
    ]  # fmt: skip
    line = {
        **axes,
        "mode": "lines",
        "x": [low, high],
        "y": [low, high],
        "line": {"color": "@text", "width": 1},
        "name": "1:1",
        "showlegend": first,
    }
    return [*areas, line]


def _cloud(items: Sequence[Comparison], name: str, kind: str, place: int, number: str) -> dict[str, Any]:
    many = len(items) > 60
    return {
        "type": "scatter", "mode": "markers", "name": f"{name}, {kind}", "legendgroup": f"{name} {kind}",
        "x": [row.reference_value for row in items], "y": [row.model_value for row in items], "text": [_text(row) for row in items],
        "hovertemplate": "%{text}<extra></extra>", "xaxis": f"x{number}", "yaxis": f"y{number}",
        "marker": {"symbol": SYMBOLS[kind], "size": 5 if many else 9, "color": f"@c{place}", "opacity": 0.5 if many else 0.95,
                   "line": {"color": "@background", "width": 0 if many else 1}},
    }  # fmt: skip


def _text(row: Comparison) -> str:
    return (
        f"<b>{row.reference}</b><br>{row.quantity}<br>published {row.reference_value:.3g} {row.unit} ({row.kind})<br>"
        f"model {row.model_value:.3g} {row.unit}<br>model / published {row.ratio:.3g}"
    )


def _axes(ends: Sequence[float], place: int, lines: int, number: str) -> dict[str, Any]:
    column, line = place % PER_ROW, place // PER_ROW
    left, right = (column + (_GAP if column else 0)) / PER_ROW, (column + 1 - _GAP) / PER_ROW
    top, bottom = 1 - (line + _HEAD) / lines, 1 - (line + 1 - _FOOT) / lines
    ticks = log_ticks(*ends)
    ticks = [tick for tick in ticks if abs(log10(tick) - round(log10(tick))) < 1e-9] if len(ticks) > 6 else ticks
    ticks = ticks[:: -(-len(ticks) // 6)] if len(ticks) > 6 else ticks
    common = {
        "type": "log", "range": list(ends), "tickmode": "array", "tickvals": ticks, "ticktext": [tick_text(tick) for tick in ticks],
        "tickfont": {"size": 11}, "fixedrange": True, "zeroline": False,
    }  # fmt: skip
    title = {"font": {"size": FONT_SMALL}, "standoff": 4}
    return {
        f"xaxis{number}": {**common, "domain": [left, right], "anchor": f"y{number}", "title": {**title, "text": "published"}},
        f"yaxis{number}": {**common, "domain": [bottom, top], "anchor": f"x{number}", "title": {**title, "text": "model" if column == 0 else ""}},
    }  # fmt: skip


def _title(text: str, x_axis: Mapping[str, Any], y_axis: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "text": f"<b>{text}</b>", "x": x_axis["domain"][0], "y": y_axis["domain"][1], "xref": "paper", "yref": "paper", "xanchor": "left",
        "yanchor": "bottom", "showarrow": False, "font": {"size": FONT_SMALL},
    }  # fmt: skip


def _legend_once(traces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every name stands in the legend once, whatever panels it is in."""
    seen: set[str] = set()
    shown = []
    for trace in traces:
        shown.append({**trace, "showlegend": trace["name"] not in seen and trace.get("showlegend", True)})
        seen.add(trace["name"])
    return shown
