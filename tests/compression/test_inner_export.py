"""Weights pruned inside a matrix, from the mask through training and integers to the file and back."""

from pathlib import Path

import pytest
import torch

from sotexplore.checkpoint import Checkpoint, layer_rows, list_checkpoints, load_checkpoint, save_checkpoint, workloads
from sotexplore.compression import integer
from sotexplore.compression.compaction import compacted, expand
from sotexplore.compression.data import load
from sotexplore.compression.masks import choose_inner_masks, remove_unused_paths
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.compression.projections import Block, LayerSetting
from sotexplore.compression.purify import without
from sotexplore.compression.train import evaluate
from sotexplore.errors import InputError

CACHE = Path(__file__).resolve().parents[2] / "cache"
SETTINGS = {
    "conv1": LayerSetting("irregular", 0.7),
    "conv2": LayerSetting("tile-rows", 0.6, tile=Block(8, 48)),
    "fc1": LayerSetting("column-proportional", 0.5, tile=Block(16, 64)),
}


def pruned() -> CatalogueNetwork:
    """The dense digits network that ships, pruned inside its matrices, unused paths removed."""
    row = next(
        row for row in list_checkpoints(CACHE).rows if row["network"] == "digits-cnn" and row["weight_bits"] == 32
    )
    model = integer.restore(load_checkpoint(CACHE, row["key"])).eval()
    masks = choose_inner_masks(model.network, model.weights(), SETTINGS)
    model.apply_masks(remove_unused_paths(model.network, masks))
    return model


def quantized(bits: int) -> CatalogueNetwork:
    model, images = pruned(), quantized_pixels(load("digits").train_images[:256])
    model.set_bits(None, 8)
    model.fit_activation_steps(images)
    model.set_bits(bits, 8)
    model.fit_weight_steps()
    return model


def exported(model: CatalogueNetwork) -> Checkpoint:
    layers = integer.export_layers(model, model.masks())
    return Checkpoint("0123456789abcdef", {"network": "digits-cnn", "layers": layer_rows(layers)}, layers)


def test_unused_paths_go_without_a_trace() -> None:
    model = pruned()
    images = quantized_pixels(load("digits").test_images[:100])
    before = model(images)
    model.apply_masks(remove_unused_paths(model.network, model.masks()))
    assert torch.equal(model(images), before)


def test_compaction_keeps_the_inner_mask() -> None:
    model = pruned()
    masks = without(model.network, model.masks(), [("conv2", "filters", 3), ("conv1", "filters", 5)])
    model.apply_masks(remove_unused_paths(model.network, masks))
    images = quantized_pixels(load("digits").test_images[:100])
    small = compacted(model).eval()
    assert small.layers[1].weight.shape[0] == model.layers[1].weight.shape[0] - 1
    assert not small.layers[1].mask.all()
    torch.testing.assert_close(small(images), model(images))
    before = {key: value.clone() for key, value in model.state_dict().items()}
    expand(small, model)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_pruned_weights_learn_nothing() -> None:
    model = quantized(4).train()
    loss = model(quantized_pixels(load("digits").train_images[:64])).square().sum()
    loss.backward()
    for module in model:
        assert module.weight.grad is not None
        assert not module.weight.grad[module.mask == 0].any()
        assert module.weight.grad[module.mask != 0].any()


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_integers_keep_the_pruned_weights_at_zero(tmp_path: Path, bits: int) -> None:
    model = quantized(bits)
    saved = exported(model)
    save_checkpoint(tmp_path, saved)
    loaded = load_checkpoint(tmp_path, saved.key)
    for module, layer, work in zip(model, loaded.layers, workloads(loaded.row), strict=True):
        inner = (
            module.mask[torch.from_numpy(layer.filters.astype("int64"))][:, layer.rows.astype("int64")].bool().numpy()
        )
        assert not layer.levels[~inner].any()
        assert work.surviving_weights == int(module.mask.sum())
        assert (layer.kept is None) == bool(inner.all())
    dataset = load("digits")
    if bits == 8:
        assert integer.accuracy(loaded, dataset) == pytest.approx(evaluate(model, dataset), abs=0.01)
        assert integer.accuracy(loaded, dataset) > 0.5
    again = integer.restore(loaded)
    for before, after in zip(model, again, strict=True):
        assert torch.equal(before.mask, after.mask)


def test_one_bit_holds_no_zero() -> None:
    with pytest.raises(InputError, match=r"compression\.weight_bits: leaves no zero .* conv1 .*allowed 2\.\.8"):
        exported(quantized(1))
