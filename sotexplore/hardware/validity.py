"""What makes a design's hardware impossible: unknown names, sizes out of range or at odds, reads beyond the margin."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sotexplore.errors import InputError
from sotexplore.hardware import readability
from sotexplore.hardware.cell import Cell, names, preset
from sotexplore.hardware.cell_area import at_node
from sotexplore.hardware.logic import FOLDING_F
from sotexplore.hardware.table import (
    COMPUTE_STYLES,
    CROSSBAR,
    OPERANDS,
    PIPELINED,
    SCHEDULES,
    WRITTEN,
    HardwareTable,
    codes,
)
from sotexplore.hardware.technology import NODES_NM

_BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "subarray_rows": (32, 2048),
    "subarray_cols": (32, 2048),
    "columns_per_sense_amplifier": (1, 64),
    "adc_bits": (1, 12),
    "active_rows": (1, 2048),
}


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
    shares = hardware.packing & (hardware.schedule == PIPELINED)
    yield _Fault("packing", "layers of a pipeline work at once", "false, or the sequential schedule", shares)
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
        for place, node_nm in enumerate(nodes):
            if node_nm in NODES_NM:
                there, sized = here & (node_code == place), at_node(cell, int(node_nm))
                yield _too_narrow(hardware, there, sized)
                yield from _beyond_margin(hardware, crossbar, there, sized, int(node_nm))


def _too_narrow(hardware: HardwareTable, here: NDArray[np.bool_], cell: Cell) -> _Fault:
    narrow = here & (hardware.columns_per_sense_amplifier * cell.width_f <= FOLDING_F)
    least = int(FOLDING_F // cell.width_f) + 1
    return _Fault(
        "columns_per_sense_amplifier", "no sense amplifier fits under the columns", f"{least} or more", narrow
    )


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
