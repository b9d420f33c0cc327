"""A chip and its frame, for many designs of one compute style: area, time and leakage, by component and by layer.

Arrays have shape (n_layers, n_designs) or (n_designs,).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sotexplore.hardware import circuits, mapping, periphery, reload, schedule, traffic
from sotexplore.hardware.arrays import ArrayUnits
from sotexplore.hardware.constants import FloatArray, Process, Quantity
from sotexplore.hardware.counts import Counts, Demand, Geometry
from sotexplore.hardware.periphery import Unit
from sotexplore.tiling import ceil_div

Columns = Mapping[str, FloatArray]


@dataclass(frozen=True)
class Chip:
    """Everything about some designs that the figures are made of."""

    need: Demand
    shape: traffic.Shapes
    counts: Counts
    unit: Unit
    array: ArrayUnits
    process: Process
    cells: FloatArray
    """Cells of a sub-array."""
    pipelined: NDArray[np.bool_]
    moved: traffic.Maps
    capacity_bits: FloatArray
    lanes: FloatArray
    """Post-processing lanes of one copy."""
    lane: circuits.Circuit
    pixel: schedule.PixelTime
    fill: schedule.Fill
    copies: FloatArray
    plan: reload.Plan
    """Sub-arrays that are there."""

    @property
    def waves(self) -> FloatArray:
        """Pixels that the busiest copy computes, all its turns together."""
        once = ceil_div(self.shape.pixels, self.copies)
        return once if self.plan.streamed is None else np.asarray(once * self.plan.turns)

    @property
    def reload_cost(self) -> reload.Cost | None:
        """What writing weights again costs; None where no design does."""
        if self.plan.streamed is None:
            return None
        return reload.cost(
            self.plan.streamed, self.counts, self.array, self.process, pixels=self.shape.pixels,
            window_bits=self.moved.window_bits, capacity_bits=self.capacity_bits,
        )  # fmt: skip


def build(
    need: Demand, shape: traffic.Shapes, *, columns: Columns, array: ArrayUnits, process: Process, is_crossbar: bool
) -> Chip:
    """The chips of some designs, one copy of each layer, all with sub-arrays of their own (see `planning`).

    Args:
        need: layers.
        shape: their shapes.
        columns: rows, cols, sensed, adc_bits, active_rows, written (0 or 1), pipelined (0 or 1).
        array: bare sub-arrays.
        process: constants.
        is_crossbar: compute style of all of them.
    """
    counts, unit = _style(need, columns, array, process, is_crossbar)
    pipelined = columns["pipelined"] > 0
    moved = traffic.maps(need, shape, process)
    pixel = schedule.pixel_time(need, counts, unit, array.write_s, process)
    copies = np.ones_like(need.filters)
    return Chip(
        need=need, shape=shape, counts=counts, unit=unit, array=array, process=process,
        cells=columns["rows"] * columns["cols"], pipelined=pipelined, moved=moved,
        capacity_bits=moved.capacity_bits(pipelined),
        lanes=ceil_div(need.filters, process["filters_per_lane"]), lane=circuits.post_lane(process),
        pixel=pixel, fill=schedule.fill_time(need, counts, unit, process), copies=copies,
        plan=reload.whole(copies, counts.n_subarrays),
    )  # fmt: skip


def _style(
    need: Demand, columns: Columns, array: ArrayUnits, process: Process, is_crossbar: bool
) -> tuple[Counts, Unit]:
    geometry = geometry_of(columns)
    if is_crossbar:
        unit = periphery.crossbar_unit(array, geometry, process, columns["adc_bits"])
        return mapping.crossbar(need, geometry), unit
    counts = mapping.and_count(need, geometry, group=process["sense_group_columns"])
    return counts, periphery.and_count_unit(array, geometry, process)


def geometry_of(columns: Columns) -> Geometry:
    """Sizes of the sub-arrays."""
    return Geometry(*(columns[name] for name in ("rows", "cols", "sensed", "active_rows", "written")))


def lane_area_m2(chip: Chip) -> Quantity:
    """Area of a post-processing lane with its clock [m2]."""
    return chip.lane.area_m2 * (1 + chip.process["clock_area_ratio"])


def _bank_buffers(chip: Chip) -> circuits.Circuit:
    return circuits.memory(chip.moved.window_bits + traffic.index_bits(chip.shape), chip.process)


def _shared_areas(chip: Chip) -> dict[str, Quantity]:
    shared = circuits.memory(chip.capacity_bits, chip.process)
    return {"buffers": shared.area_m2, "controller": circuits.controller(chip.process).area_m2}


@dataclass(frozen=True)
class Breakdown:
    """A metric by component, (n_designs,), and by layer, (n_layers, n_designs); `shared` is in no layer."""

    components: dict[str, FloatArray]
    layers: FloatArray
    shared: FloatArray

    @property
    def total(self) -> FloatArray:
        """The metric: sum of the components."""
        return np.asarray(sum(self.components.values()))


def area(chip: Chip) -> Breakdown:
    """Area [m2]."""
    n_units = chip.plan.own
    n_lanes = chip.copies * chip.lanes
    bank = _bank_buffers(chip).area_m2
    shared = _shared_areas(chip)
    zero = np.zeros(n_units.shape[1])
    of_units, of_lanes = chip.plan.present, n_lanes.sum(axis=0)
    parts = {name: zero + chip.unit.area_m2.get(name, 0.0) * of_units for name in periphery.AREA_COMPONENTS}
    parts["post_processing"] = chip.lane.area_m2 * of_lanes
    parts["clock"] = parts["clock"] + chip.process["clock_area_ratio"] * parts["post_processing"]
    parts["buffers"] = np.sum(bank, axis=0) + shared["buffers"]
    parts["controller"] = parts["controller"] + shared["controller"]
    layers = n_units * chip.unit.total_area_m2 + n_lanes * lane_area_m2(chip) + bank
    of_none = chip.plan.shared * chip.unit.total_area_m2
    return Breakdown(parts, layers, zero + of_none + shared["buffers"] + shared["controller"])


def latency(chip: Chip, area_m2: FloatArray) -> Breakdown:
    """Latency of a frame [s]: the sum of the layers' stages."""
    waves, pixel, fill, unit, turns = chip.waves, chip.pixel, chip.fill, chip.unit, chip.plan.turns
    hop = 2 * np.sqrt(area_m2) * chip.process["wire_delay_s_m"]
    n_layers = len(waves)
    cycles = (waves * chip.counts.cycles).sum(axis=0)

    def over_layers(per_pixel: Quantity) -> FloatArray:
        return np.asarray((waves * per_pixel).sum(axis=0))

    def filled(per_turn: Quantity) -> Quantity:
        return np.asarray(turns * per_turn).sum(axis=0) if np.ndim(per_turn) == 2 else turns_of_all * per_turn

    zero = np.zeros(waves.shape[1])
    turns_of_all = n_layers if chip.plan.streamed is None else np.sum(turns, axis=0)
    cost = chip.reload_cost
    parts = {
        "word_lines": cycles * unit.word_line_s,
        "bit_lines": cycles * unit.bit_line_s,
        "sense_amplifiers": cycles * unit.senseamp_s,
        "converters": over_layers(pixel.conversion_s) + filled(fill.conversion_s),
        "bit_counters": over_layers(pixel.count_s) + filled(fill.count_s),
        "shift_accumulate": zero + filled(fill.accumulate_s),
        "operand_writes": over_layers(pixel.write_s),
        "buffers": over_layers(pixel.load_s),
        "post_processing": over_layers(pixel.post_s) + filled(fill.post_s),
        "interconnect": n_layers * hop,
        "reload": zero if cost is None else cost.write_s.sum(axis=0),
    }
    layers = waves * pixel.total_s + (fill.total_s if cost is None else turns * fill.total_s) + hop
    return Breakdown(parts, layers if cost is None else layers + cost.write_s, zero)


def leakage_w(chip: Chip) -> tuple[FloatArray, FloatArray]:
    """Leakage of the cells, and of everything else [W]."""
    units = chip.plan.present
    lanes = (chip.copies * chip.lanes).sum(axis=0) * chip.lane.leakage_w
    buffers = _bank_buffers(chip).leakage_w
    shared = circuits.memory(chip.capacity_bits, chip.process).leakage_w + circuits.controller(chip.process).leakage_w
    others = units * chip.unit.leakage_w + lanes + np.sum(buffers, axis=0) + shared
    return units * chip.array.cell_leakage_w, others
