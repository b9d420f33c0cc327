"""How many sub-arrays a weight matrix takes: the ceilings that budgets of compression and the hardware model share.

A layer has K inputs and, per group, P = (filters of the group) B bit-planes; a sub-array has R rows and C columns.
Crossbar: inputs along the rows, bit-planes along the columns. And-count: inputs along the columns, bit-planes along the
R' rows that written operands leave. Integers are held as floats, exact below 2^50; arguments broadcast.
"""

import numpy as np
from numpy.typing import NDArray

from sotexplore.errors import InputError

FloatArray = NDArray[np.float64]
Quantity = float | FloatArray


def ceil_div(numerator: Quantity, denominator: Quantity) -> FloatArray:
    """Ceiling of a quotient of integers held as floats, exact below 2^50."""
    return np.asarray(np.ceil(np.true_divide(numerator, denominator)))


def weight_rows(input_bits: Quantity, rows: Quantity, written: Quantity) -> FloatArray:
    """Rows of a sub-array that are left for weights when `written` operands keep one row per bit-plane.

    Raises:
        InputError: none is left.
    """
    free = np.asarray(rows - written * np.asarray(input_bits, dtype=np.float64))
    if free.size and free.min() < 1:
        raise InputError(
            "hardware.subarray_rows", "written operands leave no row for weights",
            got=int(np.min(rows)), allowed=f"more than the {int(np.max(input_bits))} bits of an activation",
        )  # fmt: skip
    return free


def groups_of_crossbar(
    inputs: FloatArray, planes: FloatArray, groups: Quantity, rows: Quantity, cols: Quantity
) -> FloatArray:
    """Groups that lie block-diagonally in one crossbar, at least one (then torn over several)."""
    fit = np.minimum(np.floor(rows / inputs), np.floor(cols / planes))
    clipped: FloatArray = np.clip(fit, 1.0, groups)
    return clipped


def groups_of_and_count(planes: FloatArray, groups: Quantity, free: Quantity) -> FloatArray:
    """Groups whose bit-planes lie in one sub-array of `free` rows, at least one (then torn over several)."""
    return np.asarray(np.clip(np.floor(free / planes), 1.0, groups))


def crossbar_tiles(
    inputs: FloatArray, planes: FloatArray, groups: Quantity, rows: Quantity, cols: Quantity
) -> FloatArray:
    """Crossbars of one layer: ceil(K / R) ceil(P / C) for each lot of groups that share them."""
    total = ceil_div(inputs, rows) * ceil_div(planes, cols)
    if np.any(np.asarray(groups) > 1):
        total = total * ceil_div(groups, groups_of_crossbar(inputs, planes, groups, rows, cols))
    return np.asarray(total)


def and_count_tiles(
    inputs: FloatArray, planes: FloatArray, groups: Quantity, free: Quantity, cols: Quantity
) -> FloatArray:
    """Sub-arrays of one layer: ceil(K / C) segments, each on ceil(P / R') sub-arrays for each lot of groups."""
    total = ceil_div(inputs, cols) * ceil_div(planes, free)
    if np.any(np.asarray(groups) > 1):
        total = total * ceil_div(groups, groups_of_and_count(planes, groups, free))
    return np.asarray(total)
