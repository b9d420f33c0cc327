"""Uniform quantizers: integer ranges, closed-form scales, projections on levels, learned steps.

Weights of b >= 2 bits are two's complement, -2^(b-1)..2^(b-1)-1. A 1-bit weight is +1 or -1 (stored as 1 or 0: the
arrays compute 2 b - 1). Activations of A bits are unsigned, 0..2^A-1.
"""

from typing import Any

import torch
from torch import Tensor

from sotexplore.compression.allowed_levels import AllowedLevels

_FIT_ROUNDS = 3
_SMALLEST_STEP = 1e-8
_START_SHARES = (0.25, 0.35, *(0.5 + 0.04 * step for step in range(25)), 1.6, 1.75, 2.0, 2.5, 3.0, 4.0)
"""Where, of the levels' reach, a fit among allowed levels puts the largest weight first."""
_LARGEST_CLIP = 4.0
"""How far a filter's largest weight may lie beyond the highest level; a fit starts at 3 at most."""
FUSED = torch.bfloat16
"""Activations of this type go through `_FusedActivation`."""


def weight_range(bits: int) -> tuple[int, int]:
    """Smallest and largest integer of a weight of `bits`."""
    return (-1, 1) if bits == 1 else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def activation_range(bits: int) -> tuple[int, int]:
    """Smallest and largest integer of an activation of `bits`."""
    return 0, 2**bits - 1


def weight_levels(values: Tensor, step: Tensor, bits: int, allowed: AllowedLevels | None = None) -> Tensor:
    """Nearest integer level of each weight, as a float tensor of the same shape.

    Args:
        values: weights, filters first.
        step: positive step per filter, broadcastable to `values`.
        bits: weight bits.
        allowed: levels that the weights may take, of 2 bits or more; None: all.
    """
    if allowed is not None:
        return allowed.nearest(values / step)
    if bits == 1:
        return torch.where(values >= 0, 1.0, -1.0).to(values.dtype)
    low, high = weight_range(bits)
    return torch.clamp(torch.round(values / step), low, high)


def fit_weight_step(
    matrix: Tensor, bits: int, mask: Tensor | None = None, allowed: AllowedLevels | None = None
) -> Tensor:
    """Step per filter that minimises ||V - step Q(V)||^2, by alternating rounding and least squares.

    step = <V, Q> / <Q, Q>, Q = clamp(round(V / step)), from the best of several starts: the filter's largest weight
    put on each of the upper levels, so that a heavy tail does not waste them. Of fewer `allowed` levels, which may reach
    farther on one side of zero than on the other, the largest on either side counts by the reach of its side.

    Args:
        matrix: weights (n_filters, n_rows).
        bits: weight bits.
        mask: surviving weights, same shape; pruned ones do not count.
        allowed: levels that the weights may take; None: all.

    Returns:
        Steps (n_filters, 1), positive.
    """
    kept = torch.ones_like(matrix) if mask is None else mask.to(matrix.dtype)
    values = matrix * kept
    if bits == 1:
        return (values.abs().sum(1, keepdim=True) / kept.sum(1, keepdim=True).clamp(min=1)).clamp(min=_SMALLEST_STEP)
    if allowed is not None:
        return _fit_allowed(values, allowed)
    peak = values.abs().amax(1, keepdim=True).clamp(min=_SMALLEST_STEP)
    best_step, best_error = peak, torch.full_like(peak, torch.inf)
    for level in _start_levels(bits):
        step = peak / level
        for _ in range(_FIT_ROUNDS):
            step, _ = _least_squares(values, weight_levels(values, step, bits), step)
        error = ((values - step * weight_levels(values, step, bits) * kept) ** 2).sum(1, keepdim=True)
        better = error < best_error
        best_step, best_error = torch.where(better, step, best_step), torch.where(better, error, best_error)
    return best_step


@torch.no_grad()
def bound_weight_step(matrix: Tensor, step: Tensor, bits: int, allowed: AllowedLevels | None = None) -> Tensor:
    """The step kept where the filter's largest weight lies between the first level and four times the highest.

    A learned step that one update takes below zero stays there, since it has no gradient, and its filter is lost; at many bits,
    where steps are small beside their updates, LeNet-5 lost one filter in eleven so.

    Args:
        matrix: weights (n_filters, n_rows), zero where pruned.
        step: steps (n_filters, 1).
        bits: weight bits.
        allowed: levels that the weights may take; None: all.

    Returns:
        Steps (n_filters, 1), positive; those of filters without weights as they are.
    """
    peak = matrix.abs().amax(1, keepdim=True)
    highest = -weight_range(bits)[0] if allowed is None else torch.maximum(*(end.abs() for end in allowed.bounds))
    highest = highest.amax(1, keepdim=True) if isinstance(highest, Tensor) else highest
    bounded = torch.clamp(step, peak / (_LARGEST_CLIP * highest), peak)
    return torch.where(peak > 0, bounded, step).clamp(min=_SMALLEST_STEP)


def project_levels(matrix: Tensor, bits: int, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Nearest matrix (to a local optimum of the step) whose surviving entries are step_n times an integer level.

    Solves  min ||V - Z||^2  s.t.  Z_nk = step_n q_nk,  q in the levels of `bits`,  Z = 0 outside the mask.

    Returns:
        Z and the steps (n_filters, 1).
    """
    step = fit_weight_step(matrix, bits, mask)
    return weight_levels(matrix, step, bits) * step * mask.to(matrix.dtype), step


def learned_weight(values: Tensor, step: Tensor, bits: int, allowed: AllowedLevels | None = None) -> Tensor:
    """Fake-quantized weights with straight-through rounding and a learned step (Esser et al., LSQ, ICLR 2020).

    Args:
        values: weights, filters first.
        step: learned step per filter, broadcastable to `values`.
        bits: weight bits.
        allowed: levels that the weights may take; None: all.
    """
    low, high = weight_range(bits)
    n_rows = values.numel() / len(values)
    if allowed is not None:
        # levels d apart are plain levels with step d s: that its relative change per update is theirs, takes d^-2
        scale = _learnable(step, (n_rows * high / allowed.spacing) ** -0.5 / allowed.spacing**2)
        within = torch.clamp(values / scale, *allowed.bounds)
        return (within + (allowed.nearest(within) - within).detach()) * scale
    scale = _learnable(step, (n_rows * max(high, 1)) ** -0.5)
    ratio = torch.clamp(values / scale, low, high)
    rounded = torch.where(ratio >= 0, 1.0, -1.0) if bits == 1 else torch.round(ratio)
    return (ratio + (rounded - ratio).detach()) * scale


def with_bit_errors(values: Tensor, step: Tensor, bits: int, errors: Tensor) -> Tensor:
    """Quantized weights with some of their stored bits wrong; gradients pass as if they were right.

    Args:
        values: quantized weights, filters first.
        step: step per filter, broadcastable to `values`.
        bits: weight bits B; two's complement, or +1 and -1 stored as 1 and 0.
        errors: codes 0..2^B - 1 whose ones are the wrong bits, int32, shape of `values`.
    """
    levels = torch.round(values / step).detach()
    if bits == 1:
        return values - 2 * levels * step.detach() * errors
    codes = (levels.int() & (2**bits - 1)) ^ errors
    wrong = codes - 2**bits * (codes >> (bits - 1))
    result: Tensor = values + (wrong - levels) * step.detach()
    return result


def learned_activation(values: Tensor, step: Tensor, bits: int) -> Tensor:
    """Fake-quantized unsigned activations with a learned step (LSQ).

    Args:
        values: activations, any shape.
        step: learned scalar step.
        bits: activation bits.
    """
    low, high = activation_range(bits)
    gradient_scale = (values.numel() / len(values) * high) ** -0.5
    if values.dtype is FUSED:
        fused: Tensor = _FusedActivation.apply(values, positive(step), high, gradient_scale)  # type: ignore[no-untyped-call]
        return fused
    scale = _learnable(step, gradient_scale)
    ratio = torch.clamp(values / scale, low, high)
    return (ratio + (torch.round(ratio) - ratio).detach()) * scale


class _FusedActivation(torch.autograd.Function):
    """`learned_activation` with its gradients written out: a fifth of the passes over memory, for bfloat16 training.

    What lies below zero gives zero and has no gradient, so that a ReLU before it may be left out.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, step: Tensor, high: int, gradient_scale: float) -> Tensor:
        scale = step.to(values.dtype)
        ratio = values / scale
        quantized = ratio.clamp(0, high).round_().mul_(scale)
        ctx.save_for_backward(ratio, quantized, scale)
        ctx.high, ctx.gradient_scale = high, gradient_scale
        return quantized

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        (ratio, quantized, scale), (gradient,) = ctx.saved_tensors, gradients
        passed = torch.ops.aten.hardtanh_backward(gradient, ratio, 0.0, float(ctx.high))
        step_gradient = _inner(gradient, quantized) / scale.float() - _inner(passed, ratio)
        return passed, step_gradient * ctx.gradient_scale, None, None


def _inner(left: Tensor, right: Tensor) -> Tensor:
    """Inner product; each image's sum is rounded to the tensors' own precision, the sum over images is float32."""
    return (left * right).sum(tuple(range(1, left.dim()))).float().sum()


def fit_activation_step(values: Tensor, bits: int) -> Tensor:
    """Scalar step that minimises the squared error of unsigned quantization over `values`, by search.

    Args:
        values: non-negative activations, any shape.
        bits: activation bits.

    Returns:
        A positive scalar tensor.
    """
    low, high = activation_range(bits)
    peak = values.max().clamp(min=_SMALLEST_STEP)
    steps = peak * torch.linspace(0.05, 1.0, 40, device=values.device) / high
    errors = [((values - step * torch.clamp(torch.round(values / step), low, high)) ** 2).mean() for step in steps]
    return steps[int(torch.stack(errors).argmin())]


def positive(step: Tensor) -> Tensor:
    """The step kept above zero, so that a learned one cannot change sign."""
    return step.clamp(min=_SMALLEST_STEP)


def _start_levels(bits: int) -> list[float]:
    """Levels, negative ones counted without sign, on which a fit puts the largest weight first.

    Above the highest level the tail is clipped, which pays at few bits.
    """
    highest = 2 ** (bits - 1)
    whole = [float(level) for level in range(1, highest + 1)] if bits <= 5 else []
    clipped = [highest * factor for factor in (1.15, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0)]
    return whole + clipped if bits <= 5 else [highest * (0.5 + 0.05 * step) for step in range(20)]


def _fit_allowed(values: Tensor, allowed: AllowedLevels) -> Tensor:
    """The start whose rounding leaves least behind least squares, and the turns of both from there."""
    low, high = allowed.bounds
    end = torch.where(values > 0, high, low)
    reach = torch.where(end != 0, values / end, 0.0).amax(1, keepdim=True).clamp(min=_SMALLEST_STEP)
    best, most = reach, torch.zeros_like(reach)
    for share in _START_SHARES:
        step, gained = _least_squares(values, allowed.nearest(values * (share / reach)), reach)
        best, most = torch.where(gained > most, step, best), torch.maximum(gained, most)
    for _ in range(_FIT_ROUNDS):
        best, _ = _least_squares(values, allowed.nearest(values / best), best)
    return best


def _learnable(step: Tensor, gradient_scale: float | Tensor) -> Tensor:
    scaled = step * gradient_scale
    return positive(scaled + (step - scaled).detach())


def _least_squares(values: Tensor, levels: Tensor, otherwise: Tensor) -> tuple[Tensor, Tensor]:
    """The best step of these levels, or another where it is not positive, and the energy that it accounts for."""
    energy = (levels * levels).sum(1, keepdim=True).clamp(min=1)
    inner = (values * levels).sum(1, keepdim=True)
    step = torch.where(inner > 0, inner / energy, otherwise).clamp(min=_SMALLEST_STEP)
    return step, torch.where(inner > 0, inner * inner / energy, 0.0)
