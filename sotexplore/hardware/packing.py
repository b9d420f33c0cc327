"""Small layers packed together: how many sub-arrays a network takes when layers may share one.

And-count: what is left of a segment's bit-planes after whole sub-arrays is a number of rows; leftovers of any layers share
a sub-array while their rows fit, since rows are read one at a time. Crossbar: leftover tiles lie block-diagonally, so both
their rows and their columns add up. Leftovers are placed first-fit in decreasing order of size, within 11/9 of the least
number plus one for rows. Layers that share a sub-array cannot work at once: packing suits the sequential schedule.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sotexplore.hardware.counts import TWOS_COMPLEMENT, Coding, check_coding, demand
from sotexplore.hardware.table import CROSSBAR, WRITTEN, HardwareTable
from sotexplore.tiling import weight_rows
from sotexplore.workload import WorkloadTable

Item = tuple[int, int]
"""Rows and columns of a leftover (columns 0 where they do not matter)."""


def packed_subarrays(
    workload: WorkloadTable, hardware: HardwareTable, *, coding: Coding = TWOS_COMPLEMENT
) -> NDArray[np.int64]:
    """Sub-arrays of each design with layers packed together, shape (n_designs,).

    Never more than the sum of `mapping.n_subarrays`; one design after another, so meant for few.

    Raises:
        InputError: a written operand leaves no row for weights.
    """
    check_coding(coding)
    return np.array([_packed(workload, hardware, index, coding) for index in range(hardware.n_designs)], dtype=np.int64)


def _packed(workload: WorkloadTable, hardware: HardwareTable, index: int, coding: Coding) -> int:
    need = demand(workload, slice(index, index + 1), coding)
    layers = zip(
        need.rows[:, 0].astype(int), need.planes_of_group[:, 0].astype(int), need.groups[:, 0].astype(int),
        need.input_bits[:, 0], strict=True,
    )  # fmt: skip
    rows, cols = int(hardware.subarray_rows[index]), int(hardware.subarray_cols[index])
    whole, leftovers = 0, []
    if hardware.compute_style[index] == CROSSBAR:
        for inputs, planes, groups, _ in layers:
            count, rest = _tiles(inputs, planes, rows, cols)
            whole += count * groups
            leftovers += rest * groups
        return whole + first_fit(leftovers, (rows, cols))
    written = np.array([float(hardware.operand[index] == WRITTEN)])
    most = 0
    for inputs, planes, groups, bits in layers:
        free = int(weight_rows(np.array([[bits]]), np.array([float(rows)]), written)[0, 0])
        segments = -(-inputs // cols) * groups
        whole += segments * (planes // free)
        leftovers += [(planes % free, 0)] * (segments if planes % free else 0)
        most = max(most, int(rows - free))
    return whole + first_fit(leftovers, (rows - most, 0))


def _tiles(inputs: int, planes: int, rows: int, cols: int) -> tuple[int, list[Item]]:
    """Whole tiles of a matrix, and the pieces at its edges."""
    down, right = divmod(inputs, rows), divmod(planes, cols)
    pieces = [(down[1], cols)] * right[0] + [(rows, right[1])] * down[0] + [(down[1], right[1])]
    return down[0] * right[0], [piece for piece in pieces if piece[0] and piece[1]]


def first_fit(items: Iterable[Item], size: Item) -> int:
    """Sub-arrays of `size` that first-fit decreasing takes; rows and columns of what shares one add up."""
    ordered = sorted(items, key=lambda item: (max(item[0] / size[0], item[1] / max(size[1], 1)), item), reverse=True)
    bins: list[list[int]] = []
    for rows, cols in ordered:
        for held in bins:
            if held[0] + rows <= size[0] and held[1] + cols <= size[1]:
                held[0] += rows
                held[1] += cols
                break
        else:
            bins.append([rows, cols])
    return len(bins)
