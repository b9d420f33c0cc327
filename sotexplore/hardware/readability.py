"""What sub-arrays of a cell can read: error rates, and the sizes that the cell's margin allows.

And-count compares one row with a reference (operand `streamed`) or two rows at once (operand `written`); a sub-array is
refused where the row farthest from the amplifier is misread more often than `AND_ERROR_LIMIT`. A crossbar is refused
where the read's standard error is so far above the sum's own spread over random inputs and weights that the sum says
next to nothing (`SIGNAL_TO_ERROR_LIMIT`). IR drop along the bit-line is reported and not refused: wider or shorter
bit-lines and cells of higher resistance remedy it, which the model does not choose for the user.
SRAM cells hold no resistance: they are read as logic, with the amplifier's offset against their sense voltage.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from sotexplore.hardware import bitline, margin
from sotexplore.hardware.cell import RESISTIVE, Cell
from sotexplore.hardware.constants import FloatArray
from sotexplore.hardware.subarray_sizes import MAX_LINES, MIN_LINES
from sotexplore.hardware.technology import technology

AND_ERROR_LIMIT: Final = 0.1
"""Share of wrong AND reads above which a sub-array is refused (assumed: no logic beyond it)."""
SIGNAL_TO_ERROR_LIMIT: Final = 0.5
"""Spread q of a column's sum over the read's standard error below which a crossbar is refused (assumed).

A normal signal under normal noise carries log2(1 + q^2) / 2 bits: at q = 1/2 a sixth of a bit, whatever the ADC.
"""


def _offset_ratio(cell: Cell) -> float:
    return margin.OFFSET.value / cell.read_voltage_v


def wires(cell: Cell, node_nm: int, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Access transistor of a cell and the whole bit-line [ohm], each of the shape of `rows`."""
    wired = bitline.lines(cell=cell, rows=rows, cols=np.full_like(rows, MIN_LINES), tech=technology(node_nm))
    return np.broadcast_to(wired.access_ohm, rows.shape), np.broadcast_to(wired.bitline_ohm, rows.shape)


def and_error_ratio(cell: Cell, node_nm: int, rows: FloatArray, *, two_row: bool) -> FloatArray:
    """Share of wrong reads in the row farthest from the amplifier, for the two states hardest to tell apart.

    Args:
        cell: the memory cell.
        node_nm: process node.
        rows: word lines.
        two_row: an AND of two rows, else one row against the reference.
    """
    if cell.kind not in RESISTIVE:
        return np.broadcast_to(margin.tail_ratio(cell.sense_voltage_v / margin.OFFSET.value), rows.shape)
    series, line = wires(cell, node_nm, rows)
    distance = (margin.two_row_distance if two_row else margin.one_row_distance)(
        low_ohm=cell.resistance_low_ohm, high_ohm=cell.resistance_high_ohm, series_ohm=series, line_ohm=line,
        spread_ratio=cell.resistance_spread_ratio, offset_ratio=_offset_ratio(cell),
    )  # fmt: skip
    return margin.tail_ratio(distance)


def column_error_ratio(cell: Cell, node_nm: int, active_rows: FloatArray, adc_bits: FloatArray) -> FloatArray:
    """Share of crossbar conversions that do not give the exact sum, in a typical read."""
    if cell.kind not in RESISTIVE:
        return margin.clipped_ratio(active_rows, adc_bits)
    deviation = margin.column_deviation_counts(n_rows=active_rows, **_column(cell, node_nm))
    return margin.inexact_sum_ratio(deviation_counts=deviation, n_rows=active_rows, adc_bits=adc_bits)


def column_offset_counts(cell: Cell, node_nm: int) -> float:
    """What the clamp's offset adds to a column's sum for each driven row, in products."""
    parts = _column(cell, node_nm) | {"spread_ratio": 0.0}
    return float(margin.column_deviation_counts(n_rows=1.0, **parts))


def _column(cell: Cell, node_nm: int) -> dict[str, float]:
    series, _ = wires(cell, node_nm, np.array([float(MIN_LINES)]))
    return {
        "low_ohm": cell.resistance_low_ohm, "high_ohm": cell.resistance_high_ohm, "series_ohm": float(series[0]),
        "spread_ratio": cell.resistance_spread_ratio, "offset_ratio": _offset_ratio(cell),
    }  # fmt: skip


@lru_cache(maxsize=512)
def allowed_rows(cell: Cell, node_nm: int, *, two_row: bool) -> int:
    """Most rows of an and-count sub-array whose reads stay within `AND_ERROR_LIMIT`; 0 where none does."""
    rows = np.arange(MIN_LINES, MAX_LINES + 1, dtype=np.float64)
    good = and_error_ratio(cell, node_nm, rows, two_row=two_row) <= AND_ERROR_LIMIT
    return int(rows[good].max(initial=0.0))


@lru_cache(maxsize=512)
def allowed_active_rows(cell: Cell, node_nm: int) -> int:
    """Most rows that a crossbar may drive at once (see `SIGNAL_TO_ERROR_LIMIT`); 0 for none."""
    if cell.kind not in RESISTIVE:
        return MAX_LINES
    limit = margin.rows_for_signal(signal_to_error_ratio=SIGNAL_TO_ERROR_LIMIT, **_column(cell, node_nm))
    return int(min(float(limit), MAX_LINES))
