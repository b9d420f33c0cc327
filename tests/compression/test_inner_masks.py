"""Masks finer than filters x rows: what they keep, and which filters and rows go with them."""

from typing import get_args

import pytest
import torch
from torch import Tensor

from sotexplore import catalogue
from sotexplore.compression import projections as pr
from sotexplore.compression.masks import LayerMask, choose_inner_masks, remove_unused_paths
from sotexplore.compression.projections import Block, LayerSetting
from sotexplore.compression.projections.structures import GroupStructure
from sotexplore.workload import Network


def weights_of(network: Network) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {layer.name: torch.randn(layer.n_filters, layer.n_rows, generator=generator) for layer in network.layers}


@pytest.mark.parametrize("structure", get_args(GroupStructure))
@pytest.mark.parametrize("name", ["digits-cnn", "resnet20-cifar10"])
def test_a_mask_keeps_what_its_structure_keeps(structure: GroupStructure, name: str) -> None:
    network = catalogue.network(name)
    weights = weights_of(network)
    inner = [layer for layer in network.layers if layer.kernel == 3 and layer.in_channels > 3]
    settings = {layer.name: LayerSetting(structure, 0.3, kernel=3, tile=Block(8, 32)) for layer in inner}
    masks = choose_inner_masks(network, weights, settings)
    for index, layer in enumerate(network.layers):
        mask = masks[layer.name]
        if layer.name not in settings:
            assert mask.weights is None and bool(mask.matrix.all())
            continue
        kept = pr.structure_mask(weights[layer.name], settings[layer.name])
        assert torch.equal(mask.matrix, kept)
        assert bool(mask.filters.all()) or network.prunable_filters(index)
        assert torch.equal(mask.rows, kept.any(0))
    if structure in ("shape", "channel"):
        assert all(mask.weights is None for mask in masks.values())


def test_rows_without_a_weight_go_and_take_filters_along() -> None:
    network = catalogue.network("digits-cnn")
    whole = {
        layer.name: LayerMask(torch.ones(layer.n_filters, dtype=torch.bool), torch.ones(layer.n_rows, dtype=torch.bool))
        for layer in network.layers
    }
    kept = torch.ones(32, 144, dtype=torch.bool)
    kept[:, 9:18] = False
    kept[0, 20] = False
    masks = remove_unused_paths(
        network, whole | {"conv2": LayerMask(whole["conv2"].filters, whole["conv2"].rows, kept)}
    )
    assert not masks["conv2"].rows[9:18].any()
    assert int(masks["conv2"].rows.sum()) == 144 - 9
    assert not masks["conv1"].filters[1]
    assert int(masks["conv1"].filters.sum()) == 15
    assert not masks["conv2"].matrix[0, 20]


def test_polarised_layers_keep_the_weights_of_one_sign() -> None:
    network = catalogue.network("digits-cnn")
    weights = weights_of(network)
    setting = LayerSetting("tile", 0.5, tile=Block(8, 32), fragment_rows=4)
    mask = choose_inner_masks(network, weights, {"conv2": setting})["conv2"]
    kept = weights["conv2"] * mask.matrix
    assert torch.equal(kept, pr.project_structure(weights["conv2"], setting))
    assert torch.equal(pr.project_polarised(kept, n_rows=4), kept)
