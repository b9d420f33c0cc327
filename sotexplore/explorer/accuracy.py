"""The accuracy of a design: measured on its checkpoint, or estimated between checkpoints with its error.

Estimate: inverse-distance-weighted mean (Shepard, ACM 1968) of the logit of the test error over the nearest
checkpoints of the same network and structure, made by ADMM with all layers alike and free levels (unpruned ones belong to every structure), in the coordinates
log2 of weights removed as a factor, log2 weight bits, log2 activation bits. The error stated beside an estimate is
the 90th percentile of the same method's error when each checkpoint in turn, and each inner pruning ratio as a whole, is left
out. Nothing is estimated outside the box that the checkpoints span.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sotexplore.design import Compression, Tile
from sotexplore.pruning_shares import DEFAULT_TILE

AccuracyKind = Literal["measured", "estimated", "unknown"]
METHOD = (
    "inverse-distance-weighted logit error of the nearest checkpoints; stated error: 90th percentile, leave-one-out"
)
_NEIGHBOURS, _POWER = 6, 3.0
_FEWEST_CHECKPOINTS = 6
_BITS_WEIGHT = 1.0


@dataclass(frozen=True)
class Accuracy:
    """Accuracy of one compression setting; `error_ratio` only where estimated, `row` only where measured."""

    ratio: float | None
    kind: AccuracyKind
    error_ratio: float | None = None
    row: Mapping[str, Any] | None = None
    seeds: Mapping[int, float] = field(default_factory=dict)
    """Accuracy by seed (the best run of each) of all checkpoints with the same setting; `ratio` is the lowest seed's."""


UNKNOWN = Accuracy(None, "unknown")


class AccuracyModel:
    """Answers for one network, from the rows of its checkpoints."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows = [row for row in rows if row["weight_bits"] <= 8 and _is_of_its_setting(row)]
        self._tables: dict[str, _Table] = {}

    def of(self, setting: Compression) -> Accuracy:
        """The accuracy of a compression setting."""
        matching = [row for row in self._rows if _matches(row, setting)]
        if matching:
            chosen = min(matching, key=_precedence)
            return Accuracy(chosen["accuracy_ratio"], "measured", row=chosen, seeds=_seeds(matching))
        table = self._table("none" if setting.prune_ratio == 0 else setting.structure)
        return table.estimate(coordinates(setting.prune_ratio, setting.weight_bits, setting.activation_bits))

    def leave_one_out_error(self, structure: str) -> float | None:
        """The error stated beside estimates of that structure; None where there are too few checkpoints."""
        return self._table(structure).error

    def _table(self, structure: str) -> "_Table":
        if structure not in self._tables:
            plain = [row for row in self._rows if not row.get("bit_error_ratio")]
            rows = [row for row in plain if row["prune_ratio"] == 0 or row["structure"] == structure]
            self._tables[structure] = _Table(rows)
        return self._tables[structure]


class _Table:
    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.points = np.array(
            [coordinates(row["prune_ratio"], row["weight_bits"], row["activation_bits"]) for row in rows]
        )
        errors = np.array([1 - row["accuracy_ratio"] for row in rows])
        images = np.array([row["test_images"] for row in rows])
        self.logits = _logit(errors, images)
        self.error = self._left_out() if len(rows) >= _FEWEST_CHECKPOINTS else None

    def estimate(self, point: NDArray[np.float64]) -> Accuracy:
        if self.error is None:
            return UNKNOWN
        low, high = self.points.min(0) - 1e-9, self.points.max(0) + 1e-9
        if (point < low).any() or (point > high).any():
            return UNKNOWN
        return Accuracy(float(1 - _sigmoid(_shepard(self.points, self.logits, point))), "estimated", self.error)

    def _left_out(self) -> float:
        alone = [self._error_without(np.arange(len(self.points)) == index) for index in range(len(self.points))]
        ratios = np.unique(self.points[:, 0])[1:-1]
        together = [self._error_without(self.points[:, 0] == ratio) for ratio in ratios]
        return float(np.percentile(np.concatenate([*alone, *together]), 90))

    def _error_without(self, out: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Absolute errors of the estimates at the points left `out`."""
        points, logits = self.points[~out], self.logits[~out]
        found = np.array([_sigmoid(_shepard(points, logits, point)) for point in self.points[out]])
        true = np.array([_sigmoid(value) for value in self.logits[out]])
        return np.asarray(np.abs(found - true))


def _is_of_its_setting(row: Mapping[str, Any]) -> bool:
    """Whether a checkpoint is what its setting alone tells: by ADMM, all layers alike, its tiles those that plans are cut by.

    Baselines, layers of their own, other tiles, levels held to a rule and rehearsals on a part of the images are designs by
    their key only, and nothing is estimated from them.
    """
    tile = row.get("tile")
    usual = tile is None or Tile(**tile) == DEFAULT_TILE
    return usual and not any(name in row for name in ("method", "per_layer", "levels", "train_images"))


def _seeds(rows: Sequence[Mapping[str, Any]]) -> dict[int, float]:
    return {row["seed"]: row["accuracy_ratio"] for row in sorted(rows, key=_precedence, reverse=True)}


def _precedence(row: Mapping[str, Any]) -> tuple[int, float, bool, float, str]:
    """Lowest seed first, then training without faults, then pruning to the ratio itself and not to a budget that came to it.

    Of runs that differ in effort alone the best, so that a short trial hides no full run.
    """
    return row["seed"], row.get("bit_error_ratio", 0.0), "budget" in row, -row["accuracy_ratio"], row["key"]


def _matches(row: Mapping[str, Any], setting: Compression) -> bool:
    same_bits = (row["weight_bits"], row["activation_bits"]) == (setting.weight_bits, setting.activation_bits)
    same_ratio = abs(row["prune_ratio"] - setting.prune_ratio) < 1e-9
    return same_bits and same_ratio and (setting.prune_ratio == 0 or row["structure"] == setting.structure)


def coordinates(prune_ratio: float, weight_bits: int, activation_bits: int) -> NDArray[np.float64]:
    """Where a compression setting lies among others, each axis in factors of two."""
    return np.array(
        [-np.log2(1 - prune_ratio), _BITS_WEIGHT * np.log2(weight_bits), _BITS_WEIGHT * np.log2(activation_bits)]
    )


def _shepard(points: NDArray[np.float64], values: NDArray[np.float64], point: NDArray[np.float64]) -> float:
    distance = np.sqrt(((points - point) ** 2).sum(1))
    nearest = np.argsort(distance, kind="stable")[:_NEIGHBOURS]
    weight = 1 / np.maximum(distance[nearest], 1e-9) ** _POWER
    return float((weight * values[nearest]).sum() / weight.sum())


def _logit(error: NDArray[np.float64], n_images: NDArray[np.float64]) -> NDArray[np.float64]:
    bounded = np.clip(error, 0.5 / n_images, 1 - 0.5 / n_images)
    return np.asarray(np.log(bounded / (1 - bounded)))


def _sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))
