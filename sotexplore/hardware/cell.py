"""Memory cells: what a sub-array needs to know of one, the presets, and cells of the user's own."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from numbers import Real
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sotexplore.errors import InputError
from sotexplore.hardware.logic import FOLDING_F
from sotexplore.hardware.presets import PRESET_DATA, Known

KINDS: Final = ("sot", "stt", "reram", "sram", "dram")
RESISTIVE: Final = ("sot", "stt", "reram")

# field: (unit, least, greatest value accepted)
LIMITS: Final[dict[str, tuple[str, float, float]]] = {
    "area_f2": ("F2", 4.0, 1000.0),
    "aspect_ratio": ("1", 0.1, 10.0),
    "resistance_low_ohm": ("ohm", 0.0, 1e8),
    "resistance_high_ohm": ("ohm", 0.0, 1e10),
    "read_power_w": ("W", 0.0, 1e-2),
    "write_current_a": ("A", 0.0, 5e-3),
    "write_pulse_s": ("s", 0.0, 1e-4),
    "write_energy_bit_j": ("J", 0.0, 1e-8),
    "access_width_f": ("F", 1.0, 100.0),
    "endurance_cycles": ("1", 1.0, 1e18),
    "standby_power_bit_w": ("W", 0.0, 1e-6),
    "resistance_spread_ratio": ("1", 0.0, 0.5),
    "read_voltage_v": ("V", 0.01, 2.0),
    "sense_voltage_v": ("V", 0.001, 0.4),
    "channel_resistance_ohm": ("ohm", 0.0, 1e5),
    "write_access_width_f": ("F", 0.0, 100.0),
    "write_voltage_v": ("V", 0.0, 10.0),
}


@dataclass(frozen=True)
class Cell:
    """One memory cell with its access transistor; F is the feature size of the node."""

    name: str
    kind: str
    """One of `KINDS`."""
    area_f2: float
    aspect_ratio: float
    """Height (along the bit-line) over width."""
    resistance_low_ohm: float
    """Parallel or set state; 0 for a cell that holds no resistance."""
    resistance_high_ohm: float
    """Anti-parallel or reset state."""
    read_power_w: float
    """What a cell draws while it is sensed."""
    write_current_a: float
    write_pulse_s: float
    write_energy_bit_j: float
    """In the cell, per bit; the bit-line comes on top."""
    access_width_f: float
    """Width of the (read) access transistor."""
    endurance_cycles: float
    """Writes that a cell survives."""
    volatile: bool
    """Loses its bit with power off."""
    standby_power_bit_w: float
    """What it takes to hold a bit."""
    resistance_spread_ratio: float
    """Standard deviation over mean of a resistance, from cell to cell."""
    source: str
    read_voltage_v: float = 0.25
    """Over bit-line and cell."""
    sense_voltage_v: float = 0.025
    """Least difference that the sense amplifier resolves."""
    channel_resistance_ohm: float = 0.0
    """Spin-orbit channel under the junction; 0 where there is none."""
    write_access_width_f: float = 0.0
    """Width of the write transistor of a SOT cell; 0: sized to the write current."""
    write_voltage_v: float = 0.0
    """To which a bit-line is charged for a write; 0: the node's supply."""
    separate_write_port: bool = False
    """The write current has lines of its own and does not pass the column mux that a read passes."""
    provenance: Mapping[str, Known] = field(default_factory=dict, compare=False, repr=False)
    """Field -> value with kind, source and range."""

    def __post_init__(self) -> None:
        """Refuse what the model cannot mean."""
        if self.kind not in KINDS:
            raise InputError("hardware.cell.kind", "unknown kind", got=self.kind, allowed=", ".join(KINDS))
        for name in ("volatile", "separate_write_port"):
            value = getattr(self, name)
            if not isinstance(value, bool):
                raise InputError(f"hardware.cell.{name}", "not a truth value", got=value, allowed="true, false")
        for name in LIMITS:
            _check_range(name, getattr(self, name))
        if self.kind in RESISTIVE:
            _check_resistances(self.resistance_low_ohm, self.resistance_high_ohm)
        if self.access_width_f >= self.width_f and self.width_f <= FOLDING_F:
            allowed = f"below the cell's width of {self.width_f:.3g} F, or a cell wider than {FOLDING_F:g} F"
            raise InputError("hardware.cell.access_width_f", "does not fit", got=self.access_width_f, allowed=allowed)

    @property
    def width_f(self) -> float:
        """Width of the cell [F], along the word line."""
        return np.sqrt(self.area_f2 / self.aspect_ratio)  # type: ignore[no-any-return]

    @property
    def height_f(self) -> float:
        """Height of the cell [F], along the bit-line."""
        return np.sqrt(self.area_f2 * self.aspect_ratio)  # type: ignore[no-any-return]

    @property
    def mux_current_a(self) -> float:
        """What a column mux must carry in a write."""
        return 0.0 if self.separate_write_port else self.write_current_a


def _check_range(name: str, value: object) -> None:
    unit, low, high = LIMITS[name]
    allowed = f"{low:g} to {high:g}" + ("" if unit == "1" else f" {unit}")
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise InputError(f"hardware.cell.{name}", "not a finite number", got=value, allowed=allowed)
    if not low <= float(value) <= high:
        raise InputError(f"hardware.cell.{name}", "out of range", got=value, allowed=allowed)


def _check_resistances(low_ohm: float, high_ohm: float) -> None:
    if low_ohm <= 0:
        raise InputError(
            "hardware.cell.resistance_low_ohm", "no resistance to read", got=low_ohm, allowed="above 0 ohm"
        )
    if high_ohm < low_ohm:
        ratio = f"{high_ohm / low_ohm:.3g}"
        raise InputError(
            "hardware.cell.resistance_high_ohm",
            "resistance ratio, high over low, below 1",
            got=ratio,
            allowed="1 or more",
        )


def from_fields(values: Mapping[str, Any], *, provenance: Mapping[str, Known] | None = None) -> Cell:
    """A cell of the user's own, from the fields of a file.

    Args:
        values: field -> value. Fields with a default may be left out.
        provenance: field -> its value with kind, source and range, as far as known.

    Raises:
        InputError: for a missing or unknown field, or a value out of its range.
    """
    known = {item.name: item for item in fields(Cell) if item.name != "provenance"}
    for name in values:
        if name not in known:
            raise InputError(f"hardware.cell.{name}", "unknown field", got=values[name], allowed=", ".join(known))
    for name, item in known.items():
        if name not in values and item.default is MISSING:
            raise InputError(f"hardware.cell.{name}", "missing", got="nothing", allowed=f"a value for {name}")
    for name in ("name", "kind", "source"):
        if not isinstance(values[name], str):
            raise InputError(f"hardware.cell.{name}", "not text", got=values[name], allowed="text")
    return Cell(**values, provenance=provenance or {})


def with_arrays(cell: Cell, values: Mapping[str, NDArray[np.float64]]) -> Cell:
    """The cell with arrays in place of some numbers, one entry per draw of a study; they are not checked."""
    drawn = copy.copy(cell)
    for name, value in values.items():
        object.__setattr__(drawn, name, value)
    return drawn


def _build(name: str) -> Cell:
    data = PRESET_DATA[name]
    values: dict[str, Any] = {key: item.value for key, item in data.fields.items()}
    return Cell(
        name=name,
        kind=data.kind,
        volatile=data.kind == "sram",
        separate_write_port=data.separate_write_port,
        source=data.source,
        provenance=data.fields,
        **values,
    )


PRESETS: Final[dict[str, Cell]] = {name: _build(name) for name in PRESET_DATA}
"""Name -> cell."""


def load(path: str | Path) -> Cell:
    """The cell of a YAML or JSON file (see `cell_files.load`)."""
    from sotexplore.hardware import cell_files

    return cell_files.load(path)


def preset(name: str) -> Cell:
    """The preset of that name, the user's own cell (see `cell_files`), or one under trial (see `trial_cells`).

    Raises:
        InputError: if there is none, or its file is wrong.
    """
    if name in PRESETS:
        return PRESETS[name]
    from sotexplore.hardware import cell_files, trial_cells

    found = trial_cells.find(name) or cell_files.find(name)
    if found is None:
        raise InputError("hardware.cell", "no such cell", got=name, allowed=", ".join(names()))
    return found


def names() -> tuple[str, ...]:
    """Presets, then the user's own cells."""
    from sotexplore.hardware import cell_files

    return (*PRESETS, *cell_files.names())
