"""Row and column decoders, and the predecoder that a mat of 2 x 2 sub-arrays shares.

A decoder has one NAND and one driver per line; the NAND joins the outputs of two predecoder blocks. A block turns
its address bits into one-hot lines: 2-to-4 and 3-to-8 decoders, two of them joined by a NAND per line above 3 bits.

References:
    [1] Amrutur, Horowitz, "Fast Low-Power Decoders for RAMs", IEEE JSSC 36(10), 2001.
    [2] Dong et al., "NVSim", IEEE TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from sotexplore.hardware import drivers, logic, rules
from sotexplore.hardware.technology import FloatArray, Quantity, Technology

DIRECT_LINES: Final = int(rules.fixed("direct_lines"))
"""A decoder of so few lines takes the predecoder's outputs as they are."""
MAX_BLOCK_BITS: Final = int(rules.fixed("max_block_bits"))


@dataclass(frozen=True)
class Decoded:
    """What it costs to select one line."""

    latency_s: Quantity
    rise_s: Quantity
    """Rise time of the selected line [s]."""
    energy_j: Quantity
    leakage_w: Quantity


def _nand_widths(inputs: int, tech: Technology) -> tuple[Quantity, Quantity]:
    """NMOS and PMOS width [m] of a NAND that pulls like a minimum inverter."""
    unit = tech.rules.min_width_f * tech.feature_m
    return inputs * unit, tech.width_ratio * unit


def _nand_input_f(inputs: int, tech: Technology) -> Quantity:
    nmos, pmos = _nand_widths(inputs, tech)
    return logic.gate_capacitance_f(nmos + pmos, tech)


def _nand_effort(inputs: int, tech: Technology) -> Quantity:
    """Logical effort of that NAND: (n + r) / (1 + r) with r the PMOS over NMOS width."""
    return (inputs + tech.width_ratio) / (1 + tech.width_ratio)


def _chain_after_nand(*, inputs: int, load_f: Quantity, tech: Technology) -> drivers.Chain:
    pin, effort = _nand_input_f(inputs, tech), _nand_effort(inputs, tech)
    return drivers.fastest(load_f=load_f, input_f=pin, effort=effort, tech=tech)


def _gated(*, inputs: int, chain: drivers.Chain, lines: Quantity, rise_s: Quantity, tech: Technology) -> Decoded:
    """A NAND and its chain on each of `lines` lines, of which one switches."""
    nmos, pmos = _nand_widths(inputs, tech)
    output = logic.output_capacitance_f(
        shape="nand", inputs=inputs, nmos_m=nmos, pmos_m=pmos, region_f=tech.rules.driver_region_f, tech=tech
    )
    load = output + drivers.input_capacitance_f(chain, tech)
    first = logic.stage_delay_s(width_m=nmos, stack=inputs, load_f=load, wire_s=0.0, input_rise_s=rise_s, tech=tech)
    rest, rise = drivers.delay_s(chain, 2 * first, tech)
    leakage = logic.nand_leakage_w(pmos, inputs, tech) + drivers.leakage_w(chain, tech)
    energy = load * tech.supply_v**2 + drivers.energy_j(chain, tech)
    return Decoded(first + rest, rise, energy, leakage * lines)


def _direct(*, chain: drivers.Chain, lines: Quantity, rise_s: Quantity, tech: Technology) -> Decoded:
    """A chain alone on each line."""
    latency, rise = drivers.delay_s(chain, rise_s, tech)
    return Decoded(latency, rise, drivers.energy_j(chain, tech), drivers.leakage_w(chain, tech) * lines)


def _where(condition: Quantity | bool, left: Decoded, right: Decoded) -> Decoded:
    """Entry by entry the left or the right."""
    chosen = {name: np.where(condition, value, getattr(right, name)) for name, value in vars(left).items()}
    return Decoded(**chosen)


Drivers = Literal["least", "sized"]
"""How the lines of a decoder are driven. `least`: by inverters of minimum width, as NVSim does when it balances area and delay
[2]; `sized`: by chains of least delay [1]."""


def _chains(
    *, load_f: Quantity, wire_s: Quantity, drive: Drivers, tech: Technology
) -> tuple[drivers.Chain, drivers.Chain]:
    """Chains on each line: behind a NAND, and where the predecoder's output comes as it is."""
    if drive == "least":
        chain = drivers.minimum(load_f=load_f, wire_s=wire_s, tech=tech)
        return chain, chain
    pin = logic.gate_capacitance_f(tech.rules.min_width_f * tech.feature_m * (1 + tech.width_ratio), tech)
    gated = _chain_after_nand(inputs=2, load_f=load_f, tech=tech)
    direct = drivers.fastest(load_f=load_f, input_f=pin, effort=1.0, tech=tech)
    return drivers.Chain(gated.widths_m, load_f, wire_s), drivers.Chain(direct.widths_m, load_f, wire_s)


def line_decoder(
    *, lines: Quantity, load_f: Quantity, wire_s: Quantity, rise_s: Quantity, drive: Drivers, tech: Technology
) -> Decoded:
    """The decoder of word lines, or of the selects of a column mux.

    Args:
        lines: number of lines, any integer array.
        load_f: capacitance of one line [F].
        wire_s: half its RC [s].
        rise_s: rise time of the predecoder's outputs [s].
        drive: how the lines are driven.
        tech: devices.
    """
    behind, alone = _chains(load_f=load_f, wire_s=wire_s, drive=drive, tech=tech)
    gated = _gated(inputs=2, chain=behind, lines=lines, rise_s=rise_s, tech=tech)
    direct = _direct(chain=alone, lines=lines, rise_s=rise_s, tech=tech)
    return _where(np.less_equal(lines, DIRECT_LINES), direct, gated)


def line_layout(*, lines: Quantity, load_f: Quantity, drive: Drivers, tech: Technology) -> logic.Layout:
    """Size [m] of such a decoder, its lines on top of each other."""
    nmos, pmos = _nand_widths(2, tech)
    nand = logic.gate_layout(shape="nand", inputs=2, nmos_m=nmos, pmos_m=pmos, tech=tech)
    behind, alone = (
        drivers.layout(chain, tech) for chain in _chains(load_f=load_f, wire_s=0.0, drive=drive, tech=tech)
    )
    direct = np.less_equal(lines, DIRECT_LINES)
    width = np.where(direct, alone.width_m, behind.width_m + nand.width_m)
    height = np.where(direct, alone.height_m, np.maximum(behind.height_m, nand.height_m))
    return logic.Layout(width, height * lines)


def _basic(*, bits: int, load_f: Quantity, tech: Technology) -> Decoded:
    """A 1-to-2, 2-to-4 or 3-to-8 decoder whose outputs each see `load_f`."""
    if bits == 1:
        inverter = logic.gate_capacitance_f(tech.rules.min_width_f * tech.feature_m * (1 + tech.width_ratio), tech)
        chain = drivers.fastest(load_f=load_f, input_f=inverter, effort=1.0, tech=tech)
        return _direct(chain=chain, lines=2.0, rise_s=0.0, tech=tech)
    chain = _chain_after_nand(inputs=bits, load_f=load_f, tech=tech)
    return _gated(inputs=bits, chain=chain, lines=float(2**bits), rise_s=0.0, tech=tech)


def _joined(*, bits: int, load_f: Quantity, tech: Technology) -> Decoded:
    """A block of 4 to 6 bits: two basic decoders, each output feeding the NANDs it is part of."""
    low, high = bits // 2, bits - bits // 2
    pin = _nand_input_f(2, tech)
    chain = _chain_after_nand(inputs=2, load_f=load_f, tech=tech)
    paths = []
    for own, other in ((low, high), (high, low)):
        basic = _basic(bits=own, load_f=pin * 2.0**other, tech=tech)
        last = _gated(inputs=2, chain=chain, lines=float(2**bits), rise_s=basic.rise_s, tech=tech)
        paths.append((basic, last))
    (basic_a, last_a), (basic_b, last_b) = paths
    late_a, late_b = basic_a.latency_s + last_a.latency_s, basic_b.latency_s + last_b.latency_s
    return Decoded(
        latency_s=np.maximum(late_a, late_b),
        rise_s=np.where(np.greater(late_a, late_b), last_a.rise_s, last_b.rise_s),
        energy_j=basic_a.energy_j + basic_b.energy_j + last_a.energy_j,
        leakage_w=basic_a.leakage_w + basic_b.leakage_w + last_a.leakage_w,
    )


def _block(*, bits: FloatArray, load_f: Quantity, tech: Technology) -> Decoded:
    """A predecoder block of `bits` address bits per entry: 0 (nothing there) to `MAX_BLOCK_BITS`."""
    found = Decoded(0.0, 0.0, 0.0, 0.0)
    for count in range(1, MAX_BLOCK_BITS + 1):
        if np.any(bits == count):
            build = _basic if count <= 3 else _joined
            found = _where(bits == count, build(bits=count, load_f=load_f, tech=tech), found)
    return found


def predecoder(*, lines: FloatArray, load_f: Quantity, tech: Technology) -> Decoded:
    """The two blocks that predecode the address of one of `lines` lines, working side by side.

    The bits are halved between the blocks above 3 bits; one block does it alone up to there.

    Args:
        lines: number of lines to select from, up to 4096.
        load_f: wire that each output drives [F].
        tech: devices.
    """
    bits = np.ceil(np.log2(lines) - 1e-9)
    second = np.where(bits > 3, np.floor(bits / 2), 0.0)
    one = _block(bits=bits - second, load_f=load_f, tech=tech)
    two = _block(bits=second, load_f=load_f, tech=tech)
    return Decoded(
        latency_s=np.maximum(one.latency_s, two.latency_s),
        rise_s=np.maximum(one.rise_s, two.rise_s),
        energy_j=one.energy_j + two.energy_j,
        leakage_w=one.leakage_w + two.leakage_w,
    )
