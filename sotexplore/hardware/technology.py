"""CMOS and wire constants of each process node, every number with its source and range.

All CMOS devices are the low-operating-power (LOP) devices of the roadmap at 300 K, all wires local, without barrier or
repeaters ("aggressive" projection). No constant is fitted. The ranges are assumed: process corners and the spread
between roadmap editions, except where a source disagrees by more.

References:
    [1] Dong, Xu, Xie, Jouppi, "NVSim: A Circuit-Level Performance, Energy, and Area Model for Emerging
        Nonvolatile Memory", IEEE TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930, and its public constants.
    [2] Muralimanohar, Balasubramonian, Jouppi, "CACTI 6.0", HP Labs HPL-2009-85, 2009 (and release 6.5).
    [3] ITRS 2007/2009 roadmap devices solved with MASTAR 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sotexplore.errors import InputError
from sotexplore.hardware import rules
from sotexplore.hardware.constant import Constant, FloatArray, Quantity

__all__ = ["CONSTANTS", "NODES_NM", "Constant", "FloatArray", "Quantity", "Technology", "technology"]

NODES_NM: Final = (22, 32, 45, 65)


@dataclass(frozen=True)
class Technology:
    """Devices and local wires of one node (a field may be an array: one entry per draw of a study)."""

    node_nm: int
    feature_m: Quantity
    """F, the half pitch that layout rules count in [m]."""
    supply_v: Quantity
    threshold_v: Quantity
    gate_length_m: Quantity
    gate_ideal_f_m: Quantity
    """Ideal gate capacitance per width [F/m]; overlap adds a fifth of it."""
    gate_fringe_f_m: Quantity
    """Fringe capacitance of one gate edge per width [F/m]."""
    gate_oxide_f_m2: Quantity
    electron_mobility_m2_vs: Quantity
    hole_mobility_m2_vs: Quantity
    width_ratio: Quantity
    """PMOS over NMOS width of a balanced gate."""
    resistance_ratio: Quantity
    """Effective switching resistance over supply / on-current."""
    on_nmos_a_m: Quantity
    on_pmos_a_m: Quantity
    off_nmos_a_m: Quantity
    off_pmos_a_m: Quantity
    wire_pitch_m: Quantity
    wire_aspect_ratio: Quantity
    wire_dielectric_m: Quantity
    """Thickness of the dielectric above and below the wire [m]."""
    wire_permittivity_ratio: Quantity
    """Relative permittivity between neighbouring wires."""
    wire_resistivity_ohm_m: Quantity
    """Copper in a line of this width, 20 degC."""
    converter_latency_s: Quantity
    """Current-to-voltage stage of the current sense amplifier."""
    converter_energy_j: Quantity
    converter_leakage_w: Quantity
    rules: rules.Rules
    """What holds at every node."""


_MASTAR = "MASTAR 5 lop-bulk-{year} [3], as tabulated by NVSim [1] Technology"
_CACTI = "CACTI 6.5 [2], as used by NVSim [1] Technology"
_WIRE = "ITRS local wire, aggressive projection, CACTI 6.5 [2], as tabulated by NVSim [1] Wire"
_SPICE = "HSPICE of the current sense amplifier by the authors of NVSim [1] SenseAmp"
_YEAR: Final = {22: 2016, 32: 2012, 45: 2010, 65: 2007}

# name: (unit, kind, source, relative half-range, values at 22, 32, 45, 65 nm)
_Row = tuple[str, str, str, float, tuple[float, float, float, float]]
_TABLE: Final[dict[str, _Row]] = {
    "supply_v": ("V", "simulated", _MASTAR, 0.05, (0.5, 0.7, 0.7, 0.8)),
    "threshold_v": ("V", "simulated", _MASTAR, 0.10, (217.39e-3, 278.52e-3, 288.94e-3, 323.75e-3)),
    "gate_length_m": ("m", "simulated", _MASTAR, 0.10, (11e-9, 18e-9, 22e-9, 32e-9)),
    "gate_ideal_f_m": ("F/m", "simulated", _MASTAR, 0.10, (3.45e-10, 5.54e-10, 6.13e-10, 6.01e-10)),
    "gate_fringe_f_m": ("F/m", "simulated", _MASTAR, 0.20, (1.7e-10, 2.0e-10, 2.0e-10, 2.4e-10)),
    "gate_oxide_f_m2": ("F/m2", "simulated", _MASTAR, 0.10, (3.14e-2, 3.08e-2, 2.79e-2, 1.88e-2)),
    "electron_mobility_m2_vs": ("m2/Vs", "simulated", _MASTAR, 0.15, (747.37e-4, 581.62e-4, 606.95e-4, 491.59e-4)),
    "hole_mobility_m2_vs": ("m2/Vs", "simulated", _MASTAR, 0.15, (118.35e-4, 120.30e-4, 124.60e-4, 110.95e-4)),
    "width_ratio": ("1", "simulated", _CACTI, 0.10, (2.28, 2.28, 2.28, 2.28)),
    "resistance_ratio": ("1", "simulated", _CACTI, 0.10, (1.73, 1.73, 1.76, 1.82)),
    "on_nmos_a_m": ("A/m", "simulated", _MASTAR, 0.15, (716.1, 760.3, 682.1, 562.9)),
    "on_pmos_a_m": ("A/m", "simulated", _MASTAR, 0.15, (716.1 / 2, 878.6, 772.4, 329.5)),
    "off_nmos_a_m": ("A/m", "simulated", _MASTAR, 0.50, (3.57e-2 / 1.7, 3.57e-2, 4.03e-3, 9.08e-3)),
    "off_pmos_a_m": ("A/m", "simulated", _MASTAR, 0.50, (3.57e-2 / 1.7, 3.57e-2, 4.03e-3, 1.30e-2)),
    "wire_pitch_m": ("m", "stated", _WIRE, 0.10, (44e-9, 64e-9, 102e-9, 162.5e-9)),
    "wire_aspect_ratio": ("1", "stated", _WIRE, 0.10, (1.9, 1.8, 1.8, 2.7)),
    "wire_dielectric_m": ("m", "stated", _WIRE, 0.20, (41.8e-9, 57.6e-9, 91.8e-9, 405e-9)),
    "wire_permittivity_ratio": ("1", "stated", _WIRE, 0.10, (2.55, 2.82, 2.6, 2.303)),
    "wire_resistivity_ohm_m": ("ohm m", "stated", _WIRE, 0.20, (6.0e-8, 5.0e-8, 4.08e-8, 2.2e-8)),
    "converter_latency_s": ("s", "simulated", _SPICE, 0.30, (1.45e-9, 1.07e-9, 0.80e-9, 0.62e-9)),
    "converter_energy_j": ("J", "simulated", _SPICE, 0.30, (150e-15, 125.6e-15, 102.6e-15, 90.0e-15)),
    "converter_leakage_w": ("W", "simulated", _SPICE, 0.50, (150e-9, 125.4e-9, 4.41e-9, 25.7e-9)),
}

# (name, node): (kind, what is special, factor on the value at the low end, at the high end)
_SPECIAL: Final[dict[tuple[str, int], tuple[str, str, float, float]]] = {
    ("on_pmos_a_m", 22): ("assumed", "half of the NMOS, as CACTI 6.5 [2] does", 0.7, 2.0),
    ("off_nmos_a_m", 22): ("assumed", "value of 32 nm over 1.7, NVSim [1]", 0.5, 2.0),
    ("off_pmos_a_m", 22): ("assumed", "equal to the NMOS, NVSim [1]", 0.5, 2.0),
    ("off_pmos_a_m", 32): ("assumed", "equal to the NMOS, NVSim [1]", 0.5, 2.0),
    ("off_pmos_a_m", 45): ("assumed", "equal to the NMOS, NVSim [1]", 0.5, 2.0),
    ("converter_latency_s", 22): ("assumed", "not simulated below 32 nm, NVSim [1]", 0.5, 1.5),
    ("converter_energy_j", 22): ("assumed", "not simulated below 32 nm, NVSim [1]", 0.5, 1.5),
    ("converter_leakage_w", 22): ("assumed", "not simulated below 32 nm, NVSim [1]", 0.3, 2.0),
    ("converter_leakage_w", 45): ("simulated", _SPICE + "; a tenth of what its neighbours suggest", 0.5, 10.0),
}


def _constants(node_nm: int) -> dict[str, Constant]:
    column = NODES_NM.index(node_nm)
    feature = node_nm * 1e-9
    table = {"feature_m": Constant(feature, "m", "stated", "definition of the node", feature, feature)}
    for name, (unit, kind, source, half_range, values) in _TABLE.items():
        usual = (kind, source.format(year=_YEAR[node_nm]), 1 - half_range, 1 + half_range)
        own_kind, own_source, low, high = _SPECIAL.get((name, node_nm), usual)
        value = values[column]
        table[name] = Constant(value, unit, own_kind, own_source, value * low, value * high)
    return table


CONSTANTS: Final[dict[int, dict[str, Constant]]] = {node: _constants(node) for node in NODES_NM}
"""Node -> constant's name -> value, unit, kind, source and range."""


def technology(node_nm: int) -> Technology:
    """The devices and wires of a node.

    Args:
        node_nm: process node [nm], one of `NODES_NM`.

    Raises:
        InputError: for a node without a table.
    """
    if node_nm not in CONSTANTS:
        allowed = ", ".join(map(str, NODES_NM))
        raise InputError("hardware.node_nm", "no table for this node", got=node_nm, allowed=allowed)
    values = {name: constant.value for name, constant in CONSTANTS[node_nm].items()}
    return Technology(node_nm=node_nm, rules=rules.nominal(), **values)
