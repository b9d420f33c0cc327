"""Purification: what carries nothing goes, what matters stays, and the function is the same where nothing was lost."""

from pathlib import Path

import torch

from sotexplore.checkpoint import list_checkpoints, load_checkpoint
from sotexplore.compression import integer
from sotexplore.compression.data import Dataset, load
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


def test_no_layer_is_wiped_out() -> None:
    model = trained()
    masks = model.masks()
    left = without(model.network, masks, ranked_groups(model.network, model.weights(), masks))
    assert all(mask.filters.any() and mask.rows.any() for mask in left.values())
