"""The design space as a scatter plot of two metrics with its Pareto front: the drawing."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, Points, pack
from sotexplore.ui.figures.front_bands import Band, band_traces
from sotexplore.ui.figures.front_data import Extent, FrontData
from sotexplore.ui.figures.front_hover import hover
from sotexplore.ui.formatting import QUANTITIES, Quantity

STYLES = ("and-count", "crossbar")
SHAPES = ("circle", "square", "triangle-up", "pentagon", "triangle-down", "hexagon", "diamond", "hexagram")
"""A shape and a colour for each network and compute style..."""
KINDS: Mapping[str, str] = {"measured": "", "estimated": "-open", "unknown": "-open-dot"}
"""...filled where the accuracy was measured, hollow where it is estimated, hollow with a dot where it is unknown."""
UNRELIABLE = "cross-thin-open"
"""The shape of a design whose array reads often fail, however its accuracy is known."""
DASHES = ("solid", "dash", "dot", "dashdot")
NO_FRONT = "no design reads reliably: no front"
Series = tuple[str, str]
"""A network and a compute style: what is drawn in one colour and shape."""
Scale = Literal["linear", "log"]


def front_points(
    data: FrontData,
    *,
    x: str,
    front_only: bool = False,
    by_style: bool = False,
    bands: Sequence[Band] = (),
) -> Points:
    """The designs, each front's staircase, and bands of uncertainty, ready to send.

    Args:
        data: from `front_data`, with the fronts that `by_style` and several networks ask for.
        x: metric on the horizontal axis.
        front_only: whether to leave the dominated designs out.
        by_style: whether each compute style has a front of its own.
        bands: of designs, in display units.
    """
    front = data.front.sort_values(["x", "y"])
    others = data.frame.iloc[:0] if front_only else data.frame[~data.on_front]
    series = series_of(data.frame)
    clouds = [*_failing_traces(others[~others["reliable"]], series), *_clouds(others[others["reliable"]], series)]
    fronts = _front_traces(front, QUANTITIES[x], series, by_style=by_style)
    return pack([*clouds, *band_traces(bands), *fronts, _star_legend()])


def series_of(frame: pd.DataFrame) -> list[Series]:
    """The networks and compute styles in a table of designs, in the order of their colours and shapes."""
    networks = list(dict.fromkeys(frame["network"]))
    return [(network, style) for network in networks for style in STYLES]


def apart_of(*, networks: bool, by_style: bool) -> tuple[str, ...]:
    """The columns whose values have a front each: networks never share one, as their accuracies do not compare."""
    return (*(("network",) if networks else ()), *(("compute_style",) if by_style else ()))


def front_figure(
    points: Points,
    extent: Extent,
    *,
    x: str,
    y: str,
    log_x: bool = False,
    log_y: bool = False,
    current: tuple[float, float] | None = None,
    note: str = "",
    ends: tuple[tuple[float, float], tuple[float, float]] | None = None,
) -> Figure:
    """The scatter plot with the front as a staircase and the current design as a star.

    Args:
        points: from `front_points`.
        extent: of the data shown.
        x: metric on the horizontal axis.
        y: metric on the vertical axis.
        log_x: whether the horizontal axis is logarithmic.
        log_y: whether the vertical axis is logarithmic.
        current: the current design's two metrics in SI units; None where it has none.
        note: what to say on the chart, such as why there is no front.
        ends: of the current design's bands on both axes, in SI units.

    Returns:
        The figure.
    """
    x_quantity, y_quantity = QUANTITIES[x], QUANTITIES[y]
    star = star_place(current, x, y, log_x=log_x, log_y=log_y)
    layout = {
        "margin": {**MARGIN, "r": 40},
        "hovermode": "closest",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": FONT_SMALL}},
        "xaxis": _axis(x_quantity, log_x, extent.x, star and star[0]),
        "yaxis": _axis(y_quantity, log_y, extent.y, star and star[1]),
        "annotations": [_best_corner(x_quantity, y_quantity), *([_note(note)] if note else [])],
        "uirevision": "kept",
        "selectionrevision": f"{x} {y} {log_x} {log_y}",
        "dragmode": "zoom",
        "modebar": {"orientation": "v"},
    }
    return Figure(points=points, layout=layout, marker=_marker(star, ends, x_quantity, y_quantity))


def _name(series: Sequence[Series], one: Series) -> str:
    """A series as the legend has it; the network is said where there are several."""
    several = len({network for network, _ in series}) > 1
    return f"{one[0]}, {one[1]}" if several else one[1]


def _parts(frame: pd.DataFrame, series: Sequence[Series]) -> Iterator[tuple[int, str, pd.DataFrame]]:
    """Place, name and designs of each series that has any."""
    for place, one in enumerate(series):
        part = frame[(frame["network"] == one[0]) & (frame["compute_style"] == one[1])]
        if len(part):
            yield place, _name(series, one), part


def _failing_traces(frame: pd.DataFrame, series: Sequence[Series]) -> list[dict[str, Any]]:
    """Designs whose array reads often fail: faint, below the others, in a shape of their own."""
    return [
        {
            **_points(part, "scattergl", f"{name}, reads unreliable",
                      {"symbol": UNRELIABLE, "size": 5, "color": f"@c{place}", "opacity": 0.2}),
            "legendrank": 1001,
        }
        for place, name, part in _parts(frame, series)
    ]  # fmt: skip


def _clouds(frame: pd.DataFrame, series: Sequence[Series]) -> list[dict[str, Any]]:
    traces: list[dict[str, Any]] = []
    for place, name, part in _parts(frame, series):
        for kind, fill in KINDS.items():
            known = part[part["accuracy_kind"] == kind]
            if len(known):
                marker = {"symbol": SHAPES[place % 8] + fill, "size": 6, "color": f"@c{place}", "opacity": 0.45}
                traces.append(_points(known, "scattergl", f"{name}, {kind}", marker))
    return traces


def _front_traces(
    front: pd.DataFrame, x_quantity: Quantity, series: Sequence[Series], *, by_style: bool
) -> list[dict[str, Any]]:
    networks = list(dict.fromkeys(front["network"]))
    apart = apart_of(networks=len(networks) > 1, by_style=by_style)
    parts = list(front.groupby(list(apart), sort=False, observed=True)) if apart and len(front) else [((), front)]
    traces = [
        _staircase(part, x_quantity, " · ".join(map(str, label)), place)
        for place, (label, part) in enumerate(parts)
        if len(part)
    ]
    for place, name, part in _parts(front, series):
        marker = {
            "symbol": [
                SHAPES[place % 8] + KINDS[kind] if reliable else UNRELIABLE
                for kind, reliable in zip(part["accuracy_kind"], part["reliable"], strict=True)
            ],
            "size": 10, "color": f"@c{place}",
            "line": {"color": "@text", "width": 1.2},
        }  # fmt: skip
        traces.append(_points(part, "scatter", f"{name}, on the front", marker))
    return traces


def _staircase(part: pd.DataFrame, x_quantity: Quantity, label: str, place: int) -> dict[str, Any]:
    line = {
        "shape": "hv" if x_quantity.better == "lower" else "vh", "color": "@text", "width": 1.5,
        "dash": DASHES[place % len(DASHES)],
    }  # fmt: skip
    return {
        "type": "scatter", "mode": "lines", "name": f"Pareto front{f' of {label}' if label else ''}", "hoverinfo": "skip",
        "x": part["x"].tolist(), "y": part["y"].tolist(), "line": line,
    }  # fmt: skip


def _points(part: pd.DataFrame, kind: str, name: str, marker: dict[str, Any]) -> dict[str, Any]:
    columns, template = hover(part)
    return {
        "type": kind, "mode": "markers", "name": name, "marker": marker,
        "x": part["x"].tolist(), "y": part["y"].tolist(), "customdata": columns,
        "hovertemplate": template,
        "unselected": {"marker": {"opacity": 0.15}},
    }  # fmt: skip


def _note(text: str) -> dict[str, Any]:
    return {
        "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.98, "xanchor": "center", "yanchor": "top", "text": text,
        "showarrow": False, "font": {"size": 14, "color": "@text"}, "bgcolor": "@background", "borderpad": 4,
    }  # fmt: skip


def _axis(quantity: Quantity, log: bool, values: tuple[float, float], star: float | None) -> dict[str, Any]:
    scale: Scale = "log" if log else "linear"
    ends = padded_range([*values, *([] if star is None else [star])], scale)
    return {
        "title": {"text": quantity.title, "font": {"size": 14}},
        "type": scale,
        "range": ends,
        "dtick": _log_ticks(ends) if log else None,
        "autorange": False,
        "automargin": True,
        "uirevision": f"{quantity.field} {scale}",
    }


def padded_range(values: list[float], scale: Scale) -> list[float]:
    """An axis range that holds all values with a margin of 6 %, in the axis's own coordinate (the exponent for log)."""
    if not values:
        return [-1.0, 1.0] if scale == "log" else [0.0, 1.0]
    low, high = min(values), max(values)
    if scale == "log":
        low, high = math.log10(low), math.log10(high)
    margin = 0.06 * (high - low) or (0.1 if scale == "log" else 0.05 * abs(high) or 1.0)
    return [low - margin, high + margin]


def _log_ticks(ends: list[float]) -> str | int:
    """All digits on less than half a decade, then 1, 2 and 5, then decades."""
    decades = ends[1] - ends[0]
    return "D1" if decades < 0.5 else "D2" if decades < 4 else 1


def _best_corner(x_quantity: Quantity, y_quantity: Quantity) -> dict[str, Any]:
    right, top = x_quantity.better == "higher", y_quantity.better == "higher"
    arrow = {(True, True): "↗", (True, False): "↘", (False, True): "↖", (False, False): "↙"}[(right, top)]
    return {
        "xref": "paper", "yref": "paper", "x": 0.995 if right else 0.005, "y": 0.93 if top else 0.02,
        "xanchor": "right" if right else "left", "yanchor": "top" if top else "bottom",
        "text": f"better {arrow}", "showarrow": False, "font": {"size": FONT_SMALL, "color": "@muted"},
    }  # fmt: skip


def star_place(
    current: tuple[float, float] | None, x: str, y: str, *, log_x: bool, log_y: bool
) -> tuple[float, float] | None:
    """Where a design with two metrics in SI units has its star, in display units; None where the axes have no place for it."""
    if current is None:
        return None
    across, up = current[0] * QUANTITIES[x].factor, current[1] * QUANTITIES[y].factor
    if not (math.isfinite(across) and math.isfinite(up)) or (log_x and across <= 0) or (log_y and up <= 0):
        return None
    return across, up


def _marker(
    star: tuple[float, float] | None,
    ends: tuple[tuple[float, float], tuple[float, float]] | None,
    x_quantity: Quantity,
    y_quantity: Quantity,
) -> dict[str, Any] | None:
    """Where the star stands and, with bands, how far its bars reach, in display units."""
    if star is None:
        return None
    bars = {}
    for name, quantity, pair in zip(("x_ends", "y_ends"), (x_quantity, y_quantity), ends or (), strict=False):
        bars[name] = [end * quantity.factor for end in pair]
    return {"x": star[0], "y": star[1], **bars}


def _star_legend() -> dict[str, Any]:
    return {"type": "scatter", "mode": "markers", "name": "current design", "x": [None], "y": [None],
            "marker": {"symbol": "star", "size": 13, "color": "@text"}}  # fmt: skip
