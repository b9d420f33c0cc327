"""Schedules against a small event-driven simulation, copies against exhaustive search."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore.hardware import schedule
from sotexplore.hardware.schedule import Stages


def simulated_pipeline(stage_s: list[float], n_frames: int) -> tuple[list[float], list[float]]:
    """Start and end of each frame: a layer takes the next frame when it is free and the layer before has finished it.

    A new frame enters no faster than the slowest stage lets it through.
    """
    free = [0.0] * len(stage_s)
    starts, ends = [], []
    for frame in range(n_frames):
        at = frame * max(stage_s)
        for index, time in enumerate(stage_s):
            start = max(at, free[index])
            if index == 0:
                starts.append(start)
            at = free[index] = start + time
        ends.append(at)
    return starts, ends


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=6))
def test_pipeline_agrees_with_events(stage_s: list[float]) -> None:
    starts, ends = simulated_pipeline(stage_s, 20)
    stages = np.array(stage_s)[:, None]
    period = schedule.period_s(stages, stages.sum(axis=0), np.array([True]))[0]
    np.testing.assert_allclose(np.diff(ends), period, rtol=1e-9)
    np.testing.assert_allclose(np.subtract(ends, starts), sum(stage_s), rtol=1e-9)


def test_sequential_period_is_the_whole_frame() -> None:
    stages = np.array([[1.0], [2.5]])
    assert schedule.period_s(stages, stages.sum(axis=0), np.array([False]))[0] == 3.5


def one_design(pixels: list[int], pixel_s: list[float], fill_s: list[float], area: list[float]) -> Stages:
    column = [np.array(values, dtype=float)[:, None] for values in (pixels, pixel_s, fill_s, area)]
    return Stages(*column)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_copies_are_the_best_that_fit(data: st.DataObject) -> None:
    n_layers = data.draw(st.integers(1, 3))

    def floats(low: float, high: float) -> list[float]:
        return data.draw(st.lists(st.floats(low, high), min_size=n_layers, max_size=n_layers))

    pixels = data.draw(st.lists(st.integers(1, 9), min_size=n_layers, max_size=n_layers))
    stages = one_design(pixels, floats(0.5, 4), floats(0, 1), floats(0.5, 3))
    spare = data.draw(st.floats(0, 20))
    found = schedule.copies(stages, np.array([spare]))
    assert stages.extra_area_m2(found)[0] <= spare
    reached = stages.time_s(found).max()
    for combination in itertools.product(*(range(1, count + 1) for count in pixels)):
        tried = np.array(combination, dtype=float)[:, None]
        if stages.extra_area_m2(tried)[0] <= spare:
            assert reached <= stages.time_s(tried).max() * (1 + 1e-12)
    for index in range(n_layers):
        fewer = found.copy()
        fewer[index] -= 1
        assert found[index] == 1 or stages.time_s(fewer).max() > reached


def greedy(stages: Stages, spare: float) -> np.ndarray:
    """Copies the slowest stage again and again while the next copy fits."""
    count = np.ones_like(stages.pixel_s)
    while True:
        slowest = int(np.argmax(stages.time_s(count)))
        if count[slowest] >= stages.pixels[slowest]:
            return count
        count[slowest] += 1
        if stages.extra_area_m2(count)[0] > spare:
            count[slowest] -= 1
            return count


@pytest.mark.parametrize("spare", [0.0, 3.0, 40.0, 1000.0])
def test_copies_are_as_fast_as_copying_the_slowest_stage_step_by_step(spare: float) -> None:
    stages = one_design([576, 64, 1, 1], [6.2, 9.9, 9.9, 3.1], [0.1] * 4, [1.0, 2.0, 32.0, 1.0])
    found = schedule.copies(stages, np.array([spare]))
    assert stages.time_s(found).max() <= stages.time_s(greedy(stages, spare)).max() * (1 + 1e-12)


def test_a_chip_over_its_budget_keeps_one_copy_each() -> None:
    stages = one_design([10, 10], [1.0, 2.0], [0.0, 0.0], [1.0, 1.0])
    assert (schedule.copies(stages, np.array([-1.0])) == 1).all()
