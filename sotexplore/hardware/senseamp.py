"""Current sense amplifier: a current-to-voltage stage and a latch.

References:
    [1] Dong et al., "NVSim", IEEE TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930 (latch and converter).
    [2] Muralimanohar et al., "CACTI 6.0", HP Labs HPL-2009-85, 2009 (latch sizes).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sotexplore.hardware import logic
from sotexplore.hardware.technology import Quantity, Technology


@dataclass(frozen=True)
class SenseAmplifier:
    """One sense amplifier."""

    input_f: Quantity
    latency_s: Quantity
    energy_j: Quantity
    leakage_w: Quantity
    height_m: Quantity


def _latch_input_f(pitch_m: Quantity, tech: Technology) -> Quantity:
    f = tech.feature_m
    total = logic.gate_capacitance_f((tech.rules.latch_pmos_f + tech.rules.latch_nmos_f) * f, tech)
    for width_f in (
        tech.rules.latch_nmos_f,
        tech.rules.latch_pmos_f,
        tech.rules.latch_isolation_f,
        tech.rules.output_mux_f,
    ):
        total = total + logic.drain_capacitance_f(width_m=width_f * f, region_m=pitch_m, tech=tech)
    return total


def _latch_height_m(pitch_m: Quantity, tech: Technology) -> Quantity:
    """Height [m] of the latch, its transistors turned by 90 degrees and stacked, squeezed into the pitch."""
    f = tech.feature_m
    stack: Quantity = (4 * tech.rules.same_diffusion_gap_f + tech.rules.diffusion_gap_f) * f
    widest: Quantity = 0.0
    for width_f, count in (
        (tech.rules.latch_pmos_f, 2),
        (tech.rules.latch_isolation_f, 1),
        (tech.rules.latch_nmos_f, 2),
        (tech.rules.latch_enable_f, 1),
    ):
        turned = logic.transistor_layout(width_m=width_f * f, region_m=pitch_m, tech=tech)
        stack = stack + count * turned.width_m
        widest = np.maximum(widest, turned.height_m)
    return stack * widest / pitch_m


def sense_amplifier(*, pitch_m: Quantity, sense_v: float, converter: bool, tech: Technology) -> SenseAmplifier:
    """One sense amplifier in the pitch of the columns it serves.

    Equation: t = t_converter + C / g_m ln(Vdd / V_sense); E = E_converter + C Vdd^2.

    Args:
        pitch_m: width of the columns that share it [m].
        sense_v: least voltage difference that the latch resolves [V].
        converter: with the current-to-voltage stage (a resistive cell) or without (SRAM).
        tech: devices.
    """
    f = tech.feature_m
    load = _latch_input_f(pitch_m, tech)
    gain = logic.transconductance_s(tech.rules.latch_nmos_f * f, tech.electron_mobility_m2_vs, tech)
    gain = gain + logic.transconductance_s(tech.rules.latch_pmos_f * f, tech.hole_mobility_m2_vs, tech)
    idle_w = logic.inverter_leakage_w(tech.rules.latch_enable_f * f, 0.0, tech) * tech.supply_v
    on = 1.0 if converter else 0.0
    return SenseAmplifier(
        input_f=load,
        latency_s=on * tech.converter_latency_s + load / gain * np.log(tech.supply_v / sense_v),
        energy_j=on * tech.converter_energy_j + load * tech.supply_v**2,
        leakage_w=on * tech.converter_leakage_w + idle_w,
        height_m=_latch_height_m(pitch_m, tech) + on * tech.rules.converter_area_f2 * f**2 / pitch_m,
    )
