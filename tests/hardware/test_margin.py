"""Read margins against Monte Carlo sampling of resistances, and against a resistor ladder."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore.errors import InputError
from sotexplore.hardware import margin

N_SAMPLES = 400_000
CELLS = [
    {
        "low_ohm": 6e3,
        "high_ohm": 15e3,
        "series_ohm": 1.5e3,
        "line_ohm": 1e3,
        "spread_ratio": 0.08,
        "offset_ratio": 0.024,
    },
    {"low_ohm": 3e3, "high_ohm": 6e3, "series_ohm": 0.0, "line_ohm": 0.0, "spread_ratio": 0.08, "offset_ratio": 0.024},
    {"low_ohm": 6e3, "high_ohm": 9e3, "series_ohm": 1e3, "line_ohm": 4e3, "spread_ratio": 0.05, "offset_ratio": 0.05},
]


def spread(rng: np.random.Generator, ohm: float, ratio: float, shape: tuple[int, ...]) -> np.ndarray:
    return ohm * (1 + ratio * rng.standard_normal(shape))


def worse_error(low: np.ndarray, high: np.ndarray) -> float:
    """Error rate of either state at the reference where both err alike."""
    both = np.sort(np.concatenate([low, high]))
    candidates = both[:: max(1, both.size // 4000)]
    below = np.searchsorted(np.sort(high), candidates) / high.size
    above = 1 - np.searchsorted(np.sort(low), candidates) / low.size
    return float(np.min(np.maximum(below, above)))


@pytest.mark.parametrize("cell", [CELLS[1] | {"spread_ratio": 0.2}, CELLS[2] | {"spread_ratio": 0.12}])
def test_a_one_row_read_errs_as_often_as_samples_do(cell: dict[str, float]) -> None:
    rng = np.random.default_rng(0)
    extra = cell["series_ohm"] + cell["line_ohm"]
    low, high = (
        (spread(rng, cell[name], cell["spread_ratio"], (N_SAMPLES,)) + extra)
        / (1 + cell["offset_ratio"] * rng.standard_normal(N_SAMPLES))
        for name in ("low_ohm", "high_ohm")
    )
    expected = worse_error(low, high)
    assert margin.tail_ratio(margin.one_row_distance(**cell)) == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("cell", CELLS)
def test_a_two_row_and_errs_as_often_as_samples_do(cell: dict[str, float]) -> None:
    rng = np.random.default_rng(1)

    def pair(first: str, second: str) -> np.ndarray:
        cells = [
            spread(rng, cell[name], cell["spread_ratio"], (N_SAMPLES,)) + cell["series_ohm"] for name in (first, second)
        ]
        joined = cells[0] * cells[1] / (cells[0] + cells[1]) + cell["line_ohm"]
        return joined / (1 + cell["offset_ratio"] * rng.standard_normal(N_SAMPLES))

    expected = worse_error(pair("low_ohm", "low_ohm"), pair("low_ohm", "high_ohm"))
    assert margin.tail_ratio(margin.two_row_distance(**cell)) == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize(("n_rows", "adc_bits"), [(16, 4), (64, 5), (128, 8)])
def test_a_column_errs_as_often_as_samples_do(n_rows: int, adc_bits: int) -> None:
    rng = np.random.default_rng(2)
    low, high, series, ratio, offset = 6e3, 15e3, 1.5e3, 0.08, 0.024
    shape = (40_000, n_rows)
    inputs, weights = rng.random(shape) < 0.5, rng.random(shape) < 0.5
    conductance = 1 / (np.where(weights, spread(rng, low, ratio, shape), spread(rng, high, ratio, shape)) + series)
    clamp = 1 + offset * rng.standard_normal(shape[0])
    current = (inputs * conductance).sum(axis=1) * clamp
    mean_ones, mean_zeros = conductance[weights].mean(), conductance[~weights].mean()
    ideal = (inputs & weights).sum(axis=1)
    read = (current - inputs.sum(axis=1) * mean_zeros) / (mean_ones - mean_zeros)
    parts = {"low_ohm": low, "high_ohm": high, "series_ohm": series, "spread_ratio": ratio, "offset_ratio": offset}
    deviation = margin.column_deviation_counts(n_rows=n_rows, **parts)
    assert deviation == pytest.approx((read - ideal).std(), rel=0.06)
    assert margin.column_signal_counts(n_rows) == pytest.approx(ideal.std(), rel=0.02)
    found = margin.conversion_error_ratio(deviation_counts=deviation, step_counts=1.0)
    assert found == pytest.approx((np.abs(read - ideal) > 0.5).mean(), abs=0.02, rel=0.1)
    code = np.clip(np.round(read), 0, margin.top_code(n_rows, adc_bits))
    inexact = margin.inexact_sum_ratio(deviation_counts=deviation, n_rows=n_rows, adc_bits=adc_bits)
    assert inexact == pytest.approx((code != ideal).mean(), abs=0.03, rel=0.1)


def test_rows_for_an_error_are_the_most_that_keep_it() -> None:
    parts = {"low_ohm": 6e3, "high_ohm": 15e3, "series_ohm": 1e3, "spread_ratio": 0.08, "offset_ratio": 0.024}

    def error(n_rows: float) -> float:
        deviation = margin.column_deviation_counts(n_rows=n_rows, **parts)
        return float(margin.conversion_error_ratio(deviation_counts=deviation, step_counts=1.0))

    for limit in (1e-6, 1e-3, 0.05, 0.3):
        n_rows = float(margin.rows_for_error(error_ratio=limit, **parts))
        assert error(n_rows + 1) > limit
        assert n_rows == 0 or error(n_rows) <= limit * (1 + 1e-9)


def test_rows_for_a_signal_are_the_most_that_keep_it() -> None:
    parts = {"low_ohm": 6e3, "high_ohm": 15e3, "series_ohm": 1e3, "spread_ratio": 0.08, "offset_ratio": 0.024}
    n_rows = float(margin.rows_for_signal(signal_to_error_ratio=1.0, **parts))

    def ratio(count: float) -> float:
        return float(margin.column_signal_counts(count) / margin.column_deviation_counts(n_rows=count, **parts))

    assert ratio(n_rows) >= 1 > ratio(n_rows + 1)


def test_cells_without_contrast_allow_no_row_and_ideal_cells_any() -> None:
    noisy = {"series_ohm": 1e3, "spread_ratio": 0.08, "offset_ratio": 0.02}
    assert margin.rows_for_signal(signal_to_error_ratio=1.0, low_ohm=6e3, high_ohm=6e3, **noisy) == 0
    assert margin.rows_for_error(error_ratio=0.01, low_ohm=6e3, high_ohm=6e3, **noisy) == 0
    ideal = {"low_ohm": 6e3, "high_ohm": 12e3, "series_ohm": 0.0, "spread_ratio": 0.0, "offset_ratio": 0.0}
    assert margin.rows_for_error(error_ratio=0.01, **ideal) == np.inf
    assert margin.two_row_distance(**ideal, line_ohm=0.0) == np.inf
    assert margin.one_row_distance(**ideal | {"high_ohm": 6e3}, line_ohm=0.0) == 0


@pytest.mark.parametrize("limit", [0.0, 1.0, -1.0, float("nan")])
def test_an_error_share_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(InputError, match="error_ratio"):
        margin.rows_for_error(
            error_ratio=limit, low_ohm=1e3, high_ohm=2e3, series_ohm=0.0, spread_ratio=0.1, offset_ratio=0.1
        )


@given(st.floats(1.0, 5.0), st.floats(0.0, 0.3), st.floats(0.0, 0.2), st.floats(0.0, 20e3))
def test_margins_fall_with_spread_offset_and_grow_with_contrast(
    contrast: float, spread_ratio: float, offset_ratio: float, line_ohm: float
) -> None:
    cell = {"low_ohm": 6e3, "high_ohm": 6e3 * contrast, "series_ohm": 1e3, "line_ohm": line_ohm,
            "spread_ratio": spread_ratio + 1e-3, "offset_ratio": offset_ratio + 1e-4}  # fmt: skip
    for distance in (margin.one_row_distance, margin.two_row_distance):
        base = distance(**cell)
        assert base >= 0 and np.isfinite(base)
        assert distance(**cell | {"spread_ratio": cell["spread_ratio"] * 1.5}) <= base + 1e-12
        assert distance(**cell | {"offset_ratio": cell["offset_ratio"] * 1.5}) <= base + 1e-12
        assert distance(**cell | {"line_ohm": line_ohm + 1e3}) <= base + 1e-12
    assert margin.two_row_distance(**cell) <= margin.one_row_distance(**cell) + 1e-12


def test_functions_broadcast() -> None:
    cell = CELLS[0] | {"line_ohm": np.linspace(0, 8e3, 5)[:, None], "spread_ratio": np.array([0.03, 0.08])}
    assert margin.two_row_distance(**cell).shape == (5, 2)
    assert margin.tail_ratio(margin.two_row_distance(**cell)).shape == (5, 2)


@pytest.mark.parametrize(("n_rows", "line_ohm"), [(64, 100.0), (256, 1000.0), (256, 1.0)])
def test_the_ir_drop_is_that_of_a_resistor_ladder(n_rows: int, line_ohm: float) -> None:
    cell_s, segment_s = 1 / 7.5e3, n_rows / line_ohm
    matrix = np.zeros((n_rows, n_rows))
    for row in range(n_rows):
        matrix[row, row] = cell_s + segment_s + (segment_s if row + 1 < n_rows else 0.0)
        if row:
            matrix[row, row - 1] = matrix[row - 1, row] = -segment_s
    source = np.zeros(n_rows)
    source[0] = segment_s
    voltage = np.linalg.solve(matrix, source)  # clamped at 1 V before the first cell
    parts = {"conductance_s": n_rows * cell_s, "line_ohm": line_ohm}
    assert margin.current_loss_ratio(**parts) == pytest.approx(1 - voltage.mean(), rel=0.05, abs=1e-3)
    assert margin.far_drop_ratio(**parts) == pytest.approx(1 - voltage[-1], rel=0.05, abs=1e-3)


def test_an_inexact_sum_gets_no_rarer_with_fewer_bits_or_more_deviation() -> None:
    bits = np.arange(1.0, 11.0)
    for deviation in (0.1, 1.0, 10.0):
        found = margin.inexact_sum_ratio(deviation_counts=deviation, n_rows=128.0, adc_bits=bits)
        assert (np.diff(found) <= 1e-12).all()
        exact = margin.conversion_error_ratio(deviation_counts=deviation, step_counts=1.0)
        assert found[-1] == pytest.approx(float(exact), rel=1e-6, abs=1e-15)
    assert margin.inexact_sum_ratio(deviation_counts=0.0, n_rows=31.0, adc_bits=5.0) == 0


@pytest.mark.parametrize(("n_rows", "adc_bits"), [(128, 5), (128, 6), (64, 4), (32, 3), (16, 3), (8, 1)])
def test_sums_are_clipped_as_often_as_samples_are(n_rows: int, adc_bits: int) -> None:
    shape = (100_000, n_rows)
    random = np.random.default_rng(n_rows + adc_bits)
    sums = ((random.random(shape) < 0.5) & (random.random(shape) < 0.5)).sum(axis=1)
    expected = (sums > 2**adc_bits - 1).mean()
    assert margin.clipped_ratio(n_rows, adc_bits) == pytest.approx(expected, abs=0.03)  # normal for binomial


@given(st.integers(1, 2048), st.integers(1, 12))
def test_an_adc_clips_only_what_it_has_no_code_for(n_rows: int, adc_bits: int) -> None:
    clipped = float(margin.clipped_ratio(n_rows, adc_bits))
    assert 0 <= clipped <= 1
    assert margin.top_code(n_rows, adc_bits) == min(n_rows, 2**adc_bits - 1)
    assert n_rows > 2**adc_bits - 1 or clipped == 0
    assert margin.clipped_ratio(n_rows + 1, adc_bits) >= clipped - 1e-12
