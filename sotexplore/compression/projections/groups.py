"""Projections that keep whole groups of weights: the strongest of a layer, or the strongest inside each tile.

With `Block` as the group these are irregular (`WEIGHT`), filter, channel, shape (array rows) and tile (whole sub-arrays)
pruning; with a part of a tile as the group, rows or columns inside a tile (Chu et al., PIM-Prune, DAC 2020) and
column-proportional pruning (Yuan et al., TinyADC, DATE 2021).
"""

from collections.abc import Callable

from torch import Tensor

from sotexplore.compression.projections.blocks import (
    WEIGHT,
    Block,
    block_sums,
    channel_block,
    cut,
    filter_block,
    masked,
    row_block,
    spread,
)
from sotexplore.compression.projections.selection import keep_top
from sotexplore.errors import InputError

MatrixProjection = Callable[[Tensor], Tensor]
"""A matrix (n_filters, n_rows) to its nearest feasible one, same shape."""


def gains(matrix: Tensor, inner: MatrixProjection | None = None) -> Tensor:
    """What keeping each weight spares of the squared distance: v^2 - (v - P(v))^2, v^2 where nothing else binds.

    Args:
        matrix: weights (n_filters, n_rows).
        inner: P, the projection of what is kept.
    """
    if inner is None:
        return matrix**2
    return matrix**2 - (matrix - inner(matrix)) ** 2


def block_mask(gain: Tensor, block: Block, count: int) -> Tensor:
    """Weights of the `count` blocks with the largest sum of `gain`; ties go to the lower block, row by row of the grid.

    Args:
        gain: per weight, (n_filters, n_rows).
        block: the group.
        count: blocks to keep, from 1.

    Returns:
        Boolean mask (n_filters, n_rows).

    Raises:
        InputError: count out of range.
    """
    sums = block_sums(gain, block)
    return spread(keep_top(sums.flatten(), count).view_as(sums), block, gain)


def project_blocks(matrix: Tensor, block: Block, count: int, *, inner: MatrixProjection | None = None) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  all but `count` blocks of Z are zero, and those in the set of `inner`. Exact.

    Exact for every `inner` that is exact and treats blocks apart: a kept block costs ||v - P(v)||^2, a dropped one
    ||v||^2, so the blocks with the largest difference stay.

    Args:
        matrix: W, (n_filters, n_rows).
        block: the group.
        count: blocks to keep, from 1.
        inner: projection of the kept blocks; None leaves them as they are.

    Raises:
        InputError: count out of range.
    """
    return masked(matrix if inner is None else inner(matrix), block_mask(gains(matrix, inner), block, count))


def project_weights(matrix: Tensor, count: int) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  at most `count` weights of Z are not zero. Exact ("irregular" pruning)."""
    return project_blocks(matrix, WEIGHT, count)


def project_filters(matrix: Tensor, count: int) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  at most `count` filters (matrix rows, first axis) of Z are not zero. Exact."""
    return project_blocks(matrix, filter_block(matrix), count)


def project_channels(matrix: Tensor, count: int, *, kernel: int) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  at most `count` input channels (kernel^2 columns of the matrix) of Z are not zero.

    Exact.
    """
    return project_blocks(matrix, channel_block(matrix, kernel), count)


def project_rows(matrix: Tensor, count: int) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  at most `count` array rows (second axis) of Z are not zero. Exact ("shape" pruning)."""
    return project_blocks(matrix, row_block(matrix), count)


def project_tiles(matrix: Tensor, count: int, *, tile: Block) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  at most `count` tiles (whole sub-arrays) of Z are not zero. Exact.

    Args:
        matrix: W.
        count: tiles to keep, from 1.
        tile: weights that one sub-array holds, as `sotexplore.subarray_budget.weights_of_subarray` gives them.
    """
    return project_blocks(matrix, tile, count)


def within_mask(gain: Tensor, block: Block, part: Block, count: int) -> Tensor:
    """Weights of the `count` parts with the largest sum of `gain` in each block; ties go to the lower part.

    Args:
        gain: per weight, (n_filters, n_rows).
        block: region in which parts compete.
        part: group inside the block; its sizes divide the block's.
        count: parts to keep in every block, from 1; a block cut at the edge that has no more keeps all it has.

    Raises:
        InputError: count out of range, or parts that do not tile the block.
    """
    if block.n_filters % part.n_filters or block.n_rows % part.n_rows:
        raise InputError(
            "part", "does not tile the block", got=f"{part.n_filters}x{part.n_rows}",
            allowed=f"divisors of {block.n_filters}x{block.n_rows}",
        )  # fmt: skip
    sums = block_sums(gain, part)
    inner = Block(block.n_filters // part.n_filters, block.n_rows // part.n_rows)
    pieces = cut(sums, inner, fill=float("-inf")).transpose(1, 2)
    kept = keep_top(pieces.flatten(2), count).view_as(pieces).transpose(1, 2)
    wide = kept.reshape(kept.shape[0] * kept.shape[1], -1)
    return spread(wide, part, gain)


def project_within(
    matrix: Tensor, block: Block, part: Block, count: int, *, inner: MatrixProjection | None = None
) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  in each block all but `count` parts of Z are zero, and those in the set of `inner`.

    Exact, under the condition on `inner` of `project_blocks` (parts apart).

    Raises:
        InputError: see `within_mask`.
    """
    return masked(matrix if inner is None else inner(matrix), within_mask(gains(matrix, inner), block, part, count))


def project_rows_in_tiles(matrix: Tensor, count: int, *, tile: Block) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  each tile of Z has at most `count` array rows that are not zero. Exact.

    Every tile chooses its own rows. `project_blocks` with the block (tile.n_filters, 1) shares one count among all tiles.
    """
    return project_within(matrix, tile, Block(tile.n_filters, 1), count)


def project_columns_in_tiles(matrix: Tensor, count: int, *, tile: Block) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  each tile of Z has at most `count` filters that are not zero in it. Exact."""
    return project_within(matrix, tile, Block(1, tile.n_rows), count)


def project_column_proportional(matrix: Tensor, count: int, *, n_rows: int) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  each filter of Z has at most `count` weights not zero in each `n_rows` inputs. Exact.

    With n_rows the rows of a sub-array, no column ever sums more than `count` cells: ceil(log2(count + 1)) ADC bits
    are exact.
    """
    return project_within(matrix, Block(1, n_rows), WEIGHT, count)
