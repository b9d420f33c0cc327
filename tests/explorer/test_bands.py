"""Bands of a design as a page shows them."""

import json
from pathlib import Path

import pytest

from sotexplore.design import Design
from sotexplore.explorer.bands import SHOWN, design_study, records
from sotexplore.explorer.evaluate import evaluate_design
from sotexplore.hardware.uncertainty import METRICS


def test_bands_of_a_design_hold_its_figures(empty_cache: Path) -> None:
    design = Design()
    found = records(design_study(design, empty_cache, n_draws=64))
    metrics = evaluate_design(design, empty_cache).metrics
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    for name in METRICS:
        band = found["bands"][name]
        assert band["nominal"] == pytest.approx(metrics[name], rel=1e-12)
        assert band["low"] <= band["nominal"] <= band["high"]
        assert len(found["sensitivities"][name]) == SHOWN
