"""Speed of training: images a second of a plain step, and what ADMM and quantized steps cost beside it, on images made for it."""

import time
from dataclasses import replace
from typing import Any

import torch

from sotexplore import catalogue
from sotexplore.budget import kept_counts
from sotexplore.compression import admm
from sotexplore.compression.admm_hook import PRUNE_PULLS, QUANTIZE_PULLS, UPDATES_PER_PULL, AdmmHook
from sotexplore.compression.arithmetic import used_precision
from sotexplore.compression.data import Dataset, chosen_device
from sotexplore.compression.held_levels import project_levels
from sotexplore.compression.masks import choose_masks
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.compression.recipe import default_recipe
from sotexplore.compression.train import Hook, Phase, Progress, fit

STEPS = {"lenet5-mnist": 39, "resnet20-cifar10": 32}
"""Training steps that are timed at once, by network: as many as lie between two updates of ADMM's epoch towards low bits."""
_BITS = 4
_REPEATS = 3


def rows(device: str = "auto") -> list[dict[str, Any]]:
    """Rows of the speed table: name, value, unit; the ratios take all steps from the same minutes."""
    found = []
    for name, steps in STEPS.items():
        speeds = _speeds(name, steps, chosen_device(device))
        plain = speeds["plain"]
        found += [
            {"name": f"{name}, training, {kind} step", "value": speed, "unit": "images/s"}
            for kind, speed in speeds.items()
        ]
        found += [
            {"name": f"{name}, {kind} step over plain step", "value": plain / speed, "unit": "1"}
            for kind, speed in speeds.items()
            if kind != "plain"
        ]
    return found


def _speeds(name: str, steps: int, device: torch.device) -> dict[str, float]:
    """Best images per second of several turns by kind of step, the kinds by turns."""
    recipe = default_recipe(name)
    dataset = _images(name, steps * recipe.batch_size).to(device)
    phase = Phase(
        "bench", 1, 0.01, recipe.batch_size, evaluates=False, anneals=False, precision=recipe.precision,
        bounded_steps=recipe.bounded_steps,
    )  # fmt: skip
    model = CatalogueNetwork(catalogue.network(name)).to(device)
    pruning = AdmmHook(model, dataset, phase, pulls=PRUNE_PULLS, project=_projection(model))
    updates = len(QUANTIZE_PULLS) * UPDATES_PER_PULL
    quantizing = AdmmHook(
        model, dataset, replace(phase, epochs=updates), pulls=QUANTIZE_PULLS, project=_level_projection(model)
    )
    turns: dict[str, tuple[CatalogueNetwork, Phase, Hook | None]] = {
        "plain": (model, phase, None),
        "ADMM": (model, phase, pruning),
        f"ADMM to {_BITS} bits": (model, phase, quantizing),
        "W4 A4": (_quantized(name, dataset), phase, None),
    }
    if used_precision(recipe.precision, device) != "float32":
        turns["plain float32"] = model, replace(phase, precision="float32"), None
    best = dict.fromkeys(turns, 0.0)
    for _ in range(_REPEATS):
        for kind, (trained, how, riding) in turns.items():
            best[kind] = max(best[kind], _speed(trained, dataset, how, riding))
    return best


def _quantized(name: str, dataset: Dataset) -> CatalogueNetwork:
    """The network with learned steps at 4 bits."""
    model = CatalogueNetwork(catalogue.network(name)).to(dataset.device)
    model.set_bits(_BITS, _BITS)
    model.fit_weight_steps()
    model.fit_activation_steps(quantized_pixels(dataset.train_images[:128]))
    return model


def _speed(model: CatalogueNetwork, dataset: Dataset, phase: Phase, hook: Hook | None) -> float:
    seen: list[Progress] = []
    started = time.perf_counter()
    fit(model, dataset, phase, generator=torch.Generator().manual_seed(0), report=seen.append, hook=hook)
    return len(dataset.train_labels) / (time.perf_counter() - started)


def _projection(model: CatalogueNetwork) -> admm.Projection:
    counts = kept_counts(model.network, "filter+shape", 0.9)

    def project(weights: admm.Weights) -> dict[str, torch.Tensor]:
        masks = choose_masks(model.network, weights, counts)
        return {name: value * masks[name].matrix.to(value.device) for name, value in weights.items()}

    return project


def _level_projection(model: CatalogueNetwork) -> admm.Projection:
    network, masks = model.network, model.masks()
    bits = {layer.name: network.weight_bits(index, _BITS) for index, layer in enumerate(network.layers)}
    return lambda weights: project_levels(weights, masks, bits, {})


def _images(name: str, count: int) -> Dataset:
    network = catalogue.network(name)
    first, generator = network.layers[0], torch.Generator().manual_seed(0)
    shape = (count, first.in_channels, first.in_height, first.in_width)
    images = torch.randint(0, 256, shape, generator=generator).to(torch.uint8)
    labels = torch.randint(0, network.n_classes, (count,), generator=generator)
    return Dataset(network.dataset, images, labels, images[:1], labels[:1])
