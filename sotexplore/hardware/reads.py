"""Error rates and IR drop of the array reads of many designs, and the supply that their writes need."""

from __future__ import annotations

import numpy as np

from sotexplore.hardware import margin, readability
from sotexplore.hardware.cell import RESISTIVE, Cell, preset
from sotexplore.hardware.constants import FloatArray
from sotexplore.hardware.sot import sot_write
from sotexplore.hardware.table import CROSSBAR, WRITTEN, HardwareTable, IntArray, codes


def read_error_ratio(hardware: HardwareTable) -> FloatArray:
    """Share of array reads that come out wrong, for each design.

    And-count: a bit of the farthest row; crossbar: a conversion that is not the exact sum.
    """
    result = np.empty(hardware.n_designs)
    for cell, node_nm, place in _by_cell(hardware):
        crossbar = hardware.compute_style[place] == CROSSBAR
        written = hardware.operand[place] == WRITTEN
        rows, active, bits = (
            values[place].astype(np.float64)
            for values in (hardware.subarray_rows, hardware.active_rows, hardware.adc_bits)
        )
        for two_row in (False, True):
            chosen = ~crossbar & (written == two_row)
            sizes, inverse = np.unique(rows[chosen], return_inverse=True)
            result[place[chosen]] = readability.and_error_ratio(cell, node_nm, sizes, two_row=two_row)[inverse]
        pairs, inverse = np.unique(active[crossbar] * 64 + bits[crossbar], return_inverse=True)
        result[place[crossbar]] = readability.column_error_ratio(cell, node_nm, pairs // 64, pairs % 64)[inverse]
    return result


def column_offset_counts(hardware: HardwareTable) -> FloatArray:
    """What the clamp's offset adds to a crossbar's sum for each row that is driven, in products; 0 elsewhere.

    Standard deviation over columns, in a typical read: see `margin.column_deviation_counts`.
    """
    result = np.zeros(hardware.n_designs)
    for cell, node_nm, place in _by_cell(hardware):
        chosen = place[hardware.compute_style[place] == CROSSBAR]
        if cell.kind in RESISTIVE and len(chosen):
            result[chosen] = readability.column_offset_counts(cell, node_nm)
    return result


def column_loss_ratio(hardware: HardwareTable) -> FloatArray:
    """Share of a typical column's current that the bit-line's resistance costs a crossbar; 0 elsewhere."""
    result = np.zeros(hardware.n_designs)
    for cell, node_nm, place in _by_cell(hardware):
        if cell.kind not in RESISTIVE:
            continue
        chosen = place[hardware.compute_style[place] == CROSSBAR]
        series, line = readability.wires(cell, node_nm, hardware.subarray_rows[chosen].astype(np.float64))
        ones, zeros = 1 / (cell.resistance_low_ohm + series), 1 / (cell.resistance_high_ohm + series)
        weights = margin.WEIGHT_ONES_RATIO
        driven = margin.INPUT_ONES_RATIO * hardware.active_rows[chosen]
        conductance = driven * (weights * ones + (1 - weights) * zeros)
        result[chosen] = margin.current_loss_ratio(conductance_s=conductance, line_ohm=line)
    return result


def write_supply_v(hardware: HardwareTable) -> FloatArray:
    """Supply [V] that the write current of a SOT cell needs along its path; 0 for cells not written through a channel."""
    result = np.zeros(hardware.n_designs)
    for cell, node_nm, place in _by_cell(hardware):
        if cell.has_channel:
            rows, cols = hardware.subarray_rows[place], hardware.subarray_cols[place]
            bits = cols // hardware.columns_per_sense_amplifier[place]
            found = sot_write(cell=cell, node_nm=node_nm, rows=rows, cols=cols, n_bits=bits)
            result[place] = found.supply_v
    return result


def _by_cell(hardware: HardwareTable) -> list[tuple[Cell, int, IntArray]]:
    """Designs of each cell and node."""
    cells, cell_code = codes(hardware.cell)
    nodes, node_code = codes(hardware.node_nm)
    group = cell_code * max(1, len(nodes)) + node_code
    found = []
    for code in np.unique(group):
        name, node = cells[code // len(nodes)], nodes[code % len(nodes)]
        found.append((preset(str(name)), int(node), np.flatnonzero(group == code)))
    return found
