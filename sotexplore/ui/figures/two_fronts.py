"""The Pareto front with a cell and with its edited copy, one over the other."""

from typing import Any, Final

import pandas as pd

from sotexplore.explorer.cell_front import JOINS, LEAVES, STAYS
from sotexplore.ui.figures.axes import log_axis
from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack
from sotexplore.ui.figures.front import padded_range
from sotexplore.ui.formatting import QUANTITIES, Quantity, percent

_LOG: Final = ("area_m2", "energy_per_frame_j", "power_w", "frames_per_s", "standby_power_w", "frame_latency_s")
_SYMBOLS: Final = {STAYS: "circle", LEAVES: "x", JOINS: "diamond"}


def two_fronts_figure(changes: pd.DataFrame, *, x: str, y: str, before: str, after: str) -> Figure:
    """Both fronts as staircases; designs that leave or join have shapes of their own.

    Args:
        changes: from `front_changes`.
        x: metric on the horizontal axis.
        y: metric on the vertical axis.
        before: what the cell is called.
        after: what the edited copy is called.
    """
    across, up = QUANTITIES[x], QUANTITIES[y]
    old = _points(changes[changes["status"] != JOINS], "before", across, up)
    new = _points(changes[changes["status"] != LEAVES], "after", across, up)
    traces = [
        *_front(old, before, ("@c0", "solid"), across, LEAVES),
        *_front(new, after, ("@c1", "dash"), across, JOINS),
    ]
    shown = pd.concat([old, new])
    layout = {
        "margin": {**MARGIN, "t": 48},
        "xaxis": _axis(across, shown["x"].tolist()),
        "yaxis": _axis(up, shown["y"].tolist()),
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SMALL}},
        "hovermode": "closest",
        "dragmode": False,
    }
    return Figure(points=pack(traces), layout=layout, config={"displayModeBar": False})


def _points(part: pd.DataFrame, side: str, across: Quantity, up: Quantity) -> pd.DataFrame:
    """The designs of one front in display units, in the order of the staircase."""
    shown = part.assign(
        x=part[f"x_{side}"].astype(float) * across.factor, y=part[f"y_{side}"].astype(float) * up.factor
    )
    return shown.sort_values(["x", "y"])


def _axis(quantity: Quantity, values: list[float]) -> dict[str, Any]:
    if quantity.field in _LOG and values and min(values) > 0:
        return log_axis(quantity.title, values)
    return {"title": {"text": quantity.title, "font": {"size": 14}}, "range": padded_range(values, "linear"), "automargin": True, "fixedrange": True, "zeroline": False}  # fmt: skip


def _front(
    points: pd.DataFrame, name: str, drawn: tuple[str, str], across: Quantity, marked: str
) -> list[dict[str, Any]]:
    colour, dash = drawn
    shape = "hv" if across.better == "lower" else "vh"
    xs, ys = points["x"].tolist(), points["y"].tolist()
    line = {"type": "scatter", "mode": "lines", "name": name, "x": xs, "y": ys, "hoverinfo": "skip",
            "line": {"shape": shape, "color": colour, "width": 2, "dash": dash}}  # fmt: skip
    traces: list[dict[str, Any]] = [line]
    for status in (STAYS, marked):
        part = points[points["status"] == status]
        if part.empty:
            continue
        words = {STAYS: "on both fronts", LEAVES: "leaves the front", JOINS: "joins the front"}[status]
        traces.append(
            {
                "type": "scatter", "mode": "markers", "name": words, "x": part["x"].tolist(), "y": part["y"].tolist(),
                "text": [_text(row, name) for row in part.to_dict("records")], "hovertemplate": "%{text}<extra></extra>",
                "showlegend": status != STAYS or marked == LEAVES,
                "marker": {"symbol": _SYMBOLS[status], "size": 8 if status == STAYS else 11, "color": colour, "line": {"color": "@text", "width": 1}},
            }
        )  # fmt: skip
    return traces


def _text(row: dict[Any, Any], name: str) -> str:
    style = row["compute_style"] if row["compute_style"] == "crossbar" else f"and-count, operands {row['operand']}"
    return (
        f"<b>{row['structure']} {percent(row['prune_ratio'], decimals=1)} · W{row['weight_bits']} A{row['activation_bits']}</b><br>"
        f"{style} · {row['subarray_rows']} × {row['subarray_cols']}<br>{name}: {row['status']}"
        + (f", {row['reason']}" if row["reason"] else "")
    )
