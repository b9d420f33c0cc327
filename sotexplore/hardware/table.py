"""Hardware of many designs as columns, one row per design, and what makes a row invalid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sotexplore.errors import InputError
from sotexplore.hardware.cell import PRESETS
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


@dataclass(frozen=True)
class _Fault:
    """One way to be invalid, and the designs that are."""

    name: str
    problem: str
    allowed: str
    wrong: NDArray[np.bool_]


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
    got = getattr(hardware, fault.name)[index]
    return InputError(f"hardware.{fault.name}", fault.problem, got=got, allowed=fault.allowed)


def _faults(hardware: HardwareTable) -> Iterator[_Fault]:
    crossbar = hardware.compute_style == CROSSBAR
    for fault in (*_unknown(hardware, crossbar), *_out_of_range(hardware, crossbar), *_at_odds(hardware, crossbar)):
        if fault.wrong.any():
            yield fault


def _unknown(hardware: HardwareTable, crossbar: NDArray[np.bool_]) -> Iterator[_Fault]:
    choices: dict[str, tuple[Any, ...]] = {
        "compute_style": COMPUTE_STYLES,
        "node_nm": NODES_NM,
        "cell": tuple(name for name, cell in PRESETS.items() if cell.kind != "dram"),
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
