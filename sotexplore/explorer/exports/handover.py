"""What a format is given, and the origin of each of its numbers: measured, counted, modelled, estimated, assumed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sotexplore.explorer.evaluate import RATIO_METRICS, Evaluation
from sotexplore.explorer.versions import versions
from sotexplore.hardware.cell import PRESETS, Cell, preset
from sotexplore.hardware.presets import Known
from sotexplore.units import MISSING, area, percent, si, significant

COUNTED = (
    *RATIO_METRICS,
    "utilization_ratio",
    "n_subarrays",
    "needed_subarrays",
    "reloaded_subarrays",
    "operand_writes_per_cell_per_frame",
)
SHAPE_COLUMNS = ("filters", "kept_filters", "rows", "kept_rows", "weight_bits", "input_bits")
LAYER_COUNTED = (*SHAPE_COLUMNS, "n_subarrays", "utilization_ratio", "copies", "n_array_operations")
KINDS: Mapping[str, str] = {
    "measured": "run on the whole test set with integer weights and activations",
    "estimated": "interpolated between measured checkpoints",
    "unknown": "no checkpoint near enough",
    "counted": "follows from the network's kept shapes and the mapping, exactly",
    "modelled": "computed by circuit models from sourced constants; no silicon of this chip exists",
    "assumed": "a constant that no source gives, with its reason",
    "chosen": "an input of the design",
}
"""Kind of a number -> what it means."""
_UNITS = {"_m2": "m2", "_j": "J", "_s": "s", "_w": "W", "_v": "V", "_ohm": "ohm", "_a": "A", "_f2": "F2", "_f": "F",
          "_bits": "bit", "_nm": "nm"}  # fmt: skip
_LABELS = {"n_subarrays": "Sub-arrays", "frames_per_s": "Frame rate", "weights_ratio": "Weight compression",
           "storage_ratio": "Storage compression", "operations_ratio": "Operations compression",
           "subarrays_ratio": "Sub-array saving", "utilization_ratio": "Cell utilisation",
           "needed_subarrays": "Sub-arrays the weights take", "reloaded_subarrays": "Sub-arrays written again each frame",
           "ideal_accuracy_ratio": "Accuracy with ideal arrays", "accuracy_with_faults_error_ratio": "Error of accuracy with faults",
           "column_loss_ratio": "Current lost along a column", "accuracy_error_ratio": "Error of the accuracy",
           "weight_bits": "Weight bits", "input_bits": "Input bits", "n_array_operations": "Array operations"}  # fmt: skip
_SHARES = ("accuracy_ratio", "accuracy_error_ratio", "ideal_accuracy_ratio", "accuracy_with_faults_ratio",
           "accuracy_with_faults_error_ratio", "utilization_ratio", "read_error_ratio", "column_loss_ratio")  # fmt: skip


@dataclass(frozen=True)
class HandOver:
    """One design to hand over."""

    name: str
    """What its author calls it."""
    evaluation: Evaluation
    baseline: Evaluation | None = None
    """The dense 8-bit network on the same hardware, where there is one."""


def provenance(evaluation: Evaluation) -> dict[str, Any]:
    """Versions, checkpoint, and the kind of every group of numbers."""
    return {
        **versions(),
        "checkpoint": None if evaluation.checkpoint is None else evaluation.checkpoint["key"],
        "accuracy_kind": evaluation.metrics["accuracy_kind"],
        "hardware_kind": "modelled",
        "kept_shapes_kind": "planned" if evaluation.checkpoint is None else "counted in the checkpoint",
    }


def kinds(evaluation: Evaluation) -> dict[str, str]:
    """Dotted name of every number -> its kind; a breakdown's components share one entry."""
    found = {f"metrics.{name}": metric_kind(name, evaluation) for name in evaluation.metrics}
    found |= {f"breakdown.{name}": "modelled" for name in evaluation.breakdown}
    columns = dict.fromkeys(name for row in evaluation.layers for name in row if name not in ("name", "kind"))
    return found | {f"layers.{name}": layer_kind(name, evaluation) for name in columns}


def metric_kind(name: str, evaluation: Evaluation) -> str:
    """The kind of a metric."""
    if name.startswith("accuracy_with_faults") or name == "ideal_accuracy_ratio":
        is_measured = name == "ideal_accuracy_ratio" and evaluation.checkpoint is not None
        return "unknown" if evaluation.metrics[name] is None else "measured" if is_measured else "estimated"
    if name.startswith("accuracy"):
        return str(evaluation.metrics["accuracy_kind"])
    return "counted" if name in COUNTED else "modelled"


def layer_kind(name: str, evaluation: Evaluation) -> str:
    """The kind of a column of the per-layer table; kept shapes are planned where no checkpoint fixes them."""
    if name.startswith("kept_") and evaluation.checkpoint is None:
        return "planned"
    return "counted" if name in LAYER_COUNTED else "modelled"


def unit_of(name: str) -> str:
    """The SI unit that a field's name ends in; 1 for ratios and counts."""
    if name == "frames_per_s":
        return "1/s"
    return next((unit for suffix, unit in _UNITS.items() if name.endswith(suffix)), "1")


def label_of(name: str) -> str:
    """A field's name in words, without its unit."""
    if name in _LABELS:
        return _LABELS[name]
    ending = next((suffix for suffix in (*_UNITS, "_ratio") if name.endswith(suffix)), "")
    words = name.removesuffix(ending).replace("_", " ")
    return words[:1].upper() + words[1:]


def text_of(name: str, value: float | str | None) -> str:
    """A metric's value for a reader: with an SI prefix and its unit."""
    if value is None or isinstance(value, str):
        return value or MISSING
    if name in _SHARES:
        return percent(value) if value >= 5e-5 else f"{100 * value:.2g} %"
    if name in RATIO_METRICS:
        return f"{significant(value)}×"
    unit = unit_of(name)
    if unit == "m2":
        return area(value)
    return f"{value:,.4g}" if unit == "1" else si(value, {"1/s": "FPS"}.get(unit, unit))


def cell_facts(evaluation: Evaluation) -> Iterator[tuple[str, Known]]:
    """The memory cell's fields with value, kind and source; a value without a source is the user's assumption."""
    cell = preset(evaluation.design.hardware.cell)
    yield from cell.provenance.items()
    for name in _numbers(cell):
        if name not in cell.provenance and cell.name not in PRESETS:
            yield name, Known(getattr(cell, name), "assumed", "given by the user")


def _numbers(cell: Cell) -> list[str]:
    return [name for name, value in vars(cell).items() if isinstance(value, float)]


def slug(text: str) -> str:
    """`text` as a file's name: letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "design"


def flattened(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, keys joined by dots."""
    flat: dict[str, Any] = {}
    for name, value in data.items():
        flat |= flattened(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
