"""What sub-arrays of a cell can read: error rates, and the sizes that the cell's margin allows.

And-count compares one row with a reference (operand `streamed`) or two rows at once (operand `written`); a sub-array is
refused where the row farthest from the amplifier is misread more often than `AND_ERROR_LIMIT`. A crossbar is refused
where the read's standard error is so far above the sum's own spread over random inputs and weights that the sum says
next to nothing (`SIGNAL_TO_ERROR_LIMIT`). IR drop along the bit-line is reported and not refused: wider or shorter
bit-lines and cells of higher resistance remedy it, which the model does not choose for the user.
SRAM cells hold no resistance: they are read as logic, with the amplifier's offset against their sense voltage.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from sotexplore.hardware import bitline, margin
from sotexplore.hardware.cell import RESISTIVE, Cell
from sotexplore.hardware.cell_area import at_node
from sotexplore.hardware.constants import FloatArray
from sotexplore.hardware.subarray_sizes import MAX_LINES, MIN_LINES
from sotexplore.hardware.technology import Constant, Quantity, Technology, technology

LIMITS_TABLE: Final[dict[str, Constant]] = {
    "and_error_limit_ratio": Constant(0.1, "1", "assumed", "wrong AND reads above which a sub-array is refused: no logic beyond it", 0.1, 0.1),
    "signal_to_error_limit": Constant(
        0.5, "1", "assumed", "spread q of a column's sum over the read's standard error below which a crossbar is refused: a "
        "normal signal under normal noise carries log2(1 + q^2) / 2 bits, a sixth of one", 0.5, 0.5,
    ),
}  # fmt: skip
"""Where a design is refused: decisions, without ranges."""
AND_ERROR_LIMIT: Final = LIMITS_TABLE["and_error_limit_ratio"].value
SIGNAL_TO_ERROR_LIMIT: Final = LIMITS_TABLE["signal_to_error_limit"].value


@dataclass(frozen=True)
class Reading:
    """What reads rest on beside the cell; fields may be arrays, one entry per draw of a study."""

    tech: Technology
    offset_v: Quantity = margin.OFFSET.value
    input_ones_ratio: Quantity = margin.INPUT_ONES_RATIO
    weight_ones_ratio: Quantity = margin.WEIGHT_ONES_RATIO


def wires(cell: Cell, node_nm: int, rows: FloatArray, tech: Technology | None = None) -> tuple[FloatArray, FloatArray]:
    """Access transistor of a cell and the whole bit-line [ohm], each of the shape of `rows`."""
    cell = at_node(cell, node_nm)
    found = bitline.lines(cell=cell, rows=rows, cols=np.full_like(rows, MIN_LINES), tech=tech or technology(node_nm))
    return np.broadcast_to(found.access_ohm, rows.shape), np.broadcast_to(found.bitline_ohm, rows.shape)


def and_error_ratio(
    cell: Cell, node_nm: int, rows: FloatArray, *, two_row: bool, reading: Reading | None = None
) -> FloatArray:
    """Share of wrong reads in the row farthest from the amplifier, for the two states hardest to tell apart.

    Args:
        cell: the memory cell.
        node_nm: process node.
        rows: word lines.
        two_row: an AND of two rows, else one row against the reference.
        reading: devices, offset and shares of ones, where not nominal.
    """
    reading = reading or Reading(technology(node_nm))
    if cell.kind not in RESISTIVE:
        return np.broadcast_to(margin.tail_ratio(cell.sense_voltage_v / np.asarray(reading.offset_v)), rows.shape)
    series, line = wires(cell, node_nm, rows, reading.tech)
    distance = (margin.two_row_distance if two_row else margin.one_row_distance)(
        low_ohm=cell.resistance_low_ohm, high_ohm=cell.resistance_high_ohm, series_ohm=series, line_ohm=line,
        spread_ratio=cell.resistance_spread_ratio, offset_ratio=reading.offset_v / cell.read_voltage_v,
    )  # fmt: skip
    return margin.tail_ratio(distance)


def column_error_ratio(
    cell: Cell, node_nm: int, active_rows: FloatArray, adc_bits: FloatArray, *, reading: Reading | None = None
) -> FloatArray:
    """Share of crossbar conversions that do not give the exact sum, in a typical read."""
    reading = reading or Reading(technology(node_nm))
    ones = {"input_ones_ratio": reading.input_ones_ratio, "weight_ones_ratio": reading.weight_ones_ratio}
    if cell.kind not in RESISTIVE:
        return margin.clipped_ratio(active_rows, adc_bits, **ones)
    deviation = margin.column_deviation_counts(
        n_rows=active_rows, **_column(cell, node_nm, active_rows, reading), **ones
    )
    return margin.inexact_sum_ratio(deviation_counts=deviation, n_rows=active_rows, adc_bits=adc_bits, **ones)


def column_offset_counts(cell: Cell, node_nm: int) -> float:
    """What the clamp's offset adds to a column's sum for each driven row, in products."""
    one_row = np.ones(1)
    parts = _column(cell, node_nm, one_row, Reading(technology(node_nm))) | {"spread_ratio": 0.0}
    return float(margin.column_deviation_counts(n_rows=one_row, **parts)[0])


def _column(cell: Cell, node_nm: int, like: FloatArray, reading: Reading) -> dict[str, Quantity]:
    series, _ = wires(cell, node_nm, np.full_like(like, MIN_LINES, dtype=np.float64), reading.tech)
    return {
        "low_ohm": cell.resistance_low_ohm, "high_ohm": cell.resistance_high_ohm, "series_ohm": series,
        "spread_ratio": cell.resistance_spread_ratio, "offset_ratio": reading.offset_v / cell.read_voltage_v,
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
    column = _column(cell, node_nm, np.ones(1), Reading(technology(node_nm)))
    limit = margin.rows_for_signal(signal_to_error_ratio=SIGNAL_TO_ERROR_LIMIT, **column)
    return int(min(float(limit[0]), MAX_LINES))
