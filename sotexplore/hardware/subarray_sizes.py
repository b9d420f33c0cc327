"""Rows, columns and columns per sense amplifier: what is accepted, and how it is brought to one shape."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sotexplore.errors import InputError
from sotexplore.hardware.cell import Cell
from sotexplore.hardware.logic import FOLDING_F
from sotexplore.hardware.subarray_parts import Size

MIN_LINES: Final = 32
MAX_LINES: Final = 2048
ROWS: Final = "hardware.subarray_rows"
COLS: Final = "hardware.subarray_cols"
MUX: Final = "hardware.columns_per_sense_amplifier"


def _integers(field: str, values: ArrayLike, allowed: str) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        raise InputError(field, "not an integer", got=values, allowed=allowed)
    return array.astype(np.int64)


def _require(field: str, problem: str, values: NDArray[np.int64], good: NDArray[np.bool_], allowed: str) -> None:
    if not good.all():
        raise InputError(field, problem, got=int(values[~good].flat[0]), allowed=allowed)


def check(*, rows: ArrayLike, cols: ArrayLike, columns_per_sense_amplifier: ArrayLike) -> Size:
    """The three as float arrays of one shape.

    Args:
        rows: word lines, 32 to 2048.
        cols: bit-lines, 32 to 2048.
        columns_per_sense_amplifier: columns that share one, a divisor of `cols`.

    Raises:
        InputError: for anything else, with the first value that is wrong.
    """
    span, divisor = f"{MIN_LINES} to {MAX_LINES}", "a divisor of the columns, 1 or more"
    arrays = (
        _integers(ROWS, rows, span),
        _integers(COLS, cols, span),
        _integers(MUX, columns_per_sense_amplifier, divisor),
    )
    try:
        n_rows, n_cols, ways = np.broadcast_arrays(*arrays)
    except ValueError:
        shapes = " ".join(str(array.shape) for array in arrays)
        raise InputError(ROWS, "shapes do not broadcast", got=shapes, allowed="one shape") from None
    for field, lines in ((ROWS, n_rows), (COLS, n_cols)):
        _require(field, "out of range", lines, (lines >= MIN_LINES) & (lines <= MAX_LINES), span)
    _require(MUX, "out of range", ways, ways >= 1, divisor)
    _require(MUX, "does not divide the columns", ways, n_cols % ways == 0, divisor)
    return Size(*(array.astype(np.float64) for array in (n_rows, n_cols, ways)))


def check_pitch(*, cell: Cell, size: Size) -> None:
    """Refuse columns so narrow that the transistors of a sense amplifier cannot be folded into them.

    Raises:
        InputError: naming the columns per sense amplifier, with the least that would do.
    """
    narrow = size.mux * cell.width_f <= FOLDING_F
    if np.any(narrow):
        least = math.floor(FOLDING_F / cell.width_f) + 1
        problem = f"a sense amplifier does not fit under columns of {cell.width_f:.3g} F"
        raise InputError(MUX, problem, got=int(size.mux[narrow].flat[0]), allowed=f"{least} or more")
