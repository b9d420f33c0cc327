"""Curves are those of the studies, and the documentation's figures are those of the shipped cache."""

import subprocess
import sys
from pathlib import Path

import pytest

from sotexplore.explorer.fault_curves import LABELS, fault_curves, label_of
from sotexplore.fault_study import Study, StudyPoint, list_studies, save_study, study_key

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "cache"


def test_a_grid_becomes_one_curve_for_each_value_held(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").symlink_to(CACHE / "checkpoints")
    points = tuple(
        StudyPoint({"active_rows": rows, "adc_bits": bits}, (rows / 1000 + bits / 10,), None)
        for rows in (64, 16)
        for bits in (3, 4)
    )
    inputs = {"checkpoint": "08d83df94558b28f"}
    save_study(tmp_path, Study(study_key(inputs), "adc", "08d83df94558b28f", 10, 0.9, {}, points), inputs)
    curves = fault_curves(tmp_path, family="adc")
    assert [curve.held for curve in curves] == [(("adc_bits", 3),), (("adc_bits", 4),)]
    assert curves[0].across == "active_rows"
    assert curves[0].values == (16, 64)
    assert curves[0].mean_ratios == pytest.approx((0.316, 0.364))
    assert fault_curves(tmp_path, family="adc", checkpoints=["other"]) == []
    assert fault_curves(tmp_path, family="tmr") == []


def test_every_shipped_study_can_be_drawn() -> None:
    families = {study.family for study in list_studies(CACHE)}
    for family in families:
        for curve in fault_curves(CACHE, family=family):
            assert curve.across in LABELS
            assert list(curve.values) == sorted(curve.values)
            assert all(0 <= ratio <= 1 for ratio in curve.mean_ratios)


def test_labels() -> None:
    row = {"prune_ratio": 0.9, "structure": "filter", "weight_bits": 4, "activation_bits": 2}
    assert label_of(row) == "filter .9 W4A2"
    assert label_of(row | {"prune_ratio": 0, "bit_error_ratio": 0.01}) == "dense W4A2, fault-aware"


def test_figures_of_the_documentation_are_drawn_from_the_cache(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "docs/draw_fault_curves.py", str(tmp_path)], cwd=ROOT, check=True,
                   env={"PYTHONPATH": str(ROOT)})  # fmt: skip
    drawn = {path.name: path.read_bytes() for path in tmp_path.glob("*.svg")}
    shipped = {path.name: path.read_bytes() for path in (ROOT / "docs" / "images").glob("faults-*.svg")}
    assert drawn == shipped
    assert drawn
