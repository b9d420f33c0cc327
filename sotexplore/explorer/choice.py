"""Help with choosing among designs: the knee of a front, a weighted choice, the hypervolume; each with its reason in words.

Everything is judged by goodness: a metric's place between the worst and the best value, 0 to 1, on a logarithmic scale
where the metric is compared by factors. Metrics become comparable that way without any price between them.

References: knee as the point farthest from the line between a front's ends: Das, "On characterizing the 'knee' of the
Pareto curve based on Normal-Boundary Intersection", Structural Optimization 18, 1999. Hypervolume: Zitzler and Thiele,
IEEE Transactions on Evolutionary Computation 3(4), 1999.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import moocore
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sotexplore.errors import InputError
from sotexplore.units import percent

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """A metric and how it is judged; `show` turns a value in SI units into text."""

    metric: str
    name: str
    better: Literal["higher", "lower"]
    log: bool
    """Whether it is compared by factors."""
    show: Callable[[float], str] = str


@dataclass(frozen=True)
class Knee:
    """The front's design beyond which either metric costs most of the other."""

    place: int
    """Row of the front, as it was given."""
    bulge_ratio: float
    """How far it lies beyond the line between the front's ends, as goodness: 0 on the line, 1 at most."""
    first: int
    """Row of the design that is best in the first metric."""
    second: int
    """Row of the design that is best in the second metric."""


@dataclass(frozen=True)
class Weighted:
    """The design with the highest weighted mean of goodness."""

    index: int
    """Label of its row in the table."""
    score_ratio: float
    goodness: Mapping[str, float]
    """Metric -> 0 (worst of the table) to 1 (best)."""
    runner_up: int | None
    """Label of the next best design."""


@dataclass(frozen=True)
class Hypervolume:
    """Share of the box between a reference point and the ideal that a front dominates."""

    share_ratio: float
    reference: tuple[float, float]
    ideal: tuple[float, float]


def goodness(values: FloatArray, axis: Axis, *, worst: float | None = None, best: float | None = None) -> FloatArray:
    """Each value's place between the worst and the best, 0 to 1; 1 for all where they do not differ.

    Args:
        values: SI units, shape (n,); positive where the axis is compared by factors.
        axis: the metric.
        worst: value of goodness 0; the worst of `values` where not given.
        best: value of goodness 1; the best of `values` where not given.

    Raises:
        InputError: a value that no factor compares.
    """
    if axis.log and not (values > 0).all():
        raise InputError(axis.metric, "cannot be compared by factors", got=float(values.min()), allowed="above 0")
    low, high = _ends(values, axis)
    ends = np.array([low if worst is None else worst, high if best is None else best])
    scaled, (zero, one) = (np.log(values), np.log(ends)) if axis.log else (values, ends)
    return np.ones_like(values) if zero == one else np.asarray((scaled - zero) / (one - zero))


def knee(front: pd.DataFrame, first: Axis, second: Axis) -> Knee | None:
    """The knee of a front of two metrics; None where it has none: fewer than three designs, or no bulge.

    Args:
        front: designs none of which dominates another.
        first: one metric.
        second: the other metric.
    """
    if len(front) < 3:
        return None
    one, other = (goodness(front[axis.metric].to_numpy(dtype=float), axis) for axis in (first, second))
    bulge = one + other - 1
    place = int(np.argmax(bulge))
    if bulge[place] <= 1e-9:
        return None
    return Knee(place, float(bulge[place]), int(np.argmax(one)), int(np.argmax(other)))


def knee_reason(front: pd.DataFrame, found: Knee, first: Axis, second: Axis) -> str:
    """Why the knee is where it is: what either metric costs before it and beyond it."""
    here = front.iloc[found.place]
    to_first, to_second = front.iloc[found.first], front.iloc[found.second]
    return (
        f"From the design with the best {second.name} to here, {first.name} improves by "
        f"{step(to_second, here, first)} and costs {step(here, to_second, second)} of {second.name}. Going on to the best "
        f"{first.name} gains {step(here, to_first, first)} more and costs {step(to_first, here, second)}."
    )


def weighted(designs: pd.DataFrame, weights: Mapping[str, float], axes: Sequence[Axis]) -> Weighted | None:
    """The design with the highest weighted mean of goodness; None where no design has all weighted metrics.

    Args:
        designs: the designs to choose from.
        weights: metric -> weight, 0 or more.
        axes: the metrics, each with its direction and scale.

    Raises:
        InputError: a weight below 0 or not finite, or no weight at all.
    """
    used = [axis for axis in axes if weights.get(axis.metric, 0) != 0]
    _check(weights, used)
    values = {axis.metric: designs[axis.metric].to_numpy(dtype=float) for axis in used}
    known = np.all([_known(values[axis.metric], axis) for axis in used], axis=0)
    places = np.flatnonzero(known)
    if not len(places):
        return None
    good = {axis.metric: goodness(values[axis.metric][places], axis) for axis in used}
    total = sum(weights[axis.metric] for axis in used)
    score = np.sum([weights[name] / total * part for name, part in good.items()], axis=0)
    best = int(np.argmax(score))
    rest = np.where(np.arange(len(score)) == best, -np.inf, score)
    runner_up = int(designs.index[places[int(np.argmax(rest))]]) if len(score) > 1 else None
    taken = {name: float(part[best]) for name, part in good.items()}
    return Weighted(int(designs.index[places[best]]), float(score[best]), taken, runner_up)


def weighted_reason(designs: pd.DataFrame, found: Weighted, axes: Sequence[Axis]) -> str:
    """Why the weighted choice wins: how near it comes to the best value of each metric, and what the best would gain."""
    row = designs.loc[[found.index]].iloc[0]
    parts = []
    for axis in axes:
        if axis.metric in found.goodness:
            best = _ends(designs[axis.metric].dropna().to_numpy(dtype=float), axis)[1]
            parts.append(
                f"{axis.name} {axis.show(float(row[axis.metric]))} (best {axis.show(best)}, {percent(found.goodness[axis.metric], decimals=0)} of "
                "the way from the worst)"
            )
    return f"Score {found.score_ratio:.2f} of 1: " + "; ".join(parts) + "."


def hypervolume(
    front: pd.DataFrame, first: Axis, second: Axis, *, reference: tuple[float, float]
) -> Hypervolume | None:
    """Share of the box between the reference point and the front's ideal point that the front dominates.

    Args:
        front: designs none of which dominates another.
        first: one metric.
        second: the other metric.
        reference: a point that every design of the front is at least as good as, in SI units.

    Returns:
        The share, computed in goodness between reference and ideal; None for a front without a design or an extent.
    """
    if not len(front):
        return None
    values = [front[axis.metric].to_numpy(dtype=float) for axis in (first, second)]
    ideal = tuple(_ends(value, axis)[1] for value, axis in zip(values, (first, second), strict=True))
    if ideal[0] == reference[0] or ideal[1] == reference[1]:
        return None
    good = np.column_stack(
        [
            goodness(value, axis, worst=worst, best=best)
            for value, axis, worst, best in zip(values, (first, second), reference, ideal, strict=True)
        ]
    )
    share = moocore.hypervolume(good, ref=np.zeros(2), maximise=True)
    return Hypervolume(float(share), reference, (ideal[0], ideal[1]))


def step(start: pd.Series, end: pd.Series, axis: Axis) -> str:
    """How far a metric moves between two designs: a factor where it is compared by factors, else the difference."""
    a, b = float(start[axis.metric]), float(end[axis.metric])
    if axis.log:
        return f"a factor of {max(a, b) / min(a, b):.3g}"
    return axis.show(abs(b - a))


def _known(values: FloatArray, axis: Axis) -> NDArray[np.bool_]:
    return np.isfinite(values) & (values > 0 if axis.log else True)


def _ends(values: FloatArray, axis: Axis) -> tuple[float, float]:
    """Worst and best value."""
    low, high = float(values.min()), float(values.max())
    return (low, high) if axis.better == "higher" else (high, low)


def _check(weights: Mapping[str, float], used: Sequence[Axis]) -> None:
    for name, weight in weights.items():
        if not np.isfinite(weight) or weight < 0:
            raise InputError(f"weights.{name}", "is no weight", got=weight, allowed="0 or more")
    if not used:
        raise InputError("weights", "are all 0", got=dict(weights), allowed="at least one above 0")
