"""Quantizers: levels in range, scales that cannot be bettered, gradients where they belong."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sotexplore.compression import quantizers


def weights(seed: int, filters: int = 6, rows: int = 40) -> torch.Tensor:
    return torch.randn(filters, rows, generator=torch.Generator().manual_seed(seed))


@given(st.integers(0, 500), st.integers(1, 8))
def test_projection_is_feasible_and_idempotent(seed: int, bits: int) -> None:
    matrix = weights(seed)
    mask = torch.rand(matrix.shape, generator=torch.Generator().manual_seed(seed)) < 0.7
    mask[:, 0] = True
    projected, step = quantizers.project_levels(matrix, bits, mask)
    levels = projected / step
    low, high = quantizers.weight_range(bits)
    assert torch.allclose(levels, levels.round(), atol=1e-4)
    assert levels.min() >= low - 1e-4 and levels.max() <= high + 1e-4
    assert (step > 0).all()
    assert not projected[~mask].any()
    again, _ = quantizers.project_levels(projected, bits, mask)
    assert float((again - projected).norm()) <= (1e-4 if bits <= 5 else 0.02) * float(projected.norm()) + 1e-6


@given(st.integers(0, 200), st.integers(1, 4))
def test_no_other_step_of_a_dense_search_is_clearly_better(seed: int, bits: int) -> None:
    matrix = weights(seed, filters=1)
    mask = torch.ones_like(matrix, dtype=torch.bool)
    projected, _ = quantizers.project_levels(matrix, bits, mask)
    error = float(((matrix - projected) ** 2).sum())
    peak = float(matrix.abs().max())
    searched = min(
        float(((matrix - step * quantizers.weight_levels(matrix, torch.tensor(step), bits)) ** 2).sum())
        for step in (peak * k / 400 for k in range(1, 401))
    )
    assert error <= 1.1 * searched + 1e-9


@given(st.integers(0, 200), st.integers(5, 8))
def test_many_bits_leave_the_error_of_a_uniform_quantizer(seed: int, bits: int) -> None:
    matrix = weights(seed, filters=1)
    projected, step = quantizers.project_levels(matrix, bits, torch.ones_like(matrix, dtype=torch.bool))
    # Rounding noise of a uniform quantizer is step^2 / 12 per weight; clipping may not add more than as much again.
    assert float(((matrix - projected) ** 2).mean()) <= 2 * float(step) ** 2 / 12


def test_binary_weights_are_plus_and_minus_the_mean() -> None:
    matrix = torch.tensor([[1.0, -3.0, 2.0, 0.0]])
    mask = torch.tensor([[True, True, True, False]])
    projected, step = quantizers.project_levels(matrix, 1, mask)
    assert step.item() == pytest.approx(2.0)
    assert projected.tolist() == [[2.0, -2.0, 2.0, 0.0]]


def test_learned_weight_passes_gradient_inside_and_stops_it_outside() -> None:
    values = torch.tensor([[0.26, 5.0, -5.0]], requires_grad=True)
    step = torch.full((1, 1), 0.5, requires_grad=True)
    quantizers.learned_weight(values, step, 3).sum().backward()
    assert values.grad is not None and step.grad is not None
    assert values.grad.tolist() == [[1.0, 0.0, 0.0]]
    # LSQ: d/ds = (round(v/s) - v/s) inside, the clipped level outside; times the gradient scale 1/sqrt(3 * 3).
    assert step.grad.item() == pytest.approx(((1 - 0.52) + 3 - 4) / 3, rel=1e-5)


def test_a_step_that_training_drove_negative_still_counts_as_positive() -> None:
    out = quantizers.learned_activation(torch.tensor([[1.0]]), torch.tensor(-0.5), 4)
    assert torch.isfinite(out).all() and out.item() >= 0


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_activation_levels_are_unsigned(bits: int) -> None:
    values = torch.rand(4, 30, generator=torch.Generator().manual_seed(0)) * 3
    step = quantizers.fit_activation_step(values, bits)
    levels = quantizers.learned_activation(values, step, bits) / step
    assert torch.allclose(levels, levels.round(), atol=1e-4)
    assert levels.min() >= 0 and levels.max() <= 2**bits - 1 + 1e-4


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_the_fused_activation_quantizer_agrees_with_the_plain_one(bits: int) -> None:
    """But for values on the ends of the range, whose gradient the one stops, as LSQ does, and the other does not."""
    generator = torch.Generator().manual_seed(bits)
    start = (torch.rand(8, 50, generator=generator) * 5 - 1).bfloat16()
    start[(start == 0) | (start == 0.25 * (2**bits - 1))] = 0.1
    weight = torch.randn(8, 50, generator=generator).bfloat16()
    results = []
    for dtype in (torch.float32, torch.bfloat16):
        values, step = start.to(dtype).requires_grad_(True), torch.tensor(0.25, requires_grad=True)
        out = quantizers.learned_activation(values, step, bits)
        (out * weight.to(dtype)).sum().backward()
        results.append((out, values.grad, step.grad))
    (plain, plain_gradient, plain_step), (fused, gradient, step) = results
    assert torch.equal(fused.float(), plain) and fused.dtype is torch.bfloat16
    assert torch.equal(gradient.float(), plain_gradient)
    assert step.item() == pytest.approx(plain_step.item(), rel=0.02, abs=0.02)
