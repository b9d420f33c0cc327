"""A design as JSON, YAML or CSV, each with the provenance of its numbers."""

import csv
import io
import json

import yaml

from sotexplore.explorer.exports.handover import (
    HandOver,
    cell_facts,
    flattened,
    kinds,
    metric_kind,
    provenance,
    unit_of,
)


def json_bytes(item: HandOver) -> bytes:
    """The evaluated design with all breakdowns; `provenance` gives versions, keys and the kind of every number."""
    evaluation = item.evaluation
    cell = {name: known._asdict() for name, known in cell_facts(evaluation)}
    origin = provenance(evaluation) | {"kinds": kinds(evaluation), "cell": cell}
    document = evaluation.to_dict() | {"provenance": origin}
    return (json.dumps(document, indent=2, allow_nan=False) + "\n").encode()


def yaml_bytes(item: HandOver) -> bytes:
    """A design file with its figures as comments."""
    evaluation = item.evaluation
    lines = [f"# {name}: {value}" for name, value in provenance(evaluation).items()]
    lines += [
        f"# {name}: {value}  ({metric_kind(name, evaluation)}, {unit_of(name)})"
        for name, value in evaluation.metrics.items()
        if name != "accuracy_kind"
    ]
    lines += [f"# {note}" for note in (*evaluation.notes, *evaluation.cautions)]
    text = "\n".join(" ".join(line.split()) for line in lines)
    return (text + "\n" + yaml.safe_dump(evaluation.design.to_dict(), sort_keys=False)).encode()


def csv_bytes(item: HandOver) -> bytes:
    """One row a figure, with unit and kind."""
    evaluation = item.evaluation
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["group", "name", "value", "kind", "unit"])
    flat = flattened(evaluation.design.to_dict())
    writer.writerows(["design", name, value, "chosen", unit_of(name)] for name, value in flat.items())
    for name, value in evaluation.metrics.items():
        writer.writerow(["metric", name, value, metric_kind(name, evaluation), unit_of(name)])
    for metric, parts in evaluation.breakdown.items():
        rows = ([f"breakdown {metric}", part, value, "modelled", unit_of(metric)] for part, value in parts.items())
        writer.writerows(rows)
    writer.writerows(["note", "", text, "", ""] for text in (*evaluation.notes, *evaluation.cautions))
    writer.writerows(["provenance", name, value, "", ""] for name, value in provenance(evaluation).items())
    return buffer.getvalue().encode()
