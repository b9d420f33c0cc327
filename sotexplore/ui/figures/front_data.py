"""The design space as a scatter plot of two metrics with its Pareto front: the data."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sotexplore.explorer.pareto import front_mask
from sotexplore.ui.formatting import QUANTITIES

FALLBACKS = ("frames_per_s", "area_m2", "energy_per_frame_j", "power_w")
"""What stands in for a metric that no design has, in this order."""


@dataclass(frozen=True)
class FrontData:
    """What the chart shows: the designs that have both metrics, and which of them are on the front."""

    frame: pd.DataFrame
    """Rows of the space, indexed by design, with `x` and `y` in display units."""
    on_front: NDArray[np.bool_]


@dataclass(frozen=True)
class Extent:
    """Least and greatest value on each axis, in display units."""

    x: tuple[float, float]
    y: tuple[float, float]


def extent_of(data: FrontData, *, front_only: bool = False) -> Extent:
    """The extent of the designs that are drawn; of at least one."""
    frame = data.frame[data.on_front] if front_only else data.frame
    return Extent(*((float(frame[axis].min()), float(frame[axis].max())) for axis in ("x", "y")))


def usable_axes(frame: pd.DataFrame, x: str, y: str) -> tuple[str, str]:
    """The axes, with another metric in place of one that no design has (accuracy where no network was trained)."""
    known = [metric for metric in FALLBACKS if metric not in (x, y)]
    if frame[x].notna().any() and frame[y].notna().any():
        return x, y
    return (x, known[0]) if frame[x].notna().any() else (known[0], y if frame[y].notna().any() else known[1])


def front_data(frame: pd.DataFrame, *, x: str, y: str, log_x: bool = False, log_y: bool = False) -> FrontData:
    """The designs that can be drawn on the axes `x` and `y`, and their front.

    Args:
        frame: an evaluated space.
        x: metric on the horizontal axis.
        y: metric on the vertical axis.
        log_x: whether the horizontal axis is logarithmic (drops values that are not positive).
        log_y: likewise for the vertical axis.

    Returns:
        The designs with both values, in the space's order.
    """
    shown = frame.assign(
        x=frame[x].astype(float) * QUANTITIES[x].factor, y=frame[y].astype(float) * QUANTITIES[y].factor
    )
    usable = np.isfinite(shown["x"]) & np.isfinite(shown["y"])
    usable &= (shown["x"] > 0) if log_x else True
    usable &= (shown["y"] > 0) if log_y else True
    shown = shown[usable]
    return FrontData(shown, _front(shown, x, y))


def _front(shown: pd.DataFrame, x: str, y: str) -> NDArray[np.bool_]:
    if shown.empty:
        return np.zeros(0, dtype=bool)
    axes = {"x": QUANTITIES[x].better, "y": QUANTITIES[y].better}
    highest = [name for name, better in axes.items() if better == "higher"]
    lowest = [name for name, better in axes.items() if better == "lower"]
    return np.asarray(front_mask(shown[["x", "y"]], maximize=highest, minimize=lowest), dtype=bool)
