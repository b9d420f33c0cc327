"""Purification: what carries nothing goes, what matters stays, and the function is the same where nothing was lost."""

from pathlib import Path

import pytest
import torch

from sotexplore import catalogue
from sotexplore.checkpoint import list_checkpoints, load_checkpoint
from sotexplore.compression import integer
from sotexplore.compression import purify as purification
from sotexplore.compression.data import Dataset, load
from sotexplore.compression.masks import LayerMask
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.compression.purify import purify, ranked_groups, sample_loss, without

CACHE = Path(__file__).resolve().parents[2] / "cache"


def digits() -> Dataset:
    return load("digits")


def trained() -> CatalogueNetwork:
    """The dense network that ships."""
    rows = list_checkpoints(CACHE).rows
    key = next(row["key"] for row in rows if row["network"] == "digits-cnn" and row["weight_bits"] == 32)
    return integer.restore(load_checkpoint(CACHE, key)).eval()


def test_rows_without_weight_go_and_the_loss_stays() -> None:
    model = trained()
    dead = {"conv2": [3, 7, 20], "fc1": list(range(16))}
    for name, rows in dead.items():
        model.weights()[name].data[:, rows] = 0
    inputs = quantized_pixels(digits().test_images[:50])
    before = model(inputs)
    masks = purify(model, digits(), 1e-6)
    assert torch.equal(model(inputs), before)
    for name, rows in dead.items():
        assert not masks[name].rows[rows].any()
    lossless = max(sample_loss(model, digits()), 1e-3)
    model.apply_masks(masks)
    assert sample_loss(model, digits()) <= 1.0001 * lossless


def test_a_channel_that_nothing_reads_takes_its_filter_along() -> None:
    model = trained()
    model.weights()["conv2"].data[:, :9] = 0
    masks = purify(model, digits(), 1e-6)
    assert not masks["conv1"].filters[0]


def test_a_wider_tolerance_never_keeps_more() -> None:
    model = trained()
    kept = [
        sum(int(mask.matrix.sum()) for mask in purify(model, digits(), tolerance).values())
        for tolerance in (1e-6, 0.05, 0.5)
    ]
    assert kept[0] >= kept[1] >= kept[2]
    assert kept[2] < kept[0]


def test_a_network_on_another_device_is_purified_by_masks_in_main_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of tensors on `meta` there is only the shape, so that what goes on without `cpu` fails as on a GPU."""
    model = CatalogueNetwork(catalogue.network("resnet20-cifar10")).to("meta")
    there = {
        layer.name: LayerMask(
            *(torch.ones(size, dtype=torch.bool, device="meta") for size in (layer.n_filters, layer.n_rows))
        )
        for layer in model.network.layers
    }
    monkeypatch.setattr(model, "masks", lambda: there)
    monkeypatch.setattr(torch.Tensor, "cpu", lambda tensor: torch.ones(tensor.shape, dtype=tensor.dtype))
    monkeypatch.setattr(purification, "sample_loss", lambda *_: 1.0)
    masks = purify(model, digits(), 0.01)
    assert {mask.matrix.device.type for mask in masks.values()} == {"cpu"}
    assert all(int(mask.rows.sum()) == 1 for mask in masks.values()), "no removal costs anything here"


def test_no_layer_is_wiped_out() -> None:
    model = trained()
    masks = model.masks()
    left = without(model.network, masks, ranked_groups(model.network, model.weights(), masks))
    assert all(mask.filters.any() and mask.rows.any() for mask in left.values())
