"""Hardware of many designs as columns, one row per design, and what makes a row invalid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sotexplore.errors import InputError
from sotexplore.hardware import readability
from sotexplore.hardware.cell import Cell, names, preset
from sotexplore.hardware.logic import FOLDING_F
from sotexplore.hardware.technology import NODES_NM

AND_COUNT: Final = "and-count"
CROSSBAR: Final = "crossbar"
COMPUTE_STYLES: Final = (AND_COUNT, CROSSBAR)
STREAMED: Final = "streamed"
WRITTEN: Final = "written"
OPERANDS: Final = (STREAMED, WRITTEN)
SEQUENTIAL: Final = "sequential"
PIPELINED: Final = "pipelined"
SCHEDULES: Final = (SEQUENTIAL, PIPELINED)

IntArray = NDArray[np.int64]
_TEXT: Final = ("compute_style", "cell", "operand", "schedule")
_BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "subarray_rows": (32, 2048),
    "subarray_cols": (32, 2048),
    "columns_per_sense_amplifier": (1, 64),
    "adc_bits": (1, 12),
    "active_rows": (1, 2048),
}


@dataclass(frozen=True)
class HardwareTable:
    """Hardware of many designs: arrays of shape (n_designs,); sizes in cells, node in nm, area in m2."""

    compute_style: NDArray[np.str_]
    node_nm: IntArray
    cell: NDArray[np.str_]
    """Name of a cell preset."""
    subarray_rows: IntArray
    subarray_cols: IntArray
    columns_per_sense_amplifier: IntArray
    """Columns that share one sense amplifier, or one ADC in a crossbar."""
    adc_bits: IntArray
    """Crossbar only."""
    active_rows: IntArray
    """Crossbar only: rows driven at once."""
    operand: NDArray[np.str_]
    """And-count only."""
    schedule: NDArray[np.str_]
    area_budget_m2: NDArray[np.float64]
    """Area that replication may fill; nan for no replication."""

    @classmethod
    def from_columns(cls, columns: Mapping[str, Any], n_designs: int) -> "HardwareTable":
        """A table from columns, each an array of `n_designs` entries or one value for all.

        Args:
            columns: field -> values; every field must be there; None in `area_budget_m2` means no budget.
            n_designs: rows of the table.

        Raises:
            InputError: a column is missing, unknown, of the wrong length or not a number where one is needed.
        """
        names = [item.name for item in fields(cls)]
        for name in columns:
            if name not in names:
                raise InputError(f"hardware.{name}", "unknown column", got=name, allowed=", ".join(names))
        for name in names:
            if name not in columns:
                raise InputError(f"hardware.{name}", "is missing", got="nothing", allowed="a column or a value")
        return cls(**{name: _column(name, columns[name], n_designs) for name in names})

    @property
    def n_designs(self) -> int:
        """Rows of the table."""
        return len(self.compute_style)

    def take(self, index: IntArray) -> "HardwareTable":
        """The rows at `index`, in that order."""
        return HardwareTable(**{item.name: getattr(self, item.name)[index] for item in fields(self)})


def _column(name: str, values: Any, n_designs: int) -> NDArray[Any]:
    array = np.asarray(values)
    try:
        if name in _TEXT:
            array = array.astype(np.str_)
        elif name == "area_budget_m2":
            array = array.astype(np.float64)
        else:
            array = _integers(array)
    except (TypeError, ValueError):
        raise InputError(f"hardware.{name}", "is not a column of numbers", got=values, allowed="numbers") from None
    if array.ndim > 1 or (array.ndim == 1 and len(array) != n_designs):
        raise InputError(f"hardware.{name}", "wrong shape", got=array.shape, allowed=f"one value or {n_designs}")
    return np.broadcast_to(array, (n_designs,))


def _integers(array: NDArray[Any]) -> IntArray:
    whole = array.astype(np.int64)
    if not np.array_equal(whole, array.astype(np.float64)):
        raise ValueError
    return whole


def codes(values: NDArray[Any]) -> tuple[list[Any], IntArray]:
    """Distinct values and, for each entry, its place among them; cheap for few distinct values."""
    distinct: list[Any] = []
    code = np.zeros(values.shape, dtype=np.int64)
    if values.size and values.strides == (0,):
        return [values[0]], code
    pending = np.arange(values.size)
    while pending.size:
        distinct.append(values[pending[0]])
        hit = values[pending] == distinct[-1]
        code[pending[hit]] = len(distinct) - 1
        pending = pending[~hit]
    return distinct, code


@dataclass(frozen=True)
class _Fault:
    """One way to be invalid, and the designs that are."""

    name: str
    problem: str
    allowed: str
    wrong: NDArray[np.bool_]
    error: InputError | None = None
    """What was found elsewhere, to be told as it is."""


def invalid_reason(hardware: HardwareTable) -> NDArray[np.object_]:
    """Why each design cannot be built, as `FIELD: what is wrong (got ..., allowed ...)`; empty text where it can.

    Fields that a compute style does not use are not looked at: `adc_bits` and `active_rows` matter to a crossbar only,
    `operand` to and-count only.
    """
    reasons = np.full(hardware.n_designs, "", dtype=object)
    for fault in _faults(hardware):
        for index in np.flatnonzero(fault.wrong & (reasons == "")):
            reasons[index] = str(_error(fault, hardware, int(index)))
    return reasons


def check(hardware: HardwareTable) -> None:
    """Raises for the first design that cannot be built.

    Raises:
        InputError: names the field, the value and what is allowed.
    """
    faults = [(int(np.argmax(fault.wrong)), fault) for fault in _faults(hardware)]
    if faults:
        index, fault = min(faults, key=lambda found: found[0])
        raise _error(fault, hardware, index)


def _error(fault: _Fault, hardware: HardwareTable, index: int) -> InputError:
    if fault.error is not None:
        return fault.error
    got = getattr(hardware, fault.name)[index]
    return InputError(f"hardware.{fault.name}", fault.problem, got=got, allowed=fault.allowed)


def _faults(hardware: HardwareTable) -> Iterator[_Fault]:
    crossbar = hardware.compute_style == CROSSBAR
    first = (*_unknown(hardware, crossbar), *_out_of_range(hardware, crossbar), *_at_odds(hardware, crossbar))
    for fault in (*first, *_of_cells(hardware, crossbar)):
        if fault.wrong.any():
            yield fault


def _unknown(hardware: HardwareTable, crossbar: NDArray[np.bool_]) -> Iterator[_Fault]:
    choices: dict[str, tuple[Any, ...]] = {
        "compute_style": COMPUTE_STYLES,
        "node_nm": NODES_NM,
        "operand": OPERANDS,
        "schedule": SCHEDULES,
    }
    for name, allowed in choices.items():
        wrong = ~_is_in(getattr(hardware, name), allowed)
        used = wrong & ~crossbar if name == "operand" else wrong
        yield _Fault(name, "unknown value", ", ".join(map(str, allowed)), used)


def _is_in(values: NDArray[Any], allowed: tuple[Any, ...]) -> NDArray[np.bool_]:
    if values.size and values.strides == (0,):
        return np.full(values.shape, values[0] in allowed)
    found = np.zeros(values.shape, dtype=bool)
    for item in allowed:
        found |= values == item
    return found


def _out_of_range(hardware: HardwareTable, crossbar: NDArray[np.bool_]) -> Iterator[_Fault]:
    for name, (low, high) in _BOUNDS.items():
        values = getattr(hardware, name)
        wrong = (values < low) | (values > high)
        used = wrong & crossbar if name in ("adc_bits", "active_rows") else wrong
        yield _Fault(name, "out of range", f"{low}..{high}", used)


def _at_odds(hardware: HardwareTable, crossbar: NDArray[np.bool_]) -> Iterator[_Fault]:
    shared, budget = hardware.columns_per_sense_amplifier, hardware.area_budget_m2
    too_many = crossbar & (hardware.active_rows > hardware.subarray_rows)
    yield _Fault("active_rows", "more rows than the sub-array has", "1..subarray_rows", too_many)
    uneven = hardware.subarray_cols % np.maximum(shared, 1) != 0
    yield _Fault("columns_per_sense_amplifier", "must divide subarray_cols", "a divisor of subarray_cols", uneven)
    yield _Fault("area_budget_m2", "out of range", "above 0, or none", (budget <= 0) | np.isinf(budget))


def _of_cells(hardware: HardwareTable, crossbar: NDArray[np.bool_]) -> Iterator[_Fault]:
    """Cells that are unknown or wrong, and sizes that a cell does not bear."""
    cells, cell_code = codes(hardware.cell)
    nodes, node_code = codes(hardware.node_nm)
    for code, name in enumerate(cells):
        here = cell_code == code
        try:
            cell = preset(str(name))
        except InputError as error:
            told = None if error.field == "hardware.cell" else error
            yield _Fault("cell", "unknown value", ", ".join(names()), here, told)
            continue
        if cell.kind == "dram":
            yield _Fault("cell", "no circuit for cells of this kind", "sot, stt, reram, sram", here)
            continue
        narrow = here & (hardware.columns_per_sense_amplifier * cell.width_f <= FOLDING_F)
        least = int(FOLDING_F // cell.width_f) + 1
        yield _Fault(
            "columns_per_sense_amplifier", "no sense amplifier fits under the columns", f"{least} or more", narrow
        )
        for place, node_nm in enumerate(nodes):
            if node_nm in NODES_NM:
                yield from _beyond_margin(hardware, crossbar, here & (node_code == place), cell, int(node_nm))


def _beyond_margin(
    hardware: HardwareTable, crossbar: NDArray[np.bool_], here: NDArray[np.bool_], cell: Cell, node_nm: int
) -> Iterator[_Fault]:
    written = hardware.operand == WRITTEN
    for two_row, of_operand in ((False, ~written), (True, written)):
        most = readability.allowed_rows(cell, node_nm, two_row=two_row)
        wrong = here & ~crossbar & of_operand & (hardware.subarray_rows > most)
        problem = (
            f"more than the sense margin of {cell.name} at {node_nm} nm allows a {'two' if two_row else 'one'}-row read"
        )
        yield _Fault("subarray_rows", problem, _up_to(most, _BOUNDS["subarray_rows"][0]), wrong)
    most = readability.allowed_active_rows(cell, node_nm)
    wrong = here & crossbar & (hardware.active_rows > most)
    problem = f"more than the read margin of {cell.name} at {node_nm} nm allows at once"
    yield _Fault("active_rows", problem, _up_to(most, 1), wrong)


def _up_to(most: int, least: int) -> str:
    return f"{least}..{most}" if most >= least else "none: the cell's states are too alike"
