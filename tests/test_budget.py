"""Kept counts: they reach the ratio, shrink with it, and follow removed channels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.budget import kept_counts, planned_workload
from sotexplore.errors import InputError

NETWORKS = ("digits-cnn", "lenet5-mnist", "resnet20-cifar10")
STRUCTURES = ("filter", "shape", "filter+shape")


@given(st.sampled_from(NETWORKS), st.sampled_from(STRUCTURES), st.floats(0.01, 0.85))
def test_the_ratio_is_reached_and_barely_exceeded(name: str, structure: str, ratio: float) -> None:
    network = catalogue.network(name)
    counts = kept_counts(network, structure, ratio)
    left = sum(item.filters * item.rows for item in counts) / network.n_weights
    assert left <= 1 - ratio + 1e-12
    assert left > (1 - ratio) * 0.8
    for layer, item in zip(network.layers, counts, strict=True):
        assert 1 <= item.filters <= layer.n_filters
        assert 1 <= item.rows <= layer.n_rows


@given(st.sampled_from(STRUCTURES), st.floats(0, 0.98), st.floats(0, 0.98))
def test_more_pruning_never_keeps_more(structure: str, first: float, second: float) -> None:
    network = catalogue.network("lenet5-mnist")
    low, high = sorted((first, second))
    for less, more in zip(kept_counts(network, structure, low), kept_counts(network, structure, high), strict=True):
        assert more.filters <= less.filters
        assert more.rows <= less.rows


def test_a_removed_filter_takes_its_channel_along() -> None:
    network = catalogue.network("lenet5-mnist")
    conv1, conv2, fc1, fc2 = kept_counts(network, "filter", 0.99)
    assert conv2.rows == 25 * conv1.filters
    assert fc1.rows == 16 * conv2.filters
    assert fc2.rows == fc1.filters
    assert fc2.filters == 10


def test_no_pruning_keeps_everything() -> None:
    network = catalogue.network("lenet5-mnist")
    for structure in ("none", *STRUCTURES):
        assert [item.filters for item in kept_counts(network, structure, 0.0)] == [20, 50, 500, 10]


def test_beyond_reach_says_how_far_it_goes() -> None:
    with pytest.raises(InputError, match=r"compression.prune_ratio: filter pruning cannot .*allowed 0\.\.0\.9"):
        kept_counts(catalogue.network("resnet20-cifar10"), "filter", 0.99)
    with pytest.raises(InputError, match="prunes nothing"):
        kept_counts(catalogue.network("lenet5-mnist"), "none", 0.5)


def test_planned_bits() -> None:
    plan = planned_workload(
        catalogue.network("resnet20-cifar10"), structure="shape", prune_ratio=0.5, weight_bits=2, activation_bits=3
    )
    assert [item.weight_bits for item in plan][:2] == [8, 2]
    assert [item.input_bits for item in plan][:2] == [8, 3]
