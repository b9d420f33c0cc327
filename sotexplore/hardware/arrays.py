"""Sub-arrays of many designs: figures computed once for each unique sub-array, then handed to the designs."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from sotexplore.hardware import subarray
from sotexplore.hardware.cell import RESISTIVE, Cell, preset
from sotexplore.hardware.constants import FloatArray
from sotexplore.hardware.decoder import Drivers
from sotexplore.hardware.table import HardwareTable, IntArray, codes
from sotexplore.hardware.technology import Technology

_RADIX: Final = 4096
"""Above every size of a sub-array."""


@dataclass(frozen=True)
class ArrayUnits:
    """What the chip needs of one sub-array; arrays of one shape."""

    area_m2: FloatArray
    cell_area_m2: FloatArray
    senseamp_area_m2: FloatArray
    word_line_s: FloatArray
    """Predecoder, decoder and word line."""
    bit_line_s: FloatArray
    """Bit-line, column mux, and the precharge before the next access."""
    senseamp_s: FloatArray
    row_j: FloatArray
    """Decoder and word line of one row."""
    lines_j: FloatArray
    """Of one access: bit-lines, precharge, column decoder and mux."""
    cell_bit_j: FloatArray
    """Read current of one sensed cell, with its reference cell's."""
    cell_on_w: FloatArray
    """What a driven cell of a crossbar draws, half of them in the low state."""
    sense_bit_j: FloatArray
    write_s: FloatArray
    """One write access of as many bits as there are sense amplifiers."""
    write_access_j: FloatArray
    """Part of a write access that does not depend on its bits."""
    write_bit_j: FloatArray
    array_leakage_w: FloatArray
    """Without sense amplifiers and cells."""
    senseamp_leakage_w: FloatArray
    cell_leakage_w: FloatArray
    endurance_cycles: FloatArray
    volatile: FloatArray
    """1 where the bits are lost with power off."""

    def take(self, index: IntArray) -> "ArrayUnits":
        """The entries at `index`."""
        return ArrayUnits(**{item.name: getattr(self, item.name)[index] for item in fields(self)})


def unique_units(hardware: HardwareTable) -> tuple[ArrayUnits, IntArray]:
    """Units of the table's unique sub-arrays, and each design's place among them."""
    cells, cell_code = codes(hardware.cell)
    nodes, node_code = codes(hardware.node_nm)
    group = cell_code * len(nodes) + node_code
    size = (hardware.subarray_rows * _RADIX + hardware.subarray_cols) * _RADIX + hardware.columns_per_sense_amplifier
    keys, first, inverse = np.unique(group * _RADIX**3 + size, return_index=True, return_inverse=True)
    units = _empty(len(keys))
    for code in np.unique(group[first]):
        place = np.flatnonzero(group[first] == code)
        rows = first[place]
        cell, node_nm = preset(str(cells[code // len(nodes)])), int(nodes[code % len(nodes)])
        found = units_of(cell, node_nm, hardware.subarray_rows[rows], hardware.subarray_cols[rows],
                         hardware.columns_per_sense_amplifier[rows])  # fmt: skip
        for item in fields(ArrayUnits):
            getattr(units, item.name)[place] = getattr(found, item.name)
    return units, inverse.astype(np.int64)


def _empty(n_units: int) -> ArrayUnits:
    return ArrayUnits(**{item.name: np.empty(n_units) for item in fields(ArrayUnits)})


def units_of(
    cell: Cell, node_nm: int, rows: IntArray, cols: IntArray, shared: IntArray, *, tech: Technology | None = None,
    drive: Drivers = "sized",
) -> ArrayUnits:  # fmt: skip
    """Units of sub-arrays of one cell.

    Args:
        cell: the memory cell.
        node_nm: process node.
        rows: word lines, shape (n_units,).
        cols: bit-lines.
        shared: columns per sense amplifier or ADC.
        tech: devices and wires where not those of the node's table; its fields may be arrays of that shape.
        drive: of word lines and selects: chains of least delay, for reads as for writes; or NVSim's.
    """
    figures = subarray.figures(
        cell=cell, node_nm=node_nm, rows=rows, cols=cols, columns_per_sense_amplifier=shared, drive=drive, tech=tech
    )
    sensed = cols / shared
    after_word_line = figures.bitline_latency_s + figures.mux_latency_s
    write_s, access_j, bit_j = _write(cell, node_nm, (rows, cols, shared), figures, tech)
    ones = np.ones(len(rows))
    return ArrayUnits(
        area_m2=figures.area_m2,
        cell_area_m2=figures.cell_array_area_m2,
        senseamp_area_m2=figures.senseamp_area_m2,
        word_line_s=figures.read_latency_s - after_word_line - figures.senseamp_latency_s,
        bit_line_s=after_word_line + figures.precharge_latency_s,
        senseamp_s=figures.senseamp_latency_s,
        row_j=figures.decoder_energy_j,
        lines_j=figures.read_energy_j
        - figures.decoder_energy_j
        - figures.cell_read_energy_j
        - figures.senseamp_energy_j,
        cell_bit_j=figures.cell_read_energy_j / sensed,
        cell_on_w=_driven_w(cell) * ones,
        sense_bit_j=figures.senseamp_energy_j / sensed,
        write_s=write_s,
        write_access_j=access_j,
        write_bit_j=bit_j,
        array_leakage_w=figures.periphery_leakage_w,
        senseamp_leakage_w=figures.senseamp_leakage_w,
        cell_leakage_w=figures.cell_leakage_w,
        endurance_cycles=cell.endurance_cycles * ones,
        volatile=float(cell.volatile) * ones,
    )


def _driven_w(cell: Cell) -> float:
    """Power of a cell at the read voltage, mean of both states: the read power is that of the low one."""
    contrast = cell.resistance_low_ohm / cell.resistance_high_ohm if cell.kind in RESISTIVE else 1.0
    return cell.read_power_w * (1 + contrast) / 2


def _write(
    cell: Cell,
    node_nm: int,
    size: tuple[IntArray, IntArray, IntArray],
    figures: subarray.SubarrayFigures,
    tech: Technology | None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Latency, energy per access and energy per bit of a write; through the channel where a SOT cell has one."""
    rows, cols, shared = size
    bits = cols // shared
    if cell.has_channel:
        path = subarray.sot_write(cell=cell, node_nm=node_nm, rows=rows, cols=cols, n_bits=bits, tech=tech)
        return path.latency_s, path.decoder_energy_j, (path.energy_j - path.decoder_energy_j) / bits
    fixed = figures.write_energy_j - figures.cell_write_energy_j
    return figures.write_latency_s, fixed, figures.cell_write_energy_j / bits
