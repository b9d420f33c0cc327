"""Sub-arrays in a CSV file: one per row, its figures added."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np

from sotexplore.errors import InputError
from sotexplore.hardware import subarray_sizes
from sotexplore.hardware.cell import Cell
from sotexplore.hardware.subarray_costs import SubarrayFigures, evaluate
from sotexplore.hardware.technology import technology
from sotexplore.store import write_output

# column of the file: field of the cell
CELL_COLUMNS: Final = {
    "cell_area_f2": "area_f2",
    "cell_aspect_ratio": "aspect_ratio",
    "resistance_low_ohm": "resistance_low_ohm",
    "resistance_high_ohm": "resistance_high_ohm",
    "read_power_w": "read_power_w",
    "write_current_a": "write_current_a",
    "write_pulse_s": "write_pulse_s",
    "write_energy_bit_j": "write_energy_bit_j",
    "access_width_f": "access_width_f",
}
# column of the file: the field that an error names
SIZE_COLUMNS: Final = {
    "node_nm": "hardware.node_nm",
    "rows": subarray_sizes.ROWS,
    "cols": subarray_sizes.COLS,
    "mux": subarray_sizes.MUX,
}
INPUT_COLUMNS: Final = ("cell", *CELL_COLUMNS, "node_nm", "roadmap", "rows", "cols", "mux")
OUTPUT_COLUMNS: Final = (
    "area_m2", "read_latency_s", "write_latency_s", "read_energy_j", "write_energy_j", "leakage_w",
)  # fmt: skip
ROADMAP: Final = "LOP"
TABLE: Final = "table"

Row = dict[str, str]


@dataclass(frozen=True)
class _Entry:
    cell: Cell
    node_nm: int
    rows: int
    cols: int
    mux: int


def _refuse(field: str, problem: str, got: object, allowed: str) -> NoReturn:
    raise InputError(field, problem, got=got, allowed=allowed)


def _read(path: Path) -> list[Row]:
    """Every row, as text; columns named like an output are left to the model."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            header = list(reader.fieldnames or ())
            missing = [name for name in (*INPUT_COLUMNS, *header) if header.count(name) != 1]
            if missing:
                _refuse(TABLE, f"column {missing[0]} not there exactly once", path, ", ".join(INPUT_COLUMNS))
            found = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        _refuse(TABLE, f"cannot be read ({error})", path, "a CSV file in UTF-8")
    for number, row in enumerate(found, start=2):
        if None in row or None in row.values():
            _refuse(TABLE, f"line {number}: not as many values as columns", path, f"{len(header)} values")
    if not found:
        _refuse(TABLE, "has no rows", path, "a row per sub-array")
    kept = [name for name in header if name not in OUTPUT_COLUMNS]
    return [{name: row[name].strip() if name in INPUT_COLUMNS else row[name] for name in kept} for row in found]


def _number(kind: Callable[[str], float], field: str, text: str) -> float:
    allowed = "an integer" if kind is int else "a finite number"
    try:
        value = kind(text)
    except ValueError:
        _refuse(field, f"not {allowed}", text, allowed)
    if not math.isfinite(value):
        _refuse(field, f"not {allowed}", text, allowed)
    return value


def _entry(row: Row) -> _Entry:
    """What one row says, checked."""
    if row["roadmap"] != ROADMAP:
        _refuse("hardware.roadmap", "no devices of this roadmap", row["roadmap"], ROADMAP)
    values: dict[str, Any] = {
        field: _number(float, f"hardware.cell.{field}", row[name]) for name, field in CELL_COLUMNS.items()
    }
    node, rows, cols, mux = (int(_number(int, field, row[name])) for name, field in SIZE_COLUMNS.items())
    technology(node)
    size = subarray_sizes.check(rows=rows, cols=cols, columns_per_sense_amplifier=mux)
    cell = Cell(
        name=row["cell"], kind="sot", endurance_cycles=1.0, volatile=False, standby_power_bit_w=0.0,
        resistance_spread_ratio=0.0, source="table", **values,
    )  # fmt: skip
    subarray_sizes.check_pitch(cell=cell, size=size)
    return _Entry(cell, node, rows, cols, mux)


def _entries(found: list[Row]) -> list[_Entry]:
    entries = []
    for number, row in enumerate(found, start=2):
        try:
            entries.append(_entry(row))
        except InputError as error:
            raise InputError(
                error.field, f"line {number}: {error.problem}", got=error.got, allowed=error.allowed
            ) from None
    return entries


def _evaluate(entries: list[_Entry]) -> list[list[float]]:
    """The output columns of every row; rows of one cell and node go together."""
    groups: dict[tuple[Cell, int], list[int]] = {}
    for index, entry in enumerate(entries):
        groups.setdefault((entry.cell, entry.node_nm), []).append(index)
    table = np.empty((len(entries), len(OUTPUT_COLUMNS)))
    for (cell, node_nm), indices in groups.items():
        size = subarray_sizes.check(
            rows=[entries[index].rows for index in indices],
            cols=[entries[index].cols for index in indices],
            columns_per_sense_amplifier=[entries[index].mux for index in indices],
        )
        figures: SubarrayFigures = evaluate(cell=cell, size=size, drive="least", tech=technology(node_nm))
        table[indices] = np.stack([getattr(figures, name) for name in OUTPUT_COLUMNS], axis=-1)
    values: list[list[float]] = table.tolist()
    return values


def _text(found: list[Row], values: list[list[float]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow((*found[0], *OUTPUT_COLUMNS))
    writer.writerows((*row.values(), *map(repr, line)) for row, line in zip(found, values, strict=True))
    return buffer.getvalue()


def table(in_csv: str | Path, out_csv: str | Path) -> None:
    """Add the figures of the sub-array in each row.

    Args:
        in_csv: has the columns `INPUT_COLUMNS` among its own. Every cell is a resistive one, written through its bit-line.
        out_csv: gets all columns of the input as they are, but for those named like an output, and `OUTPUT_COLUMNS`;
            written whole or not at all.

    Raises:
        InputError: for a file that cannot be read or written, or a value out of range, with its line.
    """
    found = _read(Path(in_csv))
    write_output(Path(out_csv), _text(found, _evaluate(_entries(found))).encode())
