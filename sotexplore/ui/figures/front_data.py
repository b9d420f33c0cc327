"""The design space as a scatter plot of two metrics with its Pareto fronts: the data."""

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
MAX_DRAWN = 5000
"""Dominated designs that are drawn; of more, a sample. The fronts are whole."""


@dataclass(frozen=True)
class Extent:
    """Least and greatest value on each axis, in display units."""

    x: tuple[float, float]
    y: tuple[float, float]


@dataclass(frozen=True)
class FrontData:
    """What the chart draws of the designs that have both metrics, and how many there are."""

    frame: pd.DataFrame
    """The front's designs and a sample of the others: rows of the space, indexed by design, with `x` and `y` in display
    units and whether the design is `reliable`: that its array reads fail too rarely to cost accuracy."""
    on_front: NDArray[np.bool_]
    """Which of these rows are on a front."""
    n_shown: int
    """Designs that have both metrics."""
    n_failing: int
    """Designs of them whose reads are unreliable."""
    extent: Extent
    """Of all of them."""

    @property
    def front(self) -> pd.DataFrame:
        """The designs on a front."""
        return self.frame[self.on_front]


def usable_axes(frame: pd.DataFrame, x: str, y: str) -> tuple[str, str]:
    """The axes, with another metric in place of one that no design has (accuracy where no network was trained)."""
    known = [metric for metric in FALLBACKS if metric not in (x, y)]
    if frame[x].notna().any() and frame[y].notna().any():
        return x, y
    return (x, known[0]) if frame[x].notna().any() else (known[0], y if frame[y].notna().any() else known[1])


def front_data(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    log_x: bool = False,
    log_y: bool = False,
    unreliable: bool = False,
    kept: NDArray[np.bool_] | None = None,
    apart: tuple[str, ...] = (),
    most: int = MAX_DRAWN,
) -> FrontData:
    """The designs that are drawn on the axes `x` and `y`, and the fronts of those whose reads are reliable.

    Works on whole columns and takes rows last, so that a million designs cost little more than their columns.

    Args:
        frame: an evaluated space.
        x: metric on the horizontal axis.
        y: metric on the vertical axis.
        log_x: whether the horizontal axis is logarithmic (drops values that are not positive).
        log_y: likewise for the vertical axis.
        unreliable: whether designs with unreliable reads may be on the front too.
        kept: the designs to look at; all where not given.
        apart: columns whose values have a front each; one front over all where empty.
        most: dominated designs that are drawn at the most.

    Returns:
        The designs with both values, in the space's order.
    """
    across, up = (frame[metric].to_numpy(dtype=float) * QUANTITIES[metric].factor for metric in (x, y))
    usable = np.isfinite(across) & np.isfinite(up) & (across > 0 if log_x else True) & (up > 0 if log_y else True)
    usable &= True if kept is None else kept
    reliable = frame["read_error_ratio"].to_numpy(dtype=float) <= READ_ERROR_CAUTION_RATIO
    places = np.flatnonzero(usable)
    values = pd.DataFrame({"x": across[places], "y": up[places]})
    candidates = reliable[places] | unreliable
    on_front = np.zeros(len(places), dtype=bool)
    for group in _groups(frame, places, apart):
        chosen = group[candidates[group]]
        if len(chosen):
            on_front[chosen] = _front(values.iloc[chosen], x, y)
    drawn = np.sort(np.concatenate([np.flatnonzero(on_front), sample(~on_front, reliable[places], most)]))
    rows = places[drawn]
    shown = frame.iloc[rows].assign(x=across[rows], y=up[rows], reliable=reliable[rows])
    extent = Extent(_ends(values["x"]), _ends(values["y"]))
    return FrontData(shown, on_front[drawn], len(places), int((~reliable[places]).sum()), extent)


def sample(wanted: NDArray[np.bool_], reliable: NDArray[np.bool_], most: int) -> NDArray[np.int64]:
    """Places of no more than `most` wanted designs, those with unreliable reads thinned out first, then every n-th."""
    good, failing = np.flatnonzero(wanted & reliable), np.flatnonzero(wanted & ~reliable)
    if len(good) + len(failing) <= most:
        return np.concatenate([good, failing])
    good = _every_nth(good, most - min(len(failing), most // 5))
    return np.concatenate([good, _every_nth(failing, most - len(good))])


def front_extent(data: FrontData, *, front_only: bool = False) -> Extent:
    """The extent of the designs that are drawn; that of all where there is no front to draw."""
    if not (front_only and data.on_front.any()):
        return data.extent
    front = data.front
    return Extent(_ends(front["x"]), _ends(front["y"]))


def _groups(frame: pd.DataFrame, places: NDArray[np.int64], apart: tuple[str, ...]) -> list[NDArray[np.int64]]:
    """Places within `places` of each combination of the columns' values."""
    if not apart:
        return [np.arange(len(places))]
    code = np.zeros(len(places), dtype=np.int64)
    for name in apart:
        codes, values = pd.factorize(frame[name])
        code = code * len(values) + codes[places]
    return [np.flatnonzero(code == value) for value in np.unique(code)]


def _every_nth(places: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    return places[:: max(1, math.ceil(len(places) / most))] if most else places[:0]


def _ends(values: pd.Series) -> tuple[float, float]:
    return (float(values.min()), float(values.max())) if len(values) else (math.nan, math.nan)


def _front(values: pd.DataFrame, x: str, y: str) -> NDArray[np.bool_]:
    axes = {"x": QUANTITIES[x].better, "y": QUANTITIES[y].better}
    highest = [name for name, better in axes.items() if better == "higher"]
    lowest = [name for name, better in axes.items() if better == "lower"]
    return front_mask(values, maximize=highest, minimize=lowest)
