"""From a run to a checkpoint: dense training, ADMM pruning, masked retraining, ADMM quantization, integer export."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sotexplore import catalogue
from sotexplore.budget import kept_counts
from sotexplore.checkpoint import (
    FLOAT_BITS,
    Checkpoint,
    LayerCheckpoint,
    layer_rows,
    load_checkpoint,
    path_of,
    ratio_row,
    save_checkpoint,
    workloads,
)
from sotexplore.compression import admm, integer, quantizers
from sotexplore.compression.admm_hook import AdmmHook
from sotexplore.compression.data import Dataset
from sotexplore.compression.data import load as load_data
from sotexplore.compression.journal import Entry, Journal
from sotexplore.compression.masks import choose_masks, remove_unused_paths
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.compression.run import Epochs, Recipe, Run, dense_inputs, predecessor, recipe, run_inputs
from sotexplore.compression.train import Hook, Phase, Progress, evaluate, fit, refresh_norms
from sotexplore.design import Compression
from sotexplore.store import content_key

Report = Callable[[Progress], None]

_PRUNE_PULLS = (0.1, 0.3, 1.0, 3.0)
_QUANTIZE_PULLS = (0.1, 0.5, 2.0)
_CALIBRATION_IMAGES = 512


@dataclass
class _Work:
    """What the stages of one run share."""

    run: Run
    epochs: Epochs
    dataset: Dataset
    journal: Journal
    report: Report
    history: dict[str, list[dict[str, Any]]]

    @property
    def recipe(self) -> Recipe:
        """How the run's network is trained."""
        return recipe(self.run.network)

    def fit(self, model: CatalogueNetwork, phase: Phase, hook: Hook | None = None) -> None:
        """Trains one phase, from where the journal stands; a phase that it has behind it is passed over."""
        if self.journal.skips(phase.stage):
            return
        seed = int(content_key({"seed": self.run.seed, "stage": phase.stage}), 16) % 2**62
        generator = torch.Generator().manual_seed(seed)
        entry = self.journal.take(phase.stage)
        fit(model, self.dataset, phase, generator=generator, report=self._log, hook=hook, entry=entry, keep=self._keep)

    def _keep(self, stage: str, epochs_done: int, tensors: dict[str, Tensor]) -> None:
        self.journal.write(Entry(stage, epochs_done, tensors, self.history))

    def _log(self, progress: Progress) -> None:
        self.history.setdefault(progress.stage, []).append(
            {
                "loss": round(progress.loss, 6),
                "accuracy_ratio": progress.accuracy_ratio,
                "primal_residual_ratio": progress.primal_residual_ratio,
                "dual_residual_ratio": progress.dual_residual_ratio,
            }
        )
        self.report(progress)


def compress(
    run: Run,
    cache: Path,
    *,
    data: Path | str | None = None,
    resume: bool = False,
    report: Report = lambda _: None,
) -> Checkpoint:
    """Makes the checkpoint of a run, or returns it when the cache holds it.

    The runs it starts from (the dense network, the steps above it in the chain of bits) are made the same way and
    stay in the cache, so that an interrupted run goes on behind the last finished step.

    Args:
        run: the run, with its epochs filled in.
        cache: the cache's folder.
        data: folder of the real data sets.
        resume: go on behind the last finished epoch of an interrupted run; else its unfinished step starts anew.
        report: called after each epoch.

    Raises:
        InputError: data missing or damaged, ratio out of the structure's reach, loss not finite.
    """
    key = content_key(run_inputs(run))
    if path_of(cache, key).is_file():
        return load_checkpoint(cache, key)
    network = catalogue.network(run.network)
    kept_counts(network, run.compression.structure, run.compression.prune_ratio)
    dense = train_dense(run, cache, data=data, resume=resume, report=report)
    before = predecessor(run)
    start = dense if before is None else compress(before, cache, data=data, resume=resume, report=report)
    work = _work(run, cache, key, data=data, resume=resume, report=report)
    torch.manual_seed(run.seed)
    model = integer.restore(start)
    if before is None:
        _prune(work, model)
    _quantize(work, model, first=before is None)
    checkpoint = _finished(work, model, key, dense_accuracy=dense.row["accuracy_ratio"])
    save_checkpoint(cache, checkpoint)
    work.journal.close()
    return checkpoint


def train_dense(
    run: Run,
    cache: Path,
    *,
    data: Path | str | None = None,
    resume: bool = False,
    report: Report = lambda _: None,
) -> Checkpoint:
    """The dense float network of a run, trained or read from the cache; arguments and errors as `compress`."""
    inputs = dense_inputs(run)
    key = content_key(inputs)
    if path_of(cache, key).is_file():
        return load_checkpoint(cache, key)
    work = _work(run, cache, key, data=data, resume=resume, report=report)
    torch.manual_seed(run.seed)
    model = CatalogueNetwork(catalogue.network(run.network))
    work.fit(model, Phase("dense", work.epochs.dense, work.recipe.dense_rate, precision=work.recipe.precision))
    refresh_norms(model, work.dataset)
    accuracy = evaluate(model, work.dataset)
    layers = integer.export_float_layers(model)
    point = {"structure": "none", "prune_ratio": 0.0, "weight_bits": FLOAT_BITS, "activation_bits": FLOAT_BITS}
    row = _row(work, point, layers, {"accuracy_ratio": accuracy, "dense_accuracy_ratio": accuracy})
    checkpoint = Checkpoint(key, row, layers, {"inputs": inputs, "stages": work.history})
    save_checkpoint(cache, checkpoint)
    work.journal.close()
    return checkpoint


def _work(run: Run, cache: Path, key: str, *, data: Path | str | None, resume: bool, report: Report) -> _Work:
    assert run.epochs is not None
    journal = Journal(cache, key)
    journal.open(resume=resume)
    history = {} if journal.entry is None else {name: list(rows) for name, rows in journal.entry.history.items()}
    return _Work(run, run.epochs, load_data(catalogue.network(run.network).dataset, data), journal, report, history)


def _prune(work: _Work, model: CatalogueNetwork) -> None:
    """ADMM towards the kept counts, hard masks, retraining under them."""
    network, point = model.network, work.run.compression
    if point.prune_ratio == 0:
        return
    counts = kept_counts(network, point.structure, point.prune_ratio)

    def project(weights: admm.Weights) -> dict[str, Tensor]:
        masks = choose_masks(network, weights, counts)
        return {name: value * masks[name].matrix for name, value in weights.items()}

    _admm(
        work,
        model,
        Phase("prune", work.epochs.prune, work.recipe.prune_rate, precision=work.recipe.precision),
        _PRUNE_PULLS,
        project,
    )
    model.apply_masks(remove_unused_paths(network, choose_masks(network, model.weights(), counts)))
    work.fit(model, Phase("retrain", work.epochs.retrain, work.recipe.retrain_rate, precision=work.recipe.precision))


def _quantize(work: _Work, model: CatalogueNetwork, *, first: bool) -> None:
    """ADMM towards the levels, then learned steps under the frozen mask."""
    point = work.run.compression
    bits = {
        layer.name: model.network.weight_bits(index, point.weight_bits)
        for index, layer in enumerate(model.network.layers)
    }

    def project(weights: admm.Weights) -> dict[str, Tensor]:
        masks = model.masks()
        return {
            name: quantizers.project_levels(value, bits[name], masks[name].matrix)[0] for name, value in weights.items()
        }

    refresh_norms(model, work.dataset)
    model.set_bits(None, point.activation_bits)
    model.fit_activation_steps(quantized_pixels(work.dataset.train_images[:_CALIBRATION_IMAGES]))
    _admm(
        work,
        model,
        Phase("quantize", work.epochs.quantize, work.recipe.quantize_rate, precision=work.recipe.precision),
        _QUANTIZE_PULLS,
        project,
    )
    with torch.no_grad():
        for name, value in project(model.weights()).items():
            model.weights()[name].copy_(value)
    model.set_bits(point.weight_bits, point.activation_bits)
    model.fit_weight_steps()
    refresh_norms(model, work.dataset)
    rate = work.recipe.finetune_rate / (2 if first else 1)
    work.fit(model, Phase("finetune", work.epochs.finetune, rate, precision=work.recipe.precision))
    refresh_norms(model, work.dataset)


def _admm(
    work: _Work, model: CatalogueNetwork, phase: Phase, pulls: tuple[float, ...], project: admm.Projection
) -> None:
    """One phase at a constant rate under a growing rho; leaves W near the constraint set, not on it."""
    steady = replace(phase, anneals=False, evaluates=False)
    work.fit(model, steady, AdmmHook(model, work.dataset, steady, pulls=pulls, project=project))


def _finished(work: _Work, model: CatalogueNetwork, key: str, *, dense_accuracy: float) -> Checkpoint:
    layers = integer.export_layers(model, model.masks())
    point = _canonical(work.run.compression)
    measured = {"accuracy_ratio": 0.0, "dense_accuracy_ratio": dense_accuracy}
    draft = Checkpoint(key, _row(work, point, layers, measured), layers)
    row = dict(draft.row) | {"accuracy_ratio": integer.accuracy(draft, work.dataset)}
    history = {
        "inputs": run_inputs(work.run),
        "stages": work.history,
        "float_path_accuracy_ratio": evaluate(model, work.dataset),
    }
    return Checkpoint(key, row, layers, history)


def _canonical(compression: Compression) -> dict[str, Any]:
    point = compression.model_dump(mode="json")
    return point | {"structure": "none"} if compression.prune_ratio == 0 else point


def _row(
    work: _Work, point: Mapping[str, Any], layers: tuple[LayerCheckpoint, ...], measured: Mapping[str, float]
) -> dict[str, Any]:
    row = {
        "network": work.run.network,
        **point,
        "seed": work.run.seed,
        **measured,
        "test_images": len(work.dataset.test_labels),
        "layers": layer_rows(layers),
    }
    return row | ratio_row(workloads(row))
