"""Transistors and static gates: capacitance, resistance, delay, leakage and layout size.

Widths, lengths and heights are in metres and may be arrays.

References:
    [1] Horowitz, "Timing Models for MOS Circuits", PhD thesis, Stanford, 1984.
    [2] Thoziyoor, Muralimanohar, Ahn, Jouppi, "CACTI 5.1", HP Labs HPL-2008-20, 2008 (gate area, drain capacitance).
    [3] Dong et al., "NVSim", IEEE TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from sotexplore.hardware import rules
from sotexplore.hardware.technology import Quantity, Technology

FOLDING_F: Final = rules.fixed("folding_f")
"""What folding a transistor takes of the height it is folded into: nothing fits into less."""


Shape = Literal["inverter", "nand"]


@dataclass(frozen=True)
class Layout:
    """Drawn size of a gate [m]."""

    width_m: Quantity
    height_m: Quantity


def _landing_f(tech: Technology) -> Quantity:
    """A contact with its spacing to the gates on both sides [F]."""
    return tech.rules.contact_f + 2 * tech.rules.contact_to_poly_f


def gate_capacitance_f(width_m: Quantity, tech: Technology) -> Quantity:
    """Input capacitance [F] of gates of total width `width_m`: ideal + overlap + fringe, all per width."""
    per_width = (1 + tech.rules.overlap_ratio) * tech.gate_ideal_f_m + tech.rules.fringe_edges * tech.gate_fringe_f_m
    return per_width * width_m


def on_resistance_ohm(width_m: Quantity, on_a_m: Quantity, tech: Technology) -> Quantity:
    """Effective switching resistance [ohm]: k Vdd / (I_on W)."""
    return tech.resistance_ratio * tech.supply_v / (on_a_m * width_m)


def transconductance_s(width_m: Quantity, mobility_m2_vs: Quantity, tech: Technology) -> Quantity:
    """Small-signal gain [S] of a velocity-limited transistor: mu C_ox / 2 W / L min(V_dsat, Vdd - Vth)."""
    saturation_v = tech.gate_length_m * tech.rules.saturation_velocity_m_s / mobility_m2_vs
    overdrive_v = np.minimum(saturation_v, tech.supply_v - tech.threshold_v)
    return mobility_m2_vs * tech.gate_oxide_f_m2 / 2 * width_m / tech.gate_length_m * overdrive_v


def horowitz_s(tau_s: Quantity, gain_ratio: Quantity, input_rise_s: Quantity) -> Quantity:
    """Delay [s] to half swing of a stage with time constant `tau_s` behind an input of finite slope [1].

    Equation: tau sqrt(ln(1/2)^2 + 2 (t_rise / tau) b (1 - 1/2)); an instant input gives 0.69 tau.

    Args:
        tau_s: RC of the stage [s].
        gain_ratio: b = 1 / (R g_m), 1.
        input_rise_s: time of the full input swing [s] (twice the delay of the stage before; 0 for a step).
    """
    slope = gain_ratio * input_rise_s / tau_s
    delay: Quantity = tau_s * np.sqrt(np.log(2.0) ** 2 + slope)
    return delay


def stage_delay_s(
    *, width_m: Quantity, stack: int, load_f: Quantity, wire_s: Quantity, input_rise_s: Quantity, tech: Technology
) -> Quantity:
    """Delay [s] of a gate that pulls down through `stack` NMOS of `width_m` into `load_f` and a wire of RC `wire_s`."""
    resistance = stack * on_resistance_ohm(width_m, tech.on_nmos_a_m, tech)
    gain = 1 / (resistance * transconductance_s(width_m, tech.electron_mobility_m2_vs, tech))
    return horowitz_s(resistance * load_f + wire_s, gain, input_rise_s)


def _folds(width_m: Quantity, limit_m: Quantity, tech: Technology) -> tuple[Quantity, Quantity]:
    """Number of fingers that a transistor is folded into, and the height of one [m]."""
    fits = np.less(width_m, limit_m)
    usable = np.maximum(limit_m - FOLDING_F * tech.feature_m, 1e-12)
    fingers = np.where(fits, 1.0, np.ceil(np.divide(width_m, usable)))
    return fingers, np.where(fits, width_m, limit_m)


def _limits(nmos_m: Quantity, pmos_m: Quantity, region_m: Quantity, tech: Technology) -> tuple[Quantity, Quantity]:
    """Heights [m] that the two diffusions may share, in proportion to their widths."""
    ratio = pmos_m / (pmos_m + nmos_m)
    shared = region_m - tech.rules.diffusion_gap_f * tech.feature_m
    return (1 - ratio) * shared, ratio * shared


def gate_layout(*, shape: Shape, inputs: int, nmos_m: Quantity, pmos_m: Quantity, tech: Technology) -> Layout:
    """Width and height [m] of a static gate drawn in a region of `REGION_F`, wide transistors folded [2]."""
    f = tech.feature_m
    limit_n, limit_p = _limits(nmos_m, pmos_m, tech.rules.region_f * f, tech)
    fingers_n, height_n = _folds(nmos_m, limit_n, tech)
    fingers_p, height_p = _folds(pmos_m, limit_p, tech)
    ends = 2 * _landing_f(tech) * f
    run_n = (fingers_n + (fingers_n - 1) * tech.rules.poly_gap_f) * f * inputs
    run_p = (fingers_p + (fingers_p - 1) * tech.rules.poly_gap_f) * f * inputs
    series_gap = (inputs - 1) * tech.rules.poly_gap_f * f
    parallel_gap = (inputs - 1) * _landing_f(tech) * f if shape == "nand" else 0.0
    width = ends + np.maximum(run_n + series_gap, run_p + parallel_gap)
    return Layout(width, height_n + height_p + (tech.rules.diffusion_gap_f + 2 * tech.rules.rail_f) * f)


def transistor_layout(*, width_m: Quantity, region_m: Quantity, tech: Technology) -> Layout:
    """Width and height [m] of one bare transistor in a region of height `region_m`."""
    fingers, height = _folds(width_m, region_m, tech)
    run = fingers + (fingers - 1) * tech.rules.poly_gap_f
    return Layout((2 * _landing_f(tech) + run) * tech.feature_m, height)


def _diffusion_f(drain_m: Quantity, height_m: Quantity, fingers: Quantity, tech: Technology) -> Quantity:
    """Junction, side-wall and channel-edge capacitance [F] of a drain of the given drawn size."""
    bias = 1 + tech.supply_v / tech.rules.built_in_v
    junction = tech.rules.junction_f_m2 / bias ** rules.fixed("junction_grading")
    sidewall = tech.rules.sidewall_f_m / bias ** rules.fixed("sidewall_grading")
    channel = tech.rules.channel_edge_f_m / bias ** rules.fixed("sidewall_grading")
    open_end = np.where(np.mod(fingers, 2) == 0, 0.0, height_m)
    return drain_m * height_m * junction + (2 * drain_m + open_end) * sidewall + fingers * height_m * channel


def drain_capacitance_f(*, width_m: Quantity, region_m: Quantity, tech: Technology) -> Quantity:
    """Drain capacitance [F] of one transistor folded into a region of height `region_m`."""
    fingers, height = _folds(width_m, region_m, tech)
    drain = (_landing_f(tech) + (fingers - 1) * tech.rules.poly_gap_f) * tech.feature_m
    return _diffusion_f(drain, height, fingers, tech)


def output_capacitance_f(
    *, shape: Shape, inputs: int, nmos_m: Quantity, pmos_m: Quantity, region_f: Quantity, tech: Technology
) -> Quantity:
    """Output capacitance [F] of a static gate: series NMOS drains and parallel PMOS drains."""
    f = tech.feature_m
    limit_n, limit_p = _limits(nmos_m, pmos_m, region_f * f, tech)
    fingers_n, height_n = _folds(nmos_m, limit_n, tech)
    fingers_p, height_p = _folds(pmos_m, limit_p, tech)
    gaps_n = (fingers_n - 1) * tech.rules.poly_gap_f * inputs + (inputs - 1) * tech.rules.poly_gap_f
    drain_n = (_landing_f(tech) + gaps_n) * f
    drain_p = (_landing_f(tech) + (fingers_p - 1) * tech.rules.poly_gap_f) * f * (inputs if shape == "nand" else 1)
    return _diffusion_f(drain_n, height_n, fingers_n, tech) + _diffusion_f(drain_p, height_p, fingers_p, tech)


def inverter_leakage_w(nmos_m: Quantity, pmos_m: Quantity, tech: Technology) -> Quantity:
    """Sub-threshold leakage [W] of an inverter in its worse state."""
    return tech.supply_v * np.maximum(nmos_m * tech.off_nmos_a_m, pmos_m * tech.off_pmos_a_m)


def nand_leakage_w(pmos_m: Quantity, inputs: int, tech: Technology) -> Quantity:
    """Sub-threshold leakage [W] of a NAND averaged over its input states."""
    averaged = {2: tech.rules.nand2_leakage_ratio, 3: tech.rules.nand3_leakage_ratio}[inputs]
    return tech.supply_v * averaged * inputs * pmos_m * tech.off_pmos_a_m
