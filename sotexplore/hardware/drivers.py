"""Inverter chains that drive a load, sized by logical effort.

References:
    [1] Sutherland, Sproull, Harris, "Logical Effort", Morgan Kaufmann, 1999.
    [2] Dong et al., "NVSim", IEEE TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sotexplore.hardware import logic, rules
from sotexplore.hardware.technology import FloatArray, Quantity, Technology

MAX_STAGES: Final = int(rules.fixed("max_stages"))
"""Odd, so that a chain inverts."""


@dataclass(frozen=True)
class Chain:
    """An inverting chain; stages lie on the leading axis, a missing stage has width 0."""

    widths_m: FloatArray
    """NMOS width of each stage, last stage first [m]."""
    load_f: Quantity
    """Capacitance at the end [F]."""
    wire_s: Quantity
    """Half the RC of the wire at the end [s]."""


def minimum(*, load_f: Quantity, wire_s: Quantity, tech: Technology) -> Chain:
    """One inverter of minimum width: the driver of every word line when area and delay are balanced [2]."""
    width, _ = np.broadcast_arrays(np.asarray(tech.rules.min_width_f * tech.feature_m, dtype=np.float64), load_f)
    return Chain(width[np.newaxis], load_f, wire_s)


def fastest(*, load_f: Quantity, input_f: Quantity, effort: Quantity, tech: Technology) -> Chain:
    """The chain of least delay for a lumped load [1].

    Equation: path effort F = g C_load / C_in; stages N = odd near ln F / ln 4 - 1, the gate before the chain
    being one more; stage effort f = F^(1/(N+1)); each inverter is 1/f of the next.

    Args:
        load_f: load [F].
        input_f: input capacitance of the gate before the chain [F].
        effort: logical effort g of that gate.
        tech: devices.
    """
    path = np.asarray(np.maximum(1.0, effort * load_f / input_f), dtype=np.float64)
    stages = np.maximum(np.floor(np.log(path) / np.log(tech.rules.stage_effort) + 0.5) - 1, 0)
    stages = np.minimum(stages + (stages % 2 == 0), MAX_STAGES)
    step = path ** (1 / (stages + 1))
    per_width = logic.gate_capacitance_f(1.0, tech) * (1 + tech.width_ratio)
    low, high = tech.rules.min_width_f * tech.feature_m, tech.rules.max_width_f * tech.feature_m
    last = np.maximum(low, load_f / step / per_width)
    limited = (effort * per_width * high / input_f) ** (1 / stages)
    step = np.where(last > high, limited, step)
    widths = [np.minimum(last, high)]
    for index in range(1, int(stages.max(initial=1))):
        narrower = np.maximum(widths[-1] / step, low)
        widths.append(np.where(index < stages, narrower, 0.0))
    return Chain(np.stack(np.broadcast_arrays(*widths)), load_f, 0.0)


def _stage_input_f(width_m: Quantity, tech: Technology) -> Quantity:
    return logic.gate_capacitance_f(width_m * (1 + tech.width_ratio), tech)


def _stage_output_f(width_m: Quantity, tech: Technology) -> Quantity:
    return logic.output_capacitance_f(
        shape="inverter",
        inputs=1,
        nmos_m=width_m,
        pmos_m=width_m * tech.width_ratio,
        region_f=tech.rules.driver_region_f,
        tech=tech,
    )


def input_capacitance_f(chain: Chain, tech: Technology) -> Quantity:
    """Input capacitance [F] of the first inverter."""
    first = np.zeros_like(chain.widths_m[0])
    for width in chain.widths_m:
        first = np.where(width > 0, width, first)
    return _stage_input_f(first, tech)


def _stage_loads(chain: Chain, tech: Technology) -> list[tuple[FloatArray, FloatArray, Quantity, Quantity]]:
    """Of each stage, first to last: is it there, its width, its load with its own drains, the wire behind it."""
    found: list[tuple[FloatArray, FloatArray, Quantity, Quantity]] = []
    load, wire = chain.load_f, chain.wire_s
    for width in chain.widths_m:
        present = width > 0
        safe = np.where(present, width, tech.rules.min_width_f * tech.feature_m)
        found.append((present, safe, load + _stage_output_f(safe, tech), wire))
        load, wire = _stage_input_f(safe, tech), 0.0
    return found[::-1]


def delay_s(chain: Chain, input_rise_s: Quantity, tech: Technology) -> tuple[Quantity, Quantity]:
    """Delay [s] of the chain and the rise time [s] at its output."""
    total: Quantity = 0.0
    rise = input_rise_s
    for present, width, load, wire in _stage_loads(chain, tech):
        delay = logic.stage_delay_s(width_m=width, stack=1, load_f=load, wire_s=wire, input_rise_s=rise, tech=tech)
        total = total + np.where(present, delay, 0.0)
        rise = np.where(present, 2 * delay, rise)
    return total, rise


def energy_j(chain: Chain, tech: Technology) -> Quantity:
    """Energy [J] of one switching of the chain and its load: sum of C Vdd^2."""
    total: Quantity = 0.0
    for present, _, load, _ in _stage_loads(chain, tech):
        total = total + np.where(present, load, 0.0) * tech.supply_v**2
    return total


def leakage_w(chain: Chain, tech: Technology) -> Quantity:
    """Leakage [W] of all inverters of the chain."""
    width = chain.widths_m
    total: Quantity = np.sum(logic.inverter_leakage_w(width, width * tech.width_ratio, tech), axis=0)
    return total


def layout(chain: Chain, tech: Technology) -> logic.Layout:
    """Size [m] of the inverters drawn side by side."""
    height: Quantity = 0.0
    width: Quantity = 0.0
    for present, nmos, _, _ in _stage_loads(chain, tech):
        gate = logic.gate_layout(shape="inverter", inputs=1, nmos_m=nmos, pmos_m=nmos * tech.width_ratio, tech=tech)
        height = np.maximum(height, np.where(present, gate.height_m, 0.0))
        width = width + np.where(present, gate.width_m, 0.0)
    return logic.Layout(width, height)
