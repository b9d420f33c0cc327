"""A design handed over: JSON, YAML, CSV, each with the provenance of its numbers."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import yaml

import sotexplore
from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import RATIO_METRICS, Evaluation


def export_text(evaluation: Evaluation, form: str) -> str:
    """The evaluated design as a file's text.

    Args:
        evaluation: the design with its figures.
        form: `json`, `yaml` (a design file with its figures as comments), or `csv` (one row a figure, with its kind).

    Raises:
        InputError: unknown form.
    """
    check_format(form)
    return FORMATS[form](evaluation)


_COUNTED = (*RATIO_METRICS, "utilization_ratio", "n_subarrays", "operand_writes_per_cell_per_frame")


def check_format(form: str) -> None:
    """Raises an InputError unless `form` is one of the formats."""
    if form not in FORMATS:
        raise InputError("to", "unknown format", got=form, allowed=", ".join(FORMATS))


def _json(evaluation: Evaluation) -> str:
    document = evaluation.to_dict() | {"provenance": _provenance(evaluation)}
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _yaml(evaluation: Evaluation) -> str:
    lines = [f"# {name}: {value}" for name, value in {**_provenance(evaluation), **evaluation.metrics}.items()]
    lines += [f"# {note}" for note in (*evaluation.notes, *evaluation.cautions)]
    return "\n".join(lines) + "\n" + yaml.safe_dump(evaluation.design.to_dict(), sort_keys=False)


def _csv(evaluation: Evaluation) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["group", "name", "value", "kind"])
    flat = _flattened(evaluation.design.to_dict())
    writer.writerows(["design", name, value, "chosen"] for name, value in flat.items())
    for name, value in evaluation.metrics.items():
        writer.writerow(["metric", name, value, _kind(name, evaluation)])
    for metric, parts in evaluation.breakdown.items():
        writer.writerows([f"breakdown {metric}", part, value, "modelled"] for part, value in parts.items())
    writer.writerows(["note", "", text, ""] for text in (*evaluation.notes, *evaluation.cautions))
    writer.writerows(["provenance", name, value, ""] for name, value in _provenance(evaluation).items())
    return buffer.getvalue()


FORMATS: dict[str, Callable[[Evaluation], str]] = {"json": _json, "yaml": _yaml, "csv": _csv}


def _provenance(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "sotexplore_version": sotexplore.__version__,
        "checkpoint": None if evaluation.checkpoint is None else evaluation.checkpoint["key"],
        "accuracy_kind": evaluation.metrics["accuracy_kind"],
        "hardware_kind": "modelled",
    }


def _kind(name: str, evaluation: Evaluation) -> str:
    if name.startswith("accuracy"):
        return str(evaluation.metrics["accuracy_kind"])
    return "counted" if name in _COUNTED else "modelled"


def _flattened(data: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in data.items():
        flat |= _flattened(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
