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
from sotexplore.hardware import rules
from sotexplore.hardware.logic import FOLDING_F
from sotexplore.hardware.presets import PRESET_DATA, Known
from sotexplore.hardware.technology import NODES_NM

KINDS: Final = ("sot", "stt", "reram", "sram")
RESISTIVE: Final = ("sot", "stt", "reram")
FINGER_PITCH_F: Final = rules.fixed("finger_pitch_f")
"""Least height that one finger of a folded transistor takes of a cell: a gate and a shared contact."""

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
    """In the cell, per bit, where it is written through the bit-line (which comes on top); a cell with a channel takes what
    its current, its pulse and its path make (`sot`)."""
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
    """The write current has lines of its own and does not pass the column mux that a read passes; a channel implies it."""
    area_node_nm: int = 0
    """Node that the area holds for: at another it follows the transistors (`at_node`); 0: as many F2 at every node."""
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
        if self.area_node_nm not in (0, *NODES_NM) or isinstance(self.area_node_nm, bool):
            allowed = "0, " + ", ".join(map(str, NODES_NM))
            raise InputError(
                "hardware.cell.area_node_nm", "no table for this node", got=self.area_node_nm, allowed=allowed
            )
        if self.kind == "sram" and not self.volatile:
            raise InputError("hardware.cell.volatile", "an SRAM cell loses its bit", got=self.volatile, allowed="true")
        if self.has_channel:
            _check_channel(self)
        if self.kind in RESISTIVE:
            _check_resistances(self.resistance_low_ohm, self.resistance_high_ohm)
            _check_access(self)
        _check_transistors(self)
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
    def has_channel(self) -> bool:
        """Whether it is written through a spin-orbit channel, by lines and transistors of the write's own."""
        return self.kind == "sot" and bool(np.all(np.greater(self.channel_resistance_ohm, 0.0)))

    @property
    def mux_current_a(self) -> float:
        """What a column mux must carry in a write."""
        return 0.0 if self.separate_write_port or self.has_channel else self.write_current_a


def _allowed(name: str) -> str:
    """What a field may hold, in words."""
    if name in LIMITS:
        unit, low, high = LIMITS[name]
        return f"{low:g} to {high:g}" + ("" if unit == "1" else f" {unit}")
    return {"kind": ", ".join(KINDS), "volatile": "true, false"}.get(name, "text")


def _check_range(name: str, value: object) -> None:
    _, low, high = LIMITS[name]
    allowed = _allowed(name)
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
        raise InputError(
            "hardware.cell.resistance_high_ohm", "resistance ratio, high over low, below 1",
            got=f"{high_ohm / low_ohm!r}: {high_ohm:g} over {low_ohm:g} ohm", allowed="1 or more",
        )  # fmt: skip


def _check_access(cell: Cell) -> None:
    """A resistive cell is read below its read voltage and written by some current for some time."""
    if cell.sense_voltage_v >= cell.read_voltage_v:
        raise InputError(
            "hardware.cell.sense_voltage_v", "not below the read voltage",
            got=cell.sense_voltage_v, allowed=f"below {cell.read_voltage_v:g} V",
        )  # fmt: skip
    for name, unit in (("write_current_a", "A"), ("write_pulse_s", "s")):
        if getattr(cell, name) <= 0:
            raise InputError(
                f"hardware.cell.{name}", "nothing to write with", got=getattr(cell, name), allowed=f"above 0 {unit}"
            )


def _check_channel(cell: Cell) -> None:
    """The channel takes its write current at a voltage that a write driver may have."""
    highest_v = LIMITS["write_voltage_v"][2]
    needed_v = cell.write_current_a * cell.channel_resistance_ohm
    if needed_v > highest_v:
        raise InputError(
            "hardware.cell.channel_resistance_ohm", f"needs {needed_v:.3g} V for its write current",
            got=cell.channel_resistance_ohm, allowed=f"up to {highest_v / cell.write_current_a:.4g} ohm at {cell.write_current_a:g} A",
        )  # fmt: skip


def _check_transistors(cell: Cell) -> None:
    """The transistors of a cell, folded as often as its height allows, fit into it."""
    fingers = max(1.0, np.floor(cell.height_f / FINGER_PITCH_F))
    room = cell.width_f * fingers
    for name, taken in (("access_width_f", 0.0), ("write_access_width_f", cell.access_width_f)):
        width = getattr(cell, name)
        if width > 0 and width > room - taken:
            raise InputError(
                f"hardware.cell.{name}", "does not fit the cell", got=width,
                allowed=f"up to {max(room - taken, 0.0):.4g} F: {fingers:g} fingers of {cell.width_f:.3g} F"
                + (f" less the read transistor's {taken:g} F" if taken else ""),
            )  # fmt: skip


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
            raise InputError(f"hardware.cell.{name}", "missing", got="nothing", allowed=_allowed(name))
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
        area_node_nm=data.area_node_nm,
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
        cell_files.check_stem(name)
        raise InputError("hardware.cell", "no such cell", got=name, allowed=", ".join(names()))
    return found


def names() -> tuple[str, ...]:
    """Presets, then the user's own cells."""
    from sotexplore.hardware import cell_files

    return (*PRESETS, *cell_files.names())
