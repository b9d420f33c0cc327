"""A sub-array with its periphery in either compute style: area, leakage, times, and the energy of each thing counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from sotexplore.hardware import circuits
from sotexplore.hardware.arrays import ArrayUnits
from sotexplore.hardware.constants import FloatArray, Process, Quantity
from sotexplore.hardware.counts import Geometry

AREA_COMPONENTS: Final = (
    "cell_arrays", "sense_amplifiers", "array_periphery", "converters", "wordline_drivers", "bit_counters",
    "shift_accumulate", "operand_latches", "buffers", "interconnect", "post_processing", "controller", "clock",
)  # fmt: skip
ENERGY_COMPONENTS: Final = (
    "array_access", "cells", "sense_amplifiers", "converters", "wordline_drivers", "bit_counters", "shift_accumulate",
    "operand_latches", "operand_writes", "buffers", "interconnect", "post_processing", "controller", "clock", "reload",
    "leakage",
)  # fmt: skip
LATENCY_COMPONENTS: Final = (
    "word_lines", "bit_lines", "sense_amplifiers", "converters", "bit_counters", "shift_accumulate", "operand_writes",
    "buffers", "post_processing", "interconnect", "reload",
)  # fmt: skip
_CLOCKED: Final = ("bit_counters", "shift_accumulate", "operand_latches", "controller", "post_processing")


@dataclass(frozen=True)
class EnergyTerm:
    """Energy of one thing counted, and the component that it belongs to."""

    component: str
    count: str
    """Name of the count in `counts.Counts`, or one of `energy`'s own."""
    unit_j: Quantity


@dataclass(frozen=True)
class Unit:
    """One sub-array with what stands beside it; arrays of shape (n_designs,)."""

    area_m2: dict[str, Quantity]
    """By component, the bus share and clock included."""
    leakage_w: Quantity
    """Without the cells'."""
    terms: tuple[EnergyTerm, ...]
    word_line_s: FloatArray
    bit_line_s: FloatArray
    senseamp_s: Quantity
    count_stall_s: Quantity
    """What each cycle waits for the bit counter (and-count)."""
    conversion_s: Quantity
    """One conversion (crossbar)."""
    count_s: Quantity
    """Bit counter behind the last access."""
    accumulate_s: Quantity
    """Accumulator behind the last access."""

    @property
    def total_area_m2(self) -> FloatArray:
        """Area of the sub-array and its periphery."""
        return np.asarray(sum(self.area_m2.values()))

    @property
    def cycle_s(self) -> FloatArray:
        """An undisturbed array cycle."""
        return np.asarray(self.word_line_s + self.bit_line_s + self.senseamp_s)

    @property
    def pitch_m(self) -> FloatArray:
        """Side of a square of that area: spacing of the H-tree's leaves."""
        return np.asarray(np.sqrt(self.total_area_m2))


def and_count_unit(array: ArrayUnits, geometry: Geometry, process: Process) -> Unit:
    """A sub-array with latches of one operand bit-plane, bit counter, shifter and accumulator.

    A streamed operand meets the sensed row in an AND gate behind each sense amplifier; a written one is a second row
    activated with the weights' row, so word line and cell current are paid twice. Bit counter and accumulator work on
    one access while the array does the next. R words hold partial sums, C latches the operand, S inputs the counter.
    """
    rows, cols, sensed, written = geometry.rows, geometry.cols, geometry.sensed, geometry.written
    tree = circuits.population_count(sensed, process)
    adder = circuits.shift_accumulate(process["accumulator_bits"], process)
    sums = circuits.scratch(rows, process["accumulator_bits"], process)
    latch = circuits.latches(cols * (1 - written), process)
    steps = circuits.sequencer(process)
    logic: dict[str, Quantity] = {
        "bit_counters": tree.area_m2,
        "shift_accumulate": adder.area_m2 + sums.area_m2,
        "operand_latches": latch.area_m2,
        "controller": steps.area_m2,
    }
    and_bit = process["and_gate_ratio"] * process["full_adder_energy_j"] * (1 - written)
    terms = (
        EnergyTerm("array_access", "array_operations", array.row_j * (1 + written) + array.lines_j),
        EnergyTerm("cells", "cell_reads", array.cell_bit_j * (1 + written)),
        EnergyTerm("sense_amplifiers", "sensed_bits", array.sense_bit_j),
        EnergyTerm("bit_counters", "sensed_bits", process["full_adder_energy_j"] + and_bit),
        EnergyTerm("shift_accumulate", "accumulations", adder.energy_j),
        EnergyTerm("shift_accumulate", "scratch_accesses", sums.energy_j),
        EnergyTerm("shift_accumulate", "merges", process["add_32bit_energy_j"]),
        EnergyTerm("operand_latches", "latched_bits", latch.energy_j),
        EnergyTerm("operand_writes", "operand_write_accesses", array.write_access_j),
        EnergyTerm("operand_writes", "operand_written_bits", array.write_bit_j),
        EnergyTerm("controller", "array_operations", steps.energy_j),
    )
    periphery = array.area_m2 - array.cell_area_m2 - array.senseamp_area_m2
    arrays: dict[str, Quantity] = {
        "cell_arrays": array.cell_area_m2, "sense_amplifiers": array.senseamp_area_m2, "array_periphery": periphery,
    }  # fmt: skip
    access_s = array.word_line_s + array.bit_line_s + array.senseamp_s
    leakage = array.array_leakage_w + array.senseamp_leakage_w
    leakage = leakage + tree.leakage_w + adder.leakage_w + sums.leakage_w + latch.leakage_w + steps.leakage_w
    return Unit(
        area_m2=_with_shares(arrays, logic, process),
        leakage_w=leakage,
        terms=with_clock(terms, process),
        word_line_s=array.word_line_s,
        bit_line_s=array.bit_line_s,
        senseamp_s=array.senseamp_s,
        count_stall_s=np.maximum(np.maximum(tree.delay_s, adder.delay_s) - access_s, 0.0),
        conversion_s=0.0,
        count_s=tree.delay_s,
        accumulate_s=adder.delay_s,
    )


def crossbar_unit(array: ArrayUnits, geometry: Geometry, process: Process, adc_bits: FloatArray) -> Unit:
    """A sub-array with one-bit drivers on every row, an ADC for each group of columns, and shift-and-add.

    S ADCs take the place of the sense amplifiers. Columns are sampled, and converted while the next rows settle; cells
    draw their current while the columns settle. C words hold the column sums.
    """
    rows, cols, converters = geometry.rows, geometry.cols, geometry.sensed
    adc = circuits.converter(adc_bits, process)
    settle_s = array.word_line_s + array.bit_line_s
    driver = circuits.wordline_driver(settle_s, process)
    sum_bits = process["crossbar_input_bits"] + np.ceil(np.log2(rows))
    adder = circuits.shift_accumulate(sum_bits, process)
    sums = circuits.scratch(cols, sum_bits, process)
    latch = circuits.latches(rows, process)
    steps = circuits.sequencer(process)
    logic: dict[str, Quantity] = {
        "shift_accumulate": converters * adder.area_m2 + sums.area_m2,
        "operand_latches": latch.area_m2,
        "controller": steps.area_m2,
    }
    activity = process["input_activity_ratio"]
    terms = (
        EnergyTerm("array_access", "array_operations", array.lines_j),
        EnergyTerm("cells", "cell_reads", activity * array.cell_on_w * settle_s),
        EnergyTerm("wordline_drivers", "driven_rows", activity * (array.row_j + driver.energy_j)),
        EnergyTerm("converters", "sensed_bits", adc.energy_j),
        EnergyTerm("shift_accumulate", "accumulations", adder.energy_j),
        EnergyTerm("shift_accumulate", "scratch_accesses", sums.energy_j),
        EnergyTerm("shift_accumulate", "merges", process["add_32bit_energy_j"]),
        EnergyTerm("shift_accumulate", "summed_bits", process["full_adder_energy_j"]),
        EnergyTerm("operand_latches", "latched_bits", latch.energy_j),
        EnergyTerm("controller", "array_operations", steps.energy_j),
    )
    periphery = array.area_m2 - array.cell_area_m2 - array.senseamp_area_m2
    arrays: dict[str, Quantity] = {
        "cell_arrays": array.cell_area_m2, "array_periphery": periphery,
        "converters": converters * adc.area_m2, "wordline_drivers": rows * driver.area_m2,
    }  # fmt: skip
    leakage = array.array_leakage_w + converters * (adc.leakage_w + adder.leakage_w) + rows * driver.leakage_w
    leakage = leakage + sums.leakage_w + latch.leakage_w + steps.leakage_w
    return Unit(
        area_m2=_with_shares(arrays, logic, process),
        leakage_w=leakage,
        terms=with_clock(terms, process),
        word_line_s=array.word_line_s,
        bit_line_s=array.bit_line_s,
        senseamp_s=0.0,
        count_stall_s=0.0,
        conversion_s=adc.delay_s,
        count_s=0.0,
        accumulate_s=adder.delay_s,
    )


def with_clock(terms: Iterable[EnergyTerm], process: Process) -> tuple[EnergyTerm, ...]:
    """The terms, and the clock's share of each clocked one."""
    terms = tuple(terms)
    share = process["clock_energy_ratio"]
    clock = tuple(EnergyTerm("clock", term.count, share * term.unit_j) for term in terms if term.component in _CLOCKED)
    return terms + clock


def _with_shares(arrays: dict[str, Quantity], logic: dict[str, Quantity], process: Process) -> dict[str, Quantity]:
    """Areas by component with clock buffers, and the silicon of the bus to this leaf of the H-tree."""
    areas = arrays | logic | {"clock": process["clock_area_ratio"] * sum(logic.values())}
    pitch = np.sqrt(np.asarray(sum(areas.values())))
    return areas | {"interconnect": circuits.bus_area_m2(pitch, process)}
