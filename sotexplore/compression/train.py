"""Training loops: batches, SGD with a cosine rate, a penalty and a step hook for ADMM."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from sotexplore.compression.arithmetic import scores
from sotexplore.compression.data import Dataset, augment, fitting
from sotexplore.compression.folder_images import in_turn
from sotexplore.compression.journal import WHOLE, Entry, check_same, part
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.compression.objective import Objective, cross_entropy
from sotexplore.compression.recipe import Precision
from sotexplore.errors import InputError

_MOMENTUM, _WEIGHT_DECAY = 0.9, 5e-4
_EVALUATION_BATCH = 1000
_REFRESH_SEED = 0


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


class Hook(Protocol):
    """What rides along with a phase and has a state of its own."""

    def penalty(self) -> Tensor:
        """A term of the loss."""

    def after_step(self, step: int, total: int) -> None:
        """Called behind each step with steps done and steps in all."""

    def residual_ratios(self) -> tuple[float | None, float | None]:
        """Primal and dual residual to report, where there are any."""

    def tensors(self) -> dict[str, Tensor]:
        """The state, for a journal."""

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Takes the state back."""


@dataclass(frozen=True)
class Phase:
    """One stretch of training: how long and how fast."""

    stage: str
    epochs: int
    learning_rate: float
    batch_size: int = 128
    evaluates: bool = True
    anneals: bool = True
    """Cosine decay to zero; else the rate stays."""
    precision: Precision = "float32"
    bounded_steps: bool = False
    """Weight steps stay in reach of their weights."""
    asked_rate: tuple[str, float] | None = None
    """Field and value of the run file that the rate comes from, for messages."""

    @property
    def effective_rate(self) -> float:
        """How far a constant gradient moves a weight per step: the rate over one minus momentum."""
        return self.learning_rate / (1 - _MOMENTUM)

    def n_steps(self, dataset: Dataset) -> int:
        """Optimizer steps of the phase."""
        return self.epochs * _n_batches(dataset, self.batch_size)


@dataclass
class _Training:
    """Everything that changes while a phase runs."""

    model: CatalogueNetwork
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    hook: Hook | None
    objective: Objective
    epochs_done: int = 0

    def tensors(self) -> dict[str, Tensor]:
        kept = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for index, parameter in enumerate(self._parameters()):
            momentum = self.optimizer.state[parameter].get("momentum_buffer")
            kept |= {} if momentum is None else {f"momentum.{index}": momentum}
        kept["generator"] = self.generator.get_state()
        return kept | (
            {} if self.hook is None else {f"hook.{name}": value for name, value in self.hook.tensors().items()}
        )

    def restore(self, entry: Entry) -> None:
        self._check(entry)
        self.model.load_state_dict(part(entry.tensors, "model."))
        momenta = part(entry.tensors, "momentum.")
        for index, parameter in enumerate(self._parameters()):
            if str(index) in momenta:
                self.optimizer.state[parameter]["momentum_buffer"] = momenta[str(index)].to(parameter.device)
        self.generator.set_state(entry.tensors["generator"])
        if self.hook is not None:
            self.hook.restore(part(entry.tensors, "hook."))
        self.epochs_done = entry.epochs_done

    def _check(self, entry: Entry) -> None:
        """Momenta are there or not, as the optimizer had stepped; whatever else is kept must be what is to be restored."""
        momenta = {f"momentum.{index}": value for index, value in enumerate(self._parameters())}
        kept = dict(entry.tensors)
        wanted = {
            name: value
            for name, value in (self.tensors() | momenta).items()
            if name in kept or not name.startswith("momentum.")
        }
        whole = {name for name in kept if name.startswith(WHOLE)}
        check_same(entry.stage, {name: value for name, value in kept.items() if name not in whole}, wanted)

    def _parameters(self) -> list[Tensor]:
        return [parameter for group in self.optimizer.param_groups for parameter in group["params"]]


def fit(
    model: CatalogueNetwork,
    dataset: Dataset,
    phase: Phase,
    *,
    generator: torch.Generator,
    report: Callable[[Progress], None],
    hook: Hook | None = None,
    objective: Objective = cross_entropy,
    entry: Entry | None = None,
    keep: Callable[[str, int, dict[str, Tensor]], None] = lambda *_: None,
) -> None:
    """Trains `model` in place for one phase.

    Args:
        model: the network.
        dataset: what it is trained and measured on.
        phase: how long and how fast.
        generator: source of randomness, on the CPU.
        report: called behind each epoch.
        hook: what rides along.
        objective: the loss, without the hook's penalty.
        entry: where an interrupted phase stood; it goes on with the identical result.
        keep: called behind each epoch with stage, epochs done and all tensors to go on from.

    Raises:
        InputError: the loss or a weight became infinite or NaN.
    """
    training = _Training(model, _optimizer(model, phase.learning_rate), generator, hook, objective)
    if entry is not None:
        training.restore(entry)
    for epoch in range(training.epochs_done + 1, phase.epochs + 1):
        started = time.perf_counter()
        loss = _epoch(training, dataset, phase, (epoch - 1) * _n_batches(dataset, phase.batch_size))
        speed = _n_batches(dataset, phase.batch_size) * phase.batch_size / (time.perf_counter() - started)
        accuracy = evaluate(model, dataset, phase.precision) if phase.evaluates else None
        residuals: tuple[float | None, float | None] = (None, None) if hook is None else hook.residual_ratios()
        report(Progress(phase.stage, epoch, phase.epochs, loss, accuracy, speed, *residuals))
        keep(phase.stage, epoch, training.tensors())


def _epoch(training: _Training, dataset: Dataset, phase: Phase, step: int) -> float:
    """One pass over the training images from step number `step` on; the mean loss."""
    model, optimizer, hook = training.model, training.optimizer, training.hook
    model.train()
    losses = []
    for images, labels in _batches(dataset, phase.batch_size, training.generator):
        if phase.anneals:
            _set_rate(optimizer, phase.learning_rate, step, phase.n_steps(dataset))
        loss = training.objective(scores(model, images, phase.precision), labels, images)
        if hook is not None:
            loss = loss + hook.penalty()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if phase.bounded_steps:
            model.bound_weight_steps()
        losses.append(loss.detach())
        step += 1
        if hook is not None:
            hook.after_step(step, phase.n_steps(dataset))
    mean = float(torch.stack(losses).mean())
    finite = {"loss": math.isfinite(mean), "weights": all(bool(item.isfinite().all()) for item in model.parameters())}
    if not all(finite.values()):
        what = next(name for name, held in finite.items() if not held)
        field, rate = phase.asked_rate or ("learning_rate", phase.learning_rate)
        problem = f"the {what} of stage {phase.stage} {'is' if what == 'loss' else 'are'} not finite"
        raise InputError(field, problem, got=rate, allowed="a smaller rate")
    return mean


@torch.no_grad()
def evaluate(model: CatalogueNetwork, dataset: Dataset, precision: Precision = "float32") -> float:
    """Share of the test images that the model, as it computes in training, gets right."""
    model.eval()
    right, batch = 0, fitting(dataset.test_images, _EVALUATION_BATCH)
    for start in range(0, len(dataset.test_labels), batch):
        part = slice(start, start + batch)
        found = scores(model, quantized_pixels(dataset.test_images[part]), precision)
        right += int((found.argmax(1) == dataset.test_labels[part]).sum())
    return right / len(dataset.test_labels)


@torch.no_grad()
def refresh_norms(
    model: CatalogueNetwork,
    dataset: Dataset,
    *,
    augmented: bool = False,
    n_batches: int = 40,
    batch_size: int = 250,
) -> None:
    """Re-estimates batch-norm's running statistics as plain averages over training images.

    Args:
        model: changed in place.
        dataset: its first training images are used.
        augmented: as training augments them. A network that has learned its training images by heart has other statistics
            on them than on images that it sees for the first time: ResNet-20 loses 2.7 points to that.
        n_batches: batches at most.
        batch_size: images of each; large images come in smaller ones, as many of them in all.
    """
    norms = [module.norm for module in model if module.norm is not None]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    model.train()
    generator = torch.Generator().manual_seed(_REFRESH_SEED)
    count = min(n_batches * batch_size, len(dataset.train_labels))
    step = fitting(dataset.train_images, batch_size)
    starts = [start for start in range(0, count, step) if start == 0 or count - start > 1]  # one image has no variance
    for start in starts:
        images = quantized_pixels(dataset.train_images[start : start + step])
        model(augment(images, dataset.name, generator) if augmented else images)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.eval()


def _n_batches(dataset: Dataset, batch_size: int) -> int:
    return max(1, len(dataset.train_labels) // batch_size)


def _batches(dataset: Dataset, batch_size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    order = torch.randperm(len(dataset.train_labels), generator=generator)
    starts = range(0, max(1, len(order) - batch_size + 1), batch_size)
    parts = [order[start : start + batch_size] for start in starts]
    for picked, images in zip(parts, in_turn(dataset.train_images, parts), strict=True):
        yield augment(quantized_pixels(images), dataset.name, generator), dataset.train_labels[picked]


def _optimizer(model: CatalogueNetwork, rate: float) -> torch.optim.Optimizer:
    matrices: list[Tensor] = [module.weight for module in model]
    others: list[Tensor] = [
        value
        for name, value in model.named_parameters()
        if value.requires_grad and (not name.endswith(".weight") or ".norm." in name)
    ]
    groups: list[dict[str, Any]] = [{"params": matrices, "weight_decay": _WEIGHT_DECAY}, {"params": others}]
    return torch.optim.SGD(groups, lr=rate, momentum=_MOMENTUM, nesterov=True)


def _set_rate(optimizer: torch.optim.Optimizer, rate: float, step: int, total: int) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate * 0.5 * (1 + math.cos(math.pi * step / total))
