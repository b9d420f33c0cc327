"""What stands below the columns: precharge and column mux.

Reference: Dong et al., "NVSim", IEEE TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930 (sizes and organisation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sotexplore.hardware import drivers, logic
from sotexplore.hardware.technology import Quantity, Technology


@dataclass(frozen=True)
class Precharge:
    """Precharge of all columns."""

    latency_s: Quantity
    energy_j: Quantity
    leakage_w: Quantity


@dataclass(frozen=True)
class Mux:
    """The column mux; all zero where each column has its own sense amplifier."""

    latency_s: Quantity
    energy_j: Quantity
    pass_ohm: Quantity
    pass_f: Quantity
    """Drain of one pass transistor [F]."""
    input_f: Quantity
    """What a bit-line drives: all drains of its mux and the sense amplifier [F]."""
    height_m: Quantity


def _unit_m(tech: Technology) -> Quantity:
    return tech.rules.min_width_f * tech.feature_m


def _drain_f(width_m: Quantity, tech: Technology) -> Quantity:
    return logic.drain_capacitance_f(width_m=width_m, region_m=tech.rules.region_f * tech.feature_m, tech=tech)


def _chain(cols: Quantity, column_wire_f: Quantity, tech: Technology) -> drivers.Chain:
    """The chain that carries the enable along the row, to one inverter per column."""
    inverter_f = logic.gate_capacitance_f(_unit_m(tech) * (1 + tech.width_ratio), tech)
    return drivers.fastest(load_f=cols * (inverter_f + column_wire_f), input_f=inverter_f, effort=1.0, tech=tech)


def precharge(
    *,
    cols: Quantity,
    column_wire_f: Quantity,
    bitline_f: Quantity,
    bitline_ohm: Quantity,
    rise_s: Quantity,
    tech: Technology,
) -> Precharge:
    """Precharge of `cols` bit-lines: a chain along the row, an inverter and three PMOS per column.

    Args:
        cols: columns.
        column_wire_f: enable wire over one column [F].
        bitline_f: capacitance of a bit-line [F].
        bitline_ohm: its resistance [ohm].
        rise_s: rise time of the signal that starts it [s].
        tech: devices.
    """
    unit, wide = _unit_m(tech), tech.rules.precharge_f * tech.feature_m
    pull_up = tech.width_ratio * unit
    chain = _chain(cols, column_wire_f, tech)
    enable_f = logic.gate_capacitance_f(unit + 2 * wide, tech) + _drain_f(unit, tech) + _drain_f(pull_up, tech)
    _, chain_rise = drivers.delay_s(chain, rise_s, tech)
    enable = logic.stage_delay_s(width_m=unit, stack=1, load_f=enable_f, wire_s=0.0, input_rise_s=chain_rise, tech=tech)
    resistance = logic.on_resistance_ohm(wide, tech.on_pmos_a_m, tech)
    gain = 1 / (resistance * logic.transconductance_s(wide, tech.hole_mobility_m2_vs, tech))
    drains = _drain_f(wide, tech) + _drain_f(unit, tech)
    tau = resistance * (bitline_f + drains) + bitline_ohm * bitline_f / 2
    idle = logic.inverter_leakage_w(unit, pull_up, tech) + logic.inverter_leakage_w(0.0, wide, tech)
    return Precharge(
        latency_s=logic.horowitz_s(tau, gain, 2 * enable),
        energy_j=drivers.energy_j(chain, tech) + cols * enable_f * tech.supply_v**2,
        leakage_w=drivers.leakage_w(chain, tech) + cols * idle,
    )


def precharge_height_m(*, cols: Quantity, column_wire_f: Quantity, tech: Technology) -> Quantity:
    """Height [m] of the precharge row: the PMOS above their inverter, or the chain where it is taller."""
    unit, wide = _unit_m(tech), tech.rules.precharge_f * tech.feature_m
    region = tech.rules.region_f * tech.feature_m
    puller = logic.transistor_layout(width_m=wide, region_m=region, tech=tech)
    inverter = logic.gate_layout(shape="inverter", inputs=1, nmos_m=unit, pmos_m=tech.width_ratio * unit, tech=tech)
    driver = drivers.layout(_chain(cols, column_wire_f, tech), tech)
    return np.maximum(puller.height_m + inverter.height_m, driver.height_m)


def current_width_m(current_a: float, tech: Technology) -> Quantity:
    """Width [m] of an NMOS that carries `current_a` [A], not under the minimum."""
    return np.maximum(_unit_m(tech), current_a / tech.on_nmos_a_m)


def _pass_width_m(write_current_a: float, cell_low_ohm: float, tech: Technology) -> Quantity:
    """Width [m] for the write current, and for the read divider as far as the greatest width allows."""
    width = np.maximum(tech.rules.pass_min_ratio * _unit_m(tech), current_width_m(write_current_a, tech))
    if np.all(np.equal(cell_low_ohm, 0.0)):
        return width
    divider = logic.on_resistance_ohm(1.0, tech.on_nmos_a_m, tech) / (cell_low_ohm * tech.rules.drop_tolerance_ratio)
    return np.maximum(width, np.minimum(divider, tech.rules.max_width_f * tech.feature_m))


def mux(
    *, ways: Quantity, n_mux: Quantity, write_current_a: float, cell_low_ohm: float, next_f: Quantity, tech: Technology
) -> Mux:
    """`n_mux` pass-transistor muxes of `ways` columns, wide enough for the write current and the read divider.

    Equation: t = ln 10 R_p (ways C_drain + C_next); E = (ways C_drain + C_next) Vdd (Vdd - Vth) each.

    Args:
        ways: columns per sense amplifier; 1 means no mux.
        n_mux: sense amplifiers.
        write_current_a: write current of a cell [A].
        cell_low_ohm: low resistance of a cell [ohm]; 0 for a cell that holds none.
        next_f: input of the sense amplifier [F].
        tech: devices.
    """
    width = _pass_width_m(write_current_a, cell_low_ohm, tech)
    region = tech.rules.region_f * tech.feature_m
    drain = _drain_f(width, tech)
    resistance = logic.on_resistance_ohm(width, tech.on_nmos_a_m, tech)
    present = np.where(np.greater(ways, 1), 1.0, 0.0)
    output = ways * drain + next_f
    return Mux(
        latency_s=present * tech.rules.settle_ratio * resistance * output,
        energy_j=present * n_mux * output * tech.supply_v * (tech.supply_v - tech.threshold_v),
        pass_ohm=present * resistance,
        pass_f=present * drain,
        input_f=present * (output + drain),
        height_m=present * logic.transistor_layout(width_m=width, region_m=region, tech=tech).height_m,
    )
