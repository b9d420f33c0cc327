"""The circuits of a sub-array, sized, and its floor plan.

Reference: Dong et al., "NVSim", IEEE TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930, whose organisation this follows:
row decoder left of the cells; precharge, column mux and sense amplifiers below them; internal sensing; a predecoder in
the middle of a mat of 2 x 2 sub-arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sotexplore.hardware import bitline, column, decoder, senseamp, wires
from sotexplore.hardware.cell import Cell
from sotexplore.hardware.technology import FloatArray, Quantity, Technology


@dataclass(frozen=True)
class Size:
    """Rows, columns and columns per sense amplifier, of one shape."""

    rows: FloatArray
    cols: FloatArray
    mux: FloatArray


@dataclass(frozen=True)
class Parts:
    """The circuits of a sub-array and its floor plan."""

    wired: bitline.Lines
    amplifier: senseamp.SenseAmplifier
    mux: column.Mux
    left_m: Quantity
    """Width of what stands left of the cells [m]."""
    below_m: Quantity
    """Height of what stands below the cells [m]."""
    predecoder: decoder.Decoded
    mux_predecoder: decoder.Decoded
    row: decoder.Decoded
    select: decoder.Decoded
    output_select: decoder.Decoded
    precharge: column.Precharge


def _floor_plan(
    *, wired: bitline.Lines, size: Size, stacked_m: Quantity, drive: decoder.Drivers, tech: Technology
) -> tuple[Quantity, Quantity]:
    """Width left of and height below the cells [m]; a decoder taller than the cells is folded, area kept."""
    row = decoder.line_layout(lines=size.rows, load_f=wired.wordline_f, drive=drive, tech=tech)
    select = decoder.line_layout(lines=size.mux, load_f=wired.select_f, drive=drive, tech=tech)
    folded = row.width_m * np.maximum(row.height_m / wired.array_height_m, 1.0)
    column_wire = wired.cell_width_m * wires.capacitance_f_m(tech)
    precharge = column.precharge_height_m(cols=size.cols, column_wire_f=column_wire, tech=tech)
    return np.maximum(folded, select.width_m), stacked_m + precharge


def parts(*, cell: Cell, size: Size, drive: decoder.Drivers, tech: Technology) -> Parts:
    """Size every circuit of the sub-array, lines driven as `drive` says.

    The predecoder drives a wire of one sub-array's width and height; the slope of its outputs reaches every decoder.
    """
    wired = bitline.lines(cell=cell, rows=size.rows, cols=size.cols, tech=tech)
    amplifier = senseamp.sense_amplifier(
        pitch_m=wired.cell_width_m * size.mux, sense_v=cell.sense_voltage_v, converter=cell.kind != "sram", tech=tech
    )
    mux = column.mux(
        ways=size.mux,
        n_mux=size.cols / size.mux,
        write_current_a=cell.mux_current_a,
        cell_low_ohm=cell.resistance_low_ohm,
        next_f=amplifier.input_f,
        tech=tech,
    )
    left, below = _floor_plan(
        wired=wired, size=size, stacked_m=mux.height_m + amplifier.height_m, drive=drive, tech=tech
    )
    wire_f = wires.capacitance_f_m(tech)
    across_f = (wired.array_width_m + left + wired.array_height_m + below) * wire_f
    predecoder = decoder.predecoder(lines=size.rows, load_f=across_f, tech=tech)
    row, select, output_select = _line_decoders(
        wired=wired, size=size, rise_s=predecoder.rise_s, drive=drive, tech=tech
    )
    precharge = column.precharge(
        cols=size.cols,
        column_wire_f=wired.cell_width_m * wire_f,
        bitline_f=wired.bitline_f,
        bitline_ohm=wired.bitline_ohm,
        rise_s=predecoder.rise_s,
        tech=tech,
    )
    mux_predecoder = decoder.predecoder(lines=size.mux, load_f=0.0, tech=tech)
    return Parts(wired, amplifier, mux, left, below, predecoder, mux_predecoder, row, select, output_select, precharge)


def _line_decoders(
    *, wired: bitline.Lines, size: Size, rise_s: Quantity, drive: decoder.Drivers, tech: Technology
) -> tuple[decoder.Decoded, decoder.Decoded, decoder.Decoded]:
    """Decoders of the word lines, of the column select and of one output select."""
    word_s, select_s = wired.wordline_f * wired.wordline_ohm / 2, wired.select_f * wired.wordline_ohm / 2
    row = decoder.line_decoder(
        lines=size.rows, load_f=wired.wordline_f, wire_s=word_s, rise_s=rise_s, drive=drive, tech=tech
    )
    select, output = (
        decoder.line_decoder(lines=lines, load_f=wired.select_f, wire_s=select_s, rise_s=rise_s, drive=drive, tech=tech)
        for lines in (size.mux, 1.0)
    )
    return row, select, output
