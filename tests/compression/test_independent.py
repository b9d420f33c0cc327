"""Every shipped accuracy is what an evaluator that shares no code with the one that measured it finds."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from independent import class_scores

from sotexplore import catalogue
from sotexplore.checkpoint import list_checkpoints, load_checkpoint, path_of
from sotexplore.compression import data, integer

CACHE = Path(__file__).resolve().parents[2] / "cache"
ROWS = [row for row in list_checkpoints(CACHE).rows if row["weight_bits"] <= 8]
FEW = {"lenet5-mnist": 40, "resnet20-cifar10": 12}
"""Images on which the two evaluators are compared in the ordinary tests."""
BATCH = 500


@cache
def the_images(network: str) -> data.Dataset:
    return data.load(catalogue.network(network).dataset, os.environ.get("SOTEXPLORE_DATA"))


def named(network: str) -> Any:
    return pytest.mark.parametrize("key", [row["key"] for row in ROWS if row["network"] == network])


def right(key: str, network: str) -> float:
    """Share of the whole test set that the second evaluator gets right."""
    images, labels = the_images(network).test_images, the_images(network).test_labels
    found = [
        class_scores(path_of(CACHE, key), images[start : start + BATCH]).argmax(1)
        for start in range(0, len(labels), BATCH)
    ]
    return float((torch.cat(found) == labels).double().mean())


def stated(key: str) -> float:
    return float(next(row["accuracy_ratio"] for row in ROWS if row["key"] == key))


def agree_on_few(key: str, network: str) -> None:
    images = the_images(network).test_images[: FEW[network]]
    first = integer.scores(load_checkpoint(CACHE, key), images)
    assert torch.equal(first.double(), class_scores(path_of(CACHE, key), images))


@named("digits-cnn")
def test_digits_are_as_accurate_as_they_say(key: str) -> None:
    assert right(key, "digits-cnn") == stated(key)


@pytest.mark.real_data
@named("lenet5-mnist")
def test_lenet5_has_the_same_scores_by_both_evaluators(key: str) -> None:
    agree_on_few(key, "lenet5-mnist")


@pytest.mark.cifar10
@named("resnet20-cifar10")
def test_resnet20_has_the_same_scores_by_both_evaluators(key: str) -> None:
    agree_on_few(key, "resnet20-cifar10")


@pytest.mark.slow
@pytest.mark.real_data
@named("lenet5-mnist")
def test_lenet5_is_as_accurate_as_it_says(key: str) -> None:
    assert right(key, "lenet5-mnist") == stated(key)


@pytest.mark.slow
@pytest.mark.cifar10
@named("resnet20-cifar10")
def test_resnet20_is_as_accurate_as_it_says(key: str) -> None:
    assert right(key, "resnet20-cifar10") == stated(key)
