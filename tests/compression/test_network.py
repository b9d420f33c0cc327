"""Masks, the trainable network, and the integer export: what is removed is really gone, and nothing else changes."""

import numpy as np
import pytest
import torch

from sotexplore import catalogue
from sotexplore.budget import kept_counts
from sotexplore.checkpoint import Checkpoint, layer_rows
from sotexplore.compression import arithmetic, integer
from sotexplore.compression.arithmetic import scores
from sotexplore.compression.masks import LayerMask, choose_masks, live_rows, remove_unused_paths
from sotexplore.compression.model import CatalogueNetwork, WeightLayer, quantized_pixels
from sotexplore.compression.train import refresh_norms
from sotexplore.workload import Network

NETWORKS = ("digits-cnn", "lenet5-mnist", "resnet20-cifar10")


def network_with_life(name: str, seed: int = 0) -> CatalogueNetwork:
    """A random network whose batch-norms have shifts, scales (one negative) and statistics of their own."""
    torch.manual_seed(seed)
    model = CatalogueNetwork(catalogue.network(name)).eval()
    for module in model:
        if module.norm is not None:
            module.norm.weight.data.uniform_(0.5, 1.5)
            module.norm.weight.data[0] = -0.7
            module.norm.bias.data.uniform_(-0.3, 0.6)
            module.norm.running_mean.uniform_(-0.2, 0.2)
            module.norm.running_var.uniform_(0.5, 2)
    return model


def images(network: Network, count: int = 6) -> torch.Tensor:
    layer = network.layers[0]
    shape = (count, layer.in_channels, layer.in_height, layer.in_width)
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(7)).to(torch.uint8)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("structure", ["filter", "shape", "filter+shape"])
def test_masks_have_the_planned_counts_and_fit_together(name: str, structure: str) -> None:
    model = network_with_life(name)
    counts = kept_counts(model.network, structure, 0.7)
    masks = choose_masks(model.network, model.weights(), counts)
    for layer, kept in zip(model.network.layers, counts, strict=True):
        mask = masks[layer.name]
        assert (int(mask.filters.sum()), int(mask.rows.sum())) == (kept.filters, kept.rows)
        alive = live_rows(model.network, layer, {key: item.filters for key, item in masks.items()})
        assert not (mask.rows & ~alive).any()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_pruned_filter_can_be_cut_out_without_changing_the_network(name: str) -> None:
    """The batch-norm's shift of a removed filter must not leak: scores stay when its weights and norm are scrambled."""
    model = network_with_life(name)
    counts = kept_counts(model.network, "filter", 0.5)
    model.apply_masks(choose_masks(model.network, model.weights(), counts))
    inputs = quantized_pixels(images(model.network))
    before = model(inputs)
    for module in model:
        dead = module.filter_mask == 0
        module.weight.data[dead] = 9.0
        if module.norm is not None:
            module.norm.bias.data[dead] = 5.0
    assert torch.allclose(model(inputs), before, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_unused_paths_go_and_the_function_stays(name: str) -> None:
    model = network_with_life(name)
    network = model.network
    masks = {
        layer.name: LayerMask(torch.ones(layer.n_filters, dtype=torch.bool), torch.ones(layer.n_rows, dtype=torch.bool))
        for layer in network.layers
    }
    reader = next(
        layer
        for index, layer in enumerate(network.layers)
        if index and network.prunable_filters(index - 1) and layer.source == network.layers[index - 1].name
    )
    per_channel = reader.n_rows // network.layer(reader.source).n_filters
    masks[reader.name].rows[: 2 * per_channel] = False
    model.apply_masks(masks)
    inputs = quantized_pixels(images(network))
    before = model(inputs)
    cleaned = remove_unused_paths(network, masks)
    assert cleaned[reader.source].filters.tolist()[:3] == [False, False, True]
    model.apply_masks(cleaned)
    assert torch.allclose(model(inputs), before, atol=1e-5)


def test_an_emptied_layer_keeps_a_filter_and_a_row() -> None:
    network = catalogue.network("lenet5-mnist")
    masks = {
        layer.name: LayerMask(
            torch.ones(layer.n_filters, dtype=torch.bool), torch.zeros(layer.n_rows, dtype=torch.bool)
        )
        for layer in network.layers
    }
    for mask in masks.values():
        mask.rows[-1] = True
    cleaned = remove_unused_paths(network, masks)
    assert all(mask.filters.any() and mask.rows.any() for mask in cleaned.values())


def test_pruning_leaves_batch_norm_weights_alone() -> None:
    model = network_with_life("lenet5-mnist")
    before = [module.norm.weight.clone() for module in model if module.norm is not None]
    model.apply_masks(choose_masks(model.network, model.weights(), kept_counts(model.network, "filter+shape", 0.9)))
    after = [module.norm.weight for module in model if module.norm is not None]
    assert all(torch.equal(first, second) for first, second in zip(before, after, strict=True))


def test_mask_and_zeroing_agree_at_a_tie() -> None:
    model = network_with_life("digits-cnn")
    for module in model:
        module.weight.data.fill_(0.5)
    model.apply_masks(choose_masks(model.network, model.weights(), kept_counts(model.network, "filter+shape", 0.8)))
    for module in model:
        assert torch.equal(module.weight != 0, module.mask.bool())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("weight_bits", "activation_bits", "residual_bits"),
    [(8, 8, 0), (4, 4, 0), (2, 3, 0), (1, 2, 0), (4, 4, 8), (2, 2, 8)],
)
def test_integer_scores_equal_the_fake_quantized_network(
    name: str, weight_bits: int, activation_bits: int, residual_bits: int
) -> None:
    model = network_with_life(name)
    inputs = images(model.network, 20)
    model.apply_masks(choose_masks(model.network, model.weights(), kept_counts(model.network, "filter+shape", 0.5)))
    model.set_bits(weight_bits, activation_bits)
    model.carry(residual_bits)
    model.fit_weight_steps()
    model.fit_activation_steps(quantized_pixels(inputs))
    checkpoint = exported(model)
    joined = {layer.residual for layer in model.network.layers if layer.residual} if residual_bits else set()
    carried = {item.name for item in checkpoint.layers if item.carried_bits}
    assert carried == {name for name in joined if model.network.layer(name).relu}
    scores = integer.scores(checkpoint, inputs).double() / 2 ** checkpoint.layers[-1].shift
    expected = model(quantized_pixels(inputs)).detach().double()
    scale = float(expected.abs().max())
    # A value that lies on a rounding boundary may fall to either side in float: a few outliers, no bias.
    assert float((scores - expected).abs().median()) < 0.01 * scale
    assert float((scores.argmax(1) == expected.argmax(1)).double().mean()) >= 0.9


def test_levels_are_what_the_format_may_hold() -> None:
    model = network_with_life("lenet5-mnist")
    model.set_bits(4, 4)
    model.fit_weight_steps()
    for layer in exported(model).layers:
        assert layer.levels.dtype == np.int8
        assert layer.levels.min() >= -8 and layer.levels.max() <= 7
        assert np.abs(layer.multiplier).max() <= 2**integer.MULTIPLIER_BITS


def test_a_checkpoint_restores_to_the_network_it_came_from() -> None:
    model = network_with_life("resnet20-cifar10")
    model.apply_masks(choose_masks(model.network, model.weights(), kept_counts(model.network, "filter", 0.5)))
    model.set_bits(8, 8)
    model.fit_weight_steps()
    model.fit_activation_steps(quantized_pixels(images(model.network)))
    again = integer.restore(exported(model)).eval()
    again.set_bits(8, 8)
    again.fit_weight_steps()
    inputs = quantized_pixels(images(model.network))
    first, second = model(inputs).detach(), again(inputs).detach()
    assert float((first - second).abs().max()) < 0.05 * float(first.abs().max())


def test_refreshed_norms_are_plain_averages() -> None:
    from sotexplore.compression.data import load

    digits = load("digits")
    model = network_with_life("digits-cnn")
    refresh_norms(model, digits, n_batches=1, batch_size=200)
    inputs = quantized_pixels(digits.train_images[:200])
    first = next(iter(model))
    sums = torch.nn.functional.conv2d(inputs, first.weight.view(16, 1, 3, 3), padding=1)
    assert torch.allclose(first.norm.running_mean, sums.mean((0, 2, 3)), atol=1e-5)
    assert first.norm.momentum == pytest.approx(0.1)


def exported(model: CatalogueNetwork) -> Checkpoint:
    layers = integer.export_layers(model, model.masks())
    row = {"network": model.network.name, "layers": layer_rows(layers)}
    return Checkpoint("0" * 16, row, layers)


def test_a_filter_of_zeros_does_not_set_the_shift_of_the_others() -> None:
    """Its step may be anything; with the largest multiplier of the layer it left the others a few bits, once two."""
    model = network_with_life("digits-cnn")
    model.set_bits(8, 8)
    model.fit_weight_steps()
    model.fit_activation_steps(quantized_pixels(images(model.network)))
    first = next(iter(model))
    first.weight.data[3] = 0.0
    plain = exported(model).layers[0]
    first.weight_step.data[3] *= 1e5
    strange = exported(model).layers[0]
    assert strange.shift == plain.shift and strange.multiplier[3] == 0
    assert np.array_equal(strange.multiplier, plain.multiplier) and np.array_equal(strange.bias, plain.bias)
    assert np.abs(plain.multiplier[:3]).min() > 2**10


@pytest.mark.parametrize("bits", [None, 4])
def test_bfloat16_stays_bfloat16_between_layers(bits: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mask or a step in float32 would double the memory traffic of everything behind it, without anyone noticing."""
    monkeypatch.setattr(arithmetic, "computes_bfloat16", lambda _: True)
    model = network_with_life("resnet20-cifar10").train()
    inputs = quantized_pixels(images(model.network, count=2))
    model.set_bits(bits, bits)
    model.carry(8)
    seen: set[torch.dtype] = set()
    for module in list(model)[:-1]:  # the last one adds a bias, in float32
        module.register_forward_hook(lambda _, __, outputs: seen.update(part.dtype for part in outputs))
    found = scores(model, inputs, "bfloat16")
    assert seen == {torch.bfloat16} and found.dtype is torch.float32


@pytest.mark.parametrize("bits", [2, 4])
def test_leaving_out_the_relu_before_the_quantizer_changes_nothing(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In bfloat16 the quantizer does the ReLU's work, scores and gradients are those of the layers with it."""
    monkeypatch.setattr(arithmetic, "computes_bfloat16", lambda _: True)
    model = network_with_life("resnet20-cifar10").train()
    inputs = quantized_pixels(images(model.network, count=4))
    model.set_bits(bits, bits)
    model.fit_weight_steps()
    model.fit_activation_steps(inputs)
    found = []
    for _ in range(2):
        model.zero_grad()
        outputs = scores(model, inputs, "bfloat16")
        outputs.sum().backward()
        found.append([outputs.detach(), *(value.grad for value in model.weights().values())])
        monkeypatch.setattr(WeightLayer, "_quantizer_clamps", lambda *_: False)
    assert all(torch.equal(left, right) for left, right in zip(*found, strict=True))
