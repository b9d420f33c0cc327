"""Projections on groups: feasible, idempotent, as good as trying every choice, exact in their counts at ties."""

from itertools import combinations, product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sotexplore.compression import projections as pr
from sotexplore.compression.projections import Block
from sotexplore.errors import InputError

BLOCKS = st.builds(Block, st.integers(1, 4), st.integers(1, 5))
INNER = {
    "free": None,
    "not negative": lambda matrix: matrix.clamp(min=0),
    "levels": lambda matrix: pr.on_levels(matrix, bits=2, step=torch.full((len(matrix), 1), 0.7, dtype=matrix.dtype)),
}


@st.composite
def matrices(draw: st.DrawFn, n_filters: int = 3, n_rows: int = 5) -> Tensor:
    """Random weights, or small integers so that ties abound."""
    if draw(st.booleans()):
        generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
        return torch.randn(n_filters, n_rows, generator=generator, dtype=torch.float64)
    values = draw(st.lists(st.integers(-2, 2), min_size=n_filters * n_rows, max_size=n_filters * n_rows))
    return torch.tensor(values, dtype=torch.float64).view(n_filters, n_rows)


def slices(shape: tuple[int, ...], block: Block) -> list[tuple[slice, slice]]:
    """The blocks of a matrix, counted out one by one."""
    return [
        (slice(filters, filters + block.n_filters), slice(rows, rows + block.n_rows))
        for filters in range(0, shape[0], block.n_filters)
        for rows in range(0, shape[1], block.n_rows)
    ]


def distance(matrix: Tensor, projected: Tensor) -> float:
    return float(((matrix - projected) ** 2).sum())


def only(matrix: Tensor, regions: list[tuple[slice, slice]]) -> Tensor:
    kept = torch.zeros_like(matrix)
    for region in regions:
        kept[region] = matrix[region]
    return kept


@settings(deadline=None, max_examples=60)
@given(matrices(), BLOCKS, st.data(), st.sampled_from(list(INNER)))
def test_blocks_against_every_choice(matrix: Tensor, block: Block, data: st.DataObject, name: str) -> None:
    inner = INNER[name]
    regions = slices(matrix.shape, block)
    count = data.draw(st.integers(1, min(len(regions), 3)))
    projected = pr.project_blocks(matrix, block, count, inner=inner)
    kept = matrix if inner is None else inner(matrix)
    best = min(distance(matrix, only(kept, list(chosen))) for chosen in combinations(regions, count))
    assert sum(bool(projected[region].any()) for region in regions) <= count
    assert distance(matrix, projected) == pytest.approx(best, abs=1e-12)
    assert torch.equal(pr.project_blocks(projected, block, count, inner=inner), projected)


@settings(deadline=None, max_examples=60)
@given(matrices(4, 4), st.sampled_from([(2, 1), (1, 2), (1, 1), (2, 2)]), st.integers(1, 2))
def test_parts_within_blocks_against_every_choice(matrix: Tensor, sizes: tuple[int, int], count: int) -> None:
    matrix, block, part = matrix[:, :3], Block(2, 2), Block(*sizes)
    if part == block:
        count = 1
    best = 0.0
    for region in slices(matrix.shape, block):
        inside = matrix[region]
        parts = slices(inside.shape, part)
        best += min(distance(inside, only(inside, list(c))) for c in combinations(parts, min(count, len(parts))))
    projected = pr.project_within(matrix, block, part, count)
    for region in slices(matrix.shape, block):
        inside = projected[region]
        assert sum(bool(inside[item].any()) for item in slices(inside.shape, part)) <= count
    assert distance(matrix, projected) == pytest.approx(best, abs=1e-12)
    assert torch.equal(pr.project_within(projected, block, part, count), projected)


@settings(deadline=None, max_examples=60)
@given(matrices(4, 8), st.integers(1, 2))
def test_each_named_structure_is_its_blocks(matrix: Tensor, count: int) -> None:
    """What is left of each structure, counted without the code's own grids."""
    tile = Block(2, 4)
    assert int((pr.project_weights(matrix, count) != 0).sum()) <= count
    assert int((pr.project_filters(matrix, count) != 0).any(1).sum()) <= count
    assert int((pr.project_rows(matrix, count) != 0).any(0).sum()) <= count
    channels = pr.project_channels(matrix, count, kernel=2).view(4, 2, 4)
    assert int((channels != 0).any(2).any(0).sum()) <= count
    for filters, rows in product((0, 2), (0, 4)):
        inside = (slice(filters, filters + 2), slice(rows, rows + 4))
        assert int((pr.project_rows_in_tiles(matrix, count, tile=tile)[inside] != 0).any(0).sum()) <= count
        assert int((pr.project_columns_in_tiles(matrix, count, tile=tile)[inside] != 0).any(1).sum()) <= count
        of_columns = pr.project_column_proportional(matrix, count, n_rows=4)[inside] != 0
        assert int(of_columns.sum(1).max()) <= count
    tiles = pr.project_tiles(matrix, count, tile=tile).view(2, 2, 2, 4)
    assert int((tiles != 0).any(3).any(1).sum()) <= count


def test_tiles_drop_their_own_rows() -> None:
    matrix = torch.tensor([[1.0, 2.0], [3.0, 4.0], [8.0, 7.0], [6.0, 5.0]])
    projected = pr.project_rows_in_tiles(matrix, 1, tile=Block(2, 2))
    assert projected.tolist() == [[0, 2], [0, 4], [8, 0], [6, 0]]
    assert pr.project_columns_in_tiles(matrix, 1, tile=Block(2, 2)).tolist() == [[0, 0], [3, 4], [8, 7], [0, 0]]


@settings(deadline=None, max_examples=60)
@given(BLOCKS, st.data())
def test_ties_leave_the_first_blocks_and_an_exact_count(block: Block, data: st.DataObject) -> None:
    flat = torch.ones(3, 5, dtype=torch.float64)
    regions = [item for item in slices(flat.shape, block) if flat[item].shape == (block.n_filters, block.n_rows)]
    if len(regions) == len(slices(flat.shape, block)):
        count = data.draw(st.integers(1, len(regions)))
        assert torch.equal(pr.project_blocks(flat, block, count), only(flat, regions[:count]))


@settings(deadline=None, max_examples=60)
@given(matrices(), BLOCKS)
def test_no_layer_is_wiped_out(matrix: Tensor, block: Block) -> None:
    assert pr.block_mask(torch.zeros_like(matrix), block, 1).any()
    assert bool(pr.project_blocks(matrix, block, 1).any()) == bool(matrix.any())
    for count in (0, len(slices(matrix.shape, block)) + 1):
        with pytest.raises(InputError, match="count: out of range"):
            pr.project_blocks(matrix, block, count)


def test_geometry_that_does_not_fit_is_refused() -> None:
    matrix = torch.ones(2, 6)
    with pytest.raises(InputError, match="kernel: does not divide"):
        pr.project_channels(matrix, 1, kernel=2)
    with pytest.raises(InputError, match="part: does not tile"):
        pr.project_within(matrix, Block(2, 4), Block(1, 3), 1)
    with pytest.raises(InputError, match=r"block\.n_rows: is no size"):
        Block(1, 0)


@settings(deadline=None, max_examples=60)
@given(matrices(3, 6), st.integers(1, 4))
def test_polarised_fragments_against_both_signs(matrix: Tensor, n_rows: int) -> None:
    projected = pr.project_polarised(matrix, n_rows=n_rows)
    best = 0.0
    for region in slices(matrix.shape, Block(1, n_rows)):
        inside, kept = matrix[region], projected[region]
        assert not (bool((kept > 0).any()) and bool((kept < 0).any()))
        assert bool(kept.any()) == bool(inside.any())
        best += min(distance(inside, inside.clamp(min=0)), distance(inside, inside.clamp(max=0)))
    assert distance(matrix, projected) == pytest.approx(best, abs=1e-12)
    assert torch.equal(pr.project_polarised(projected, n_rows=n_rows), projected)


def test_a_fragment_of_equal_energies_turns_positive() -> None:
    assert pr.project_polarised(torch.tensor([[2.0, -2.0, -3.0, 1.0]]), n_rows=2).tolist() == [[2, 0, -3, 0]]
    assert pr.fragment_signs(torch.tensor([[2.0, -2.0, -3.0, 1.0]]), 2).tolist() == [[True, False]]


@settings(deadline=None, max_examples=60)
@given(matrices(3, 4), st.integers(1, 2), st.integers(1, 3))
def test_filters_and_rows_together_are_feasible_and_idempotent(matrix: Tensor, n_filters: int, n_rows: int) -> None:
    projected = pr.project_filters_and_rows(matrix, n_filters, n_rows)
    assert int((projected != 0).any(1).sum()) <= n_filters
    assert int((projected != 0).any(0).sum()) <= n_rows
    assert torch.equal(pr.project_filters_and_rows(projected, n_filters, n_rows), projected)
