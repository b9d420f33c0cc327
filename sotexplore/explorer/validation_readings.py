"""Readings of ISVLSI 2019's digital designs: what one row operation is and does, and what each reading makes of it.

The notes on the paper leave open which sense amplifiers its arrays have, and whether partial results go back into them. What
they do say decides the reading that is compared (`PAPER`):

- the arrays come from NVSim: word lines are driven as NVSim drives them;
- memory over compute area is 23.5 for SOT, and 0.018 mm2 is less than NVSim's current-to-voltage stages of 256 columns take
  alone (0.026 mm2): a sense amplifier is a latch that compares the voltage of the bit-line with a reference's;
- the group's next work (Roohi et al., ISQED 2019, abstract) does everything within MRAM and retains partial state there: the
  count of each row operation is written back. One port: count and write follow the read, before the next row;
- the capacity of 32 Mb is held whatever the network: SRAM cells of that capacity leak for the whole frame.

`OWN` is the product's own and-count: sized drivers, NVSim's sense amplifier, counts that overlap and stay in registers.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from sotexplore.explorer.comparison import DEFAULTS, first
from sotexplore.hardware import bitline, chip, circuits, constants, counts, mapping, periphery, traffic
from sotexplore.hardware.arrays import ArrayUnits, units_of
from sotexplore.hardware.cell import RESISTIVE, Cell, preset
from sotexplore.hardware.chip import ChipFigures, HardwareTable
from sotexplore.hardware.constants import Process
from sotexplore.hardware.counts import Geometry
from sotexplore.hardware.decoder import Drivers
from sotexplore.hardware.technology import Technology, technology
from sotexplore.workload import WorkloadTable

NODE_NM: Final = 45
CAPACITY_BITS: Final = 32 * 2**20
"""The paper's iso-capacity."""


@dataclass(frozen=True)
class Reading:
    """What a row operation is taken to be."""

    text: str
    drive: Drivers = "sized"
    latch: bool = False
    """Sense amplifiers without NVSim's current-to-voltage stage."""
    written_back: bool = False
    """The count of each row operation is written into the sub-array before the next one."""
    held_bits: float = 0.0
    """Cells that leak for the whole frame, beside those of the network."""


OWN: Final = Reading("the product's own and-count")
NVSIM_DRIVERS: Final = Reading("NVSim's drivers", drive="least")
LATCHES: Final = Reading("NVSim's drivers, latches for sense amplifiers", drive="least", latch=True)
PAPER: Final = Reading(
    "NVSim's drivers, latches, counts written back, 32 Mb held", drive="least", latch=True, written_back=True,
    held_bits=CAPACITY_BITS,
)  # fmt: skip
READINGS: Final = (PAPER, OWN, NVSIM_DRIVERS, LATCHES)


@dataclass(frozen=True)
class Found:
    """Figures of a reading."""

    energy_per_frame_j: float
    frame_latency_s: float
    subarray_m2: float
    memory_over_compute_ratio: float
    """Area of cells, sense amplifiers and decoders over that of counters, sums and their clock."""


def evaluate(workload: WorkloadTable, reading: Reading, **hardware: Any) -> Found:
    """An and-count design under a reading; what `hardware` leaves out is as in `comparison.DEFAULTS`."""
    table = HardwareTable.from_columns({**DEFAULTS, **hardware, "node_nm": NODE_NM}, 1)
    cell = preset(str(table.cell[0]))
    units = _units(cell, table, reading)
    figures = chip.evaluate(workload, table, arrays=(units, np.zeros(1, dtype=np.int64)))
    energy, latency = first(figures.energy_per_frame_j), first(figures.frame_latency_s)
    if reading.written_back:
        more_j, more_s = _writing_back(workload, table, units)
        energy, latency = energy + more_j + first(figures.leakage_w) * more_s, latency + more_s
    held_w = reading.held_bits * cell.standby_power_bit_w
    return Found(energy + held_w * latency, latency, subarray_area_m2(figures), _memory_over_compute(figures))


def _memory_over_compute(found: ChipFigures) -> float:
    memory, compute = (
        sum(first(found.area_by_component[name]) for name in names)
        for names in (
            ("cell_arrays", "sense_amplifiers", "array_periphery"),
            ("bit_counters", "shift_accumulate", "operand_latches", "clock"),
        )
    )
    return memory / compute


def subarray_area_m2(found: ChipFigures) -> float:
    """One sub-array with what stands beside it."""
    outside = ("buffers", "post_processing", "controller")
    return sum(first(area) for name, area in found.area_by_component.items() if name not in outside) / first(
        found.n_subarrays
    )


def _units(cell: Cell, table: HardwareTable, reading: Reading) -> ArrayUnits:
    sizes = (table.subarray_rows, table.subarray_cols, table.columns_per_sense_amplifier)
    tech = technology(NODE_NM)
    if not reading.latch:
        return units_of(cell, NODE_NM, *sizes, tech=tech, drive=reading.drive)
    bare = replace(
        tech, converter_latency_s=0.0, converter_energy_j=0.0, converter_leakage_w=0.0,
        rules=replace(tech.rules, converter_area_f2=0.0),
    )  # fmt: skip
    units = units_of(cell, NODE_NM, *sizes, tech=bare, drive=reading.drive)
    if cell.kind not in RESISTIVE:
        return units
    sensing = units.senseamp_s + _swing_s(cell, table, tech)
    return replace(units, senseamp_s=sensing, cell_bit_j=tech.rules.reference_ratio * cell.read_power_w * sensing)


def _swing_s(cell: Cell, table: HardwareTable, tech: Technology) -> float:
    """Time in which a cell in the low state moves its bit-line by twice the sense voltage: C 2 V_s R / V."""
    rows, cols = (values.astype(np.float64) for values in (table.subarray_rows, table.subarray_cols))
    wired = bitline.lines(cell=cell, rows=rows, cols=cols, tech=tech)
    current_a = cell.read_voltage_v / (cell.resistance_low_ohm + first(wired.access_ohm))
    return first(wired.bitline_f) * 2 * cell.sense_voltage_v / current_a


def _writing_back(workload: WorkloadTable, table: HardwareTable, units: ArrayUnits) -> tuple[float, float]:
    """Energy and time of counting and writing back after each row operation, a controller's step for each."""
    columns = (table.subarray_rows, table.subarray_cols, table.subarray_cols, table.active_rows)
    rows, cols, sensed, active = (values.astype(np.float64) for values in columns)
    geometry = Geometry(rows, cols, sensed, active, np.ones(1))
    process = Process(np.array([float(NODE_NM)]), constants.nominal())
    found = mapping.and_count(counts.demand(workload), geometry, group=process["sense_group_columns"])
    unit = periphery.and_count_unit(units, geometry, process)
    pixels = traffic.shapes(workload.layers).pixels
    bits = np.ceil(np.log2(sensed + 1))
    step_j = circuits.controller(process).energy_j
    each_j = units.write_access_j + bits * units.write_bit_j
    energy = (found.array_operations * pixels * each_j + found.cycles * pixels * step_j).sum()
    time = (found.cycles * pixels * (unit.count_s + units.write_s)).sum()
    return float(energy), float(time)
