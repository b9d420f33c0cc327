"""Designs as lines over parallel axes: compression, hardware and metrics side by side."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sotexplore.ui.figures.figure import FONT_SMALL, Figure, pack
from sotexplore.ui.figures.front_data import FrontData
from sotexplore.ui.formatting import FIELD_LABELS, QUANTITIES, significant

MAX_LINES = 1500
"""Lines that are drawn: the fronts' designs and a sample of the others."""
AXES = (
    "compute_style", "prune_ratio", "weight_bits", "activation_bits", "subarray_rows", "subarray_cols",
    "accuracy_ratio", "area_m2", "power_w", "frames_per_s", "energy_per_frame_j", "standby_power_w",
)  # fmt: skip
_LOG = ("subarray_rows", "subarray_cols", "area_m2", "power_w", "frames_per_s", "energy_per_frame_j", "standby_power_w")
_SHORT = {
    "compute_style": "Style", "prune_ratio": "Pruned", "weight_bits": "W bits", "activation_bits": "A bits",
    "subarray_rows": "Rows", "subarray_cols": "Columns",
}  # fmt: skip


def lines_of(data: FrontData) -> pd.DataFrame:
    """The designs that are drawn as lines, the fronts' last so that they lie on top."""
    front, others = data.front, data.frame[~data.on_front & data.frame["reliable"]]
    room = max(0, MAX_LINES - len(front))
    others = others.iloc[:: max(1, math.ceil(len(others) / room))] if room else others.iloc[:0]
    lines: pd.DataFrame = pd.concat([others.assign(on_front=False), front.assign(on_front=True)])
    return lines


def parallel_figure(data: FrontData, axes: Sequence[str] = AXES) -> Figure:
    """The lines, those of the fronts in the accent colour; where all values of an axis are missing it is left out.

    Args:
        data: from `front_data`.
        axes: fields and metrics, from left to right.
    """
    lines = lines_of(data)
    if len(axes) and "accuracy_ratio" in axes:
        known = lines["accuracy_ratio"].notna()
        lines = lines[known] if known.any() else lines
    used = [name for name in axes if name == "compute_style" or lines[name].notna().any()]
    trace: dict[str, Any] = {
        "type": "parcoords",
        "dimensions": [_dimension(lines, name) for name in used],
        "line": {
            "color": lines["on_front"].astype(int).tolist(), "cmin": 0, "cmax": 1,
            "colorscale": [[0, "@grid"], [1, "@c0"]], "showscale": False,
        },
        "labelfont": {"size": FONT_SMALL, "color": "@text"}, "tickfont": {"size": 10, "color": "@text"},
        "rangefont": {"size": 1, "color": "rgba(0,0,0,0)"},
        "unselected": {"line": {"opacity": 0.05}},
    }  # fmt: skip
    layout = {"margin": {"l": 48, "r": 48, "t": 56, "b": 16}}
    return Figure(points=pack([trace]), layout=layout, config={"displayModeBar": False})


def _dimension(lines: pd.DataFrame, name: str) -> dict[str, Any]:
    if name == "compute_style":
        styles = ["and-count", "crossbar"]
        places = [styles.index(style) for style in lines[name]]
        return {"label": _SHORT[name], "values": places, "tickvals": [0, 1], "ticktext": styles, "range": [-0.1, 1.1]}
    quantity = QUANTITIES.get(name)
    factor = quantity.factor if quantity else 1.0
    values = lines[name].to_numpy(dtype=float) * factor
    label = (
        f"{quantity.name}<br>[{quantity.unit}]"
        if quantity and quantity.unit
        else _SHORT.get(name, FIELD_LABELS.get(name, name))
    )
    if name not in _LOG:
        return {"label": label, "values": values.tolist()}
    ticks = _ticks(values)
    return {
        "label": label, "values": np.log10(values).tolist(), "tickvals": np.log10(ticks).tolist(),
        "ticktext": [significant(tick, 2) if tick < 10 else f"{tick:,.0f}" for tick in ticks],
    }  # fmt: skip


def _ticks(values: Any) -> list[float]:
    """Round numbers between the least and the greatest value: all of few, or one, two and five of each decade."""
    different = np.unique(values)
    if len(different) <= 8:
        return [float(value) for value in different]
    low, high = math.floor(math.log10(different[0])), math.ceil(math.log10(different[-1]))
    steps = (1, 2, 5) if high - low <= 2 else (1,)
    marks = [step * 10.0**decade for decade in range(low, high + 1) for step in steps]
    return [mark for mark in marks if different[0] <= mark <= different[-1]] or [float(different[0])]
