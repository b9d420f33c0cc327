"""The steps of the range filters, and the choice's words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from sotexplore.explorer.choice import Hypervolume
from sotexplore.ui import choosing, state
from sotexplore.ui.ranges import decade_steps, even_steps, steps_of

ROOT = Path(__file__).resolve().parents[2]
POSITIVE = st.floats(1e-6, 1e9)


@given(POSITIVE, POSITIVE)
def test_steps_of_a_metric_take_in_its_values(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    steps = decade_steps(low, high)
    assert steps == sorted(set(steps))
    assert steps[0] <= low * (1 + 1e-6)
    assert steps[-1] >= high * (1 - 1e-6)
    assert len(steps) <= 12 + 10 * np.log10(high / low)


@given(st.floats(0, 100), st.floats(0, 100))
def test_steps_of_a_percentage_take_in_its_values(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    steps = even_steps(low, high)
    assert steps == sorted(set(steps))
    assert 2 <= len(steps) <= 122
    assert steps[0] <= low + 1e-6
    assert steps[-1] >= high - 1e-6


def test_steps_of_a_field_are_its_values() -> None:
    frame = pd.DataFrame({"weight_bits": [8, 2, 2, 4], "accuracy_ratio": [np.nan] * 4})
    assert steps_of("weight_bits", frame) == [2, 4, 8]
    assert steps_of("accuracy_ratio", frame) == []


def test_ranges_and_constraints_hold_together() -> None:
    view = state.view_of(
        {"only_area_mm2": (0.1, 2.0), "max_area_mm2": 1.0, "only_weight_bits": (2, 4), "min_accuracy_percent": 98}
    )
    limits = state.limits_of(view)
    assert limits["area_m2"] == (pytest.approx(1e-7), pytest.approx(1e-6))
    assert limits["weight_bits"] == (2, 4)
    assert limits["accuracy_ratio"] == (pytest.approx(0.98), None)


def test_ranges_networks_and_weights_in_a_link() -> None:
    good = {"only_area_mm2": "0.5", "more_networks": "digits-cnn", "weight_area": "7", "space": "All sliders"}
    assert state.link_problems(good, {}) == []
    for name, text in (("only_area_mm2", "big"), ("more_networks", "lenet"), ("weight_area", "11"), ("space", "All")):
        (problem,) = state.link_problems({name: text}, {})
        assert problem.startswith(name)


def test_the_hypervolume_is_told_with_its_reference_point() -> None:
    axes = choosing.axis_of("area_m2"), choosing.axis_of("accuracy_ratio")
    text = choosing.volume_text(Hypervolume(0.875, (1e-6, 0.95), (1e-7, 0.99)), axes)
    assert "87.5 %" in text
    assert "chip area 1.00 mm², accuracy 95.00 %" in text


def test_a_filter_that_leaves_nothing_out_is_no_part_of_a_shared_view(
    filled_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOTEXPLORE_CACHE", str(filled_cache))
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not page.exception
    page.switch_page("pages/share.py").run()
    assert not page.exception
    links = [item.value for item in page.code]
    assert links
    assert not any("?" in link for link in links), links
