"""Bit-plane pruning: integer weights that use few of their bit-planes, so that the other planes need no cells.

Two's complement of B bits: planes 0..B-1 of values 2^n, the last of -2^(B-1). Sign and magnitude of B bits: planes 0..B-2
of values 2^n; the sign is no plane. A group of weights (a block) uses the same planes; those that a whole sub-array
column of weights leaves out free their cells.
"""

from itertools import combinations
from typing import Final, Literal

import torch
from torch import Tensor

from sotexplore.compression.projections.blocks import Block, block_sums, spread
from sotexplore.compression.projections.selection import check_count

PlaneCoding = Literal["twos-complement", "sign-magnitude"]
SIGN_MAGNITUDE: Final = "sign-magnitude"


def plane_sets(bits: int, count: int, coding: PlaneCoding) -> tuple[tuple[int, ...], ...]:
    """All choices of `count` bit-planes, in a fixed order: those with the higher planes first.

    Raises:
        InputError: count not in 1..number of planes.
    """
    planes = bits - 1 if coding == SIGN_MAGNITUDE else bits
    check_count(count, planes)
    return tuple(combinations(range(planes - 1, -1, -1), count))


def plane_values(planes: tuple[int, ...], bits: int, coding: PlaneCoding) -> tuple[int, ...]:
    """All integers that weights of `bits` can hold with only these bit-planes set, ascending."""
    weights = [-(2**plane) if coding != SIGN_MAGNITUDE and plane == bits - 1 else 2**plane for plane in planes]
    sums = {0}
    for weight in weights:
        sums |= {value + weight for value in sums}
    return tuple(sorted(sums | {-value for value in sums} if coding == SIGN_MAGNITUDE else sums))


def project_planes(
    matrix: Tensor,
    block: Block,
    count: int,
    *,
    bits: int,
    step: Tensor,
    coding: PlaneCoding = "twos-complement",
) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  Z_nk = step_n q_nk, all q of a block integers on the same `count` bit-planes. Exact.

    Every set of planes is tried with the nearest integers that it can hold (the lower of two as near); at a tie the set
    with the higher planes stays. For one weight as block, each weight chooses its planes.

    Args:
        matrix: W, (n_filters, n_rows).
        block: weights that share their planes.
        count: bit-planes of a block that may hold ones, from 1.
        bits: weight bits, 2..8.
        step: positive step per filter, (n_filters, 1), held fixed.
        coding: how negative weights are held.

    Raises:
        InputError: bits or count out of range.
    """
    check_count(bits - 1, 7, field="bits less one")
    scaled = matrix / step
    best = torch.zeros_like(matrix)
    least = torch.full(block.grid(matrix), torch.inf, dtype=matrix.dtype, device=matrix.device)
    for planes in plane_sets(bits, count, coding):
        candidate = _nearest(scaled, plane_values(planes, bits, coding)) * step
        error = block_sums((matrix - candidate) ** 2, block)
        best = torch.where(spread(error < least, block, matrix), candidate, best)
        least = torch.minimum(error, least)
    return best


def overfull_filters(levels: Tensor, *, bits: int, count: int) -> int:
    """How many filters of integer weights hold ones on more than `count` bit-planes of their two's complement.

    Args:
        levels: integers, (n_filters, n_rows).
        bits: weight bits, 2..8.
        count: bit-planes that a filter may use.
    """
    codes = levels.to(torch.int64) & (2**bits - 1)
    used = torch.stack([(codes >> plane & 1).any(1) for plane in range(bits)])
    return int((used.sum(0) > count).sum())


def _nearest(scaled: Tensor, values: tuple[int, ...]) -> Tensor:
    held = torch.tensor(values, dtype=scaled.dtype, device=scaled.device)
    middles = (held[1:] + held[:-1]) / 2
    return held[torch.bucketize(scaled.contiguous(), middles)]
