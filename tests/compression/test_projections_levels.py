"""Pruning and quantization together, and bit-planes: against every choice that there is."""

from itertools import combinations, product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sotexplore.compression import projections as pr
from sotexplore.compression import quantizers
from sotexplore.compression.projections import Block
from sotexplore.compression.projections.planes import PlaneCoding
from sotexplore.errors import InputError

SEEDS = st.integers(0, 10_000)
STEP = torch.tensor([[0.5], [0.8]], dtype=torch.float64)


def matrix(seed: int, n_filters: int = 2, n_rows: int = 4) -> Tensor:
    return torch.randn(n_filters, n_rows, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def distance(weights: Tensor, projected: Tensor) -> float:
    return float(((weights - projected) ** 2).sum())


def levels(bits: int) -> list[int]:
    return [-1, 1] if bits == 1 else list(range(-(2 ** (bits - 1)), 2 ** (bits - 1)))


def nearest(weights: Tensor, values: list[int], step: Tensor) -> Tensor:
    """The nearest of `values` times the step for each weight, by trying all."""
    candidates = step[..., None] * torch.tensor(values, dtype=weights.dtype)
    best = (weights[..., None] - candidates).abs().argmin(-1, keepdim=True)
    return candidates.expand(*weights.shape, -1).gather(-1, best)[..., 0]


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(1, 3), st.integers(1, 3), st.sampled_from([(1, 2), (2, 1), (1, 1)]))
def test_joint_projection_against_every_choice(seed: int, bits: int, count: int, sizes: tuple[int, int]) -> None:
    weights, block = matrix(seed), Block(*sizes)
    quantized = nearest(weights, levels(bits), STEP)
    regions = [
        (slice(f, f + sizes[0]), slice(r, r + sizes[1]))
        for f in range(0, 2, sizes[0])
        for r in range(0, 4, sizes[1])
    ]  # fmt: skip
    best = torch.inf
    for chosen in combinations(regions, count):
        candidate = torch.zeros_like(weights)
        for region in chosen:
            candidate[region] = quantized[region]
        best = min(best, distance(weights, candidate))
    projected = pr.project_blocks_and_levels(weights, block, count, bits=bits, step=STEP)
    assert distance(weights, projected) == pytest.approx(best, abs=1e-12)
    assert sum(bool(projected[region].any()) for region in regions) <= count
    on_grid = (projected / STEP - torch.round(projected / STEP)).abs().max()
    assert float(on_grid) < 1e-12
    assert torch.equal(pr.project_blocks_and_levels(projected, block, count, bits=bits, step=STEP), projected)


def test_pruning_first_is_never_better_and_sometimes_worse() -> None:
    worse = 0
    for seed in range(300):
        weights = matrix(seed, 4, 6)
        step = torch.full((4, 1), 0.8, dtype=torch.float64)
        joint = pr.project_blocks_and_levels(weights, Block(4, 1), 3, bits=2, step=step)
        pruned = pr.block_mask(weights**2, Block(4, 1), 3)
        one_after_other = pr.masked(pr.on_levels(weights, bits=2, step=step), pruned)
        lost, lost_in_turn = distance(weights, joint), distance(weights, one_after_other)
        assert lost <= lost_in_turn + 1e-12
        worse += lost < lost_in_turn - 1e-9
    assert 10 <= worse < 300


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(1, 4), st.integers(1, 3))
def test_free_steps_end_no_farther_than_pruning_first(seed: int, bits: int, count: int) -> None:
    weights = matrix(seed, 4, 6)
    projected, step, mask = pr.fit_blocks_and_levels(weights, Block(4, 1), count, bits=bits)
    pruned = pr.block_mask(weights**2, Block(4, 1), count)
    in_turn, _ = quantizers.project_levels(weights, bits, pruned)
    assert distance(weights, projected) <= distance(weights, in_turn) + 1e-12
    assert int(mask.any(0).sum()) == count
    assert torch.equal(projected != 0, (projected != 0) & mask)
    assert (step > 0).all()
    on_grid = (projected / step - torch.round(projected / step)).abs().max()
    assert float(on_grid) < 1e-9


def test_free_steps_gain_over_pruning_first() -> None:
    better = 0
    for seed in range(60):
        weights = matrix(seed, 4, 6)
        projected, _, _ = pr.fit_blocks_and_levels(weights, Block(4, 1), 3, bits=2)
        pruned = pr.block_mask(weights**2, Block(4, 1), 3)
        in_turn, _ = quantizers.project_levels(weights, 2, pruned)
        better += distance(weights, projected) < distance(weights, in_turn) - 1e-9
    assert better > 0


def held(value: int, bits: int, coding: str) -> set[int]:
    """The bit-planes that an integer sets, from its binary digits."""
    digits = format(abs(value), "b") if coding == "sign-magnitude" else format(value % 2**bits, "b")
    return {index for index, digit in enumerate(reversed(digits)) if digit == "1"}


@settings(deadline=None, max_examples=60)
@given(
    SEEDS,
    st.integers(2, 4),
    st.integers(1, 4),
    st.sampled_from(["twos-complement", "sign-magnitude"]),
    st.sampled_from([(1, 1), (1, 2), (2, 2), (2, 4)]),
)
def test_planes_against_every_choice(
    seed: int, bits: int, count: int, coding: PlaneCoding, sizes: tuple[int, int]
) -> None:
    weights, block = matrix(seed), Block(*sizes)
    n_planes = bits - 1 if coding == "sign-magnitude" else bits
    count = min(count, n_planes)
    largest = 2 ** (bits - 1) - 1
    integers = range(-largest - (coding != "sign-magnitude"), largest + 1)
    projected = pr.project_planes(weights, block, count, bits=bits, step=STEP, coding=coding)
    for f, r in product(range(0, 2, sizes[0]), range(0, 4, sizes[1])):
        region = (slice(f, f + sizes[0]), slice(r, r + sizes[1]))
        step = STEP[region[0]]
        best = min(
            distance(weights[region], nearest(weights[region], allowed, step))
            for chosen in combinations(range(n_planes), count)
            if (allowed := [value for value in integers if held(value, bits, coding) <= set(chosen)])
        )
        assert distance(weights[region], projected[region]) == pytest.approx(best, abs=1e-12)
        used = {plane for value in torch.round(projected[region] / step).flatten().tolist()
                for plane in held(int(value), bits, coding)}  # fmt: skip
        assert len(used) <= count
    again = pr.project_planes(projected, block, count, bits=bits, step=STEP, coding=coding)
    assert torch.equal(again, projected)


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(2, 5))
def test_all_planes_are_plain_levels(seed: int, bits: int) -> None:
    weights = matrix(seed)
    projected = pr.project_planes(weights, Block(2, 4), bits, bits=bits, step=STEP)
    torch.testing.assert_close(projected, pr.on_levels(weights, bits=bits, step=STEP))


def test_values_of_planes() -> None:
    assert pr.plane_values((3, 0), 4, "twos-complement") == (-8, -7, 0, 1)
    assert pr.plane_values((2, 0), 4, "sign-magnitude") == (-5, -4, -1, 0, 1, 4, 5)
    assert pr.plane_sets(3, 2, "twos-complement") == ((2, 1), (2, 0), (1, 0))


def test_planes_that_cannot_be_are_refused() -> None:
    weights = torch.ones(1, 2)
    step = torch.ones(1, 1)
    for bits, count in ((4, 0), (4, 5), (1, 1), (9, 2)):
        with pytest.raises(InputError, match="out of range"):
            pr.project_planes(weights, Block(1, 1), count, bits=bits, step=step)
