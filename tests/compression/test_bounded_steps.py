"""Learned weight steps that stay in reach of their weights, beside those that do not."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.checkpoint import list_checkpoints, load_checkpoint, path_of, read_header
from sotexplore.compression import quantizers
from sotexplore.compression.allowed_levels import OneSign, OnPlanes
from sotexplore.compression.data import load
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.compression.run_files import DEFAULT_EPOCHS, parse_run
from sotexplore.compression.run_key import run_inputs
from sotexplore.compression.train import Phase, fit

CACHE = Path(__file__).resolve().parents[2] / "cache"


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


def test_it_is_on_unless_turned_off_and_a_run_without_it_keeps_its_key() -> None:
    before = parse_run({"network": "digits-cnn", "recipe": {"bounded_steps": False}})
    assert "bounded_steps" not in run_inputs(before)
    for name in DEFAULT_EPOCHS:
        assert run_inputs(parse_run({"network": name}))["bounded_steps"] is True
        assert run_inputs(parse_run({"network": name, "recipe": {"rho": "fixed"}}))["bounded_steps"] is True


def lost_filters(key: str) -> int:
    """Filters with weights whose step stands at the smallest that is allowed."""
    layers = load_checkpoint(CACHE, key).layers
    return sum(int(((np.ravel(item.weight_step) <= 2e-8) & (item.levels != 0).any(axis=1)).sum()) for item in layers)


def test_no_shipped_filter_is_lost_where_steps_were_bounded() -> None:
    rows = [row for row in list_checkpoints(CACHE).rows if row["network"] == "lenet5-mnist" and row["weight_bits"] == 8]
    found = {True: 0, False: 0}
    for row in rows:
        inputs = read_header(path_of(CACHE, row["key"]))["history"]["inputs"]
        lost, bounded = lost_filters(row["key"]), "bounded_steps" in inputs
        assert not (bounded and lost), row["key"]
        found[bounded] += lost
    assert found[False] > 0, "the points before it show what it prevents; without them this test says nothing"
