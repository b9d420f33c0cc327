"""Training loops: batches from memory, SGD with a cosine rate, a penalty and a step hook for ADMM."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from sotexplore.compression.data import Dataset, augment
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.errors import InputError

_MOMENTUM, _WEIGHT_DECAY = 0.9, 5e-4
_EVALUATION_BATCH = 1000


@dataclass(frozen=True)
class Progress:
    """What a run says after each epoch."""

    stage: str
    epoch: int
    epochs: int
    loss: float
    accuracy_ratio: float | None
    images_per_s: float
    primal_residual_ratio: float | None = None
    """||W - Z|| / ||W||, dimensionless."""
    dual_residual_ratio: float | None = None
    """rho ||Z - Z_before|| / ||W||, dimensionless up to rho."""


@dataclass(frozen=True)
class Phase:
    """One stretch of training: how long, how fast, what is added to the loss, what happens on the way."""

    stage: str
    epochs: int
    learning_rate: float
    batch_size: int = 128
    penalty: Callable[[CatalogueNetwork], Tensor] | None = None
    on_step: Callable[[int, int], None] | None = None
    """Called behind each step with (steps done, steps in all)."""
    residuals: Callable[[], tuple[float | None, float | None]] = lambda: (None, None)
    evaluates: bool = True
    anneals: bool = True
    """Cosine decay to zero; else the rate stays."""

    @property
    def effective_rate(self) -> float:
        """How far a constant gradient moves a weight per step: the rate over one minus momentum."""
        return self.learning_rate / (1 - _MOMENTUM)

    def n_steps(self, dataset: Dataset) -> int:
        """Optimizer steps of the phase."""
        return self.epochs * _n_batches(dataset, self.batch_size)


def fit(
    model: CatalogueNetwork,
    dataset: Dataset,
    phase: Phase,
    *,
    generator: torch.Generator,
    report: Callable[[Progress], None],
) -> None:
    """Trains `model` in place for one phase.

    Raises:
        InputError: the loss became infinite or NaN.
    """
    optimizer = _optimizer(model, phase.learning_rate)
    n_batches, total = _n_batches(dataset, phase.batch_size), phase.n_steps(dataset)
    step = 0
    for epoch in range(1, phase.epochs + 1):
        model.train()
        started, losses = time.perf_counter(), []
        for images, labels in _batches(dataset, phase.batch_size, generator):
            if phase.anneals:
                _set_rate(optimizer, phase.learning_rate, step, total)
            loss = _loss(model, images, labels, phase)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            losses.append(loss.detach())
            step += 1
            if phase.on_step is not None:
                phase.on_step(step, total)
        mean_loss = float(torch.stack(losses).mean())
        if not math.isfinite(mean_loss):
            raise InputError(
                "learning_rate",
                f"the loss of stage {phase.stage} is not finite",
                got=phase.learning_rate,
                allowed="a smaller rate",
            )
        speed = n_batches * phase.batch_size / (time.perf_counter() - started)
        accuracy = evaluate(model, dataset) if phase.evaluates else None
        report(Progress(phase.stage, epoch, phase.epochs, mean_loss, accuracy, speed, *phase.residuals()))


@torch.no_grad()
def evaluate(model: CatalogueNetwork, dataset: Dataset) -> float:
    """Share of the test images that the model, as it computes in training, gets right."""
    model.eval()
    right = 0
    for start in range(0, len(dataset.test_labels), _EVALUATION_BATCH):
        part = slice(start, start + _EVALUATION_BATCH)
        scores = model(quantized_pixels(dataset.test_images[part]))
        right += int((scores.argmax(1) == dataset.test_labels[part]).sum())
    return right / len(dataset.test_labels)


@torch.no_grad()
def refresh_norms(model: CatalogueNetwork, dataset: Dataset, *, n_batches: int = 40, batch_size: int = 250) -> None:
    """Re-estimates batch-norm's running statistics as plain averages over unaugmented training images."""
    norms = [module.norm for module in model if module.norm is not None]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    model.train()
    for start in range(0, min(n_batches * batch_size, len(dataset.train_labels)), batch_size):
        model(quantized_pixels(dataset.train_images[start : start + batch_size]))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.eval()


def _n_batches(dataset: Dataset, batch_size: int) -> int:
    return max(1, len(dataset.train_labels) // batch_size)


def _batches(dataset: Dataset, batch_size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    order = torch.randperm(len(dataset.train_labels), generator=generator)
    for start in range(0, max(1, len(order) - batch_size + 1), batch_size):
        picked = order[start : start + batch_size]
        images = quantized_pixels(dataset.train_images[picked])
        yield augment(images, dataset.name, generator), dataset.train_labels[picked]


def _loss(model: CatalogueNetwork, images: Tensor, labels: Tensor, phase: Phase) -> Tensor:
    loss = functional.cross_entropy(model(images), labels)
    return loss if phase.penalty is None else loss + phase.penalty(model)


def _optimizer(model: CatalogueNetwork, rate: float) -> torch.optim.Optimizer:
    matrices: list[Tensor] = [module.weight for module in model]
    others: list[Tensor] = [
        value
        for name, value in model.named_parameters()
        if value.requires_grad and (not name.endswith(".weight") or ".norm." in name)
    ]
    groups: list[dict[str, Any]] = [{"params": matrices, "weight_decay": _WEIGHT_DECAY}, {"params": others}]
    return torch.optim.SGD(
        groups,
        lr=rate,
        momentum=_MOMENTUM,
        nesterov=True,
    )


def _set_rate(optimizer: torch.optim.Optimizer, rate: float, step: int, total: int) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate * 0.5 * (1 + math.cos(math.pi * step / total))
