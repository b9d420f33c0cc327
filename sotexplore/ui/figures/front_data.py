"""The design space as a scatter plot of two metrics with its Pareto front: the data."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sotexplore.explorer.pareto import front_mask
from sotexplore.explorer.remarks import READ_ERROR_CAUTION_RATIO
from sotexplore.ui.formatting import QUANTITIES

FALLBACKS = ("frames_per_s", "area_m2", "energy_per_frame_j", "power_w")
"""What stands in for a metric that no design has, in this order."""


@dataclass(frozen=True)
class FrontData:
    """What the chart shows: the designs that have both metrics, and which of them are on the front."""

    frame: pd.DataFrame
    """Rows of the space, indexed by design, with `x` and `y` in display units and whether the design is `reliable`:
    that its array reads fail too rarely to cost accuracy."""
    on_front: NDArray[np.bool_]


@dataclass(frozen=True)
class Extent:
    """Least and greatest value on each axis, in display units."""

    x: tuple[float, float]
    y: tuple[float, float]


def thinned(dominated: pd.DataFrame, most: int) -> pd.DataFrame:
    """No more than `most` of the designs, those with unreliable reads thinned out first, then every n-th of the others."""
    if len(dominated) <= most:
        return dominated
    good, failing = dominated[dominated["reliable"]], dominated[~dominated["reliable"]]
    good = _every_nth(good, most - min(len(failing), most // 5))
    return pd.concat([good, _every_nth(failing, most - len(good))])


def _every_nth(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    return frame.iloc[:: max(1, math.ceil(len(frame) / most))] if most else frame.iloc[:0]


def extent_of(data: FrontData, *, front_only: bool = False) -> Extent:
    """The extent of the designs that are drawn; that of all where there is no front to draw."""
    frame = data.frame[data.on_front] if front_only and data.on_front.any() else data.frame
    return Extent(*((float(frame[axis].min()), float(frame[axis].max())) for axis in ("x", "y")))


def usable_axes(frame: pd.DataFrame, x: str, y: str) -> tuple[str, str]:
    """The axes, with another metric in place of one that no design has (accuracy where no network was trained)."""
    known = [metric for metric in FALLBACKS if metric not in (x, y)]
    if frame[x].notna().any() and frame[y].notna().any():
        return x, y
    return (x, known[0]) if frame[x].notna().any() else (known[0], y if frame[y].notna().any() else known[1])


def front_data(
    frame: pd.DataFrame, *, x: str, y: str, log_x: bool = False, log_y: bool = False, unreliable: bool = False
) -> FrontData:
    """The designs that can be drawn on the axes `x` and `y`, and the front of those whose reads are reliable.

    Args:
        frame: an evaluated space.
        x: metric on the horizontal axis.
        y: metric on the vertical axis.
        log_x: whether the horizontal axis is logarithmic (drops values that are not positive).
        log_y: likewise for the vertical axis.
        unreliable: whether designs with unreliable reads may be on the front too.

    Returns:
        The designs with both values, in the space's order.
    """
    shown = frame.assign(
        x=frame[x].astype(float) * QUANTITIES[x].factor,
        y=frame[y].astype(float) * QUANTITIES[y].factor,
        reliable=frame["read_error_ratio"].astype(float) <= READ_ERROR_CAUTION_RATIO,
    )
    usable = np.isfinite(shown["x"]) & np.isfinite(shown["y"])
    usable &= (shown["x"] > 0) if log_x else True
    usable &= (shown["y"] > 0) if log_y else True
    shown = shown[usable]
    candidates = shown["reliable"].to_numpy(dtype=bool) | unreliable
    return FrontData(shown, _front(shown, x, y, candidates))


def _front(shown: pd.DataFrame, x: str, y: str, candidates: NDArray[np.bool_]) -> NDArray[np.bool_]:
    axes = {"x": QUANTITIES[x].better, "y": QUANTITIES[y].better}
    highest = [name for name, better in axes.items() if better == "higher"]
    lowest = [name for name, better in axes.items() if better == "lower"]
    places = np.flatnonzero(candidates)
    on_front = np.zeros(len(shown), dtype=bool)
    if len(places):
        on_front[places] = front_mask(shown[["x", "y"]].iloc[places], maximize=highest, minimize=lowest)
    return on_front
