"""Cells as resistances: samples of them, and what arrays of such cells read.

A one is the low state. Resistance R of a cell is normal with standard deviation s R, drawn once for each cell; each
sense amplifier or ADC has an offset on its clamped read voltage, drawn once, that changes its current by the share
o z. References and currents are those of `hardware.margin`, whose error rates these samples must come out at; line
resistance is that of each row's own place on the bit-line. IR drop along a crossbar's column is left out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sotexplore.errors import InputError
from sotexplore.hardware import margin, readability
from sotexplore.hardware.cell import RESISTIVE, Cell
from sotexplore.simulation.arrays import Arrays

FloatArray = NDArray[np.float64]
Bits = NDArray[np.uint8]
_LEAST_SHARE = 0.01
"""Of its mean that a sampled resistance is cut off at."""


@dataclass(frozen=True)
class Device:
    """Means and spreads of a cell's resistance, and of what is in series with it."""

    low_ohm: float
    high_ohm: float
    series_ohm: float
    """Access transistor."""
    line_ohm: float
    """Whole bit-line."""
    spread_ratio: float
    """s: standard deviation over mean of a cell's resistance."""
    offset_ratio: float
    """o: standard deviation of the offset over the read voltage."""

    @property
    def tmr_ratio(self) -> float:
        """Tunnel magnetoresistance (R_high - R_low) / R_low."""
        return self.high_ohm / self.low_ohm - 1


def device_of(
    cell: Cell, node_nm: int, n_rows: int, *, tmr_ratio: float | None = None, spread_ratio: float | None = None,
    offset_v: float | None = None,
) -> Device:  # fmt: skip
    """The device of a memory cell in a sub-array.

    Args:
        cell: the memory cell.
        node_nm: process node.
        n_rows: rows of the sub-array.
        tmr_ratio: in place of the cell's own; the low resistance stays.
        spread_ratio: in place of the cell's own.
        offset_v: standard deviation of the amplifiers' offset, in place of the model's.

    Raises:
        InputError: the cell holds no resistance, or a value is out of range.
    """
    if cell.kind not in RESISTIVE:
        raise InputError("hardware.cell", "holds no resistance to sample", got=cell.name, allowed=", ".join(RESISTIVE))
    for name, value in (("tmr_ratio", tmr_ratio), ("spread_ratio", spread_ratio), ("offset_v", offset_v)):
        if value is not None and not 0 <= value < np.inf:
            raise InputError(f"faults.{name}", "out of range", got=value, allowed="0 or more")
    series, line = readability.wires(cell, node_nm, np.array([float(n_rows)]))
    low = cell.resistance_low_ohm
    return Device(
        low_ohm=low,
        high_ohm=cell.resistance_high_ohm if tmr_ratio is None else low * (1 + tmr_ratio),
        series_ohm=float(series[0]),
        line_ohm=float(line[0]),
        spread_ratio=cell.resistance_spread_ratio if spread_ratio is None else spread_ratio,
        offset_ratio=(margin.OFFSET.value if offset_v is None else offset_v) / cell.read_voltage_v,
    )


def sampled_ohm(bits: Bits, device: Device, rng: np.random.Generator) -> FloatArray:
    """Resistance of each cell that holds a bit, same shape."""
    mean = np.where(bits > 0, device.low_ohm, device.high_ohm)
    share = 1 + device.spread_ratio * rng.standard_normal(bits.shape)
    return np.asarray(mean * np.maximum(share, _LEAST_SHARE))


def one_row_reads(ohm: FloatArray, device: Device, *, line_ohm: FloatArray, offset: FloatArray) -> Bits:
    """What sense amplifiers read of single cells: a one where the current is above the reference's.

    Args:
        ohm: sampled resistances (n_rows, n_columns).
        device: means and spreads.
        line_ohm: bit-line between row and amplifier, (n_rows, 1).
        offset: o z of each column's amplifier, (n_columns,).
    """
    extra = device.series_ohm + line_ohm
    low, high = device.low_ohm + extra, device.high_ohm + extra
    spread_low, spread_high = device.spread_ratio * device.low_ohm, device.spread_ratio * device.high_ohm
    reference = _between(
        low, np.hypot(spread_low, device.offset_ratio * low), high, np.hypot(spread_high, device.offset_ratio * high)
    )
    return ((ohm + extra) * (1 - offset) < reference).astype(np.uint8)


def two_row_reads(
    weight_ohm: FloatArray, operand_ohm: FloatArray, device: Device, *, line_ohm: FloatArray, offset: FloatArray
) -> Bits:
    """What sense amplifiers read of two rows at once: a one where both cells seem low.

    Args:
        weight_ohm: sampled resistances (n_rows, n_columns).
        operand_ohm: those of the operand's row, (n_columns,).
        device: means and spreads.
        line_ohm: bit-line between row and amplifier, (n_rows, 1).
        offset: o z of each column's amplifier, (n_columns,).
    """
    low, high = device.low_ohm + device.series_ohm, device.high_ohm + device.series_ohm
    both, mixed = low / 2, low * high / (low + high)
    deviation_low, deviation_high = device.spread_ratio * device.low_ohm, device.spread_ratio * device.high_ohm
    of_both = np.sqrt(2) * (both / low) ** 2 * deviation_low
    of_mixed = np.hypot((mixed / low) ** 2 * deviation_low, (mixed / high) ** 2 * deviation_high)
    reference = _between(
        both + line_ohm, np.hypot(of_both, device.offset_ratio * (both + line_ohm)),
        mixed + line_ohm, np.hypot(of_mixed, device.offset_ratio * (mixed + line_ohm)),
    )  # fmt: skip
    weight, operand = weight_ohm + device.series_ohm, operand_ohm + device.series_ohm
    pair = weight * operand / (weight + operand)
    return ((pair + line_ohm) * (1 - offset) < reference).astype(np.uint8)


def column_weights(ohm: FloatArray, device: Device, *, offset: FloatArray) -> FloatArray:
    """What each driven cell adds to its column's sum, in products: 1 for a mean low cell, 0 for a mean high one.

    (1 + o z) g / c - g_high / c, c = g_low - g_high, g = 1 / (R + R_series): the current that a column of high cells
    would draw is taken off, as a reference column gives it.

    Args:
        ohm: sampled resistances (n_columns, n_rows).
        device: means and spreads; TMR above 0.
        offset: o z of each column's ADC, (n_columns, 1).

    Raises:
        InputError: both states are alike.
    """
    high, low = 1 / (device.high_ohm + device.series_ohm), 1 / (device.low_ohm + device.series_ohm)
    if low <= high:
        raise InputError("faults.tmr_ratio", "leaves nothing to convert", got=device.tmr_ratio, allowed="above 0")
    return np.asarray(((1 + offset) / (ohm + device.series_ohm) - high) / (low - high))


def _between(low: FloatArray, low_deviation: FloatArray, high: FloatArray, high_deviation: FloatArray) -> FloatArray:
    """Where both states err alike; halfway where nothing spreads."""
    total = low_deviation + high_deviation
    certain = total <= 0
    safe = np.where(certain, 1.0, total)
    return np.asarray(np.where(certain, (low + high) / 2, (low * high_deviation + high * low_deviation) / safe))


def margin_error_ratio(device: Device, arrays: Arrays) -> float:
    """Error rate that the read margin predicts, to set beside a sampled one.

    And-count: a read of the row farthest from the amplifier, in the states that are hardest to tell apart. Crossbar: a
    conversion of a typical read off by more than half a step.
    """
    cell = {
        "low_ohm": device.low_ohm, "high_ohm": device.high_ohm, "series_ohm": device.series_ohm,
        "spread_ratio": device.spread_ratio, "offset_ratio": device.offset_ratio,
    }  # fmt: skip
    if arrays.is_crossbar:
        deviation = margin.column_deviation_counts(n_rows=arrays.active_rows, **cell)
        step = arrays.full_scale / arrays.adc_codes
        return float(margin.conversion_error_ratio(deviation_counts=deviation, step_counts=step))
    distance = margin.two_row_distance if arrays.is_written else margin.one_row_distance
    return float(margin.tail_ratio(distance(**cell, line_ohm=device.line_ohm)))
