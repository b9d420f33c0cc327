"""Projections: feasible, idempotent, and as good as brute force on small matrices."""

from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sotexplore.compression.projections import filter_and_row_masks, keep_top, project_filters, project_rows

SEEDS = st.integers(0, 10_000)


def matrix(seed: int, rows: int = 4, columns: int = 5) -> Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(1, 4))
def test_filters_are_optimal_feasible_idempotent(seed: int, count: int) -> None:
    weights = matrix(seed)
    projected = project_filters(weights, count)
    best = min(((weights - _only(weights, chosen)) ** 2).sum() for chosen in combinations(range(4), count))
    assert int((projected != 0).any(1).sum()) <= count
    assert torch.equal(project_filters(projected, count), projected)
    assert ((weights - projected) ** 2).sum() == pytest.approx(float(best))


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(1, 5))
def test_rows_are_optimal_feasible_idempotent(seed: int, count: int) -> None:
    weights = matrix(seed)
    projected = project_rows(weights, count)
    best = min(((weights.T - _only(weights.T, chosen)) ** 2).sum() for chosen in combinations(range(5), count))
    assert int((projected != 0).any(0).sum()) <= count
    assert torch.equal(project_rows(projected, count), projected)
    assert ((weights - projected) ** 2).sum() == pytest.approx(float(best))


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(1, 4), st.integers(1, 5))
def test_filters_and_rows_together_come_near_brute_force(seed: int, n_filters: int, n_rows: int) -> None:
    weights = matrix(seed)
    filters, rows = filter_and_row_masks(weights, n_filters, n_rows)
    assert (int(filters.sum()), int(rows.sum())) == (n_filters, n_rows)
    kept = float((weights[filters][:, rows] ** 2).sum())
    best = max(
        float((weights[list(first)][:, list(second)] ** 2).sum())
        for first in combinations(range(4), n_filters)
        for second in combinations(range(5), n_rows)
    )
    assert kept <= best + 1e-9
    assert kept >= 0.5 * best


def test_filters_and_rows_together_are_mostly_optimal() -> None:
    hits = 0
    for seed in range(200):
        weights = matrix(seed)
        filters, rows = filter_and_row_masks(weights, 2, 3)
        kept = (weights[filters][:, rows] ** 2).sum()
        best = max(
            (weights[list(first)][:, list(second)] ** 2).sum()
            for first in combinations(range(4), 2)
            for second in combinations(range(5), 3)
        )
        hits += bool(kept >= best - 1e-9)
    assert hits >= 160


def test_ties_are_broken_the_same_way_and_the_count_is_exact() -> None:
    assert keep_top(torch.ones(6), 2).tolist() == [True, True, False, False, False, False]
    assert int((project_filters(torch.ones(5, 3), 2) != 0).any(1).sum()) == 2


def _only(weights: Tensor, chosen: tuple[int, ...]) -> Tensor:
    kept = torch.zeros_like(weights)
    kept[list(chosen)] = weights[list(chosen)]
    return kept
