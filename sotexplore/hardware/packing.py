"""Small layers packed together: how many sub-arrays a network takes when layers may share one.

A layer's pieces are what the mapping puts into one sub-array each; those that fill one are its own. And-count: a piece is a
number of rows, and pieces share a sub-array while their rows fit, since rows are read one at a time. Crossbar: pieces lie
block-diagonally, so both their rows and their columns add up. Two pieces of one layer never share: they work at once, so
that packing leaves every layer's time as it is. Pieces are placed first-fit in decreasing order of size. Layers that share
cannot work at once: packing is for the sequential schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sotexplore.hardware.constants import FloatArray
from sotexplore.hardware.counts import TWOS_COMPLEMENT, Coding, Demand, Geometry, check_coding, demand
from sotexplore.hardware.table import CROSSBAR, WRITTEN, HardwareTable
from sotexplore.tiling import ceil_div, weight_rows
from sotexplore.workload import WorkloadTable


class Pieces(NamedTuple):
    """Equal pieces of one layer."""

    layer: int
    number: int
    rows: int
    cols: int


@dataclass(frozen=True)
class Packed:
    """Sub-arrays of designs with layers packed together."""

    own: FloatArray
    """Filled by one layer, shape (n_layers, n_designs)."""
    together: FloatArray
    """Holding what is left of several layers, shape (n_designs,)."""


def packed_subarrays(
    workload: WorkloadTable, hardware: HardwareTable, *, coding: Coding = TWOS_COMPLEMENT
) -> NDArray[np.int64]:
    """Sub-arrays of each design with layers packed together, shape (n_designs,).

    Never more than the sum of `mapping.n_subarrays`.

    Raises:
        InputError: a written operand leaves no row for weights.
    """
    check_coding(coding)
    result = np.empty(hardware.n_designs, dtype=np.int64)
    for is_crossbar in (False, True):
        index = np.flatnonzero((hardware.compute_style == CROSSBAR) == is_crossbar)
        part = hardware.take(index)
        rows, cols, active = (
            np.asarray(column, dtype=np.float64)
            for column in (part.subarray_rows, part.subarray_cols, part.active_rows)
        )
        geometry = Geometry(rows, cols, cols, active, (part.operand == WRITTEN).astype(np.float64))
        found = pack(demand(workload, index, coding), geometry, is_crossbar=is_crossbar)
        result[index] = found.own.sum(axis=0) + found.together
    return result


def pack(need: Demand, geometry: Geometry, *, is_crossbar: bool) -> Packed:
    """Layers packed together, each distinct design once.

    Args:
        need: layers.
        geometry: sub-arrays.
        is_crossbar: compute style of all designs.
    """
    n_layers, n_designs = need.filters.shape
    keys = np.concatenate(
        [need.filters, need.rows, need.weight_bits, need.input_bits, [geometry.rows, geometry.cols, geometry.written]]
    )
    _, first, inverse = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    own, together = np.empty((n_layers, first.size)), np.empty(first.size)
    for place, index in enumerate(first):
        own[:, place], together[place] = _pack_one(need, geometry, int(index), is_crossbar)
    inverse = np.asarray(inverse).reshape(n_designs)
    return Packed(own[:, inverse], together[inverse])


def _pack_one(need: Demand, geometry: Geometry, index: int, is_crossbar: bool) -> tuple[FloatArray, int]:
    one = need.take(np.array([index]))
    rows, cols = int(geometry.rows[index]), int(geometry.cols[index])
    if is_crossbar:
        size = (rows, cols)
        pieces = [piece for layer in range(len(one.filters)) for piece in _tiles(one, layer, size)]
    else:
        free = weight_rows(one.input_bits, geometry.rows[[index]], geometry.written[[index]])
        size = (int(free.min()), 0)
        pieces = [
            piece for layer in range(len(one.filters)) for piece in _segments(one, layer, int(free[layer, 0]), cols)
        ]
    own = np.zeros(len(one.filters))
    left = []
    for piece in pieces:
        if piece.rows >= size[0] and piece.cols >= size[1]:
            own[piece.layer] += piece.number
        else:
            left.append(piece)
    return own, first_fit(left, size)


def _segments(need: Demand, layer: int, free: int, cols: int) -> list[Pieces]:
    """And-count: rows of a layer's sub-arrays; groups that fit whole lie together."""
    planes, groups = (int(values[layer, 0]) for values in (need.planes_of_group, need.groups))
    segments = int(ceil_div(need.rows[layer, 0], cols))
    if planes > free:
        torn, rest = divmod(planes, free)
        found = [Pieces(layer, torn * groups * segments, free, 0), Pieces(layer, groups * segments, rest, 0)]
    else:
        together = min(free // planes, groups)
        blocks, rest = divmod(groups, together)
        found = [Pieces(layer, blocks * segments, planes * together, 0), Pieces(layer, segments, planes * rest, 0)]
    return [piece for piece in found if piece.number and piece.rows]


def _tiles(need: Demand, layer: int, size: tuple[int, int]) -> list[Pieces]:
    """Crossbar: tiles of a layer's matrix; groups that fit whole lie block-diagonally together."""
    inputs, planes, groups = (int(values[layer, 0]) for values in (need.rows, need.planes_of_group, need.groups))
    together = max(1, min(size[0] // inputs, size[1] // planes, groups))
    blocks, rest = divmod(groups, together)
    found = []
    for count, joined in ((blocks, together), (1 if rest else 0, rest)):
        down, right = divmod(inputs * joined, size[0]), divmod(planes * joined, size[1])
        found += [
            Pieces(layer, count * down[0] * right[0], *size),
            Pieces(layer, count * right[0], down[1], size[1]),
            Pieces(layer, count * down[0], size[0], right[1]),
            Pieces(layer, count, down[1], right[1]),
        ]
    return [piece for piece in found if piece.number and piece.rows and piece.cols]


def first_fit(pieces: list[Pieces], size: tuple[int, int]) -> int:
    """Sub-arrays of `size` that first-fit decreasing takes; no two pieces of a layer in one, rows and columns add up."""
    ordered = sorted(pieces, key=lambda item: (-max(item.rows / size[0], item.cols / max(size[1], 1)), item.layer))
    room = np.empty((0, 2), dtype=np.int64)
    holders = np.empty((0, 1 + max((piece.layer for piece in pieces), default=0)), dtype=bool)
    for piece in ordered:
        taken = np.array([piece.rows, piece.cols])
        fits = np.flatnonzero((room >= taken).all(axis=1) & ~holders[:, piece.layer])[: piece.number]
        new = piece.number - fits.size
        room = np.concatenate([room, np.tile(np.array(size), (new, 1))])
        holders = np.concatenate([holders, np.zeros((new, holders.shape[1]), dtype=bool)])
        chosen = np.concatenate([fits, np.arange(len(room) - new, len(room))])
        room[chosen] -= taken
        holders[chosen, piece.layer] = True
    return len(room)
