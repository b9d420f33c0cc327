"""The nearest weights on fewer levels than their bits hold, with free steps: one sign per fragment, or few bit-planes."""

import torch
from torch import Tensor

from sotexplore.compression import quantizers
from sotexplore.compression.allowed_levels import AllowedLevels, OneSign, OnPlanes
from sotexplore.compression.projections.blocks import Block, masked, spread
from sotexplore.compression.projections.fragments import fragment_signs
from sotexplore.compression.projections.planes import plane_sets, plane_values


def positive_weights(matrix: Tensor, mask: Tensor, rows: Tensor, *, n_rows: int) -> Tensor:
    """Which weights lie in fragments whose positive part holds no less energy: boolean, (n_filters, n_rows of the layer).

    Arguments as `fit_one_sign`; rows that are gone count as positive.
    """
    kept, positive = masked(matrix, mask)[:, rows], torch.ones_like(mask)
    positive[:, rows] = spread(fragment_signs(kept, n_rows), Block(1, n_rows), kept)
    return positive


def fit_one_sign(
    matrix: Tensor, mask: Tensor, rows: Tensor, *, bits: int, n_rows: int
) -> tuple[Tensor, Tensor, OneSign]:
    """Seeks min ||V - Z||^2  s.t.  Z_nk = step_n q_nk, |q| < 2^(bits-1), one sign per fragment, Z = 0 outside the mask.

    Fragments are `n_rows` consecutive of the kept rows, since those are what an array holds. A fragment's sign is that of
    more energy, then steps are fitted: a local optimum (signs are not tried again once the steps are known).

    Args:
        matrix: V, (n_filters, n_rows of the layer).
        mask: surviving weights, boolean, same shape.
        rows: kept rows, boolean (n_rows of the layer,).
        bits: weight bits, 2..8.
        n_rows: kept rows of a fragment, from 1.

    Returns:
        Z, the steps (n_filters, 1) and the levels that the signs allow.
    """
    allowed = OneSign(positive_weights(matrix, mask, rows, n_rows=n_rows), bits)
    projected, step = _fitted(matrix, mask, bits, allowed)
    return projected, step, allowed


def fit_planes(matrix: Tensor, mask: Tensor, *, bits: int, count: int) -> tuple[Tensor, Tensor, OnPlanes]:
    """Seeks min ||V - Z||^2  s.t.  Z_nk = step_n q_nk, all q_n of a filter on the same `count` bit-planes, Z = 0 outside the mask.

    Two's complement, as the arrays store weights. Every set of planes is tried, its step fitted by turns of rounding and
    least squares (a local optimum of the step).

    Args:
        matrix: V, (n_filters, n_rows).
        mask: surviving weights, boolean, same shape.
        bits: weight bits, 2..8.
        count: bit-planes of a filter that may hold ones, 1..bits.

    Returns:
        Z, the steps (n_filters, 1) and the levels that the chosen planes hold.

    Raises:
        InputError: count out of range.
    """
    kept, best = masked(matrix, mask), torch.zeros_like(matrix)
    least, best_step = torch.full_like(matrix[:, :1], torch.inf), torch.ones_like(matrix[:, :1])
    values = torch.zeros(len(matrix), 2**count, dtype=matrix.dtype, device=matrix.device)
    for planes in _differing_sets(bits, count):
        held = torch.tensor(plane_values(planes, bits, "twos-complement"), dtype=matrix.dtype, device=matrix.device)
        tried = OnPlanes(held.expand_as(values))
        candidate, step = _fitted(matrix, mask, bits, tried)
        error = ((kept - candidate) ** 2).sum(1, keepdim=True)
        better = error < least
        best, best_step = torch.where(better, candidate, best), torch.where(better, step, best_step)
        values, least = torch.where(better, tried.values, values), torch.minimum(error, least)
    return best, best_step, OnPlanes(values)


def _differing_sets(bits: int, count: int) -> tuple[tuple[int, ...], ...]:
    """Sets of planes that differ in more than the step: without the two highest planes, one a place higher holds the same."""
    return tuple(planes for planes in plane_sets(bits, count, "twos-complement") if max(planes) >= bits - 2)


def _fitted(matrix: Tensor, mask: Tensor, bits: int, allowed: AllowedLevels) -> tuple[Tensor, Tensor]:
    step = quantizers.fit_weight_step(matrix, bits, mask, allowed)
    return masked(quantizers.weight_levels(matrix, step, bits, allowed) * step, mask), step
