"""Circuit constants of the chip around the sub-arrays: one table, every entry with its source, spread and derivation.

Each value is the paper's own number times a factor, at the paper's own node. `scaled` brings it to another node:

- energy: Stillmaker and Baas [1], quadratic in supply voltage, evaluated at 0.9 V on every node;
- area: the area table of [1];
- delay: gate delay in proportion to the node, FO4 = 360 ps per um of drawn gate length [2].

Nodes between those of [1] (65, 45, 32, 20 nm) are interpolated in the logarithms. Analogue parts follow the same
rules, which is an assumption.

References:
    [1] Stillmaker, Baas, "Scaling equations for the accurate prediction of CMOS device performance from 180 nm to
        7 nm", Integration 58, 2017, doi 10.1016/j.vlsi.2017.02.002 (tables of area, delay and energy, high-performance
        devices from 45 nm down).
    [2] Ho, Mai, Horowitz, "The future of wires", Proc. IEEE 89(4), 2001, doi 10.1109/5.920580.
    [3] Horowitz, "Computing's energy problem", ISSCC 2014, doi 10.1109/ISSCC.2014.6757323 (45 nm, 0.9 V).
    [4] Shafiee et al., "ISAAC", ISCA 2016, doi 10.1109/ISCA.2016.12, table I (32 nm, 1.2 GHz).
    [5] Shao et al., "Aladdin", ISCA 2014, doi 10.1109/ISCA.2014.6853196 (40 nm library of its public tool).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from sotexplore.hardware.constant import Constant, FloatArray, Quantity

__all__ = ["SCALING", "TABLE", "CircuitConstant", "FloatArray", "Process", "Quantity", "nominal"]

Kind = Literal["measured", "simulated", "stated", "fitted", "textbook", "assumed"]
Rule = Literal["energy", "area", "delay", "none"]

_SCALING_NODES_NM: Final = (20.0, 32.0, 45.0, 65.0)
_SUPPLY_V: Final = 0.9
_ENERGY_COEFFICIENTS: Final = (
    (0.373, -0.1582, 0.04104),
    (0.8367, -0.4341, 0.1701),
    (1.018, -0.3107, 0.1539),
    (3.755, -4.398, 1.975),
)
"""a2, a1, a0 of the energy factor a2 V^2 + a1 V + a0 of [1] at 20, 32, 45 and 65 nm."""
_AREA_FACTORS: Final = (0.21, 0.46, 1.0, 1.5)
"""Area relative to 45 nm at 20, 32, 45 and 65 nm [1]."""
_STILLMAKER: Final = "Stillmaker, Baas, Integration 58, 2017, doi 10.1016/j.vlsi.2017.02.002"


def _exact(value: float, unit: str, kind: str, source: str) -> Constant:
    return Constant(value, unit, kind, source, value, value)


SCALING: Final[Mapping[str, Constant]] = MappingProxyType(
    {
        "scaling_supply_v": _exact(
            _SUPPLY_V, "V", "assumed", "supply at which energies are compared: that of Horowitz, ISSCC 2014"
        )
    }
    | {
        f"energy_{name}_{node:.0f}nm": _exact(value, unit, "fitted", f"{_STILLMAKER}, energy factor a2 V^2 + a1 V + a0")
        for node, row in zip(_SCALING_NODES_NM, _ENERGY_COEFFICIENTS, strict=True)
        for (name, unit), value in zip((("a2", "1/V2"), ("a1", "1/V"), ("a0", "1")), row, strict=True)
    }
    | {
        f"area_factor_{node:.0f}nm": _exact(value, "1", "fitted", f"{_STILLMAKER}, area over that at 45 nm")
        for node, value in zip(_SCALING_NODES_NM, _AREA_FACTORS, strict=True)
    }
)
"""Name -> constant of the scaling rules; used as printed, not drawn."""


@dataclass(frozen=True)
class CircuitConstant:
    """One number of the chip model, traceable to where it comes from."""

    name: str
    value: float
    unit: str
    low: float
    """Low end of the range that a study of uncertainty should use."""
    high: float
    """High end of that range."""
    kind: Kind
    source: str
    derivation: str
    rule: Rule
    """How it is brought to another node."""
    node_nm: int = 45
    """Node that the value holds for."""


_HOROWITZ: Final = "Horowitz, ISSCC 2014, doi 10.1109/ISSCC.2014.6757323, 45 nm 0.9 V"
_ISAAC: Final = "Shafiee et al., ISCA 2016, doi 10.1109/ISCA.2016.12, table I, 32 nm 1.2 GHz"
_ALADDIN: Final = "Shao et al., ISCA 2014, doi 10.1109/ISCA.2014.6853196, 40 nm library of its public tool"
_ADC_FIT: Final = (
    "8 bit: "
    + _ISAAC
    + "; 4 to 7 bit as public tools scale it (0.79 / 0.99 / 1.20 / 1.42 pJ, 361 / 477 / 627 / 845 um2)"
)
_HO: Final = "Ho, Mai, Horowitz, Proc. IEEE 89(4), 2001, doi 10.1109/5.920580"

# name, value, unit, low, high, kind, source, derivation, rule, node
_ROWS: Final[tuple[tuple[str, float, str, float, float, Kind, str, str, Rule, int], ...]] = (
    ("full_adder_energy_j", 0.03e-12 / 8, "J", 0.1e-12 / 32, 0.21e-12 / 32, "textbook", _HOROWITZ,
     "8-bit add 0.03 pJ over 8; low: 32-bit add 0.1 pJ over 32; high: Aladdin's 32-bit add 0.21 pJ over 32", "energy", 45),
    ("full_adder_area_m2", 36e-12 / 8, "m2", 137e-12 / 32, 278e-12 / 32, "textbook", _HOROWITZ,
     "8-bit add 36 um2 over 8; low: 32-bit add 137 um2 over 32; high: Aladdin's 278 um2 over 32", "area", 45),
    ("full_adder_delay_fo4", 5.0, "FO4", 3.0, 8.0, "assumed", "static mirror adder in FO4 delays",
     "carry about 3, sum about 5 FO4", "none", 45),
    ("and_gate_ratio", 6 / 28, "1", 4 / 28, 10 / 28, "textbook", "transistor counts of static CMOS",
     "AND of 6 transistors over mirror full adder of 28", "none", 45),
    ("add_8bit_energy_j", 0.03e-12, "J", 0.02e-12, 0.06e-12, "textbook", _HOROWITZ, "as printed", "energy", 45),
    ("add_16bit_energy_j", 0.05e-12, "J", 0.03e-12, 0.1e-12, "textbook", _HOROWITZ, "as printed", "energy", 45),
    ("add_32bit_energy_j", 0.1e-12, "J", 0.07e-12, 0.21e-12, "textbook", _HOROWITZ, "as printed; high: Aladdin", "energy", 45),
    ("multiply_8bit_energy_j", 0.2e-12, "J", 0.1e-12, 0.4e-12, "textbook", _HOROWITZ, "as printed", "energy", 45),
    ("add_8bit_area_m2", 36e-12, "m2", 25e-12, 70e-12, "textbook", _HOROWITZ, "as printed", "area", 45),
    ("add_16bit_area_m2", 67e-12, "m2", 45e-12, 130e-12, "textbook", _HOROWITZ, "as printed", "area", 45),
    ("add_32bit_area_m2", 137e-12, "m2", 100e-12, 278e-12, "textbook", _HOROWITZ, "as printed; high: Aladdin", "area", 45),
    ("multiply_8bit_area_m2", 282e-12, "m2", 200e-12, 500e-12, "textbook", _HOROWITZ, "as printed", "area", 45),
    ("register_bit_energy_j", 9e-15, "J", 4e-15, 20e-15, "simulated", _ALADDIN, "register 9 fJ per bit", "energy", 40),
    ("register_bit_area_m2", 5.98e-12, "m2", 4e-12, 8e-12, "simulated", _ALADDIN, "register 5.98 um2 per bit", "area", 40),
    ("scratch_bit_energy_j", 9e-15, "J", 1.5e-15, 24e-15, "simulated", _ALADDIN,
     "a register bit rewritten; low: ISAAC's output register, 0.23 mW over 8 conversions of 16 bits at 1.2 GHz", "energy", 40),
    ("scratch_bit_area_m2", 0.00077e-6 / 2048, "m2", 0.2e-12, 0.8e-12, "simulated", _ISAAC,
     "output register 256 B, 0.00077 mm2", "area", 32),
    ("shift_add_16bit_energy_j", 0.2e-3 / 8 / 1.2e9, "J", 0.01e-12, 0.06e-12, "simulated", _ISAAC,
     "4 shift-and-add units take the conversions of 8 ADCs: 0.2 mW over 8 at 1.2 GHz; high: Horowitz, 16-bit add", "energy", 32),
    ("shift_add_16bit_area_m2", 0.00024e-6 / 4, "m2", 40e-12, 120e-12, "simulated", _ISAAC,
     "4 shift-and-add units 0.00024 mm2", "area", 32),
    ("accumulator_bits", 32.0, "bit", 24.0, 32.0, "assumed", "widest sum of the catalogue",
     "25,088 inputs of 8-bit by 8-bit products: log2(25088) + 16 = 31 bits", "none", 45),
    ("adc_energy_linear_j", 0.197e-12, "J", 0.05e-12, 0.4e-12, "fitted", _ADC_FIT,
     "E = e1 b + e2 2^b through 4 and 8 bit, 5 to 7 bit within 1 %; low: FORMS 4 bit 0.226 pJ; high: survey 1.75 pJ", "energy", 32),
    ("adc_energy_exponential_j", 0.000355e-12, "J", 0.0001e-12, 0.004e-12, "fitted", _ADC_FIT,
     "see adc_energy_linear_j; high: survey 8 bit 3.25 pJ", "energy", 32),
    ("adc_area_linear_m2", 81.7e-12, "m2", 60e-12, 600e-12, "fitted", _ADC_FIT,
     "A = a1 b + a2 2^b through 4 and 8 bit; high: a survey's 5,000 um2 (sources disagree fivefold)", "area", 32),
    ("adc_area_exponential_m2", 2.134e-12, "m2", 1e-12, 8e-12, "fitted", _ADC_FIT, "see adc_area_linear_m2", "area", 32),
    ("adc_bit_time_s", 1 / 1.2e9 / 8, "s", 1 / 1.28e9 / 8, 1 / 0.4e9 / 8, "simulated", _ISAAC,
     "8-bit successive approximation at 1.2 GS/s, one step per bit", "delay", 32),
    ("wordline_driver_power_w", 4e-3 / 1024, "W", 1e-6, 8e-6, "simulated", _ISAAC, "8 x 128 one-bit DACs 4 mW", "energy", 32),
    ("wordline_driver_area_m2", 0.00017e-6 / 1024, "m2", 0.1e-12, 1e-12, "simulated", _ISAAC,
     "8 x 128 one-bit DACs 0.00017 mm2", "area", 32),
    ("input_activity_ratio", 0.5, "1", 0.1, 0.6, "assumed", "uniform bits", "share of input bits that are one", "none", 45),
    ("sram_read_bit_energy_j", 10e-12 / 64, "J", 5e-12 / 64, 20e-12 / 64, "textbook", _HOROWITZ,
     "64 bits from 8 KB 10 pJ; grows with the square root of capacity (32 KB 20 pJ, 1 MB 100 pJ)", "energy", 45),
    ("sram_bit_area_m2", 0.346e-12 / 0.5, "m2", 0.346e-12 / 0.7, 0.346e-12 / 0.3, "stated",
     "Mistry et al., IEDM 2007, doi 10.1109/IEDM.2007.4418914: 0.346 um2 cell at 45 nm",
     "cell over an array efficiency of 0.5 (assumed)", "area", 45),
    ("sram_bit_leakage_w", 27.5e-12, "W", 5e-12, 100e-12, "simulated", "SCOPE device library, 32 nm class",
     "27.5 pW per bit, held over nodes", "none", 32),
    ("outside_read_bit_energy_j", 1.3e-9 / 64, "J", 1.3e-9 / 64, 2.6e-9 / 64, "textbook", "Horowitz, ISSCC 2014, doi 10.1109/ISSCC.2014.6757323",
     "a weight bit read outside the chip: DRAM 1.3 to 2.6 nJ per 64 bits", "none", 45),
    ("wire_bit_energy_j_m", 0.2e-9 * 1.6 * 0.25 * _SUPPLY_V**2, "J/m", 3e-11, 2e-10, "textbook", _HO,
     "0.2 pF/mm x 1.6 for repeaters x 0.25 rising edges per bit x (0.9 V)^2; ISAAC's eDRAM bus: 0.054 pJ per bit", "none", 45),
    ("least_memory_bits", 1024.0, "bit", 256.0, 4096.0, "assumed", "square-root law of SRAM energy",
     "capacity below which energy per bit falls no further", "none", 45),
    ("crossbar_input_bits", 8.0, "bit", 8.0, 8.0, "assumed", "widest activation of a design file",
     "that a crossbar's column sums are sized for", "none", 45),
    ("score_bits", 16.0, "bit", 16.0, 32.0, "assumed", "class scores of integer networks",
     "width of the network's last outputs", "none", 45),
    ("wire_delay_s_m", 100e-12 / 1e-3, "s/m", 50e-9, 200e-9, "assumed", "repeated global wire", "about 100 ps per mm", "none", 45),
    ("wire_pitch_f", 8.0, "F", 4.0, 16.0, "assumed", "semi-global metal", "in half pitches of the node", "none", 45),
    ("wire_silicon_ratio", 0.25, "1", 0.05, 1.0, "assumed", "most bus wires run above the arrays",
     "share of bus area that takes silicon", "none", 45),
    ("bus_bits", 128.0, "bit", 64.0, 256.0, "assumed", "width of a bank's bus, per row or column segment",
     "one word per clock", "none", 45),
    ("fo4_delay_s_m", 360e-12 / 1e-6, "s/m", 300e-6, 500e-6, "textbook", _HO, "360 ps per um of drawn gate length", "none", 45),
    ("clock_period_fo4", 72.0, "FO4", 40.0, 100.0, "fitted", _ISAAC,
     "1.2 GHz at 32 nm: 833 ps over 11.5 ps", "none", 32),
    ("clock_energy_ratio", 0.3, "1", 0.15, 0.5, "assumed", "clock tree of synchronous logic",
     "clock energy over the energy of the clocked logic", "none", 45),
    ("clock_area_ratio", 0.05, "1", 0.02, 0.1, "assumed", "clock tree of synchronous logic",
     "clock buffers over the area of the clocked logic", "none", 45),
    ("gate_area_m2", 0.798e-12, "m2", 0.6e-12, 1.2e-12, "stated", "NAND2_X1 of the NanGate FreePDK45 open cell library",
     "as printed", "area", 45),
    ("gate_energy_j", 1.6e-15, "J", 0.8e-15, 4e-15, "assumed", "two-input gate with its wire", "2 fF x (0.9 V)^2", "energy", 45),
    ("gate_leakage_w", 1.1e-9, "W", 0.1e-9, 20e-9, "assumed", "LOP off-current of ITRS 2007 (MASTAR 5)",
     "4.03 nA/um x 0.4 um x 0.7 V at 45 nm, held over nodes", "none", 45),
    ("controller_gates", 20e3, "1", 5e3, 100e3, "assumed", "a small microcontroller and layer sequencer",
     "gate equivalents of the chip's controller", "none", 45),
    ("controller_activity_ratio", 0.1, "1", 0.05, 0.2, "assumed", "usual switching activity of logic",
     "share of gates that switch in a cycle", "none", 45),
    ("sequencer_gates", 200.0, "1", 50.0, 1000.0, "assumed", "row and plane counters of one sub-array", "gate equivalents", "none", 45),
    ("filters_per_lane", 8.0, "1", 4.0, 32.0, "assumed", "sizing rule of the post-processing lanes",
     "one lane (scale, add, ReLU, pool, residual) for eight filters of a copy", "none", 45),
    ("sense_group_columns", 32.0, "1", 1.0, 128.0, "assumed", "one static enable for a group of sense amplifiers",
     "columns that hold no weight are not sensed, in whole groups", "none", 45),
    ("gated_leakage_ratio", 0.03, "1", 0.01, 0.1, "assumed", "power switches in series with gated blocks",
     "leakage that is left when the supply is cut", "none", 45),
    ("always_on_power_w", 100e-9, "W", 10e-9, 1e-6, "assumed", "wake-up timer and power manager", "stays on in standby", "none", 45),
)  # fmt: skip

TABLE: Final[Mapping[str, CircuitConstant]] = MappingProxyType({row[0]: CircuitConstant(*row) for row in _ROWS})
"""Name -> constant."""


@cache
def nominal() -> Mapping[str, Quantity]:
    """Name -> nominal value: what `evaluate` uses unless told otherwise."""
    return MappingProxyType({name: constant.value for name, constant in TABLE.items()})


def energy_factor(node_nm: Quantity) -> FloatArray:
    """Energy of the same logic relative to 45 nm, at 0.9 V [1]."""
    at_nodes = np.array([a2 * _SUPPLY_V**2 + a1 * _SUPPLY_V + a0 for a2, a1, a0 in _ENERGY_COEFFICIENTS])
    return _interpolated(node_nm, at_nodes / at_nodes[_SCALING_NODES_NM.index(45.0)])


def area_factor(node_nm: Quantity) -> FloatArray:
    """Area of the same logic relative to 45 nm [1]."""
    return _interpolated(node_nm, np.array(_AREA_FACTORS))


def delay_factor(node_nm: Quantity) -> FloatArray:
    """Gate delay relative to 45 nm: in proportion to the node [2]."""
    return np.asarray(node_nm, dtype=np.float64) / 45.0


def _interpolated(node_nm: Quantity, at_nodes: FloatArray) -> FloatArray:
    logarithm = np.interp(np.log(node_nm), np.log(_SCALING_NODES_NM), np.log(at_nodes))
    result: FloatArray = np.exp(logarithm)
    return result


_FACTOR: Final = {"energy": energy_factor, "area": area_factor, "delay": delay_factor}
_SOURCE_FACTOR: Final = {
    name: float(_FACTOR[constant.rule](constant.node_nm)) if constant.rule != "none" else 1.0
    for name, constant in TABLE.items()
}


class Process:
    """The constants brought to the nodes of some designs.

    Args:
        node_nm: process node of each design [nm].
        values: name -> value at the source's node, a number or one per design; `nominal()` for the table's own.
    """

    def __init__(self, node_nm: Quantity, values: Mapping[str, Quantity]) -> None:
        self.node_m = np.asarray(node_nm, dtype=np.float64) * 1e-9
        self._values = values
        self._factors: dict[str, Quantity] = {rule: factor(node_nm) for rule, factor in _FACTOR.items()}
        self._factors["none"] = 1.0

    def __getitem__(self, name: str) -> Quantity:
        """The constant of that name at these nodes."""
        return self._values[name] * self._factors[TABLE[name].rule] / _SOURCE_FACTOR[name]

    @property
    def fo4_s(self) -> Quantity:
        """Delay of an inverter that drives four of its kind [s]."""
        return self["fo4_delay_s_m"] * self.node_m

    @property
    def clock_period_s(self) -> Quantity:
        """Period of the digital clock [s]."""
        return self["clock_period_fo4"] * self.fo4_s
