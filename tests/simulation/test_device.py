"""Sampled resistances come out at the error rates that the margins predict."""

import math
from dataclasses import replace

import numpy as np
import pytest
from random_networks import plain_case

from sotexplore.errors import InputError
from sotexplore.hardware import margin
from sotexplore.hardware.cell import preset
from sotexplore.simulation import device
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.device import Device
from sotexplore.simulation.faults import Faults
from sotexplore.simulation.run import simulate

WEAK = Device(low_ohm=6e3, high_ohm=9e3, series_ohm=2e3, line_ohm=500.0, spread_ratio=0.08, offset_ratio=0.02)
SHARP = replace(WEAK, spread_ratio=0.0, offset_ratio=0.0)
SHAPE = (400, 500)


def resistances(sample: Device, line_ohm: float) -> dict[str, float]:
    return {
        "low_ohm": sample.low_ohm, "high_ohm": sample.high_ohm, "series_ohm": sample.series_ohm, "line_ohm": line_ohm,
        "spread_ratio": sample.spread_ratio, "offset_ratio": sample.offset_ratio,
    }  # fmt: skip


def draws(sample: Device, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A line of full length for every row, and an offset drawn for every cell."""
    return np.full((SHAPE[0], 1), sample.line_ohm), sample.offset_ratio * rng.standard_normal(SHAPE)


@pytest.mark.parametrize("bit", [0, 1])
def test_one_row_reads_err_as_the_margin_says(bit: int) -> None:
    rng = np.random.default_rng(bit)
    bits = np.full(SHAPE, bit, np.uint8)
    line, offset = draws(WEAK, rng)
    read = device.one_row_reads(device.sampled_ohm(bits, WEAK, rng), WEAK, line_ohm=line, offset=offset)
    predicted = float(margin.tail_ratio(margin.one_row_distance(**resistances(WEAK, WEAK.line_ohm))))
    assert 1e-3 < predicted < 0.1
    assert (read != bits).mean() == pytest.approx(predicted, rel=0.15)


@pytest.mark.parametrize("weight", [0, 1])
def test_two_row_reads_err_as_the_margin_says(weight: int) -> None:
    """Both cells low, and one low: the states that are hardest to tell apart; a first-order prediction."""
    rng = np.random.default_rng(weight)
    bits = np.full(SHAPE, weight, np.uint8)
    line, offset = draws(WEAK, rng)
    operand = device.sampled_ohm(np.ones(SHAPE, np.uint8), WEAK, rng)
    read = device.two_row_reads(device.sampled_ohm(bits, WEAK, rng), operand, WEAK, line_ohm=line, offset=offset)
    predicted = float(margin.tail_ratio(margin.two_row_distance(**resistances(WEAK, WEAK.line_ohm))))
    assert 0.01 < predicted < 0.3
    assert (read != bits).mean() == pytest.approx(predicted, rel=0.15)


def test_column_sums_spread_as_the_margin_says() -> None:
    rng = np.random.default_rng(5)
    n_rows, sample = 64, replace(WEAK, line_ohm=0.0)
    bits = (rng.random((2000, n_rows)) < margin.WEIGHT_ONES_RATIO).astype(np.uint8)
    inputs = (rng.random((n_rows, 20)) < margin.INPUT_ONES_RATIO).astype(np.float64)
    offset = sample.offset_ratio * rng.standard_normal((2000, 1))
    weights = device.column_weights(device.sampled_ohm(bits, sample, rng), sample, offset=offset)
    error = weights @ inputs - bits @ inputs
    values = resistances(sample, 0.0)
    del values["line_ohm"]
    predicted = float(margin.column_deviation_counts(n_rows=n_rows, **values))
    assert error.std() == pytest.approx(predicted, rel=0.1)


@pytest.mark.parametrize("arrays", [
    Arrays(subarray_rows=64), Arrays(subarray_rows=64, operand="written"),
    Arrays(compute_style="crossbar", subarray_rows=64, active_rows=31),
])  # fmt: skip
def test_cells_without_spread_read_as_their_bits(arrays: Arrays) -> None:
    case = plain_case()
    result = simulate(case.network, case.layers, case.images, arrays, Faults(device=SHARP))
    assert np.array_equal(result.scores, case.reference())
    assert result.read_error_ratio == 0


@pytest.mark.parametrize("operand", ["streamed", "written"])
def test_the_stated_error_rate_is_that_of_the_margin(operand: str) -> None:
    """All rows at the line's far end by a line without resistance; the easiest pairs of two rows hardly err."""
    case, sample = plain_case(weight_bits=8), replace(WEAK, line_ohm=0.0)
    result = simulate(case.network, case.layers, case.images[:1], Arrays(operand=operand), Faults(device=sample))
    distance = margin.two_row_distance if operand == "written" else margin.one_row_distance
    predicted = float(margin.tail_ratio(distance(**resistances(sample, 0.0))))
    assert result.read_error_ratio is not None
    share = 1.0 if operand == "streamed" else 0.75
    assert 0.6 * share * predicted < result.read_error_ratio < 1.2 * predicted
    assert not np.array_equal(result.scores, case.reference()[:1])


def test_crossbar_conversions_err_more_with_more_rows() -> None:
    case, sample = plain_case(), replace(WEAK, high_ohm=15e3)
    ratios = []
    for active in (7, 31, 63):
        arrays = Arrays(compute_style="crossbar", subarray_rows=64, active_rows=active, adc_bits=6)
        ratios.append(simulate(case.network, case.layers, case.images, arrays, Faults(device=sample)).read_error_ratio)
    assert 0 < ratios[0] < ratios[1] < ratios[2] < 1


def test_device_of_a_preset() -> None:
    cell = preset("sot-69f2")
    sample = device.device_of(cell, 45, 256, tmr_ratio=0.5, spread_ratio=0.1)
    assert sample.tmr_ratio == pytest.approx(0.5)
    assert sample.spread_ratio == 0.1
    assert sample.low_ohm == cell.resistance_low_ohm
    assert sample.line_ohm == pytest.approx(2 * device.device_of(cell, 45, 128).line_ohm, rel=0.01)
    assert device.device_of(cell, 45, 256).high_ohm == cell.resistance_high_ohm


def test_what_holds_no_resistance_is_refused() -> None:
    with pytest.raises(InputError, match="cell"):
        device.device_of(preset("sram-6t"), 45, 256)
    with pytest.raises(InputError, match="tmr_ratio"):
        device.device_of(preset("sot-69f2"), 45, 256, tmr_ratio=-1.0)
    alike = replace(SHARP, high_ohm=SHARP.low_ohm)
    with pytest.raises(InputError, match="tmr_ratio"):
        device.column_weights(np.full((1, 1), 6e3), alike, offset=np.zeros((1, 1)))
    assert math.isclose(alike.tmr_ratio, 0.0)
