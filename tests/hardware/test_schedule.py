"""Schedules against a small event-driven simulation, copies against exhaustive search."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.hardware import chip, schedule
from sotexplore.hardware.schedule import Stages
from sotexplore.hardware.table import HardwareTable
from sotexplore.workload import dense_workload, workload_table


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


HARDWARE = {
    "compute_style": "and-count", "node_nm": 45, "cell": "sot-69f2", "subarray_rows": 128, "subarray_cols": 128,
    "columns_per_sense_amplifier": 1, "adc_bits": 6, "active_rows": 32, "operand": "streamed", "schedule": "pipelined",
    "area_budget_m2": None,
}  # fmt: skip
CHIPS = [
    {}, {"operand": "written"}, {"compute_style": "crossbar", "columns_per_sense_amplifier": 8}, {"area_budget_m2": 6e-6},
    {"schedule": "sequential"}, {"schedule": "sequential", "area_budget_m2": 1e-6},
]  # fmt: skip


@pytest.mark.parametrize("change", CHIPS, ids=str)
def test_a_whole_chip_agrees_with_the_events_of_its_frames(change: dict[str, object]) -> None:
    """Frames pass through the layers as events; the chip's frame rate and latency are what comes out."""
    work = workload_table([dense_workload(catalogue.network("lenet5-mnist"), weight_bits=4, activation_bits=4)])
    found = chip.evaluate(work, HardwareTable.from_columns(HARDWARE | change, 1))
    stage_s = found.by_layer["latency_s"][0].tolist()
    if change.get("schedule") == "sequential":
        stage_s = [sum(stage_s)]
    starts, ends = simulated_pipeline(stage_s, 12)
    assert 1 / np.diff(ends)[-1] == pytest.approx(found.frames_per_s[0], rel=1e-9)
    assert ends[-1] - starts[-1] == pytest.approx(found.frame_latency_s[0], rel=1e-9)


def simulated_layer(
    *, n_pixels: int, cycles: int, settle_s: float, convert_s: float, load_s: float, post_s: float
) -> float:
    """Time of a layer's pixels, event by event: the bus fetches a pixel while the one before is computed, a sample waits
    until the ADCs are free and frees the array for the next rows, and lanes work on a pixel while the next is computed.
    """
    bus = array = adc = lane = 0.0
    started = [0.0]
    for pixel in range(n_pixels):
        bus = max(bus, started[pixel - 1] if pixel else 0.0) + load_s
        array = max(array, bus)
        started.append(array)
        for _ in range(cycles):
            array = max(array + settle_s, adc)
            adc = array + convert_s
        lane = max(lane, adc) + post_s
    return lane


@given(
    st.integers(1, 6), st.floats(0.1, 5), st.floats(0.0, 8), st.floats(0.0, 20), st.floats(0.0, 20),
)  # fmt: skip
def test_a_layers_pixels_agree_with_events(
    cycles: int, settle_s: float, convert_s: float, load_s: float, post_s: float
) -> None:
    """In a long run a pixel takes what the slowest of array with its ADCs, bus and lanes takes."""
    long, short = (
        simulated_layer(n_pixels=n, cycles=cycles, settle_s=settle_s, convert_s=convert_s, load_s=load_s, post_s=post_s)
        for n in (400, 200)
    )
    array_s = cycles * (settle_s + max(convert_s - settle_s, 0.0))
    steady = (long - short) / 200
    assert steady == pytest.approx(max(array_s, load_s, post_s), rel=1e-6)
