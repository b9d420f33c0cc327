"""A compacted network computes what the whole one computes, and gives back what training made of it."""

import pytest
import torch

from sotexplore.budget import kept_counts
from sotexplore.compression.compaction import compacted, expand
from sotexplore.compression.masks import choose_masks, remove_unused_paths
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from tests.compression.test_network import NETWORKS, images, network_with_life


def pruned(name: str, structure: str = "filter+shape") -> CatalogueNetwork:
    model = network_with_life(name)
    counts = kept_counts(model.network, structure, 0.8)
    model.apply_masks(remove_unused_paths(model.network, choose_masks(model.network, model.weights(), counts)))
    return model


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("bits", [None, 4])
def test_the_function_stays(name: str, bits: int | None) -> None:
    model = pruned(name)
    inputs = quantized_pixels(images(model.network))
    model.set_bits(bits, bits)
    if bits:
        model.fit_weight_steps()
        model.fit_activation_steps(inputs)
    small = compacted(model).eval()
    assert sum(value.numel() for value in small.parameters()) < sum(value.numel() for value in model.parameters())
    assert torch.allclose(small(inputs), model(inputs), atol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_there_and_back_changes_nothing(name: str) -> None:
    model = pruned(name)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    expand(compacted(model), model)
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key]), key


def test_what_is_trained_comes_back() -> None:
    model = pruned("digits-cnn")
    small = compacted(model)
    for module in small:
        module.weight.data.mul_(2)
        module.weight_bits = 3
    before = model.layers[1].weight.clone()
    expand(small, model)
    assert torch.equal(model.layers[1].weight, 2 * before)
    assert model.layers[1].weight_bits == 3
