"""What a sub-array costs: area, latency, energy and leakage, and the parts they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sotexplore.hardware import bitline, rules
from sotexplore.hardware.cell import Cell
from sotexplore.hardware.decoder import Drivers
from sotexplore.hardware.subarray_parts import Parts, Size, parts
from sotexplore.hardware.technology import FloatArray, Quantity, Technology

SUBARRAYS_PER_MAT: Final = rules.fixed("subarrays_per_mat")
OUTPUT_SELECTS: Final = rules.fixed("output_selects")
"""Selects of the output mux behind the sense amplifiers, two levels of one way, driven along with the column's."""


@dataclass(frozen=True)
class SubarrayFigures:
    """What one sub-array costs; float64 arrays of the broadcast shape of rows, columns and mux.

    Latencies include the predecoder, energies do not; leakage is a quarter of a mat of 2 x 2 sub-arrays with its
    predecoder. An access reads or writes cols / mux bits of one row. The read energy is the sum of row decoder, column
    decoder, mux, bit-line, cells, sense amplifiers and precharge; the write energy that of row decoder, column decoder,
    mux and cells with their bit-lines. Areas and leakages are the sums of their parts too.
    """

    area_m2: FloatArray
    read_latency_s: FloatArray
    write_latency_s: FloatArray
    read_energy_j: FloatArray
    write_energy_j: FloatArray
    leakage_w: FloatArray
    row_decoder_latency_s: FloatArray
    bitline_latency_s: FloatArray
    senseamp_latency_s: FloatArray
    precharge_latency_s: FloatArray
    """Between reads, not within one."""
    predecoder_latency_s: FloatArray
    senseamp_energy_j: FloatArray
    cell_read_energy_j: FloatArray
    decoder_energy_j: FloatArray
    """Row decoder and word line."""
    precharge_energy_j: FloatArray
    cell_write_energy_j: FloatArray
    senseamp_area_m2: FloatArray
    cell_array_area_m2: FloatArray
    column_decoder_latency_s: FloatArray
    mux_latency_s: FloatArray
    column_decoder_energy_j: FloatArray
    mux_energy_j: FloatArray
    bitline_energy_j: FloatArray
    decoder_area_m2: FloatArray
    """Strip left of the cells."""
    column_area_m2: FloatArray
    """Precharge and mux below the cells, and the corner below the decoder."""
    senseamp_leakage_w: FloatArray
    cell_leakage_w: FloatArray
    periphery_leakage_w: FloatArray
    """Decoders, precharge and the share of the predecoder."""


def _areas(built: Parts) -> dict[str, Quantity]:
    wired = built.wired
    cells = wired.array_width_m * wired.array_height_m
    amplifiers = wired.array_width_m * built.amplifier.height_m
    left = built.left_m * wired.array_height_m
    whole = (wired.array_width_m + built.left_m) * (wired.array_height_m + built.below_m)
    return {
        "area_m2": whole,
        "cell_array_area_m2": cells,
        "senseamp_area_m2": amplifiers,
        "decoder_area_m2": left,
        "column_area_m2": whole - cells - amplifiers - left,
    }


def _latencies(cell: Cell, built: Parts, tech: Technology) -> dict[str, Quantity]:
    """A read waits for the slower decoder, the bit-line, the mux and the sense amplifier; a write for the pulse."""
    wired, mux = built.wired, built.mux
    predecode = np.maximum(built.predecoder.latency_s, built.mux_predecoder.latency_s)
    row, select = built.row.latency_s, built.select.latency_s
    if cell.kind == "sram":
        line = bitline.sram_discharge_s(cell=cell, wired=wired, mux=mux, rise_s=built.row.rise_s, tech=tech)
    else:
        line = bitline.current_sensing_s(cell=cell, wired=wired)
    read = predecode + np.maximum(row, select) + line + mux.latency_s + built.amplifier.latency_s
    charged = np.maximum(row, select + bitline.write_charge_s(wired=wired, mux=mux))
    return {
        "read_latency_s": read,
        "write_latency_s": read if cell.kind == "sram" else predecode + charged + cell.write_pulse_s,
        "predecoder_latency_s": predecode,
        "row_decoder_latency_s": row,
        "column_decoder_latency_s": select,
        "bitline_latency_s": line,
        "mux_latency_s": mux.latency_s,
        "senseamp_latency_s": built.amplifier.latency_s,
        "precharge_latency_s": built.precharge.latency_s,
    }


def _energies(cell: Cell, built: Parts, size: Size, tech: Technology) -> dict[str, Quantity]:
    bits = size.cols / size.mux
    row, mux, precharge = built.row.energy_j, built.mux.energy_j, built.precharge.energy_j
    select = built.select.energy_j + OUTPUT_SELECTS * built.output_select.energy_j
    lines = size.cols * bitline.read_swing_j(cell=cell, wired=built.wired, mux=built.mux, tech=tech)
    cells = bits * tech.rules.reference_ratio * cell.read_power_w * built.amplifier.latency_s
    sensing = bits * built.amplifier.energy_j
    written = bits * bitline.write_bit_j(cell=cell, wired=built.wired, mux=built.mux, tech=tech)
    return {
        "read_energy_j": row + select + mux + lines + cells + sensing + precharge,
        "write_energy_j": row + select + mux + written,
        "decoder_energy_j": row,
        "column_decoder_energy_j": select,
        "mux_energy_j": mux,
        "bitline_energy_j": lines,
        "cell_read_energy_j": cells,
        "senseamp_energy_j": sensing,
        "precharge_energy_j": precharge,
        "cell_write_energy_j": written,
    }


def _leakages(cell: Cell, built: Parts, size: Size) -> dict[str, Quantity]:
    amplifiers = size.cols / size.mux * built.amplifier.leakage_w
    cells = size.rows * size.cols * cell.standby_power_bit_w
    predecoders = (built.predecoder.leakage_w + built.mux_predecoder.leakage_w) / SUBARRAYS_PER_MAT
    decoders = built.row.leakage_w + built.select.leakage_w + OUTPUT_SELECTS * built.output_select.leakage_w
    periphery = decoders + built.precharge.leakage_w + predecoders
    return {
        "leakage_w": amplifiers + cells + periphery,
        "senseamp_leakage_w": amplifiers,
        "cell_leakage_w": cells,
        "periphery_leakage_w": periphery,
    }


def evaluate(*, cell: Cell, size: Size, drive: Drivers, tech: Technology) -> SubarrayFigures:
    """All figures of sub-arrays of one cell on one technology."""
    built = parts(cell=cell, size=size, drive=drive, tech=tech)
    values = (
        _areas(built)
        | _latencies(cell, built, tech)
        | _energies(cell, built, size, tech)
        | _leakages(cell, built, size)
    )
    shape = np.broadcast_shapes(*(np.shape(value) for value in values.values()))
    arrays = {name: np.array(np.broadcast_to(value, shape), dtype=np.float64) for name, value in values.items()}
    return SubarrayFigures(**arrays)
