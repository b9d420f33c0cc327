"""A bundle: one JSON file with a view, its designs, their checkpoints' rows and the versions, for a colleague to open.

Reading a bundle changes nothing; what differs here from where it was made is told by `differences`.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from sotexplore.design import MAX_FILE_BYTES, Design, parse_design, parse_mapping, parse_record
from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import Evaluation
from sotexplore.explorer.exports.handover import HandOver, cell_facts
from sotexplore.explorer.versions import versions
from sotexplore.hardware import cell

BUNDLE_VERSION: Final = 1
MAX_DESIGNS = 12
_TOLERANCE = 1e-9
_Text = Annotated[str, Field(max_length=120)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BundledDesign(_Record):
    """A design with the figures that its author saw."""

    name: _Text
    design: Design
    checkpoint: _Text | None = None
    metrics: dict[_Text, float | str | None] = {}


class Bundle(_Record):
    """What the file holds. The first design is the current one, the others are pinned."""

    sotexplore_bundle: Literal[1] = BUNDLE_VERSION
    sotexplore_version: _Text
    model_version: _Text
    constants_digest: _Text
    view: dict[_Text, JsonValue] = {}
    """What differs from the default view, by the names that links use."""
    designs: Annotated[tuple[BundledDesign, ...], Field(min_length=1, max_length=MAX_DESIGNS)]
    checkpoints: dict[_Text, dict[_Text, JsonValue]] = {}
    """Key -> row of facts of every checkpoint that the designs rest on."""
    cells: dict[_Text, dict[_Text, JsonValue]] = {}
    """Name -> fields of every memory cell that is no preset."""


def bundle_bytes(items: Sequence[HandOver], view: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The bundle's file.

    Args:
        items: the current design, then the pinned ones.
        view: what differs from the default view, as plain data.
        rows: the cache's checkpoints.
    """
    keys = {item.evaluation.checkpoint["key"] for item in items if item.evaluation.checkpoint is not None}
    document = {
        "sotexplore_bundle": BUNDLE_VERSION,
        **versions(),
        "view": dict(view),
        "designs": [_design(item) for item in items],
        "checkpoints": {row["key"]: dict(row) for row in rows if row["key"] in keys},
        "cells": {name: facts for item in items for name, facts in _own_cell(item.evaluation).items()},
    }
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode()


def read_file(name: str, content: bytes) -> Bundle | Design:
    """What an uploaded file holds: a bundle, or the design of a JSON or YAML file, exported ones included.

    Args:
        name: of the file, for messages.
        content: its bytes.

    Raises:
        InputError: too large, no text, neither JSON nor YAML, of a later version, or a field is wrong, by name.
    """
    name = Path(name).name[:60]
    if len(content) > MAX_FILE_BYTES:
        raise InputError("file", "is too large", got=f"{len(content)} bytes", allowed=f"{MAX_FILE_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("file", "is no text", got=name, allowed="a JSON or YAML file in UTF-8") from None
    data = _mapping(text, name)
    if "sotexplore_bundle" not in data:
        return parse_design(_exported(data))
    if data["sotexplore_bundle"] != BUNDLE_VERSION:
        given = data["sotexplore_bundle"]
        raise InputError("sotexplore_bundle", "is of another version", got=given, allowed=str(BUNDLE_VERSION))
    return parse_record(Bundle, data | {"designs": _designs(data.get("designs"))})


def differences(bundle: Bundle, here: Sequence[Evaluation | None]) -> list[str]:
    """What is not as it was where the bundle was made, one sentence each; nothing where all is the same.

    Args:
        bundle: the bundle.
        here: its designs, evaluated here and now; None for one that cannot be.
    """
    told = [
        f"{label}: the bundle was made with {getattr(bundle, name)}, this is {value}"
        for (name, value), label in zip(versions().items(), ("product", "model version", "constants"), strict=True)
        if getattr(bundle, name) != value
    ]
    for name, fields in bundle.cells.items():
        told += _cell_differences(name, fields)
    for item, evaluation in zip(bundle.designs, here, strict=True):
        told += [f"{item.name}: {text}" for text in _design_differences(item, evaluation)]
    return told


def _design(item: HandOver) -> dict[str, Any]:
    evaluation = item.evaluation
    key = None if evaluation.checkpoint is None else evaluation.checkpoint["key"]
    return {
        "name": item.name[:120],
        "design": evaluation.design.to_dict(),
        "checkpoint": key,
        "metrics": evaluation.metrics,
    }


def _own_cell(evaluation: Evaluation) -> dict[str, dict[str, float]]:
    name = evaluation.design.hardware.cell
    return {} if name in cell.PRESETS else {name: {field: known.value for field, known in cell_facts(evaluation)}}


def _mapping(text: str, name: str) -> dict[str, Any]:
    """JSON where it is JSON (YAML 1.1 would read 1e-9 as text), else YAML."""
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return parse_mapping(text, name)
    if not isinstance(data, dict):
        raise InputError("file", "does not hold a mapping", got=name, allowed="keys and values")
    return data


def _refuse_constant(text: str) -> float:
    raise ValueError(text)


def _exported(data: dict[str, Any]) -> object:
    """The design inside an exported JSON document; other documents are designs themselves."""
    return data["design"] if "design" in data and "metrics" in data else data


def _designs(given: object) -> object:
    """The designs parsed one by one, so that a message names the place and the field."""
    if not isinstance(given, list):
        raise InputError("designs", "is no list", got=given, allowed="a list of designs")
    parsed = []
    for place, item in enumerate(given):
        if not isinstance(item, dict):
            raise InputError(f"designs.{place}", "is no mapping", got=item, allowed="name, design, checkpoint, metrics")
        try:
            parsed.append(item | {"design": parse_design(item.get("design"))})
        except InputError as error:
            field = f"designs.{place}.{error.field}"
            raise InputError(field, error.problem, got=error.got, allowed=error.allowed) from None
    return parsed


def _cell_differences(name: str, fields: Mapping[str, Any]) -> list[str]:
    try:
        own = cell.preset(name)
    except InputError:
        return [f"memory cell {name}: not here; put its file into the folder of cells (docs/cells.md)"]
    changed = [field for field, value in fields.items() if getattr(own, field, None) != value]
    return [f"memory cell {name}: other {', '.join(changed)} here"] if changed else []


def _design_differences(item: BundledDesign, evaluation: Evaluation | None) -> list[str]:
    if evaluation is None:
        return ["cannot be evaluated here"]
    key = None if evaluation.checkpoint is None else evaluation.checkpoint["key"]
    told = []
    if key != item.checkpoint:
        told.append(_checkpoint_text(item.checkpoint, key))
    changed = [name for name, value in item.metrics.items() if not _same(value, evaluation.metrics.get(name))]
    return [*told, f"other {', '.join(changed)}"] if changed else told


def _checkpoint_text(theirs: str | None, ours: str | None) -> str:
    if theirs is None:
        return f"was estimated or planned, here checkpoint {ours} answers"
    return f"rested on checkpoint {theirs}, which this cache lacks; here " + (
        f"checkpoint {ours} answers" if ours else "it is estimated or planned"
    )


def _same(theirs: float | str | None, ours: object) -> bool:
    if isinstance(theirs, float) and isinstance(ours, int | float):
        return math.isclose(theirs, ours, rel_tol=_TOLERANCE)
    return theirs == ours
