"""Curves of accuracy against what a study varied, ready to draw: one line for each value of the other thing varied."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from sotexplore.checkpoint import list_checkpoints
from sotexplore.fault_study import Study, StudyPoint, list_studies

LABELS = {
    "active_rows": "rows driven at once",
    "adc_bits": "bits of the ADC",
    "read_error_ratio": "share of bits read wrong, anew at every read",
    "weight_write_error_ratio": "share of weight bits stored wrong",
    "stuck_at_zero_ratio": "share of cells stuck at zero",
    "stuck_at_one_ratio": "share of cells stuck at one",
    "operand_write_error_ratio": "share of operand bits written wrong, anew at every write",
    "tmr_ratio": "tunnel magnetoresistance",
    "spread_ratio": "spread of cell resistance, standard deviation over mean",
    "offset_ratio": "offset of the column's clamp, standard deviation over read voltage",
}
"""What each thing varied is called on an axis."""
LOGARITHMIC = frozenset(name for name in LABELS if name.endswith("_ratio")) - {
    "tmr_ratio", "spread_ratio", "offset_ratio"
}  # fmt: skip
_ACROSS = {"adc": "active_rows", "crossbar-cells": "tmr_ratio", "crossbar-offset": "offset_ratio"}
"""Of two things varied, the one along the axis."""


@dataclass(frozen=True)
class Curve:
    """Accuracy against one thing varied."""

    checkpoint: str
    family: str
    across: str
    """What lies along the axis, a key of `LABELS`."""
    held: tuple[tuple[str, float], ...]
    """What else was set, the same at every point."""
    values: tuple[float, ...]
    mean_ratios: tuple[float, ...]
    half_width_ratios: tuple[float, ...]
    """Half of the 95 % interval over seeds; nan where a single one was run."""
    read_error_ratios: tuple[float | None, ...]
    ideal_accuracy_ratio: float
    images: int
    seeds: int


def fault_curves(cache: Path, *, family: str, checkpoints: Sequence[str] = ()) -> list[Curve]:
    """Curves of the cache's studies, the checkpoints in the order of its listing.

    Args:
        cache: the cache's folder.
        family: see `sotexplore faults --family`.
        checkpoints: keys; those of all studies where empty.
    """
    order = [row["key"] for row in list_checkpoints(cache).rows]
    chosen = [
        study for study in list_studies(cache) if study.family == family and study.checkpoint in (checkpoints or order)
    ]
    chosen.sort(key=lambda study: (order.index(study.checkpoint), study.images))
    return [curve for study in chosen for curve in _curves(study)]


def label_of(row: Mapping[str, Any]) -> str:
    """A checkpoint in few words, as `filter+shape .9 W4A4`."""
    pruned = "dense" if row["prune_ratio"] == 0 else f"{row['structure']} {str(row['prune_ratio']).lstrip('0')}"
    faulty = ", fault-aware" if row.get("bit_error_ratio") else ""
    return f"{pruned} W{row['weight_bits']}A{row['activation_bits']}{faulty}"


def _curves(study: Study) -> Iterator[Curve]:
    across = _ACROSS.get(study.family) or next(iter(study.points[0].setting))

    def held(point: StudyPoint) -> tuple[tuple[str, float], ...]:
        return tuple(sorted((name, value) for name, value in point.setting.items() if name != across))

    for rest, members in groupby(sorted(study.points, key=held), key=held):
        points = sorted(members, key=lambda point: point.setting[across])
        yield Curve(
            study.checkpoint, study.family, across, rest,
            tuple(float(point.setting[across]) for point in points), tuple(point.mean_ratio for point in points),
            tuple(float(np.float64(point.half_width_ratio)) for point in points),
            tuple(point.read_error_ratio for point in points), study.ideal_accuracy_ratio, study.images,
            len(points[0].accuracy_ratios),
        )  # fmt: skip
