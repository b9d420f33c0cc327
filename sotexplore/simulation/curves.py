"""Accuracy against a fault, with confidence intervals over seeds, kept in the cache.

The interval is Student's t over the accuracies of the seeds, each a chip of its own, on the same images; it says how
chips differ, not how the test set's images were drawn.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sotexplore.checkpoint import Checkpoint
from sotexplore.errors import InputError
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.faults import Faults
from sotexplore.simulation.run import Simulation, simulate
from sotexplore.store import content_key, write_atomic

CURVE_VERSION = 1
CONFIDENCE = 0.95
_T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)
"""Student's t at 97.5 % for 1 to 15 degrees of freedom (textbook)."""
_T_LARGE = 1.96
OF_DEVICE = ("tmr_ratio", "spread_ratio")


@dataclass(frozen=True)
class CurvePoint:
    """Accuracy at one value of a fault."""

    value: float
    accuracy_ratios: tuple[float, ...]
    """Of each seed."""
    read_error_ratio: float | None
    """Mean share of wrong reads, where resistances or noise make them."""

    @property
    def mean_ratio(self) -> float:
        """Mean accuracy."""
        return float(np.mean(self.accuracy_ratios))

    @property
    def half_width_ratio(self) -> float:
        """Half of the 95 % confidence interval of the mean; nan for one seed."""
        n = len(self.accuracy_ratios)
        if n == 1:
            return math.nan
        t = _T_95[n - 2] if n - 2 < len(_T_95) else _T_LARGE
        return float(t * np.std(self.accuracy_ratios, ddof=1) / math.sqrt(n))


@dataclass(frozen=True)
class FaultCurve:
    """Accuracy of a checkpoint against one fault."""

    key: str
    checkpoint: str
    fault: str
    """A field of `Faults`, or `tmr_ratio` or `spread_ratio` of its device."""
    images: int
    points: tuple[CurvePoint, ...]


def fault_curve(
    cache: Path, checkpoint: Checkpoint, arrays: Arrays, fault: str, values: Sequence[float], *,
    images: NDArray[np.uint8], labels: NDArray[np.int64], seeds: Sequence[int] = (0, 1, 2, 3, 4), base: Faults | None = None,
    report: Callable[[CurvePoint], None] | None = None,
) -> FaultCurve:  # fmt: skip
    """The curve from the cache, or run and put there.

    Args:
        cache: the cache's folder.
        checkpoint: a quantized checkpoint.
        arrays: the sub-arrays.
        fault: what is varied; a device's ratio needs `base` with a device.
        values: of it, in the curve's order.
        images: the first images of the test set, uint8 (n, channels, height, width).
        labels: theirs, (n,).
        seeds: one chip each.
        base: the other faults.
        report: called after each point that is run.

    Raises:
        InputError: unknown fault, value out of range, faults that cannot occur in such arrays.
    """
    base = base or Faults()
    settings = [[faults_at(base, fault, value, seed) for seed in seeds] for value in values]
    for of_value in settings:
        of_value[0].check_fit(arrays)
    inputs = {
        "version": CURVE_VERSION, "checkpoint": checkpoint.key, "arrays": asdict(arrays), "base": _plain(base),
        "fault": fault, "values": list(values), "seeds": list(seeds), "images": len(images),
    }  # fmt: skip
    key = content_key(inputs)
    path = cache / "faults" / f"{key}.json"
    if path.is_file():
        return _read(path)
    points = []
    for value, of_value in zip(values, settings, strict=True):
        runs = [simulate(checkpoint.network, checkpoint.layers, images, arrays, faults) for faults in of_value]
        points.append(_point(value, runs, labels))
        if report is not None:
            report(points[-1])
    curve = FaultCurve(key, checkpoint.key, fault, len(images), tuple(points))
    write_atomic(path, (json.dumps({"inputs": inputs, "curve": asdict(curve)}, indent=1) + "\n").encode())
    return curve


def faults_at(base: Faults, fault: str, value: float, seed: int) -> Faults:
    """The faults with one of them set, and the seed.

    Raises:
        InputError: unknown fault, or its value out of range.
    """
    if fault in OF_DEVICE:
        if base.device is None:
            raise InputError("faults.device", "is not sampled", got="none", allowed=f"a device to vary {fault} of")
        low = base.device.low_ohm
        changed = (
            replace(base.device, high_ohm=low * (1 + value))
            if fault == "tmr_ratio"
            else replace(base.device, spread_ratio=value)
        )
        return replace(base, seed=seed, device=changed)
    if fault == "seed" or not isinstance(getattr(base, fault, None), float | int):
        raise InputError(
            "faults", "unknown fault", got=fault, allowed="a number of the faults, " + ", ".join(OF_DEVICE)
        )
    changes: dict[str, Any] = {"seed": seed, fault: value}
    return replace(base, **changes)


def list_curves(cache: Path) -> tuple[FaultCurve, ...]:
    """Every readable curve of the cache."""
    found = []
    for path in sorted((cache / "faults").glob("*.json")):
        try:
            found.append(_read(path))
        except InputError:
            continue
    return tuple(found)


def _point(value: float, runs: Sequence[Simulation], labels: NDArray[np.int64]) -> CurvePoint:
    """The point that the runs of all seeds make."""
    accuracies = tuple(float((run.scores.argmax(axis=1) == labels).mean()) for run in runs)
    errors = [run.read_error_ratio for run in runs if run.read_error_ratio is not None]
    return CurvePoint(value, accuracies, float(np.mean(errors)) if errors else None)


def _plain(faults: Faults) -> dict[str, Any]:
    """Faults as JSON can hold them: infinity as text."""
    values = asdict(faults)
    return {name: str(value) if value == math.inf else value for name, value in values.items()}


def _read(path: Path) -> FaultCurve:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))["curve"]
        points = tuple(
            CurvePoint(item["value"], tuple(item["accuracy_ratios"]), item["read_error_ratio"])
            for item in data["points"]
        )
        return FaultCurve(data["key"], data["checkpoint"], data["fault"], data["images"], points)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise InputError(
            "faults", f"{path.name} is damaged: {error}", got=path, allowed="a whole file of a fault curve"
        ) from None
