"""Where a layer's bits lie: blocks of stored bits, and the tiles that sub-arrays hold of them.

And-count: a block is one group of filters; its inputs are cut into segments of C columns, and the bit-planes of a
segment fill the rows of sub-arrays one after another (a group that fits into one is not torn apart).
Crossbar: a block is as many groups as fit into one sub-array block-diagonally, or a single one, cut into R rows by C
columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sotexplore.checkpoint import LayerCheckpoint
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.planes import PlaneWeights, plane_weights, stored_bits
from sotexplore.workload import Layer


@dataclass(frozen=True)
class Block:
    """Stored bits of some groups; P planes (and-count rows, crossbar columns) by K inputs."""

    bits: NDArray[np.uint8]
    """(P, K)."""
    first_input: int
    """Place of its first input among the layer's inputs."""
    first_filter: int
    """Place of its first filter among the kept ones."""
    group_inputs: int
    """Inputs of one group; K where there is one."""
    group_filters: int
    weights: PlaneWeights
    """Of a filter's planes."""

    @property
    def n_planes(self) -> int:
        """P."""
        return int(self.bits.shape[0])

    @property
    def n_inputs(self) -> int:
        """K."""
        return int(self.bits.shape[1])

    @property
    def n_groups(self) -> int:
        """Groups that lie in the block."""
        return self.n_inputs // self.group_inputs


@dataclass(frozen=True)
class Tile:
    """What one sub-array holds of a block."""

    subarray: int
    """Number of the sub-array in the layer; several tiles may share one."""
    planes: slice
    inputs: slice
    first_row: int = 0
    """Row of the sub-array that holds the first plane (and-count)."""
    has_reference: bool = False
    """Whether the sub-array's all-ones row is read for this block (and-count, where the coding needs the plain sum)."""

    @property
    def n_planes(self) -> int:
        """Planes in the tile."""
        return int(self.planes.stop - self.planes.start)

    @property
    def n_inputs(self) -> int:
        """Inputs in the tile."""
        return int(self.inputs.stop - self.inputs.start)


def cut(total: int, size: int, start: int = 0) -> Iterator[slice]:
    """`start`..`total` in pieces of `size`, the last one as long as is left."""
    return (slice(at, min(at + size, total)) for at in range(start, total, size))


def blocks(layer: Layer, saved: LayerCheckpoint, arrays: Arrays) -> tuple[Block, ...]:
    """The blocks of a layer, in order of their groups."""
    weights = plane_weights(saved.weight_bits, arrays.coding)
    groups = [
        stored_bits(levels, saved.weight_bits, arrays.coding)
        for levels in np.split(saved.levels.astype(np.int8), layer.groups)
    ]
    planes, inputs = groups[0].shape
    together = 1
    if arrays.is_crossbar:
        fit = min(arrays.subarray_rows // inputs, arrays.subarray_cols // planes)
        together = max(1, min(fit, layer.groups))
    filters = planes // weights.n_planes
    return tuple(
        Block(_diagonal(groups[part]), part.start * inputs, part.start * filters, inputs, filters, weights)
        for part in cut(len(groups), together)
    )


def tiles(placed: tuple[Block, ...], arrays: Arrays, input_bits: int) -> tuple[tuple[Tile, ...], ...]:
    """The tiles of each block, segment by segment."""
    if arrays.is_crossbar:
        return _crossbar_tiles(placed, arrays)
    return _and_count_tiles(placed, arrays, arrays.weight_rows(input_bits))


def _diagonal(groups: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    planes, inputs = groups[0].shape
    whole = np.zeros((planes * len(groups), inputs * len(groups)), np.uint8)
    for index, bits in enumerate(groups):
        whole[index * planes : (index + 1) * planes, index * inputs : (index + 1) * inputs] = bits
    return whole


def _crossbar_tiles(placed: tuple[Block, ...], arrays: Arrays) -> tuple[tuple[Tile, ...], ...]:
    subarray, found = 0, []
    for block in placed:
        of_block = []
        for inputs in cut(block.n_inputs, arrays.subarray_rows):
            for planes in cut(block.n_planes, arrays.subarray_cols):
                of_block.append(Tile(subarray, planes, inputs))
                subarray += 1
        found.append(tuple(of_block))
    return tuple(found)


def _and_count_tiles(placed: tuple[Block, ...], arrays: Arrays, free: int) -> tuple[tuple[Tile, ...], ...]:
    found: list[list[Tile]] = [[] for _ in placed]
    subarray = -1
    for inputs in cut(placed[0].n_inputs, arrays.subarray_cols):
        row = free
        for of_block, block in zip(found, placed, strict=True):
            if row + block.n_planes > free:
                row = free
            for planes in _fill(block.n_planes, free, row):
                row = 0 if row >= free else row
                subarray += row == 0
                is_first = planes.start == 0 and block.weights.of_sum > 0
                of_block.append(Tile(subarray, planes, inputs, row, is_first))
                row += planes.stop - planes.start
    return tuple(tuple(of_block) for of_block in found)


def _fill(n_planes: int, free: int, row: int) -> Iterator[slice]:
    """Pieces of the planes that go into the rows left behind `row`, then into whole sub-arrays."""
    head = min(n_planes, free - row)
    if head:
        yield slice(0, head)
    yield from cut(n_planes, free, head)
