"""Pruning and quantization as one projection: which groups stay depends on how well the levels fit them."""

from functools import partial

import torch
from torch import Tensor

from sotexplore.compression import quantizers
from sotexplore.compression.projections.blocks import Block, masked
from sotexplore.compression.projections.groups import block_mask, gains, project_blocks

_ROUNDS = 4


def on_levels(matrix: Tensor, *, bits: int, step: Tensor) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  Z_nk = step_n q_nk, q in the levels of `bits`, for fixed steps. Exact, weight by weight.

    Args:
        matrix: W, (n_filters, n_rows).
        bits: weight bits.
        step: positive step per filter, (n_filters, 1).
    """
    return quantizers.weight_levels(matrix, step, bits) * step


def project_blocks_and_levels(matrix: Tensor, block: Block, count: int, *, bits: int, step: Tensor) -> Tensor:
    """Solves min ||W - Z||^2  s.t.  all but `count` blocks of Z are zero, and those are step_n times levels. Exact.

    For fixed steps: the blocks with the largest ||v||^2 - ||v - Q(v)||^2 stay, quantized. The mask is put on after the
    quantizer, which matters at 1 bit, where the levels hold no zero.

    Raises:
        InputError: count out of range.
    """
    return project_blocks(matrix, block, count, inner=partial(on_levels, bits=bits, step=step))


def fit_blocks_and_levels(matrix: Tensor, block: Block, count: int, *, bits: int) -> tuple[Tensor, Tensor, Tensor]:
    """The same problem with free steps: turns of choosing blocks and fitting steps, none of which adds to the distance.

    A local optimum: pruning by energy and then fitting is its start, and it never ends farther away than that.

    Returns:
        Z (n_filters, n_rows), the steps (n_filters, 1), and the boolean mask (n_filters, n_rows).

    Raises:
        InputError: count out of range.
    """
    mask = block_mask(matrix**2, block, count)
    step = quantizers.fit_weight_step(matrix, bits, mask)
    distance = _distance(matrix, mask, step, bits)
    for _ in range(_ROUNDS):
        chosen = block_mask(gains(matrix, partial(on_levels, bits=bits, step=step)), block, count)
        fitted = quantizers.fit_weight_step(matrix, bits, chosen)
        reached = _distance(matrix, chosen, fitted, bits)
        if not reached < distance:
            break
        mask, step, distance = chosen, fitted, reached
    return masked(on_levels(matrix, bits=bits, step=step), mask), step, mask


def _distance(matrix: Tensor, mask: Tensor, step: Tensor, bits: int) -> Tensor:
    return torch.sum((matrix - masked(on_levels(matrix, bits=bits, step=step), mask)) ** 2)
