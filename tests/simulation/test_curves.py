"""Fault curves: accuracy falls, seeds spread, the cache answers the second time."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sotexplore.checkpoint import list_checkpoints, load_checkpoint
from sotexplore.compression.data import load
from sotexplore.errors import InputError
from sotexplore.simulation import curves
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.device import Device
from sotexplore.simulation.faults import Faults

DEVICE = Device(low_ohm=6e3, high_ohm=15e3, series_ohm=2e3, line_ohm=500.0, spread_ratio=0.08, offset_ratio=0.02)


CACHE = Path(__file__).resolve().parents[2] / "cache"
ROW = next(row for row in list_checkpoints(CACHE).rows if row["network"] == "digits-cnn" and row["weight_bits"] == 4)
CHECKPOINT = load_checkpoint(CACHE, ROW["key"])
IMAGES, LABELS = (part[:60].numpy() for part in (load("digits").test_images, load("digits").test_labels))


def curve(cache: Path, fault: str, values: list[float], **options: object) -> curves.FaultCurve:
    return curves.fault_curve(
        cache,
        CHECKPOINT,
        Arrays(),
        fault,
        values,
        images=IMAGES,
        labels=LABELS,
        seeds=(0, 1, 2),
        **options,  # type: ignore[arg-type]
    )


def test_accuracy_falls_with_the_error_rate(tmp_path: Path) -> None:
    found = curve(tmp_path, "read_error_ratio", [0.0, 0.05, 0.4])
    means = [point.mean_ratio for point in found.points]
    assert means[0] > 0.95
    assert means[0] >= means[1] > means[2]
    assert found.points[0].half_width_ratio == 0
    assert found.points[2].half_width_ratio > 0


def test_the_cache_answers_the_second_time(tmp_path: Path) -> None:
    ran: list[float] = []
    first = curve(tmp_path, "weight_write_error_ratio", [0.01, 0.1], report=lambda point: ran.append(point.value))
    again = curve(tmp_path, "weight_write_error_ratio", [0.01, 0.1], report=lambda point: ran.append(point.value))
    assert first == again
    assert ran == [0.01, 0.1]
    assert curves.list_curves(tmp_path) == (first,)
    other = curve(tmp_path, "weight_write_error_ratio", [0.01, 0.1], base=Faults(stuck_at_one_ratio=0.1))
    assert other.key != first.key


def test_a_damaged_curve_is_told_and_left_out_of_the_list(tmp_path: Path) -> None:
    found = curve(tmp_path, "weight_write_error_ratio", [0.01])
    path = tmp_path / "faults" / f"{found.key}.json"
    path.write_text(path.read_text()[:40])
    with pytest.raises(InputError, match="damaged"):
        curve(tmp_path, "weight_write_error_ratio", [0.01])
    assert curves.list_curves(tmp_path) == ()


def test_curves_over_the_device(tmp_path: Path) -> None:
    found = curve(tmp_path, "tmr_ratio", [1.5, 0.1], base=Faults(device=DEVICE))
    errors = [point.read_error_ratio for point in found.points]
    assert errors[0] is not None
    assert errors[1] is not None
    assert errors[0] < 1e-3 < errors[1]
    assert found.points[0].mean_ratio > found.points[1].mean_ratio


def test_confidence_interval() -> None:
    """Golden: 0.90, 0.92, 0.94: standard deviation 0.02, t(2) = 4.303, half width 4.303 * 0.02 / sqrt 3."""
    point = curves.CurvePoint(0.1, (0.90, 0.92, 0.94), None)
    assert point.half_width_ratio == pytest.approx(4.303 * 0.02 / math.sqrt(3))
    assert math.isnan(replace(point, accuracy_ratios=(0.9,)).half_width_ratio)
    assert replace(point, accuracy_ratios=tuple(np.linspace(0, 1, 40))).half_width_ratio < 0.1


@pytest.mark.parametrize(
    ("fault", "value"), [("colour", 0.1), ("seed", 1), ("device", 1), ("read_error_ratio", 2.0), ("tmr_ratio", 1.0)]
)
def test_what_cannot_be_varied_is_refused(tmp_path: Path, fault: str, value: float) -> None:
    with pytest.raises(InputError, match="faults"):
        curve(tmp_path, fault, [value])
    assert not (tmp_path / "faults").exists()
