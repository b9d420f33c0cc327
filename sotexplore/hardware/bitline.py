"""The cell array: lengths, word- and bit-line RC, and what a read or a write does on a bit-line.

References:
    [1] Dong et al., "NVSim", IEEE TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930 (current sensing, write).
    [2] Seevinck, van Beers, Ontrop, "Current-Mode Techniques for High-Speed VLSI Circuits with Application to Current
        Sense Amplifier for CMOS SRAM's", IEEE JSSC 26(4), 1991 (delay of a line that ends in a current sense amplifier).
    [3] Muralimanohar et al., "CACTI 6.0", HP Labs HPL-2009-85, 2009 (SRAM cell and its discharge).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sotexplore.hardware import column, logic, wires
from sotexplore.hardware.cell import Cell
from sotexplore.hardware.technology import FloatArray, Quantity, Technology


@dataclass(frozen=True)
class Lines:
    """The array's wires, with the transistors that load them."""

    cell_width_m: Quantity
    array_width_m: Quantity
    array_height_m: Quantity
    wordline_f: Quantity
    wordline_ohm: Quantity
    select_f: Quantity
    """Select wire of the column mux: runs along the array with one pass gate per column [F]."""
    bitline_f: Quantity
    bitline_ohm: Quantity
    access_ohm: Quantity
    access_f: Quantity
    """Drain of one access transistor [F]."""


def lines(*, cell: Cell, rows: FloatArray, cols: FloatArray, tech: Technology) -> Lines:
    """Lengths and RC of an array of `rows` x `cols` cells.

    Equation: height = sqrt(A r) F, width = sqrt(A / r) F of a cell of area A [F2] and aspect ratio r; two rows share
    a bit-line contact, so half a drain loads the bit-line per row.
    """
    cell_height, cell_width = cell.height_f * tech.feature_m, cell.width_f * tech.feature_m
    width, height = cols * cell_width, rows * cell_height
    wire_f, wire_ohm = wires.capacitance_f_m(tech), wires.resistance_ohm_m(tech)
    access = cell.access_width_f * tech.feature_m
    gates = 2.0 if cell.kind == "sram" else 1.0
    drain = logic.drain_capacitance_f(width_m=access, region_m=cell_width, tech=tech)
    pass_gate = logic.gate_capacitance_f(column.current_width_m(cell.mux_current_a, tech), tech)
    return Lines(
        cell_width_m=cell_width,
        array_width_m=width,
        array_height_m=height,
        wordline_f=width * wire_f + cols * gates * logic.gate_capacitance_f(access, tech),
        wordline_ohm=width * wire_ohm,
        select_f=width * wire_f + cols * pass_gate,
        bitline_f=height * wire_f + rows * drain / 2,
        bitline_ohm=height * wire_ohm,
        access_ohm=logic.on_resistance_ohm(access, tech.on_nmos_a_m, tech),
        access_f=drain,
    )


def current_sensing_s(*, cell: Cell, wired: Lines) -> Quantity:
    """Delay [s] of a bit-line that ends in a current sense amplifier, for a cell in the high state [1, 2].

    Equation: 0.69 R_bl C_bl / 2 (R + R_bl / 3) / (R + R_bl), R the cell with its access transistor.
    """
    resistance = wired.access_ohm + cell.resistance_high_ohm
    share = (resistance + wired.bitline_ohm / 3) / (resistance + wired.bitline_ohm)
    return logic.horowitz_s(wired.bitline_ohm * wired.bitline_f / 2 * share, 0.0, 0.0)


def sram_discharge_s(*, cell: Cell, wired: Lines, mux: column.Mux, rise_s: Quantity, tech: Technology) -> Quantity:
    """Time [s] in which a 6T cell splits its bit-lines, precharged to half the supply, by the sense voltage [3]."""
    pull_down = logic.on_resistance_ohm(tech.rules.sram_pull_down_f * tech.feature_m, tech.on_nmos_a_m, tech)
    load = wired.access_f + wired.bitline_f + mux.input_f
    tau = (wired.access_ohm + pull_down) * load + wired.bitline_ohm * (mux.input_f + wired.bitline_f / 2)
    precharge_v = tech.supply_v / 2
    tau = tau * np.log(precharge_v / (precharge_v - cell.sense_voltage_v / 2))
    gain = logic.transconductance_s(cell.access_width_f * tech.feature_m, tech.electron_mobility_m2_vs, tech)
    return logic.horowitz_s(tau, 1 / (pull_down * gain), rise_s)


def read_swing_j(*, cell: Cell, wired: Lines, mux: column.Mux, tech: Technology) -> Quantity:
    """Energy [J] that one bit-line takes from the read voltage.

    A resistive cell: the voltage falls linearly along the line from the cell to the pass transistor [1]. SRAM: the
    line is restored to half the supply [3].
    """
    if cell.kind == "sram":
        return (wired.access_f + wired.bitline_f + mux.pass_f) * (tech.supply_v / 2) ** 2
    series = mux.pass_ohm + wired.bitline_ohm
    total = series + wired.access_ohm + cell.resistance_low_ohm
    near, far = cell.read_voltage_v * mux.pass_ohm / total, cell.read_voltage_v * series / total
    line = wired.bitline_f * (near**2 + near * far + far**2) / 3
    return wired.access_f * far**2 + mux.pass_f * near**2 + line


def write_charge_s(*, wired: Lines, mux: column.Mux) -> Quantity:
    """Time [s] to charge a bit-line through its pass transistor: 0.69 (R_p (C_p + C_bl) + R_bl C_bl / 2)."""
    tau = mux.pass_ohm * (mux.pass_f + wired.bitline_f) + wired.bitline_ohm * wired.bitline_f / 2
    return logic.horowitz_s(tau, 0.0, 0.0)


def write_bit_j(*, cell: Cell, wired: Lines, mux: column.Mux, tech: Technology) -> Quantity:
    """Energy [J] of writing one bit through the bit-line: in the cell, and C V^2 of the line."""
    swing_v = np.where(np.greater(cell.write_voltage_v, 0.0), cell.write_voltage_v, tech.supply_v)
    return cell.write_energy_bit_j + (wired.access_f + wired.bitline_f + mux.pass_f) * swing_v**2
