"""What each knob of a design would do: its neighbours, one step away, evaluated."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np

from sotexplore.checkpoint import list_checkpoints
from sotexplore.design import ComputeStyle, Design, Node, Operand, Schedule, parse_design
from sotexplore.errors import InputError
from sotexplore.explorer.array_accuracy import ArrayModel, conditions
from sotexplore.explorer.evaluate import array_model, figures_of, hardware_columns
from sotexplore.explorer.remarks import READ_ERROR_CAUTION_RATIO
from sotexplore.explorer.resolve import Point, Resolver
from sotexplore.explorer.space import HARDWARE_FIELDS
from sotexplore.hardware import cell, chip, reads
from sotexplore.hardware.table import CROSSBAR
from sotexplore.workload import workload_table

METRICS: Final = ("area_m2", "energy_per_frame_j", "frames_per_s", "frame_latency_s", "power_w", "standby_power_w")
BITS: Final = (1, 2, 4, 8)
UNPRUNED_TAKES: Final = "filter+shape"
"""Structure of an unpruned design's first step of pruning."""
RATIOS: Final = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Steps of the pruning ratio where no checkpoint gives others."""
_SIZES: Final = tuple(2**power for power in range(5, 12))
_SHARED: Final = tuple(2**power for power in range(7))
_CHOICES: Final[Mapping[str, tuple[Any, ...]]] = {
    "compute_style": get_args(ComputeStyle), "operand": get_args(Operand), "schedule": get_args(Schedule),
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One knob moved by one step."""

    knob: str
    """Field of the design."""
    before: Any
    after: Any
    direction: int
    """-1 down, 1 up, 0 for another choice."""
    design: Design
    metrics: Mapping[str, float]
    """`METRICS`; empty where the hardware cannot be built."""
    accuracy_ratio: float | None = None
    accuracy_kind: str = "unknown"
    read_error_ratio: float = 0.0
    problem: str = ""
    """Why it cannot be built."""

    @property
    def reads_reliably(self) -> bool:
        """Whether array reads fail too rarely to cost accuracy."""
        return self.read_error_ratio <= READ_ERROR_CAUTION_RATIO


def next_steps(design: Design, cache: Path) -> list[Step]:
    """Every neighbour of a design, one knob moved by one step, with its figures.

    Args:
        design: the design, given by its compression setting.
        cache: folder of the checkpoints.
    """
    rows = [row for row in list_checkpoints(cache).rows if row["network"] == design.network]
    resolver = Resolver(design.network, rows)
    found = [*_compression_steps(design, rows), *_hardware_steps(design)]
    points = [_point(resolver, item[3]) for item in found]
    kept = [(item, point) for item, point in zip(found, points, strict=True) if point is not None]
    return _evaluated(design, kept, array_model(design.network, rows, cache))


_Move = tuple[str, Any, int, Design]
"""Knob, new value, direction, design."""


def _point(resolver: Resolver, design: Design) -> Point | None:
    """The design's compression resolved; None where the ratio is out of the structure's reach."""
    try:
        return resolver.of(design.compression)
    except InputError:
        return None


def _compression_steps(design: Design, rows: Sequence[Mapping[str, Any]]) -> Iterator[_Move]:
    setting = design.compression
    for knob in ("weight_bits", "activation_bits"):
        yield from _scale(design, "compression", knob, BITS)
    structure = UNPRUNED_TAKES if setting.structure == "none" else setting.structure
    of_structure = {
        row["prune_ratio"] for row in rows if row["structure"] == structure and row["weight_bits"] <= max(BITS)
    }
    yield from _scale(design, "compression", "prune_ratio", sorted({0.0, *of_structure} if of_structure else RATIOS))


def _hardware_steps(design: Design) -> Iterator[_Move]:
    hardware = design.hardware
    scales: dict[str, Sequence[Any]] = {
        "subarray_rows": _SIZES, "subarray_cols": _SIZES, "columns_per_sense_amplifier": _SHARED, "node_nm": get_args(Node),
    }  # fmt: skip
    choices = {**_CHOICES, "cell": tuple(cell.PRESETS)}
    if hardware.compute_style == CROSSBAR:
        scales |= {"adc_bits": range(1, 13), "active_rows": tuple(2**power for power in range(12))}
        del choices["operand"]
    for knob, values in scales.items():
        yield from _scale(design, "hardware", knob, values)
    for knob, options in choices.items():
        others = [option for option in options if option != getattr(hardware, knob)]
        yield from (move for option in others for move in _moved(design, "hardware", knob, option, 0))


def _scale(design: Design, section: str, knob: str, values: Sequence[Any]) -> Iterator[_Move]:
    """One step down and one up on a scale."""
    now = getattr(getattr(design, section), knob)
    below, above = [value for value in values if value < now], [value for value in values if value > now]
    if below:
        yield from _moved(design, section, knob, below[-1], -1)
    if above:
        yield from _moved(design, section, knob, above[0], 1)


def _moved(design: Design, section: str, knob: str, value: Any, direction: int) -> Iterator[_Move]:
    """The design with the knob at that value; nothing where the schema refuses it."""
    compression, hardware = design.compression.model_dump(), design.hardware.model_dump()
    {"compression": compression, "hardware": hardware}[section][knob] = value
    hardware["active_rows"] = min(hardware["active_rows"], hardware["subarray_rows"])
    if compression["prune_ratio"] == 0:
        compression["structure"] = "none"
    elif compression["structure"] == "none":
        compression["structure"] = UNPRUNED_TAKES
    try:
        yield (
            knob,
            value,
            direction,
            parse_design({"network": design.network, "compression": compression, "hardware": hardware}),
        )
    except InputError:
        return


def _evaluated(base: Design, moves: Sequence[tuple[_Move, Point]], arrays: ArrayModel) -> list[Step]:
    if not moves:
        return []
    single = [hardware_columns(move[3].hardware) for move, _ in moves]
    columns = {name: np.concatenate([item[name] for item in single]) for name in HARDWARE_FIELDS}
    table = chip.HardwareTable.from_columns(columns, len(moves))
    reasons = chip.invalid_reason(table)
    valid = np.flatnonzero(reasons == "")
    work = workload_table([point.workload for _, point in moves])
    figures = figures_of(work.take(valid), {name: values[valid] for name, values in columns.items()})
    errors = reads.read_error_ratio(table.take(valid))
    place = {int(index): order for order, index in enumerate(valid)}

    now = {**base.compression.model_dump(), **base.hardware.model_dump()}

    def step(index: int, move: _Move, point: Point) -> Step:
        knob, value, direction, design = move
        if index not in place:
            return Step(knob, now[knob], value, direction, design, {}, problem=str(reasons[index]))
        accuracy = arrays.of(point, conditions(table.take(np.array([index])))[0])
        ratio = float(accuracy.ratio[0])
        return Step(
            knob, now[knob], value, direction, design, {name: float(getattr(figures, name)[place[index]]) for name in METRICS},
            ratio if np.isfinite(ratio) else None, str(accuracy.kind[0]), float(errors[place[index]]),
        )  # fmt: skip

    return [step(index, move, point) for index, (move, point) in enumerate(moves)]
