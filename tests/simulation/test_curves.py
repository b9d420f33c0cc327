"""Studies of faults: accuracy falls, seeds spread, the cache answers the second time."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sotexplore.checkpoint import list_checkpoints, load_checkpoint
from sotexplore.compression.data import load
from sotexplore.errors import InputError
from sotexplore.fault_study import Study, list_studies, study_path
from sotexplore.simulation import curves, families
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.device import Device
from sotexplore.simulation.families import FAMILIES, Plan, plan
from sotexplore.simulation.faults import Faults

DEVICE = Device(low_ohm=6e3, high_ohm=15e3, series_ohm=2e3, line_ohm=500.0, spread_ratio=0.08, offset_ratio=0.02)
CROSSBAR = Arrays(compute_style="crossbar", active_rows=100, adc_bits=7)

CACHE = Path(__file__).resolve().parents[2] / "cache"
ROW = next(row for row in list_checkpoints(CACHE).rows if row["network"] == "digits-cnn" and row["weight_bits"] == 4)
CHECKPOINT = load_checkpoint(CACHE, ROW["key"])
IMAGES, LABELS = (part[:30].numpy() for part in (load("digits").test_images, load("digits").test_labels))


def study(cache: Path, *settings: dict[str, float], arrays: Arrays | None = None, base: Faults | None = None,
          **options: Any) -> Study:  # fmt: skip
    made = Plan("test", arrays or Arrays(), base or Faults(), settings)
    return curves.run_study(cache, CHECKPOINT, made, images=IMAGES, labels=LABELS, seeds=(0, 1, 2), **options)


def test_accuracy_falls_with_the_error_rate(tmp_path: Path) -> None:
    found = study(tmp_path, *({"read_error_ratio": rate} for rate in (0.0, 0.05, 0.4)))
    means = [point.mean_ratio for point in found.points]
    assert means[0] == found.ideal_accuracy_ratio > 0.95
    assert means[0] >= means[1] > means[2]
    assert found.points[0].half_width_ratio == 0
    assert found.points[2].half_width_ratio > 0


def test_the_cache_answers_the_second_time(tmp_path: Path) -> None:
    ran: list[dict[str, float]] = []
    settings = ({"weight_write_error_ratio": 0.01}, {"weight_write_error_ratio": 0.1})
    first = study(tmp_path, *settings, report=lambda point: ran.append(dict(point.setting)))
    again = study(tmp_path, *settings, report=lambda point: ran.append(dict(point.setting)))
    assert first == again
    assert ran == list(settings)
    assert list_studies(tmp_path) == (first,)
    assert study(tmp_path, *settings, base=Faults(stuck_at_one_ratio=0.1)).key != first.key


def test_a_damaged_study_is_told(tmp_path: Path) -> None:
    found = study(tmp_path, {"weight_write_error_ratio": 0.01})
    path = study_path(tmp_path, found.key)
    path.write_text(path.read_text()[:40])
    with pytest.raises(InputError, match="damaged"):
        study(tmp_path, {"weight_write_error_ratio": 0.01})
    assert path.read_text()


def test_studies_of_the_device(tmp_path: Path) -> None:
    found = study(tmp_path, {"tmr_ratio": 1.5}, {"tmr_ratio": 0.1}, base=Faults(device=DEVICE))
    errors = [point.read_error_ratio for point in found.points]
    assert errors[0] is not None
    assert errors[1] is not None
    assert errors[0] < 1e-3 < errors[1]
    assert found.points[0].mean_ratio > found.points[1].mean_ratio
    assert found.device is not None
    assert found.device["low_ohm"] == DEVICE.low_ohm


def test_an_offset_costs_a_crossbar_more_than_spread_alone(tmp_path: Path) -> None:
    found = study(tmp_path, {"offset_ratio": 0.0}, {"offset_ratio": 0.05}, arrays=CROSSBAR, base=Faults(device=DEVICE))
    assert found.points[0].mean_ratio > found.points[1].mean_ratio + 0.2


def test_fewer_bits_cost_accuracy_once_sums_are_clipped(tmp_path: Path) -> None:
    settings = tuple({"active_rows": 100.0, "adc_bits": float(bits)} for bits in (7, 5, 2))
    points = study(tmp_path, *settings, arrays=CROSSBAR).points
    assert points[0].accuracy_ratios == (points[0].mean_ratio,) * 3  # nothing is drawn at random
    assert points[0].mean_ratio > points[2].mean_ratio + 0.2


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_run(family: str, tmp_path: Path) -> None:
    made = plan(family, CHECKPOINT.layers)
    assert made.family == family
    assert len({tuple(sorted(setting.items())) for setting in made.settings}) == len(made.settings) > 4
    for setting in made.settings:
        families.faults_at(made.base, setting, 0).check_fit(families.arrays_at(made.arrays, setting))
    worst = replace(made, settings=made.settings[-1:])
    found = curves.run_study(tmp_path, CHECKPOINT, worst, images=IMAGES[:10], labels=LABELS[:10], seeds=(0, 1))
    assert len(found.points[0].accuracy_ratios) == (2 if made.is_drawn else 1)


def test_the_grid_of_an_adc_ends_with_the_network() -> None:
    most = max(len(layer.rows) for layer in CHECKPOINT.layers)
    rows = sorted({setting["active_rows"] for setting in plan("adc", CHECKPOINT.layers).settings})
    assert rows[-1] >= most > rows[-2]


@pytest.mark.parametrize(
    "setting",
    [{"colour": 0.1}, {"seed": 1}, {"device": 1}, {"read_error_ratio": 2.0}, {"tmr_ratio": 1.0}, {"adc_bits": 0},
     {"adc_noise_counts": 1.0}],
)  # fmt: skip
def test_what_cannot_be_varied_is_refused(tmp_path: Path, setting: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"faults|adc_bits"):
        study(tmp_path, setting, arrays=CROSSBAR if "adc_bits" in setting else None)
    assert not (tmp_path / "faults").exists()


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(InputError, match="family"):
        plan("weather", CHECKPOINT.layers)
