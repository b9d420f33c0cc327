"""Structures by name, combined over layers and with polarised fragments."""

from functools import partial
from itertools import combinations
from typing import Any, get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sotexplore.compression import admm
from sotexplore.compression import projections as pr
from sotexplore.compression.projections import Block, LayerSetting
from sotexplore.compression.projections.structures import GroupStructure
from sotexplore.errors import InputError

NAMES = st.sampled_from(get_args(GroupStructure))


def matrix(seed: int, n_filters: int = 4, n_rows: int = 8) -> Tensor:
    return torch.randn(n_filters, n_rows, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@settings(deadline=None, max_examples=60)
@given(NAMES, st.floats(0.01, 1.0), st.sampled_from([None, 2, 3]), st.integers(0, 1000))
def test_every_structure_keeps_something_and_is_idempotent(
    structure: GroupStructure, keep_ratio: float, fragment_rows: int | None, seed: int
) -> None:
    weights = matrix(seed)
    setting = LayerSetting(structure, keep_ratio, kernel=2, tile=Block(3, 4), fragment_rows=fragment_rows)
    projected = pr.project_structure(weights, setting)
    assert projected.any()
    assert torch.equal(pr.project_structure(projected, setting), projected)
    assert not projected[~pr.structure_mask(weights, setting)].any()
    if fragment_rows is not None:
        assert torch.equal(pr.project_polarised(projected, n_rows=fragment_rows), projected)


@pytest.mark.parametrize(
    ("structure", "kept"),
    [("irregular", 8), ("filter", 8), ("channel", 16), ("shape", 8), ("filter+shape", 8), ("tile", 8), ("tile-rows", 8),
     ("tile-columns", 16), ("column-proportional", 8)],
)  # fmt: skip
def test_a_quarter_of_the_groups_stays(structure: GroupStructure, kept: int) -> None:
    """A quarter of 32 weights; half where there are only two groups to choose from."""
    setting = LayerSetting(structure, 0.25, kernel=2, tile=Block(2, 4))
    assert int(pr.structure_mask(matrix(0), setting).sum()) == kept


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1000), st.integers(1, 3))
def test_filters_with_polarised_fragments_against_every_choice(seed: int, count: int) -> None:
    weights = matrix(seed, 4, 4)
    projected = pr.project_structure(weights, LayerSetting("filter", count / 4, fragment_rows=2))
    polarised = pr.project_polarised(weights, n_rows=2)
    best = torch.inf
    for chosen in combinations(range(4), count):
        candidate = torch.zeros_like(weights)
        candidate[list(chosen)] = polarised[list(chosen)]
        best = min(best, float(((weights - candidate) ** 2).sum()))
    assert float(((weights - projected) ** 2).sum()) == pytest.approx(best)


@pytest.mark.parametrize(
    "change", [{"structure": "rows"}, {"keep_ratio": 0.0}, {"keep_ratio": 1.5}, {"structure": "tile", "tile": None}]
)
def test_a_setting_that_says_nothing_is_refused(change: dict[str, Any]) -> None:
    field = "tile" if "tile" in change else next(iter(change))
    with pytest.raises(InputError, match=f"{field}: "):
        LayerSetting(**({"structure": "filter", "keep_ratio": 0.5} | change))


def test_layers_are_projected_each_in_its_way() -> None:
    weights = {"conv1": matrix(1), "conv2": matrix(2), "fc": matrix(3)}
    project = pr.per_layer(
        {"conv1": partial(pr.project_filters, count=1), "conv2": partial(pr.project_polarised, n_rows=4)}
    )
    projected = project(weights)
    assert torch.equal(projected["conv1"], pr.project_filters(weights["conv1"], 1))
    assert torch.equal(projected["conv2"], pr.project_polarised(weights["conv2"], n_rows=4))
    assert torch.equal(projected["fc"], weights["fc"])
    assert projected["fc"] is not weights["fc"]
    with pytest.raises(InputError, match="layers: names no layer"):
        pr.per_layer({"conv9": pr.project_polarised})(weights)


def test_admm_reaches_a_mixed_set() -> None:
    """On a quadratic loss the weights end on the set that mixed settings describe."""
    target = {"a": matrix(4), "b": matrix(5)}
    project = pr.per_layer(
        {
            "a": partial(pr.project_structure, setting=LayerSetting("tile", 0.5, tile=Block(2, 4))),
            "b": partial(pr.project_structure, setting=LayerSetting("column-proportional", 0.5, tile=Block(2, 4))),
        }
    )
    weights, state, rho = target, admm.init(target, project), 2.0
    for _ in range(200):
        weights = {
            name: (target[name] + rho * (state.auxiliary[name] - state.dual[name])) / (1 + rho) for name in target
        }
        state, residuals = admm.update(weights, state, project, rho)
    assert residuals.primal < 1e-3 * residuals.weight
