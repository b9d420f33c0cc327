"""Hardware of many designs as columns, one row per design."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sotexplore.errors import InputError

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


@dataclass(frozen=True)
class HardwareTable:
    """Hardware of many designs: arrays of shape (n_designs,); sizes in cells, node in nm, area in m2."""

    compute_style: NDArray[np.str_]
    node_nm: IntArray
    cell: NDArray[np.str_]
    """Name of a preset, or of the user's own cell."""
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
    """Pipelined: area that replication may fill, nan for no replication. Sequential: area that the chip may take, with as
    many sub-arrays as fit and the rest written again in every frame; nan for all of them."""
    packing: NDArray[np.bool_]
    """Sequential only: small layers share sub-arrays."""

    @classmethod
    def from_columns(cls, columns: Mapping[str, Any], n_designs: int) -> "HardwareTable":
        """A table from columns, each an array of `n_designs` entries or one value for all.

        Args:
            columns: field -> values; every field but `packing` (false) must be there; None in `area_budget_m2` means no
                budget.
            n_designs: rows of the table.

        Raises:
            InputError: a column is missing, unknown, of the wrong length or not a number where one is needed.
        """
        names = [item.name for item in fields(cls)]
        columns = {"packing": False, **columns}
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
        elif name == "packing":
            array = _truths(array)
        elif name == "area_budget_m2":
            array = array.astype(np.float64)
        else:
            array = _integers(array)
    except (TypeError, ValueError):
        kind = "truth values" if name == "packing" else "numbers"
        raise InputError(f"hardware.{name}", f"is not a column of {kind}", got=values, allowed=kind) from None
    if array.ndim > 1 or (array.ndim == 1 and len(array) != n_designs):
        raise InputError(f"hardware.{name}", "wrong shape", got=array.shape, allowed=f"one value or {n_designs}")
    return np.broadcast_to(array, (n_designs,))


def _truths(array: NDArray[Any]) -> NDArray[np.bool_]:
    if array.dtype != np.bool_ and not all(isinstance(item, bool | np.bool_) for item in array.ravel()):
        raise ValueError
    return array.astype(np.bool_)


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
