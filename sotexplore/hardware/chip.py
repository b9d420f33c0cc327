"""A whole chip for a compressed network: area, energy, latency, power, of many designs at once.

chip > bank (one copy of a layer) > mat (2 x 2 sub-arrays) > sub-array. Each layer takes whole sub-arrays, unless packed
together with others. The chip is sized so that all weights fit and are loaded once, unless a sequential chip has an area
budget that does not hold them (`reload`). Every metric is the sum of its components.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sotexplore.errors import InputError
from sotexplore.hardware import constants, counts, frame, planning, schedule, standby, traffic
from sotexplore.hardware.arrays import ArrayUnits, unique_units
from sotexplore.hardware.constants import FloatArray, Process, Quantity
from sotexplore.hardware.counts import TWOS_COMPLEMENT, Coding, check_coding
from sotexplore.hardware.energy import energy as energy_of
from sotexplore.hardware.periphery import AREA_COMPONENTS, ENERGY_COMPONENTS, LATENCY_COMPONENTS
from sotexplore.hardware.table import CROSSBAR, PIPELINED, WRITTEN, HardwareTable, IntArray
from sotexplore.hardware.validity import check, invalid_reason
from sotexplore.workload import WorkloadTable

__all__ = ["ChipFigures", "HardwareTable", "evaluate", "invalid_reason"]

LAYER_FIGURES: Final = (
    "n_subarrays", "utilization_ratio", "area_m2", "energy_j", "latency_s", "copies", "n_array_operations",
    "reloaded_subarrays",
)  # fmt: skip
SHARED_FIGURES: Final = ("area_m2", "energy_j", "latency_s", "n_subarrays")
_CHUNK_VALUES: Final = 32_768
"""Layers times designs worked on at once, so that they stay in a core's cache."""
_BLOCK_DESIGNS: Final = 262_144
"""Designs whose unique sub-arrays are found together."""


@dataclass(frozen=True)
class ChipFigures:
    """Figures of many designs: arrays of shape (n_designs,)."""

    area_m2: FloatArray
    energy_per_frame_j: FloatArray
    """With leakage over a frame period."""
    frame_latency_s: FloatArray
    frames_per_s: FloatArray
    power_w: FloatArray
    """Average at that frame rate: energy per frame times frames per second."""
    standby_power_w: FloatArray
    sleep_power_w: FloatArray
    """Standby with volatile cells cut too: their weights are lost."""
    n_subarrays: FloatArray
    """That the chip has, with copies."""
    needed_subarrays: FloatArray
    """That all weights fill, with copies: more than the chip has where it reloads."""
    reloaded_subarrays: FloatArray
    """Written again in every frame; 0 where all weights fit."""
    utilization_ratio: FloatArray
    """Cells that hold a weight bit over all cells of the sub-arrays that the weights fill."""
    leakage_w: FloatArray
    weight_load_energy_j: FloatArray
    weight_load_latency_s: FloatArray
    operand_writes_per_cell_per_frame: FloatArray
    """Of the most written operand row; 0 where operands are streamed."""
    lifetime_s: FloatArray
    """Until the most written cell, operand's or reloaded, reaches its endurance at that frame rate; inf without writes."""
    operations_per_frame: FloatArray
    """Two per multiply-accumulate of the kept matrix."""
    area_by_component: dict[str, FloatArray]
    energy_by_component: dict[str, FloatArray]
    latency_by_component: dict[str, FloatArray]
    by_layer: dict[str, FloatArray]
    """`LAYER_FIGURES` by layer, shape (n_designs, n_layers); with `shared` the sums close."""
    shared: dict[str, FloatArray]
    """`SHARED_FIGURES` of what belongs to no layer: global buffer, chip controller, leakage, sub-arrays of several layers."""


@dataclass(frozen=True)
class Choice:
    """Copies and sub-arrays that an evaluation chose."""

    copies: FloatArray
    """Shape (n_designs, n_layers)."""
    n_subarrays: FloatArray
    """Shape (n_designs,)."""


_METRICS: Final = (
    "area_m2", "energy_per_frame_j", "frame_latency_s", "frames_per_s", "power_w", "standby_power_w", "sleep_power_w", "n_subarrays",
    "needed_subarrays", "reloaded_subarrays", "utilization_ratio", "leakage_w", "weight_load_energy_j", "weight_load_latency_s",
    "operand_writes_per_cell_per_frame", "lifetime_s", "operations_per_frame",
)  # fmt: skip


def evaluate(
    workload: WorkloadTable,
    hardware: HardwareTable,
    *,
    values: Mapping[str, Quantity] | None = None,
    arrays: tuple[ArrayUnits, IntArray] | None = None,
    coding: Coding = TWOS_COMPLEMENT,
    choice: Choice | None = None,
    detail: bool = True,
) -> ChipFigures:
    """Figures of every design, row i of the workload on row i of the hardware.

    Args:
        workload: compressed networks.
        hardware: chips; as many rows.
        values: circuit constants by name, at the node of their source, each a number or one per design
            (shape (n_designs,)); the table's nominal values where not given.
        arrays: bare sub-arrays and each design's place among them, where not those of its cell and node.
        coding: of signed weights (see `counts.CODINGS`).
        choice: copies and sub-arrays as another evaluation chose them; planned for the area budget where not given.
        detail: with breakdowns by component and layer; without, they are left empty.

    Raises:
        InputError: the tables differ in length, a chip cannot be built (see `invalid_reason`), or a constant is unknown
            or of the wrong shape.
    """
    if workload.n_designs != hardware.n_designs:
        raise InputError(
            "hardware", "as many rows as the workload", got=hardware.n_designs, allowed=str(workload.n_designs)
        )
    check(hardware)
    given = {**constants.nominal(), **_checked(values or {}, hardware.n_designs)}
    check_coding(coding)
    figures = _allocate(hardware.n_designs, len(workload.layers) if detail else 0)
    for block in _ranges(hardware.n_designs, _BLOCK_DESIGNS):
        part = hardware.take(np.arange(block.start, block.stop))
        units = unique_units(part) if arrays is None else (arrays[0], arrays[1][block])
        _evaluate_block(workload, part, _Given(given, *units, coding, choice), block, figures)
    return figures


def _checked(values: Mapping[str, Quantity], n_designs: int) -> Mapping[str, Quantity]:
    for name, value in values.items():
        if name not in constants.TABLE:
            raise InputError(f"constants.{name}", "unknown constant", got=name, allowed="a name of the table")
        if np.shape(value) not in ((), (n_designs,)):
            raise InputError(
                f"constants.{name}", "wrong shape", got=np.shape(value), allowed=f"one value or {n_designs}"
            )
    return values


@dataclass(frozen=True)
class _Given:
    """What all designs of a block share."""

    values: Mapping[str, Quantity]
    units: ArrayUnits
    unit_of: IntArray
    coding: Coding
    choice: Choice | None

    def chosen(self, index: IntArray) -> planning.Chosen | None:
        """What was chosen for some designs."""
        if self.choice is None:
            return None
        return planning.Chosen(np.ascontiguousarray(self.choice.copies[index].T), self.choice.n_subarrays[index])


def _allocate(n_designs: int, n_layers: int) -> ChipFigures:
    """Empty figures; without layers, without breakdowns."""

    def empty(names: tuple[str, ...]) -> dict[str, FloatArray]:
        return {name: np.empty(n_designs) for name in names if n_layers}

    return ChipFigures(
        **{name: np.empty(n_designs) for name in _METRICS},
        area_by_component=empty(AREA_COMPONENTS),
        energy_by_component=empty(ENERGY_COMPONENTS),
        latency_by_component=empty(LATENCY_COMPONENTS),
        by_layer={name: np.empty((n_layers, n_designs)).T for name in LAYER_FIGURES if n_layers},
        shared=empty(SHARED_FIGURES),
    )


def _ranges(n: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _evaluate_block(
    workload: WorkloadTable, part: HardwareTable, given: _Given, block: slice, figures: ChipFigures
) -> None:
    """All designs of a block, one compute style and one chunk after the other."""
    rows = np.arange(block.start, block.stop)
    columns = _columns(part)
    crossbar = part.compute_style == CROSSBAR
    chunk = max(1, _CHUNK_VALUES // len(workload.layers))
    for is_crossbar in (False, True):
        places = np.flatnonzero(crossbar == is_crossbar)
        for piece in _ranges(places.size, chunk):
            place = places[piece]
            index = rows[place]
            process = Process(columns["node_nm"][place], _at(given.values, index))
            own = {name: column[place] for name, column in columns.items()}
            chip = frame.build(
                counts.demand(workload, index, given.coding), traffic.shapes(workload.layers), columns=own,
                array=given.units.take(given.unit_of[place]), process=process, is_crossbar=is_crossbar,
            )  # fmt: skip
            chip = planning.planned(chip, own, is_crossbar=is_crossbar, chosen=given.chosen(index))
            _store(figures, index, chip)


def _columns(hardware: HardwareTable) -> dict[str, FloatArray]:
    def number(values: NDArray[np.generic]) -> FloatArray:
        return values.astype(np.float64)

    return {
        "node_nm": number(hardware.node_nm),
        "rows": number(hardware.subarray_rows),
        "cols": number(hardware.subarray_cols),
        "sensed": number(hardware.subarray_cols // hardware.columns_per_sense_amplifier),
        "adc_bits": number(hardware.adc_bits),
        "active_rows": number(hardware.active_rows),
        "written": number(hardware.operand == WRITTEN),
        "pipelined": number(hardware.schedule == PIPELINED),
        "budget_m2": number(hardware.area_budget_m2),
        "packing": number(hardware.packing),
    }


def _at(values: Mapping[str, Quantity], index: IntArray) -> dict[str, Quantity]:
    return {
        name: value[index] if isinstance(value, np.ndarray) and value.ndim else value for name, value in values.items()
    }


def _store(figures: ChipFigures, index: IntArray, chip: frame.Chip) -> None:
    area = frame.area(chip)
    latency = frame.latency(chip, area.total)
    period = schedule.period_s(latency.layers, latency.total, chip.pipelined)
    cell_leak, other_leak = frame.leakage_w(chip)
    leak = cell_leak + other_leak
    energy = energy_of(chip, area_m2=area.total, period_s=period, leakage_w=leak)
    load_j, load_s = standby.weight_load(chip)
    writes = standby.operand_writes(chip)
    stored = chip.counts.stored_bits
    metrics = {
        "area_m2": area.total,
        "energy_per_frame_j": energy.total,
        "frame_latency_s": latency.total,
        "frames_per_s": 1 / period,
        "power_w": energy.total / period,
        "standby_power_w": standby.power_w(chip, cell_leak, other_leak),
        "sleep_power_w": standby.sleep_power_w(chip, cell_leak, other_leak),
        "n_subarrays": chip.plan.present,
        "needed_subarrays": chip.plan.needed,
        "reloaded_subarrays": chip.plan.reloaded,
        "utilization_ratio": (chip.copies * stored).sum(axis=0) / (chip.plan.needed * chip.cells),
        "leakage_w": leak,
        "weight_load_energy_j": load_j,
        "weight_load_latency_s": load_s,
        "operand_writes_per_cell_per_frame": writes,
        "lifetime_s": standby.lifetime_s(chip, standby.cell_writes(chip), period),
        "operations_per_frame": 2 * (chip.need.filters * chip.need.rows * chip.shape.pixels).sum(axis=0),
    }
    for name, value in metrics.items():
        getattr(figures, name)[index] = value
    if not figures.by_layer:
        return
    layers = {
        "n_subarrays": chip.plan.own,
        "utilization_ratio": stored / (chip.counts.n_subarrays * chip.cells),
        "area_m2": area.layers,
        "energy_j": energy.layers,
        "latency_s": latency.layers,
        "copies": chip.copies,
        "n_array_operations": chip.counts.array_operations * chip.shape.pixels,
        "reloaded_subarrays": np.zeros_like(chip.copies) if chip.plan.streamed is None else chip.plan.streamed,
    }
    shared = {
        "area_m2": area.shared,
        "energy_j": energy.shared,
        "latency_s": latency.shared,
        "n_subarrays": chip.plan.shared,
    }
    for target, source in (
        (figures.area_by_component, area.components),
        (figures.energy_by_component, energy.components),
        (figures.latency_by_component, latency.components),
        (figures.shared, shared),
    ):
        for name, value in source.items():
            target[name][index] = value
    for name, value in layers.items():
        figures.by_layer[name].T[:, index] = value
