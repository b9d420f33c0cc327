"""Can a read tell its states apart: error rates of one-row, two-row AND and crossbar reads, and the IR drop of a column.

A bit-line is clamped at the read voltage V and its current compared with a reference (and-count) or converted (crossbar).
Resistances are normal with standard deviation s R from cell to cell. The amplifier's offset V_o, normal too, sits on the
clamp, so it changes a current by the share o = V_o / V. Reference cells share their row's place on the bit-line, so line
resistance is known to the reference and only lowers the contrast. Errors are first order in s and o.

Every function is elementwise over arrays that broadcast; resistances in ohm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Final

import numpy as np

from sotexplore.errors import InputError
from sotexplore.hardware.technology import Constant, FloatArray, Quantity

TABLE: Final[dict[str, Constant]] = {
    "senseamp_offset_v": Constant(
        6e-3, "V", "assumed", "general SOT work point (secondary): 8 % resistance spread, 6 mV sense-amplifier offset",
        2e-3, 12e-3,
    ),
    "input_ones_ratio": Constant(0.5, "1", "assumed", "share of input bits that are one in a typical read: uniform bits", 0.1, 0.6),
    "weight_ones_ratio": Constant(0.5, "1", "assumed", "share of weight bits that are one in a typical read: uniform bits", 0.3, 0.6),
}  # fmt: skip
"""What reads rest on beside the cell."""
OFFSET: Final = TABLE["senseamp_offset_v"]
"""Standard deviation of a sense amplifier's offset."""
INPUT_ONES_RATIO: Final = TABLE["input_ones_ratio"].value
WEIGHT_ONES_RATIO: Final = TABLE["weight_ones_ratio"].value

_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def tail_ratio(distance: Quantity) -> FloatArray:
    """Share of a normal distribution beyond so many standard deviations: Q(z) = erfc(z / sqrt 2) / 2."""
    return np.asarray(_erfc(np.asarray(distance) / math.sqrt(2)) / 2)


def one_row_distance(
    *, low_ohm: Quantity, high_ohm: Quantity, series_ohm: Quantity, line_ohm: Quantity, spread_ratio: Quantity,
    offset_ratio: Quantity,
) -> FloatArray:  # fmt: skip
    """Standard deviations between the reference and either state of a one-row read.

    Equation, with R_k = R + R_series + R_line of state k and the reference where both states err alike:
    z = (R_high' - R_low') / (d_low + d_high), d_k^2 = (s R)^2 + (o R_k)^2.

    Args:
        low_ohm: resistance of the low state.
        high_ohm: resistance of the high state.
        series_ohm: access transistor of one cell.
        line_ohm: bit-line between cell and amplifier.
        spread_ratio: s.
        offset_ratio: o, offset over read voltage.
    """
    extra = np.asarray(series_ohm) + line_ohm
    deviation = sum(
        np.hypot(spread_ratio * ohm, offset_ratio * (ohm + extra)) for ohm in map(np.asarray, (low_ohm, high_ohm))
    )
    return np.asarray(_over(np.subtract(high_ohm, low_ohm), deviation))


def two_row_distance(
    *, low_ohm: Quantity, high_ohm: Quantity, series_ohm: Quantity, line_ohm: Quantity, spread_ratio: Quantity,
    offset_ratio: Quantity,
) -> FloatArray:  # fmt: skip
    """Standard deviations between the reference and the nearer states of a two-row AND read.

    A one is the low state. Both cells low is the AND's one; low and high is the zero that is hardest to tell from it.
    Equation, with r = R + R_series of each cell and p = r_1 r_2 / (r_1 + r_2) of a pair:
    z = (p_01 - p_11) / (d_11 + d_01), d^2 = sum_k ((p / r_k)^2 s R_k)^2 + (o (p + R_line))^2.

    Args: see `one_row_distance`.
    """
    low, high = np.asarray(low_ohm) + series_ohm, np.asarray(high_ohm) + series_ohm
    both, mixed = low / 2, low * high / (low + high)
    low_deviation, high_deviation = spread_ratio * np.asarray(low_ohm), spread_ratio * np.asarray(high_ohm)
    of_both = np.sqrt(2 * ((both / low) ** 2 * low_deviation) ** 2)
    of_mixed = np.hypot((mixed / low) ** 2 * low_deviation, (mixed / high) ** 2 * high_deviation)
    deviation = np.hypot(of_both, offset_ratio * (both + line_ohm)) + np.hypot(
        of_mixed, offset_ratio * (mixed + line_ohm)
    )
    return np.asarray(_over(mixed - both, deviation))


def _over_signed(distance: FloatArray, deviation: FloatArray) -> FloatArray:
    """Distance over deviation, 0 deviation only where nothing is driven."""
    return np.asarray(distance / np.maximum(deviation, 1e-12))


def _over(signal: FloatArray, deviation: Quantity) -> FloatArray:
    """Signal over deviation; without deviation any signal is infinitely far, none is at zero."""
    certain = np.where(np.asarray(signal) > 0, np.inf, 0.0)
    safe = np.where(np.asarray(deviation) > 0, deviation, 1.0)
    return np.asarray(np.where(np.asarray(deviation) > 0, signal / safe, certain))


def column_deviation_counts(
    *, n_rows: Quantity, low_ohm: Quantity, high_ohm: Quantity, series_ohm: Quantity, spread_ratio: Quantity,
    offset_ratio: Quantity, input_ones_ratio: Quantity = INPUT_ONES_RATIO, weight_ones_ratio: Quantity = WEIGHT_ONES_RATIO,
) -> FloatArray:  # fmt: skip
    """Standard deviation of a crossbar column's sum in a typical read, in units of one product.

    With shares x of inputs and w of weights that are one, g_k = 1 / (R_k + R_series), c = g_low - g_high:
    variance = x n s^2 (w (R_low g_low^2)^2 + (1 - w) (R_high g_high^2)^2) / c^2
    + (o x n (w g_low + (1 - w) g_high) / c)^2: the cells' spread and the clamp's offset.
    Infinite where the states are alike.

    Args:
        n_rows: rows driven at once.
        low_ohm: cell in the low state, which holds a one.
        high_ohm: cell in the high state.
        series_ohm: access transistor of one cell.
        spread_ratio: s.
        offset_ratio: o.
        input_ones_ratio: x.
        weight_ones_ratio: w.
    """
    low, high = np.asarray(low_ohm), np.asarray(high_ohm)
    ones, zeros = 1 / (low + series_ohm), 1 / (high + series_ohm)
    step = ones - zeros
    driven = np.multiply(input_ones_ratio, n_rows)
    weights = np.asarray(weight_ones_ratio)
    squares = weights * (low * ones**2) ** 2 + (1 - weights) * (high * zeros**2) ** 2
    mean = weights * ones + (1 - weights) * zeros
    deviation = np.sqrt(driven * np.square(spread_ratio) * squares + np.square(offset_ratio * driven * mean))
    return np.asarray(np.where(step > 0, deviation / np.where(step > 0, step, 1.0), np.inf))


def column_signal_counts(n_rows: Quantity) -> FloatArray:
    """Standard deviation of the sum itself over random inputs and weights: sqrt(n x w (1 - x w)), one product = 1."""
    ones = INPUT_ONES_RATIO * WEIGHT_ONES_RATIO
    return np.asarray(np.sqrt(np.asarray(n_rows) * ones * (1 - ones)))


def top_code(n_rows: Quantity, adc_bits: Quantity) -> FloatArray:
    """Highest code of an ADC that has one for every sum from 0 on: min(n, 2^b - 1); larger sums are clipped to it."""
    return np.asarray(np.minimum(np.asarray(n_rows), np.exp2(adc_bits) - 1))


def clipped_ratio(
    n_rows: Quantity, adc_bits: Quantity, *, input_ones_ratio: Quantity = INPUT_ONES_RATIO,
    weight_ones_ratio: Quantity = WEIGHT_ONES_RATIO,
) -> FloatArray:  # fmt: skip
    """Share of a typical read's sums that are beyond the ADC's highest code t; 0 where it reaches all n rows.

    Equation: sums of n products are binomial with p = x w, here normal with the continuity correction:
    Q((t + 1/2 - n p) / sqrt(n p (1 - p))).
    """
    rows, top = np.asarray(n_rows, dtype=np.float64), top_code(n_rows, adc_bits)
    ones = np.multiply(input_ones_ratio, weight_ones_ratio)
    spread = np.sqrt(rows * ones * (1 - ones))
    beyond = tail_ratio(_over_signed(top + 0.5 - rows * ones, spread))
    return np.asarray(np.where(top >= rows, 0.0, beyond))


def conversion_error_ratio(*, deviation_counts: Quantity, step_counts: Quantity) -> FloatArray:
    """Share of conversions that are off by more than half a step: 2 Q(step / (2 deviation))."""
    return 2 * tail_ratio(_over(np.asarray(step_counts, dtype=np.float64) / 2, deviation_counts))


def inexact_sum_ratio(
    *, deviation_counts: Quantity, n_rows: Quantity, adc_bits: Quantity,
    input_ones_ratio: Quantity = INPUT_ONES_RATIO, weight_ones_ratio: Quantity = WEIGHT_ONES_RATIO,
) -> FloatArray:  # fmt: skip
    """Share of a typical read's conversions that do not give the exact sum: 1 - (1 - clipped) (1 - 2 Q(1 / (2 deviation))).

    A sum is read right where it is not clipped and the deviation stays below half a product.

    Args:
        deviation_counts: standard deviation of the analog sum, in products.
        n_rows: rows driven at once.
        adc_bits: bits of the ADC.
        input_ones_ratio: x.
        weight_ones_ratio: w.
    """
    clipped = clipped_ratio(n_rows, adc_bits, input_ones_ratio=input_ones_ratio, weight_ones_ratio=weight_ones_ratio)
    right = 1 - conversion_error_ratio(deviation_counts=deviation_counts, step_counts=1.0)
    return np.asarray(1 - (1 - clipped) * right)


def rows_for_error(
    *, error_ratio: float, low_ohm: Quantity, high_ohm: Quantity, series_ohm: Quantity, spread_ratio: Quantity,
    offset_ratio: Quantity,
) -> FloatArray:  # fmt: skip
    """Most rows that a crossbar may drive at once with sums read exactly, for a share of errors; whole, 0 for none.

    Equation: 1/2 = z sqrt(a n + b n^2), z = Q^-1(e / 2), a and b the two parts of `column_deviation_counts`.

    Args:
        error_ratio: share of conversions off by one product or more, above 0, below 1.
        low_ohm: see `column_deviation_counts`.
        high_ohm: the same.
        series_ohm: the same.
        spread_ratio: the same.
        offset_ratio: the same.

    Raises:
        InputError: a share that is none.
    """
    if not 0 < error_ratio < 1:
        raise InputError("error_ratio", "out of range", got=error_ratio, allowed="above 0, below 1")
    distance = -NormalDist().inv_cdf(error_ratio / 2)
    cell = {"low_ohm": low_ohm, "high_ohm": high_ohm, "series_ohm": series_ohm}
    return _rows_within((0.5 / distance) ** 2, cell, spread_ratio, offset_ratio, per_row=0.0)


def rows_for_signal(
    *, signal_to_error_ratio: float, low_ohm: Quantity, high_ohm: Quantity, series_ohm: Quantity, spread_ratio: Quantity,
    offset_ratio: Quantity,
) -> FloatArray:  # fmt: skip
    """Most rows with which a sum's own spread stays so many times above the read's error; whole, 0 for none.

    Equation: n x w (1 - x w) = q^2 (a n + b n^2). The cells' part grows as the signal does; the offset's grows faster.

    Args:
        signal_to_error_ratio: q.
        low_ohm: see `column_deviation_counts`.
        high_ohm: the same.
        series_ohm: the same.
        spread_ratio: the same.
        offset_ratio: the same.
    """
    signal = column_signal_counts(1.0) ** 2 / signal_to_error_ratio**2
    cell = {"low_ohm": low_ohm, "high_ohm": high_ohm, "series_ohm": series_ohm}
    return _rows_within(0.0, cell, spread_ratio, offset_ratio, per_row=float(signal))


def _rows_within(
    variance: float, cell: Mapping[str, Quantity], spread_ratio: Quantity, offset_ratio: Quantity, *, per_row: float
) -> FloatArray:
    """Greatest whole n with a n + b n^2 <= variance + per_row n; inf where nothing limits it."""
    spread = column_deviation_counts(n_rows=1.0, **cell, spread_ratio=spread_ratio, offset_ratio=0.0)
    square = column_deviation_counts(n_rows=1.0, **cell, spread_ratio=0.0, offset_ratio=offset_ratio) ** 2
    linear = spread**2 - per_row
    with np.errstate(divide="ignore", invalid="ignore"):
        root = (-linear + np.sqrt(linear**2 + 4 * square * variance)) / (2 * square)
        without_square = np.where(linear > 0, variance / linear, np.inf)
    n_rows = np.where(square > 0, root, without_square)
    alike = ~np.isfinite(linear)
    return np.asarray(np.floor(np.where(alike, 0.0, np.maximum(n_rows, 0.0)) * (1 + 1e-12)))


def current_loss_ratio(*, conductance_s: Quantity, line_ohm: Quantity) -> FloatArray:
    """Share of a column's current that its own bit-line costs it, cells spread evenly along it.

    Equation: a line of resistance R loaded evenly with conductance G and clamped at one end takes V G tanh(x) / x,
    x = sqrt(G R), so it loses 1 - tanh(x) / x.

    Args:
        conductance_s: G, all driven cells together [S].
        line_ohm: R, the whole bit-line.
    """
    root = np.sqrt(np.maximum(np.multiply(conductance_s, line_ohm), 1e-12))
    return np.asarray(1 - np.tanh(root) / root)


def far_drop_ratio(*, conductance_s: Quantity, line_ohm: Quantity) -> FloatArray:
    """Share of the read voltage that the far end of such a line misses: 1 - 1 / cosh(sqrt(G R))."""
    root = np.minimum(np.sqrt(np.multiply(conductance_s, line_ohm)), 700.0)
    return np.asarray(1 - 1 / np.cosh(root))
