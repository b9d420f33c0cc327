"""Learned weight steps that stay in reach of their weights, beside those that do not."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.compression import quantizers
from sotexplore.compression.allowed_levels import OneSign, OnPlanes
from sotexplore.compression.data import load
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.compression.run_files import parse_run
from sotexplore.compression.run_key import run_inputs
from sotexplore.compression.train import Phase, fit


@settings(deadline=None)
@given(st.integers(0, 5_000), st.integers(1, 8), st.floats(-3, 3))
def test_the_largest_weight_stays_on_the_levels(seed: int, bits: int, exponent: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    matrix = torch.randn(6, 20, generator=generator)
    matrix[0] = 0
    step = (torch.rand(6, 1, generator=generator) - 0.3) * 10**exponent
    bounded = quantizers.bound_weight_step(matrix, step, bits)
    peak, highest = matrix.abs().amax(1, keepdim=True), 1 if bits == 1 else 2 ** (bits - 1)
    assert (bounded > 0).all()
    level = (peak / bounded)[1:]
    assert (level >= 1 - 1e-6).all() and (level <= 4 * highest * (1 + 1e-6)).all()
    inside = (step > peak / (4 * highest)) & (step < peak)
    assert torch.equal(bounded[inside], step[inside]), "a step in reach is not touched"
    assert bounded[0] == step[0].clamp(min=1e-8), "a filter without weights keeps its step"


def test_levels_that_rules_leave_bound_by_their_own_reach() -> None:
    matrix, tiny = torch.tensor([[0.5, 1.0, -2.0]]), torch.tensor([[1e-9]])
    few = OnPlanes(torch.tensor([[-8.0, -7.0, 0.0, 1.0]]))
    assert quantizers.bound_weight_step(matrix, tiny, 4, few).item() == pytest.approx(2 / 32)
    signed = OneSign(torch.tensor([[True, True, False]]), 4)
    assert quantizers.bound_weight_step(matrix, tiny, 4, signed).item() == pytest.approx(2 / 28)


@pytest.mark.parametrize("bounded", [False, True])
def test_at_many_bits_a_step_below_zero_is_lost_unless_it_is_bounded(bounded: bool) -> None:
    """Found in LeNet-5 at 8 bits: steps stood at the smallest allowed and their filters came out as zero."""
    data = load("digits", None)
    torch.manual_seed(0)
    model = CatalogueNetwork(catalogue.network("digits-cnn"))
    model.set_bits(8, 2)
    model.fit_weight_steps()
    model.fit_activation_steps(quantized_pixels(data.train_images[:200]))
    phase = Phase("finetune", 3, 0.1, batch_size=32, bounded_steps=bounded)
    fit(model, data, phase, generator=torch.Generator().manual_seed(0), report=lambda _: None)
    lost = sum(int((module.weight_step <= 1e-8).sum()) for module in model)
    assert (lost == 0) is bounded


def test_a_run_without_it_keeps_its_key() -> None:
    plain = parse_run({"network": "digits-cnn"})
    asked = parse_run({"network": "digits-cnn", "recipe": {"bounded_steps": True}})
    assert "bounded_steps" not in run_inputs(plain) and run_inputs(asked)["bounded_steps"] is True
