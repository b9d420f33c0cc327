"""Faults come at the stated rates, where they may, and equal seeds give equal faults."""

import math
from dataclasses import replace

import numpy as np
import pytest
from random_networks import plain_case

from sotexplore.errors import InputError
from sotexplore.simulation import ageing, cells, senses
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.faults import IDEAL, Faults, parse_faults
from sotexplore.simulation.run import simulate

CROSSBAR = Arrays(compute_style="crossbar", subarray_rows=64, subarray_cols=64, active_rows=31)
STREAMED = Arrays(subarray_rows=64, subarray_cols=64)
WRITTEN = replace(STREAMED, operand="written")
FAULTS = [
    (STREAMED, Faults(read_error_ratio=0.02)),
    (WRITTEN, Faults(read_error_ratio=0.02)),
    (WRITTEN, Faults(operand_write_error_ratio=0.02)),
    (STREAMED, Faults(weight_write_error_ratio=0.02)),
    (CROSSBAR, Faults(weight_write_error_ratio=0.02)),
    (WRITTEN, Faults(stuck_at_zero_ratio=0.02)),
    (CROSSBAR, Faults(stuck_at_one_ratio=0.02)),
    (STREAMED, Faults(read_disturb_ratio=1e-6, frames_since_write=1000)),
    (STREAMED, Faults(storage_time_s=3e8, thermal_stability=43.0)),
    (CROSSBAR, Faults(adc_noise_counts=0.5)),
]


def near(found: float, ratio: float, trials: float) -> bool:
    """Within five standard deviations of a binomial share."""
    return abs(found - ratio) <= 5 * math.sqrt(ratio * (1 - ratio) / trials) + 1e-12


@pytest.mark.parametrize("ratio", [1e-4, 0.01, 0.049, 0.2, 0.9, 1.0])
def test_hits_are_as_many_as_stated(ratio: float) -> None:
    places = cells.hits(200_000, ratio, np.random.default_rng(1))
    assert near(len(places) / 200_000, ratio, 200_000)
    assert (np.diff(places) > 0).all()
    assert places.min() >= 0
    assert places.max() < 200_000


def test_no_hits_without_a_ratio() -> None:
    for ratio in (0.0, 1e-30, 1e-300):
        assert cells.hits(10**12, ratio, np.random.default_rng(1)).size == 0


@pytest.mark.parametrize("ratio", [0.002, 0.03, 0.3, 1.0])
def test_misread_counts_have_the_binomial_mean_and_variance(ratio: float) -> None:
    """Regardless of whether flips are drawn or their number: c - Bin(c, p) + Bin(n - c, p)."""
    ones, readable, trials = 30, 100, 40_000
    counts = np.full((1, trials), ones, np.float32)
    found = senses.misread(counts, np.full(trials, readable, np.float32), ratio, np.random.default_rng(2))
    mean = ones * (1 - ratio) + (readable - ones) * ratio
    variance = readable * ratio * (1 - ratio)
    assert abs(found.mean() - mean) <= 5 * math.sqrt(variance / trials) + 1e-4
    assert abs(found.var() - variance) <= 0.1 * variance + 1e-6
    assert found.min() >= 0
    assert found.max() <= readable


def test_bits_that_a_streamed_zero_gates_cannot_be_misread() -> None:
    counts, readable = np.zeros((4, 1000), np.float32), np.zeros(1000, np.float32)
    for ratio in (0.01, 0.9):
        assert not senses.misread(counts, readable, ratio, np.random.default_rng(0)).any()


def test_held_bits_change_at_the_stated_rate() -> None:
    rng = np.random.default_rng(3)
    bits = rng.integers(0, 2, (500, 400)).astype(np.uint8)
    for faults in (Faults(weight_write_error_ratio=0.03), Faults(read_disturb_ratio=1e-5, frames_since_write=31)):
        ratio = faults.weight_write_error_ratio or faults.disturbed_ratio(100)
        held = cells.held_bits(bits, faults, reads_per_frame=100, rng=rng)
        assert near((held != bits).mean(), ratio, bits.size)


def test_stuck_cells_hold_their_value() -> None:
    rng = np.random.default_rng(4)
    bits = rng.integers(0, 2, (500, 400)).astype(np.uint8)
    held = cells.held_bits(bits, Faults(stuck_at_zero_ratio=0.1, stuck_at_one_ratio=0.05), reads_per_frame=1, rng=rng)
    assert near((held[bits == 1] == 0).mean(), 0.1, (bits == 1).sum())
    assert near((held[bits == 0] == 1).mean(), 0.05, (bits == 0).sum())


def test_retention_loss_rises_to_one_half() -> None:
    ratios = [
        ageing.retention_loss_ratio(storage_time_s=10.0**power, thermal_stability=40.0) for power in range(-3, 14)
    ]
    assert ratios == sorted(ratios)
    assert ratios[-1] == pytest.approx(0.5)
    assert ageing.retention_loss_ratio(storage_time_s=1e9, thermal_stability=math.inf) == 0


def test_retention_loss_of_ten_years() -> None:
    """Golden: at Delta = 60 a cell's mean time to switch is e^60 ns, 3.6e9 years: 2.8e-9 of bits in ten years."""
    ten_years = 10 * 365.25 * 86400
    ratio = ageing.retention_loss_ratio(storage_time_s=ten_years, thermal_stability=60.0)
    assert ratio == pytest.approx(ten_years / (math.exp(60.0) * 1e-9), rel=1e-4)
    assert 2.7e-9 < ratio < 2.8e-9


def test_an_odd_number_of_switches() -> None:
    assert ageing.odd_ratio(0.1, 1) == pytest.approx(0.1)
    assert ageing.odd_ratio(0.1, 2) == pytest.approx(2 * 0.1 * 0.9)
    assert ageing.odd_ratio(0.7, 5) == 0.5


@pytest.mark.parametrize(("arrays", "faults"), FAULTS, ids=lambda item: "")
def test_a_fault_changes_scores_and_its_seed_fixes_them(arrays: Arrays, faults: Faults) -> None:
    case = plain_case()
    first, again, other = (
        simulate(case.network, case.layers, case.images, arrays, replace(faults, seed=seed)).scores
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, case.reference())


@pytest.mark.parametrize("arrays", [STREAMED, WRITTEN, CROSSBAR])
def test_no_fault_by_default(arrays: Arrays) -> None:
    case = plain_case()
    assert np.array_equal(simulate(case.network, case.layers, case.images, arrays, IDEAL).scores, case.reference())
    assert Faults() == IDEAL


def test_more_faults_more_error() -> None:
    case = plain_case(count=20)
    errors = []
    for ratio in (1e-4, 1e-2, 0.3):
        result = simulate(case.network, case.layers, case.images, STREAMED, Faults(read_error_ratio=ratio))
        errors.append(np.abs(result.scores - case.reference()).mean())
    assert errors[0] < errors[1] < errors[2]


def test_faults_do_not_change_what_is_counted() -> None:
    case = plain_case()
    ideal = simulate(case.network, case.layers, case.images, WRITTEN)
    faulty = simulate(case.network, case.layers, case.images, WRITTEN, Faults(read_error_ratio=0.1))
    assert [item.to_dict() for item in ideal.tallies] == [item.to_dict() for item in faulty.tallies]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"read_error_ratio": 1.5}, "read_error_ratio"),
        ({"weight_write_error_ratio": -0.1}, "weight_write_error_ratio"),
        ({"operand_write_error_ratio": math.nan}, "operand_write_error_ratio"),
        ({"stuck_at_zero_ratio": 0.7, "stuck_at_one_ratio": 0.7}, "stuck_at_one_ratio"),
        ({"adc_noise_counts": math.inf}, "adc_noise_counts"),
        ({"frames_since_write": -1}, "frames_since_write"),
        ({"frames_since_write": math.inf}, "frames_since_write"),
        ({"seed": 1.5}, "seed"),
    ],
)
def test_meaningless_faults_are_refused(values: dict[str, float], field: str) -> None:
    with pytest.raises(InputError, match=field):
        Faults(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arrays", "faults"),
    [
        (CROSSBAR, Faults(read_error_ratio=0.1)),
        (STREAMED, Faults(operand_write_error_ratio=0.1)),
        (STREAMED, Faults(adc_noise_counts=0.1)),
    ],
)
def test_faults_of_other_arrays_are_refused(arrays: Arrays, faults: Faults) -> None:
    case = plain_case(count=1)
    with pytest.raises(InputError, match="occurs in"):
        simulate(case.network, case.layers, case.images, arrays, faults)


def test_faults_from_texts() -> None:
    assert parse_faults(["seed=3", "read_error_ratio=1e-3"]) == Faults(seed=3, read_error_ratio=1e-3)
    for text in ("read_error_ratio=two", "seed=1.5", "colour=1", "read_error_ratio"):
        with pytest.raises(InputError, match=r"faults\."):
            parse_faults([text])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"compute_style": "crossbar", "adc_bits": 0}, "adc_bits"),
        ({"compute_style": "crossbar", "active_rows": 0}, "active_rows"),
        ({"compute_style": "crossbar", "active_rows": 300}, "active_rows"),
        ({"compute_style": "analog"}, "compute_style"),
        ({"operand": "held"}, "operand"),
        ({"subarray_rows": 0}, "subarray_rows"),
        ({"subarray_cols": 10, "columns_per_sense_amplifier": 3}, "columns_per_sense_amplifier"),
    ],
)
def test_arrays_that_cannot_be_built_are_refused(values: dict[str, object], field: str) -> None:
    with pytest.raises(InputError, match=field):
        Arrays(**values)  # type: ignore[arg-type]
