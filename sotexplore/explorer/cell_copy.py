"""An edited copy of a memory cell: checked like a cell file, written like one."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import yaml

from sotexplore.errors import InputError
from sotexplore.hardware import cell_files
from sotexplore.hardware.cell import LIMITS, Cell, from_fields, preset
from sotexplore.store import write_output

EDITED = "edited"
"""Source of a value that the user typed."""


def edited_copy(base: str, changes: Mapping[str, Any]) -> Cell:
    """The cell of that name with some fields changed; what was said of a changed value's origin no longer holds.

    Args:
        base: name of a preset or of the user's own cell.
        changes: field -> value in SI units.

    Raises:
        InputError: no such cell or field, or a value or a pair of values that no cell may have.
    """
    cell = preset(base)
    values = {item.name: getattr(cell, item.name) for item in fields(Cell) if item.name != "provenance"}
    changed = {name: value for name, value in changes.items() if values.get(name, MISSING) != value}
    source = f"{cell.source}; {EDITED}: {', '.join(sorted(changed))}" if changed else cell.source
    kept = {name: known for name, known in cell.provenance.items() if name not in changed}
    return from_fields({**values, **changed, "source": source}, provenance=kept)


def cell_yaml(cell: Cell, name: str) -> str:
    """The cell as the text of a cell file, each number with what is known of its origin.

    Args:
        cell: the cell.
        name: what it is to be called.

    Raises:
        InputError: not a name, or a preset's.
    """
    cell_files.check_name(name)
    data: dict[str, Any] = {"name": name}
    for item in fields(Cell):
        if item.name not in ("name", "provenance"):
            data[item.name] = _entry(cell, item.name)
    return "# A memory cell for SOTExplore: docs/cells.md\n" + yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


def _entry(cell: Cell, name: str) -> Any:
    value = getattr(cell, name)
    if name not in LIMITS:
        return value
    known = cell.provenance.get(name)
    if known is None:
        return {"value": float(value), "kind": "assumed", "source": EDITED}
    ends = {end: float(given) for end, given in (("low", known.low), ("high", known.high)) if given is not None}
    return {"value": float(value), "kind": known.kind, "source": known.source, **ends}


def save_copy(cell: Cell, name: str) -> Path:
    """Writes the cell where designs find it by its name: into the first folder of the user's cells.

    Raises:
        InputError: not a name, a name that is taken, or the folder cannot be written.
    """
    text = cell_yaml(cell, name)
    if name in cell_files.names():
        raise InputError("hardware.cell.name", "is taken", got=name, allowed="a name that no cell has")
    folder = cell_files.folders()[0]
    path = folder / f"{name}.yaml"
    if path.exists():
        raise InputError("hardware.cell.name", "is a file that is there", got=path, allowed="a name without a file")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "output", f"cannot be written: {error.strerror}", got=folder, allowed="a folder for cells"
        ) from None
    write_output(path, text.encode())
    return path
