"""Speed of training: images a second of a plain step, and what an ADMM step costs beside it, on images made for it."""

import time
from typing import Any

import torch

from sotexplore import catalogue
from sotexplore.budget import kept_counts
from sotexplore.compression import admm
from sotexplore.compression.admm_hook import AdmmHook
from sotexplore.compression.data import Dataset, chosen_device
from sotexplore.compression.masks import choose_masks
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.recipe import default_recipe
from sotexplore.compression.train import Hook, Phase, Progress, fit

_STEPS = {"lenet5-mnist": 40, "resnet20-cifar10": 10}
_PULLS = (0.1, 0.3, 1.0, 3.0)
_REPEATS = 3


def rows(device: str = "auto") -> list[dict[str, Any]]:
    """Rows of the speed table: name, value, unit; the ratio takes both steps from the same minutes."""
    found = []
    for name, steps in _STEPS.items():
        plain, with_admm = _speeds(name, steps, chosen_device(device))
        found += [
            {"name": f"{name}, training, plain step", "value": plain, "unit": "images/s"},
            {"name": f"{name}, training, ADMM step", "value": with_admm, "unit": "images/s"},
            {"name": f"{name}, ADMM step over plain step", "value": plain / with_admm, "unit": "1"},
        ]
    return found


def _speeds(name: str, steps: int, device: torch.device) -> tuple[float, float]:
    """Best images per second of several turns, plain and with ADMM by turns."""
    recipe = default_recipe(name)
    dataset = _images(name, steps * recipe.batch_size).to(device)
    phase = Phase("bench", 1, 0.01, recipe.batch_size, evaluates=False, anneals=False, precision=recipe.precision)
    model = CatalogueNetwork(catalogue.network(name)).to(device)
    hook = AdmmHook(model, dataset, phase, pulls=_PULLS, project=_projection(model))
    best = [0.0, 0.0]
    for _ in range(_REPEATS):
        for index, riding in enumerate((None, hook)):
            best[index] = max(best[index], _speed(model, dataset, phase, riding))
    return best[0], best[1]


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


def _images(name: str, count: int) -> Dataset:
    network = catalogue.network(name)
    first, generator = network.layers[0], torch.Generator().manual_seed(0)
    shape = (count, first.in_channels, first.in_height, first.in_width)
    images = torch.randint(0, 256, shape, generator=generator).to(torch.uint8)
    labels = torch.randint(0, network.n_classes, (count,), generator=generator)
    return Dataset(network.dataset, images, labels, images[:1], labels[:1])
