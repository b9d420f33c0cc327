"""CMOS circuits around a sub-array: area, energy of one operation, delay and leakage, as pure functions.

Every function takes a `Process` (the constants at some nodes) and broadcasts over its arguments. SI units.
"""

from dataclasses import dataclass

import numpy as np

from sotexplore.hardware.constants import FloatArray, Process, Quantity

_REFERENCE_MEMORY_BITS = 8 * 1024 * 8.0
"""Capacity that the constant `sram_read_bit_energy_j` holds for: 8 KB."""
_AREA_OF_HTREE = 1.5
"""Wire of an H-tree in pitches per leaf, from its geometry."""


@dataclass(frozen=True)
class Circuit:
    """Figures of one circuit."""

    area_m2: Quantity
    energy_j: Quantity
    """Of one operation."""
    delay_s: Quantity
    leakage_w: Quantity


def logic_leakage_w(area_m2: Quantity, process: Process) -> Quantity:
    """Leakage [W] of that much logic, counted in two-input gates."""
    return area_m2 / process["gate_area_m2"] * process["gate_leakage_w"]


def population_count(n_inputs: Quantity, process: Process) -> Circuit:
    """Counter of the ones among `n_inputs` bits: a tree of full adders.

    Equation: n - log2(n) - 1 full adders; delay 2 log2(n) full adders (one ripple bit per level); energy of one count
    of all inputs. A count of fewer inputs costs in proportion.
    """
    levels = np.log2(np.maximum(n_inputs, 2.0))
    adders = np.maximum(n_inputs - levels - 1, 1.0)
    area = adders * process["full_adder_area_m2"]
    delay = 2 * levels * process["full_adder_delay_fo4"] * process.fo4_s
    return Circuit(area, n_inputs * process["full_adder_energy_j"], delay, logic_leakage_w(area, process))


def shift_accumulate(width_bits: Quantity, process: Process) -> Circuit:
    """Shifter and adder of some width: one shifted value added.

    A sign plane is subtracted instead, at the same cost (two's complement). Area and energy in proportion to the
    width, delay to its logarithm.
    """
    words = width_bits / 16
    area = words * process["shift_add_16bit_area_m2"]
    delay = np.log2(width_bits) * process["full_adder_delay_fo4"] * process.fo4_s
    return Circuit(area, words * process["shift_add_16bit_energy_j"], delay, logic_leakage_w(area, process))


def scratch(n_words: Quantity, width_bits: Quantity, process: Process) -> Circuit:
    """Register file of partial sums; one operation reads a word and writes it back."""
    area = n_words * width_bits * process["scratch_bit_area_m2"]
    return Circuit(
        area, width_bits * process["scratch_bit_energy_j"], process.clock_period_s, logic_leakage_w(area, process)
    )


def latches(n_bits: Quantity, process: Process) -> Circuit:
    """A row of latches; one operation loads one bit."""
    area = n_bits * process["register_bit_area_m2"]
    return Circuit(area, process["register_bit_energy_j"], process.clock_period_s, logic_leakage_w(area, process))


def converter(adc_bits: Quantity, process: Process) -> Circuit:
    """Successive-approximation ADC; one operation is one conversion.

    Equation: E = e1 b + e2 2^b, A = a1 b + a2 2^b (clock and logic in proportion to the bits, capacitor array to 2^b);
    t = b t_bit.
    """
    levels = np.exp2(adc_bits)
    area = process["adc_area_linear_m2"] * adc_bits + process["adc_area_exponential_m2"] * levels
    energy = process["adc_energy_linear_j"] * adc_bits + process["adc_energy_exponential_j"] * levels
    return Circuit(area, energy, process["adc_bit_time_s"] * adc_bits, logic_leakage_w(area, process))


def wordline_driver(active_s: Quantity, process: Process) -> Circuit:
    """One-bit DAC of a word line, on for `active_s`; the line's own charge is the sub-array's."""
    area = process["wordline_driver_area_m2"]
    return Circuit(area, process["wordline_driver_power_w"] * active_s, 0.0, logic_leakage_w(area, process))


def memory(n_bits: Quantity, process: Process) -> Circuit:
    """SRAM buffer; one operation reads or writes one bit.

    Equation: E(n) = E(8 KB) sqrt(n / 8 KB).
    """
    sized = np.maximum(n_bits, process["least_memory_bits"])
    energy = process["sram_read_bit_energy_j"] * np.sqrt(sized / _REFERENCE_MEMORY_BITS)
    return Circuit(
        n_bits * process["sram_bit_area_m2"], energy, process.clock_period_s, n_bits * process["sram_bit_leakage_w"]
    )


def bus_area_m2(pitch_m: Quantity, process: Process) -> Quantity:
    """Silicon [m2] that the H-tree takes for each of its leaves, spaced by `pitch_m`.

    Equation: an H-tree over n leaves has 1.5 sqrt(n) (sqrt(n) - 1) -> 1.5 n pitches of wire.
    """
    wires_m = process["bus_bits"] * process["wire_pitch_f"] * process.node_m
    return _AREA_OF_HTREE * pitch_m * wires_m * process["wire_silicon_ratio"]


def multicast_length_m(n_leaves: Quantity, pitch_m: Quantity) -> FloatArray:
    """Wire [m] that a bit charges to reach every leaf of an H-tree: 1.5 pitch (n - sqrt(n)).

    Partial sums that adders at the nodes merge on their way from the leaves charge as much.
    """
    return np.asarray(_AREA_OF_HTREE * pitch_m * (n_leaves - np.sqrt(n_leaves)))


def post_lane(process: Process) -> Circuit:
    """One lane behind the accumulators: scale (folded batch-norm), bias, ReLU, pooling, residual.

    The energy is one output's scale and bias; pooling and residual adds are counted apart.
    """
    area = process["multiply_8bit_area_m2"] + process["add_32bit_area_m2"] + process["add_16bit_area_m2"]
    area = area + process["add_8bit_area_m2"]
    energy = process["multiply_8bit_energy_j"] + process["add_32bit_energy_j"]
    return Circuit(area, energy, process.clock_period_s, logic_leakage_w(area, process))


def controller(process: Process) -> Circuit:
    """The chip's controller; one operation is one step, an array cycle."""
    gates = process["controller_gates"]
    area = gates * process["gate_area_m2"]
    energy = gates * process["controller_activity_ratio"] * process["gate_energy_j"]
    return Circuit(area, energy, process.clock_period_s, logic_leakage_w(area, process))


def sequencer(process: Process) -> Circuit:
    """Row and plane counters of one sub-array; one operation is one step of a 16-bit address."""
    area = process["sequencer_gates"] * process["gate_area_m2"]
    return Circuit(area, process["add_16bit_energy_j"], process.clock_period_s, logic_leakage_w(area, process))
