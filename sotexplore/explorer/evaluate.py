"""Designs to figures: compression settings resolved against the cache, chips evaluated, one table out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sotexplore import catalogue
from sotexplore.checkpoint import list_checkpoints, ratio_row
from sotexplore.design import Compression, Design, Hardware
from sotexplore.explorer import batch, remarks
from sotexplore.explorer.array_accuracy import ArrayModel, conditions
from sotexplore.explorer.resolve import BASELINE_BITS, Point, Resolver
from sotexplore.explorer.space import COMPRESSION_FIELDS, HARDWARE_FIELDS, Space
from sotexplore.fault_study import list_studies
from sotexplore.hardware import cell, chip, mapping, packing, reads
from sotexplore.hardware.validity import check
from sotexplore.workload import WorkloadTable, dense_workload, workload_table

CHIP_METRICS = (
    "area_m2",
    "energy_per_frame_j",
    "frame_latency_s",
    "frames_per_s",
    "power_w",
    "standby_power_w",
    "n_subarrays",
    "utilization_ratio",
)
RATIO_METRICS = ("weights_ratio", "storage_ratio", "operations_ratio", "subarrays_ratio")
METRICS = ("accuracy_ratio", "accuracy_kind", *CHIP_METRICS, *RATIO_METRICS)
BREAKDOWNS = {
    "area_m2": "area_by_component",
    "energy_per_frame_j": "energy_by_component",
    "frame_latency_s": "latency_by_component",
}
_ACCURACIES = {
    "accuracy_ratio": "ratio",
    "accuracy_kind": "kind",
    "accuracy_error_ratio": "error_ratio",
    "accuracy_with_faults_ratio": "with_faults_ratio",
    "accuracy_with_faults_error_ratio": "with_faults_error_ratio",
}
_ACCURACY_FIGURES = tuple(_ACCURACIES)[2:]
ACCURACY_DETAIL = (*_ACCURACY_FIGURES, "ideal_accuracy_ratio")
"""Beside the accuracy: its error, the accuracy with read errors too, and that of ideal arrays."""
SHARED = "shared"
"""Name of the row, beside the layers, of what belongs to none of them: global buffer, controller, clock, leakage."""


@dataclass(frozen=True)
class Evaluation:
    """One design's figures, as the contract's `evaluate` prints them."""

    design: Design
    metrics: dict[str, Any]
    breakdown: dict[str, dict[str, float]]
    layers: list[dict[str, Any]]
    checkpoint: dict[str, Any] | None
    notes: list[str] = field(default_factory=list)
    """Where the figures come from, one sentence each."""
    cautions: list[str] = field(default_factory=list)
    """What the figures leave out and a user must know, one sentence each; empty for a sound design."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data with the contract's keys."""
        return {
            "design": self.design.to_dict(),
            "metrics": self.metrics,
            "breakdown": self.breakdown,
            "layers": self.layers,
            "checkpoint": None if self.checkpoint is None else self.checkpoint["key"],
            "notes": self.notes,
            "cautions": self.cautions,
        }


def evaluate_design(design: Design, cache: Path) -> Evaluation:
    """All figures of one design.

    Args:
        design: the design.
        cache: folder of the checkpoints.

    Raises:
        InputError: the hardware refuses the combination, the ratio is out of the structure's reach, the checkpoint is
            not there.
    """
    rows = list_checkpoints(cache).rows
    point = Resolver(design.network, rows).of(design.checkpoint or design.compression)
    return _evaluation(design, point, array_model(design.network, rows, cache))


def array_model(network: str, rows: Sequence[Mapping[str, Any]], cache: Path) -> ArrayModel:
    """What arrays cost the network's checkpoints in accuracy, from the studies of the cache."""
    own = [row for row in rows if row["network"] == network]
    return ArrayModel(list_studies(cache), own, n_classes=catalogue.network(network).n_classes)


def dense_baseline(design: Design, cache: Path) -> Evaluation:
    """The dense network at 8-bit weights and activations on the design's hardware."""
    setting = Compression(structure="none", prune_ratio=0.0, weight_bits=BASELINE_BITS, activation_bits=BASELINE_BITS)
    return evaluate_design(Design(network=design.network, compression=setting, hardware=design.hardware), cache)


def evaluate_space(space: Space, cache: Path) -> pd.DataFrame:
    """Every design of a space: its fields, then its metrics; one row each.

    Combinations that the hardware refuses are left out. Compression settings beyond a structure's reach raise.

    Raises:
        InputError: see `evaluate_design`; or nothing is left.
    """
    rows = list_checkpoints(cache).rows
    columns = space.hardware_columns()
    hardware = chip.HardwareTable.from_columns(columns, space.n_hardware)
    for name in np.unique(hardware.cell):
        cell.preset(str(name))
    valid = chip.invalid_reason(hardware) == ""
    if not valid.any():
        check(hardware)
    columns = {name: values[valid] for name, values in columns.items()}
    frames = []
    for name in space.networks:
        resolver = Resolver(name, rows)
        points = [resolver.of(compression) for compression in space.compressions]
        model = array_model(name, rows, cache)
        frames.append(_network_frame(name, points, columns, int(valid.sum()), model))
    return pd.concat(frames, ignore_index=True)


def figures_of(point_workloads: WorkloadTable, columns: Mapping[str, NDArray[Any]]) -> chip.ChipFigures:
    """Chip figures of workload row i on hardware row i."""
    return chip.evaluate(point_workloads, chip.HardwareTable.from_columns(columns, point_workloads.n_designs))


def hardware_columns(hardware: Hardware) -> dict[str, NDArray[Any]]:
    """One hardware setting as columns of length 1."""
    return {name: np.array([np.nan if value is None else value]) for name, value in hardware.model_dump().items()}


def subarrays_of_dense(network: str, columns: Mapping[str, NDArray[Any]], n_hardware: int) -> NDArray[np.float64]:
    """Sub-arrays of the dense 8-bit network for each hardware setting."""
    dense = dense_workload(catalogue.network(network), weight_bits=BASELINE_BITS, activation_bits=BASELINE_BITS)
    table = workload_table([dense]).take(np.zeros(n_hardware, dtype=np.int64))
    chips = chip.HardwareTable.from_columns(columns, n_hardware)
    count = mapping.n_subarrays(table, chips).sum(axis=1, dtype=np.float64)
    packed = np.flatnonzero(chips.packing)
    count[packed] = packing.packed_subarrays(table.take(packed), chips.take(packed))
    return np.asarray(count)


def _network_frame(
    name: str, points: Sequence[Point], columns: Mapping[str, NDArray[Any]], n_hardware: int, model: ArrayModel
) -> pd.DataFrame:
    table = workload_table([point.workload for point in points])
    dense = subarrays_of_dense(name, columns, n_hardware)
    point_index = np.repeat(np.arange(len(points)), n_hardware)
    hardware_index = np.tile(np.arange(n_hardware), len(points))
    chips = chip.HardwareTable.from_columns(columns, n_hardware)
    figures = batch.metrics(table, chips, (*CHIP_METRICS, "needed_subarrays"), pairs=(point_index, hardware_index))
    figures["subarrays_ratio"] = dense[hardware_index] / figures["needed_subarrays"]
    frame = _compression_frame(name, points).iloc[point_index].reset_index(drop=True)
    for field_name in HARDWARE_FIELDS:
        frame[field_name] = columns[field_name][hardware_index]
    for metric in (*CHIP_METRICS, "subarrays_ratio"):
        frame[metric] = figures[metric]
    for metric, values in _accuracy_columns(points, chips, model).items():
        frame[metric] = values
    frame["read_error_ratio"] = reads.read_error_ratio(chips)[hardware_index]
    order = ["network", *COMPRESSION_FIELDS, "checkpoint", *HARDWARE_FIELDS, *METRICS]
    return frame[[*order, *ACCURACY_DETAIL, "read_error_ratio"]]


def _accuracy_columns(points: Sequence[Point], chips: chip.HardwareTable, model: ArrayModel) -> dict[str, NDArray[Any]]:
    """Accuracies of every point on every chip, point by point."""
    different, index = conditions(chips)
    found = [model.of(point, different).take(index) for point in points]
    return {
        name: np.concatenate([getattr(item, attribute) for item in found]) for name, attribute in _ACCURACIES.items()
    } | {"ideal_accuracy_ratio": np.repeat([_or_nan(point.accuracy.ratio) for point in points], len(index))}


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _compression_frame(name: str, points: Sequence[Point]) -> pd.DataFrame:
    records = [
        {
            "network": name,
            **point.setting.model_dump(),
            "checkpoint": None if point.row is None else point.row["key"],
            **ratio_row(point.workload),
        }
        for point in points
    ]
    return pd.DataFrame(records)


def _evaluation(design: Design, point: Point, model: ArrayModel) -> Evaluation:
    columns = hardware_columns(design.hardware)
    figures = figures_of(workload_table([point.workload]), columns)
    table = chip.HardwareTable.from_columns(columns, 1)
    accuracy = model.of(point, conditions(table)[0])
    metrics: dict[str, Any] = {
        "accuracy_ratio": _finite(float(accuracy.ratio[0])), "accuracy_kind": str(accuracy.kind[0])
    }  # fmt: skip
    metrics |= {name: float(getattr(figures, name)[0]) for name in CHIP_METRICS}
    metrics["n_subarrays"] = int(metrics["n_subarrays"])
    metrics |= ratio_row(point.workload)
    needed = float(figures.needed_subarrays[0])
    metrics["subarrays_ratio"] = float(subarrays_of_dense(design.network, columns, 1)[0]) / needed
    metrics |= {name: _finite(float(getattr(accuracy, _ACCURACIES[name])[0])) for name in _ACCURACY_FIGURES}
    metrics["ideal_accuracy_ratio"] = point.accuracy.ratio
    metrics |= {name: _finite(float(getattr(figures, name)[0])) for name in _EXTRA_METRICS}
    metrics["read_error_ratio"] = float(reads.read_error_ratio(table)[0])
    metrics["column_loss_ratio"] = float(reads.column_loss_ratio(table)[0])
    metrics["write_supply_v"] = float(reads.write_supply_v(table)[0])
    breakdown = {
        metric: {component: float(values[0]) for component, values in getattr(figures, attribute).items()}
        for metric, attribute in BREAKDOWNS.items()
    }
    return Evaluation(
        design,
        metrics,
        breakdown,
        _layer_rows(point, figures),
        None if point.row is None else dict(point.row),
        [*remarks.notes(point, metrics), *remarks.write_note(design.hardware, metrics)],
        remarks.cautions(design.hardware, metrics),
    )


_EXTRA_METRICS = (
    "needed_subarrays",
    "reloaded_subarrays",
    "leakage_w",
    "weight_load_energy_j",
    "weight_load_latency_s",
    "operand_writes_per_cell_per_frame",
    "lifetime_s",
)


def _layer_rows(point: Point, figures: chip.ChipFigures) -> list[dict[str, Any]]:
    """One row per layer and the shared one; areas, energies and latencies of the rows sum to the design's."""
    return [
        {
            "name": item.layer.name,
            "kind": item.layer.kind,
            "filters": item.layer.n_filters,
            "kept_filters": item.kept_filters,
            "rows": item.layer.n_rows,
            "kept_rows": item.kept_rows,
            "weight_bits": item.weight_bits,
            "input_bits": item.input_bits,
        }
        | {name: float(values[0, index]) for name, values in figures.by_layer.items()}
        for index, item in enumerate(point.workload)
    ] + [{"name": SHARED, "kind": SHARED} | {name: float(values[0]) for name, values in figures.shared.items()}]


def _finite(value: float) -> float | None:
    """The value, or None for an unlimited one (JSON has no infinity)."""
    return value if np.isfinite(value) else None
