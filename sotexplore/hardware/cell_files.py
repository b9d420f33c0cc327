"""Cells of the user's own, in YAML files: one cell a file, every field checked, none clipped.

They are looked for in the folder that `SOTEXPLORE_CELLS` names, and in `cells/` where we are. A file's cell goes by its
field `name`, or by the file's stem where it has none. A field is a value, or a mapping of `value`, `kind`, `source`,
`low`, `high`, as `docs/cells.md` shows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sotexplore.design import read_mapping
from sotexplore.errors import InputError
from sotexplore.hardware.cell import LIMITS, PRESETS, Cell, from_fields
from sotexplore.hardware.presets import Known

FOLDER_VARIABLE: Final = "SOTEXPLORE_CELLS"
KINDS_OF_VALUE: Final = ("measured", "secondary", "simulated", "stated", "fitted", "assumed", "textbook")
_SUFFIXES: Final = (".yaml", ".yml", ".json")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_PARTS: Final = ("value", "kind", "source", "low", "high")


def load(path: str | Path) -> Cell:
    """The cell of a file.

    Args:
        path: YAML or JSON; fields of `Cell`.

    Raises:
        InputError: file missing or not YAML; a missing or unknown field, or a value out of its range, by name.
    """
    path = Path(path)
    data = read_mapping(path)
    values: dict[str, Any] = {"name": path.stem}
    known: dict[str, Known] = {}
    for name, given in data.items():
        values[str(name)], found = _field(str(name), given)
        if found is not None:
            known[str(name)] = found
    cell = from_fields(values, provenance=known)
    check_name(cell.name)
    for name, item in known.items():
        if item.low is not None or item.high is not None:
            _check_range_of(name, item)
    return cell


def check_name(name: str) -> None:
    """Refuse what no cell of the user's own may be called.

    Raises:
        InputError: other characters than allowed, or a preset's name.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            "hardware.cell.name", "not a name", got=name, allowed="letters, digits, . _ -, at most 60, no space"
        )
    if name in PRESETS:
        raise InputError("hardware.cell.name", "is a preset's name", got=name, allowed="another name")


def _field(name: str, given: Any) -> tuple[Any, Known | None]:
    """A field's value, and what the file says of it."""
    if not isinstance(given, Mapping):
        return _number(name, given), None
    for part in given:
        if part not in _PARTS:
            raise InputError(f"hardware.cell.{name}.{part}", "unknown field", got=part, allowed=", ".join(_PARTS))
    if "value" not in given:
        raise InputError(f"hardware.cell.{name}.value", "missing", got="nothing", allowed="a value")
    kind, source = given.get("kind", "assumed"), given.get("source", "given by the user")
    if kind not in KINDS_OF_VALUE:
        raise InputError(f"hardware.cell.{name}.kind", "unknown kind", got=kind, allowed=", ".join(KINDS_OF_VALUE))
    if not isinstance(source, str):
        raise InputError(f"hardware.cell.{name}.source", "not text", got=source, allowed="text")
    value, low, high = (_number(name, given.get(part)) for part in ("value", "low", "high"))
    return value, Known(value, kind, source, low, high)


def _number(name: str, given: Any) -> Any:
    """YAML 1.1 reads 1e-9 as text: such a number is taken as one."""
    if name in LIMITS and isinstance(given, str):
        try:
            return float(given)
        except ValueError:
            return given
    return given


def _check_range_of(name: str, item: Known) -> None:
    if name not in LIMITS:
        raise InputError(f"hardware.cell.{name}", "has no range", got="low, high", allowed="value, kind, source")
    _, least, greatest = LIMITS[name]
    for end, bound, low, high in (("low", item.low, least, item.value), ("high", item.high, item.value, greatest)):
        if bound is None:
            continue
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not low <= bound <= high:
            raise InputError(f"hardware.cell.{name}.{end}", "out of range", got=bound, allowed=f"{low:g} to {high:g}")


def folders() -> tuple[Path, ...]:
    """Folders that are searched, first to last.

    Raises:
        InputError: the variable names no folder.
    """
    given = os.environ.get(FOLDER_VARIABLE)
    if not given:
        return (Path("cells"),)
    if not Path(given).is_dir():
        raise InputError(FOLDER_VARIABLE, "is not a folder", got=given, allowed="a folder of cell files")
    return Path(given), Path("cells")


def find(name: str) -> Cell | None:
    """The user's cell of that name; None where there is none.

    Raises:
        InputError: its file is wrong.
    """
    for path in _files():
        if path.stem == name and _own_name(path) in (name, None):
            return _loaded(path, _stamp(path))
    for path in _files():
        if _own_name(path) == name:
            return _loaded(path, _stamp(path))
    return None


def check_stem(name: str) -> None:
    """Refuse a name that is a file's, but not the name that the file gives its cell.

    Raises:
        InputError: with the name inside.
    """
    for path in _files():
        own = _own_name(path)
        if path.stem == name and own is not None:
            raise InputError("hardware.cell", f"the file {path.name} calls its cell otherwise", got=name, allowed=own)


def names() -> tuple[str, ...]:
    """Names of the user's cells whose files are sound."""
    found = []
    for path in _files():
        try:
            found.append(_loaded(path, _stamp(path)).name)
        except InputError:
            continue
    return tuple(dict.fromkeys(found))


def _files() -> Iterator[Path]:
    for folder in folders():
        if folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES and path.is_file())


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=256)
def _loaded(path: Path, stamp: tuple[int, int]) -> Cell:
    """The cell of a file as it is at that stamp."""
    del stamp
    return load(path)


def _own_name(path: Path) -> str | None:
    """What the file's field `name` says; None where it says nothing or cannot be read."""
    try:
        given = read_mapping(path).get("name")
    except InputError:
        return None
    return given if isinstance(given, str) else None
