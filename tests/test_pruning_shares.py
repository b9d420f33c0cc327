"""Shares of layers: enough is removed whichever groups stay, tiles are those that the hardware fills."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.budget import kept_counts, planned_workload
from sotexplore.design import INNER_STRUCTURES, Hardware, Structure, Tile
from sotexplore.errors import InputError
from sotexplore.pruning_shares import (
    SHARED_OUT,
    channel_rows,
    layer_shares,
    most_kept,
    tile_of,
    tile_size,
)
from sotexplore.subarray_budget import weights_of_subarray
from sotexplore.workload import IMAGE, LayerWorkload

SMALL = Tile(subarray_rows=32, subarray_cols=32)


@pytest.mark.parametrize("structure", SHARED_OUT)
@pytest.mark.parametrize("name", ["digits-cnn", "lenet5-mnist", "resnet20-cifar10", "vgg8-cifar10"])
def test_enough_is_removed_and_no_layer_is_emptied(structure: Structure, name: str) -> None:
    network = catalogue.network(name)
    shares = layer_shares(network, structure, 0.4, SMALL)
    assert sum(item.n_weights for item in shares) <= 0.6 * network.n_weights
    assert sum(item.n_weights for item in shares) > 0.45 * network.n_weights, "not much more than was asked"
    assert all(item.n_weights >= 1 and 0 < item.keep_ratio <= 1 for item in shares)
    less, more = layer_shares(network, structure, 0.2, SMALL), layer_shares(network, structure, 0.5, SMALL)
    assert all(a.n_weights >= b.n_weights for a, b in zip(less, more, strict=True))


@given(
    structure=st.sampled_from(INNER_STRUCTURES),
    matrix=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    tile=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    ratio=st.floats(0.01, 1.0),
)
def test_what_stays_at_most_is_what_the_mask_keeps_at_most(
    structure: Structure, matrix: tuple[int, int], tile: tuple[int, int], ratio: float
) -> None:
    """Against the projections' own mask, on weights that make it keep the largest groups."""
    torch = pytest.importorskip("torch")
    from sotexplore.compression.projections import Block, LayerSetting, structure_mask

    tile = (min(tile[0], matrix[0]), min(tile[1], matrix[1]))
    setting = LayerSetting(structure, ratio, tile=Block(*tile))  # type: ignore[arg-type]
    kept = int(structure_mask(torch.ones(matrix), setting).sum())
    most = most_kept(structure, matrix, tile, ratio)
    assert kept == most


@pytest.mark.parametrize("style", ["crossbar", "and-count"])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_tile_is_what_a_sub_array_holds(style: str, bits: int) -> None:
    network = catalogue.network("vgg8-cifar10")
    tile = Tile(compute_style=style, subarray_rows=64, subarray_cols=128)  # type: ignore[arg-type]
    hardware = Hardware(compute_style=style, subarray_rows=64, subarray_cols=128, active_rows=64)  # type: ignore[arg-type]
    layer = network.layers[1]
    held = weights_of_subarray(LayerWorkload(layer, layer.n_filters, layer.n_rows, bits, 8), hardware)
    assert tile_size(layer, tile, bits) == tuple(np.minimum(held, (layer.n_filters, layer.n_rows)))


def test_channels_go_with_the_filters_that_nothing_else_reads() -> None:
    network = catalogue.network("digits-cnn")
    conv1, conv2, fc1, _ = layer_shares(network, "channel", 0.7)
    assert conv1.rows == 9, "an image keeps its channel"
    assert conv2.rows == 9 * conv1.filters < 144
    assert channel_rows(network, network.layer("fc1")) == 16
    assert fc1.rows == 16 * conv2.filters < 512
    residual = catalogue.network("resnet20-cifar10")
    joined = [index for index in range(len(residual.layers)) if not residual.prunable_filters(index)]
    shares = layer_shares(residual, "channel", 0.5)
    assert all(shares[index].filters == residual.layers[index].n_filters for index in joined)
    assert any(item.rows < layer.n_rows for item, layer in zip(shares, residual.layers, strict=True))
    assert shares[0].rows == residual.layers[0].n_rows and residual.layers[0].source == IMAGE


@pytest.mark.parametrize("structure", SHARED_OUT)
def test_a_plan_tells_weights_inside_the_matrix(structure: Structure) -> None:
    network = catalogue.network("lenet5-mnist")
    plan = planned_workload(network, structure=structure, prune_ratio=0.5, weight_bits=4, activation_bits=4)
    assert sum(item.surviving_weights for item in plan) <= 0.5 * network.n_weights
    inner = structure in INNER_STRUCTURES
    assert any(item.n_nonzero is not None for item in plan) == inner
    if inner:
        assert [item.kept_rows for item in plan] == [layer.n_rows for layer in network.layers]


def test_out_of_reach() -> None:
    with pytest.raises(
        InputError, match=r"^compression\.prune_ratio: tile pruning cannot .* a tile left .*allowed 0\.\.0\."
    ):
        layer_shares(catalogue.network("digits-cnn"), "tile", 0.999)
    with pytest.raises(InputError, match=r"^compression\.structure: differs from layer to layer"):
        kept_counts(catalogue.network("digits-cnn"), "mixed", 0.5)
    with pytest.raises(InputError, match=r"^tile: stands beside a structure that has no tiles \(got irregular"):
        tile_of(("irregular",), Tile())
    assert tile_of(("irregular", "tile"), None) == Tile()
    assert tile_of(("filter",), None) is None
