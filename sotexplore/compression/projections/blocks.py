"""Grids of rectangular blocks over a weight matrix (n_filters, n_rows): the geometry that all structures share."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from sotexplore.errors import InputError


@dataclass(frozen=True)
class Block:
    """A rectangle of the weight matrix; blocks tile it from its first filter and row, those at the far edges are cut."""

    n_filters: int
    n_rows: int

    def __post_init__(self) -> None:
        for field, value in (("n_filters", self.n_filters), ("n_rows", self.n_rows)):
            if value < 1:
                raise InputError(f"block.{field}", "is no size", got=value, allowed="whole numbers from 1")

    def grid(self, matrix: Tensor) -> tuple[int, int]:
        """Blocks along the filters and along the rows of a matrix."""
        return -(-matrix.shape[0] // self.n_filters), -(-matrix.shape[1] // self.n_rows)


WEIGHT = Block(1, 1)
"""One weight: irregular pruning."""


def filter_block(matrix: Tensor) -> Block:
    """One filter: a row of the matrix, bit columns of a crossbar."""
    return Block(1, matrix.shape[1])


def row_block(matrix: Tensor) -> Block:
    """One input of the dot product, the same for all filters: an array row ("shape" pruning)."""
    return Block(matrix.shape[0], 1)


def channel_block(matrix: Tensor, kernel: int) -> Block:
    """All weights that read one input channel: kernel x kernel rows, side by side.

    Raises:
        InputError: the rows are no whole number of channels.
    """
    if kernel < 1 or matrix.shape[1] % kernel**2:
        raise InputError(
            "kernel", "does not divide the rows into channels", got=kernel, allowed=f"a k with k^2 in {matrix.shape[1]}"
        )
    return Block(matrix.shape[0], kernel**2)


def block_sums(values: Tensor, block: Block) -> Tensor:
    """Sum of a matrix over each block, shape `block.grid(values)`."""
    return cut(values, block).sum((1, 3))


def cut(values: Tensor, block: Block, *, fill: float = 0.0) -> Tensor:
    """A matrix as (grid filters, block filters, grid rows, block rows), padded with `fill` at the far edges."""
    n_filters, n_rows = values.shape
    grid_filters, grid_rows = block.grid(values)
    padding = (0, grid_rows * block.n_rows - n_rows, 0, grid_filters * block.n_filters - n_filters)
    padded = functional.pad(values, padding, value=fill)
    return padded.view(grid_filters, block.n_filters, grid_rows, block.n_rows)


def spread(of_blocks: Tensor, block: Block, like: Tensor) -> Tensor:
    """One value per block (grid) to one per weight, in the shape of `like`."""
    wide = of_blocks.repeat_interleave(block.n_filters, 0).repeat_interleave(block.n_rows, 1)
    return wide[: like.shape[0], : like.shape[1]]


def masked(matrix: Tensor, mask: Tensor) -> Tensor:
    """The matrix where the mask is true, zero elsewhere."""
    return torch.where(mask, matrix, torch.zeros_like(matrix))
