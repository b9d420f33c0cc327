"""The design space as a scatter plot of two metrics with its Pareto front: the drawing."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import pandas as pd

from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, Points, pack
from sotexplore.ui.figures.front_data import Extent, FrontData, thinned
from sotexplore.ui.formatting import QUANTITIES, Quantity, counted, error_share, percent, si

MAX_DRAWN = 5000
STYLES: Mapping[str, str] = {"and-count": "AND-count", "crossbar": "crossbar"}
SYMBOLS: Mapping[str, str] = {"measured": "circle", "estimated": "diamond-open", "unknown": "x-thin-open"}
UNRELIABLE = "cross-thin-open"
"""The shape of a design whose array reads often fail, however its accuracy is known."""
NO_FRONT = "no design reads reliably: no front"
_HOVER = (
    "structure", "prune_ratio", "weight_bits", "activation_bits", "subarray_rows", "subarray_cols", "compute_style",
    "accuracy_ratio", "accuracy_kind", "area_m2", "power_w", "frames_per_s", "energy_per_frame_j", "n_subarrays", "active_rows",
    "read_error_ratio", "checkpoint", "adc_bits",
)  # fmt: skip
_HOVER_TEXT = (
    "<b>%{customdata[1]} %{customdata[2]:.1%} · W%{customdata[3]} A%{customdata[4]}</b><br>"
    "%{customdata[7]} · %{customdata[5]} × %{customdata[6]} sub-arrays<br>"
    "accuracy %{customdata[8]} (%{customdata[9]})<br>"
    "area %{customdata[10]:.4~g} mm² · %{customdata[14]}<br>"
    "power %{customdata[11]:.4~g} mW · %{customdata[12]}<br>"
    "energy %{customdata[13]:.4~g} µJ per frame<br>"
    "read errors: %{customdata[16]}<br>"
    "%{customdata[17]}"
)
Scale = Literal["linear", "log"]


def front_points(data: FrontData, *, x: str, front_only: bool = False) -> Points:
    """The designs and the front's staircase, ready to send.

    Args:
        data: from `front_data`.
        x: metric on the horizontal axis.
        front_only: whether to leave the dominated designs out.
    """
    front = data.frame[data.on_front].sort_values(["x", "y"])
    dominated = data.frame.iloc[:0] if front_only else thinned(data.frame[~data.on_front], MAX_DRAWN)
    clouds = [*_failing_traces(dominated[~dominated["reliable"]]), *_dominated_traces(dominated[dominated["reliable"]])]
    return pack([*clouds, *_front_traces(front, QUANTITIES[x]), _star_legend()])


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

    Returns:
        The figure.
    """
    x_quantity, y_quantity = QUANTITIES[x], QUANTITIES[y]
    star = _star_place(current, x_quantity, y_quantity, log_x, log_y)
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
    return Figure(points=points, layout=layout, marker=None if star is None else {"x": star[0], "y": star[1]})


def _failing_traces(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Designs whose array reads often fail: faint, below the others, in a shape of their own."""
    traces: list[dict[str, Any]] = []
    for place, (style, style_name) in enumerate(STYLES.items()):
        part = frame[frame["compute_style"] == style]
        if part.empty:
            continue
        marker = {"symbol": UNRELIABLE, "size": 5, "color": f"@c{place}", "opacity": 0.2}
        traces.append({**_points(part, "scattergl", f"{style_name}, reads unreliable", marker), "legendrank": 1001})
    return traces


def _dominated_traces(frame: pd.DataFrame) -> list[dict[str, Any]]:
    traces: list[dict[str, Any]] = []
    for place, (style, style_name) in enumerate(STYLES.items()):
        for kind, symbol in SYMBOLS.items():
            part = frame[(frame["compute_style"] == style) & (frame["accuracy_kind"] == kind)]
            if part.empty:
                continue
            marker = {"symbol": symbol, "size": 6, "color": f"@c{place}", "opacity": 0.45}
            traces.append(_points(part, "scattergl", f"{style_name}, {kind}", marker))
    return traces


def _front_traces(front: pd.DataFrame, x_quantity: Quantity) -> list[dict[str, Any]]:
    if front.empty:
        return []
    shape = "hv" if x_quantity.better == "lower" else "vh"
    line = {
        "type": "scatter", "mode": "lines", "name": "Pareto front", "hoverinfo": "skip",
        "x": front["x"].tolist(), "y": front["y"].tolist(),
        "line": {"shape": shape, "color": "@text", "width": 1.5},
    }  # fmt: skip
    traces: list[dict[str, Any]] = [line]
    for place, (style, style_name) in enumerate(STYLES.items()):
        part = front[front["compute_style"] == style]
        if part.empty:
            continue
        marker = {
            "symbol": [
                SYMBOLS[kind] if reliable else UNRELIABLE
                for kind, reliable in zip(part["accuracy_kind"], part["reliable"], strict=True)
            ],
            "size": 10, "color": f"@c{place}",
            "line": {"color": "@text", "width": 1.2},
        }  # fmt: skip
        traces.append(_points(part, "scatter", f"{style_name}, on the front", marker))
    return traces


def _points(part: pd.DataFrame, kind: str, name: str, marker: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": kind, "mode": "markers", "name": name, "marker": marker,
        "x": part["x"].tolist(), "y": part["y"].tolist(), "customdata": _hover(part),
        "hovertemplate": f"{_HOVER_TEXT}<br>{_common(part)}<extra></extra>",
        "unselected": {"marker": {"opacity": 0.15}},
    }  # fmt: skip


def _common(part: pd.DataFrame) -> str:
    """What all designs of a trace share."""
    first = part.iloc[0]
    shared = [f"{first['node_nm']} nm", first["cell"], first["schedule"],
              f"{counted(first['columns_per_sense_amplifier'], 'column')} per sense amplifier"]  # fmt: skip
    crossbar = ["%{customdata[18]}-bit ADC", "%{customdata[15]}"]
    return (
        " · ".join(map(str, shared))
        + "<br>"
        + (" · ".join(crossbar) if first["compute_style"] == "crossbar" else f"operand {first['operand']}")
    )


def _hover(part: pd.DataFrame) -> list[list[Any]]:
    columns: list[list[Any]] = [part.index.tolist()]
    for field in _HOVER:
        quantity, text = QUANTITIES.get(field), _TEXTS.get(field)
        if field == "checkpoint":
            columns.append([_origin(*pair) for pair in zip(part["checkpoint"], part["seed"], strict=True)])
        elif text is not None:
            columns.append([text(value) for value in part[field].astype(float)])
        elif quantity is not None and quantity.factor != 1:
            columns.append((part[field] * quantity.factor).tolist())
        else:
            columns.append(part[field].tolist())
    return [list(row) for row in zip(*columns, strict=True)]


_TEXTS: Mapping[str, Callable[[float], str]] = {
    "accuracy_ratio": percent,
    "frames_per_s": lambda value: si(value, "FPS", digits=4),
    "n_subarrays": lambda value: counted(value, "sub-array"),
    "active_rows": lambda value: counted(value, "active row"),
    "read_error_ratio": error_share,
}


def _origin(checkpoint: str | None, seed: float | None) -> str:
    """Which checkpoint a design's accuracy and shape are those of."""
    return f"checkpoint {checkpoint}, seed {seed:.0f}" if isinstance(checkpoint, str) else "no checkpoint: as planned"


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


def _star_place(
    current: tuple[float, float] | None, x_quantity: Quantity, y_quantity: Quantity, log_x: bool, log_y: bool
) -> tuple[float, float] | None:
    if current is None:
        return None
    x, y = current[0] * x_quantity.factor, current[1] * y_quantity.factor
    if not (math.isfinite(x) and math.isfinite(y)) or (log_x and x <= 0) or (log_y and y <= 0):
        return None
    return x, y


def _star_legend() -> dict[str, Any]:
    return {"type": "scatter", "mode": "markers", "name": "current design", "x": [None], "y": [None],
            "marker": {"symbol": "star", "size": 13, "color": "@text"}}  # fmt: skip
