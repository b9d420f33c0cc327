"""Designs as a Parquet table, one row each, with unit and kind of every column in the file's metadata."""

import io
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sotexplore.explorer.exports.handover import HandOver, flattened, kinds, provenance, unit_of
from sotexplore.explorer.versions import versions

META = b"sotexplore"
"""Key of the metadata: a JSON document with `versions`, `units` and, for each design, `kinds` and `provenance`."""


def parquet_bytes(items: Sequence[HandOver]) -> bytes:
    """One row a design: its name, its fields, its metrics, its breakdowns, its checkpoint."""
    rows = [_row(item) for item in items]
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pa.table({name: [row.get(name) for row in rows] for name in names})
    meta = {
        "versions": versions(),
        "units": {name: unit_of(name) for name in names},
        "designs": [
            {"name": item.name, "kinds": kinds(item.evaluation), "provenance": provenance(item.evaluation)}
            for item in items
        ],
    }
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({META: json.dumps(meta, allow_nan=False).encode()}), buffer)
    return buffer.getvalue()


def _row(item: HandOver) -> dict[str, Any]:
    evaluation = item.evaluation
    design = flattened(evaluation.design.to_dict())
    parts = {
        f"{metric}.{part}": value for metric, values in evaluation.breakdown.items() for part, value in values.items()
    }
    key = None if evaluation.checkpoint is None else evaluation.checkpoint["key"]
    return {"name": item.name, **design, **evaluation.metrics, **parts, "checkpoint": key}
