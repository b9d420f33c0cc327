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
from sotexplore.compression.data import Dataset
from sotexplore.compression.data import load as load_data
from sotexplore.compression.masks import choose_masks, remove_unused_paths
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.compression.run import Run, dense_inputs, predecessor, run_inputs
from sotexplore.compression.train import Phase, Progress, evaluate, fit, refresh_norms
from sotexplore.design import Compression
from sotexplore.store import content_key

Report = Callable[[Progress], None]

_PRUNE_PULLS = (0.1, 0.3, 1.0, 3.0)
"""Growing rho, as pulls: rho * effective rate * steps between two updates, the number of time constants by which the
penalty alone would draw W to Z - U. The same pulls suit any data set's size and rate."""
_QUANTIZE_PULLS = (0.1, 0.5, 2.0)
_UPDATES_PER_RHO = 4
_DENSE_RATE, _PRUNE_RATE, _RETRAIN_RATE, _QUANTIZE_RATE, _FINETUNE_RATE = 0.05, 0.01, 0.03, 0.005, 0.02
_CALIBRATION_IMAGES = 512


@dataclass
class _Work:
    """What the stages of one run share."""

    run: Run
    cache: Path
    dataset: Dataset
    report: Report
    history: dict[str, list[dict[str, Any]]]

    def log(self, progress: Progress) -> None:
        self.history.setdefault(progress.stage, []).append(
            {
                "loss": round(progress.loss, 6),
                "accuracy_ratio": progress.accuracy_ratio,
                "primal_residual_ratio": progress.primal_residual_ratio,
                "dual_residual_ratio": progress.dual_residual_ratio,
            }
        )
        self.report(progress)

    def generator(self, stage: str) -> torch.Generator:
        seed = int(content_key({"seed": self.run.seed, "stage": stage}), 16) % 2**62
        return torch.Generator().manual_seed(seed)


def compress(run: Run, cache: Path, *, data: Path | str | None = None, report: Report = lambda _: None) -> Checkpoint:
    """Makes the checkpoint of a run, or returns it when the cache holds it.

    The runs it starts from (the dense network, the steps above it in the chain of bits) are made the same way and
    stay in the cache, so that an interrupted run goes on behind the last finished step.

    Args:
        run: the run, with its epochs filled in.
        cache: the cache's folder.
        data: folder of the real data sets.
        report: called after each epoch.

    Raises:
        InputError: data missing or damaged, ratio out of the structure's reach, loss not finite.
    """
    key = content_key(run_inputs(run))
    if path_of(cache, key).is_file():
        return load_checkpoint(cache, key)
    network = catalogue.network(run.network)
    kept_counts(network, run.compression.structure, run.compression.prune_ratio)
    dataset = load_data(network.dataset, data)
    dense = train_dense(run, cache, dataset=dataset, report=report)
    before = predecessor(run)
    start = dense if before is None else compress(before, cache, data=data, report=report)
    work = _Work(run, cache, dataset, report, {})
    torch.manual_seed(run.seed)
    model = integer.restore(start)
    if before is None:
        _prune(work, model)
    _quantize(work, model, first=before is None)
    return _finished(work, model, key, dense_accuracy=dense.row["accuracy_ratio"])


def train_dense(
    run: Run,
    cache: Path,
    *,
    dataset: Dataset | None = None,
    data: Path | str | None = None,
    report: Report = lambda _: None,
) -> Checkpoint:
    """The dense float network of a run, trained or read from the cache."""
    inputs = dense_inputs(run)
    key = content_key(inputs)
    if path_of(cache, key).is_file():
        return load_checkpoint(cache, key)
    network = catalogue.network(run.network)
    work = _Work(run, cache, dataset or load_data(network.dataset, data), report, {})
    torch.manual_seed(run.seed)
    model = CatalogueNetwork(network)
    assert run.epochs is not None
    fit(
        model,
        work.dataset,
        Phase("dense", run.epochs.dense, _DENSE_RATE),
        generator=work.generator("dense"),
        report=work.log,
    )
    refresh_norms(model, work.dataset)
    accuracy = evaluate(model, work.dataset)
    layers = integer.export_float_layers(model)
    point = {"structure": "none", "prune_ratio": 0.0, "weight_bits": FLOAT_BITS, "activation_bits": FLOAT_BITS}
    row = _row(work, point, layers, {"accuracy_ratio": accuracy, "dense_accuracy_ratio": accuracy})
    checkpoint = Checkpoint(key, row, layers, {"inputs": inputs, "stages": work.history})
    save_checkpoint(cache, checkpoint)
    return checkpoint


def _prune(work: _Work, model: CatalogueNetwork) -> None:
    """ADMM towards the kept counts, hard masks, retraining under them."""
    run, network = work.run, model.network
    assert run.epochs is not None
    point = run.compression
    if point.prune_ratio > 0:
        counts = kept_counts(network, point.structure, point.prune_ratio)

        def project(weights: admm.Weights) -> dict[str, Tensor]:
            masks = choose_masks(network, weights, counts)
            return {name: value * masks[name].matrix for name, value in weights.items()}

        _admm_phase(work, model, Phase("prune", run.epochs.prune, _PRUNE_RATE), _PRUNE_PULLS, project)
        model.apply_masks(remove_unused_paths(network, choose_masks(network, model.weights(), counts)))
        fit(
            model,
            work.dataset,
            Phase("retrain", run.epochs.retrain, _RETRAIN_RATE),
            generator=work.generator("retrain"),
            report=work.log,
        )


def _quantize(work: _Work, model: CatalogueNetwork, *, first: bool) -> None:
    """ADMM towards the levels, then learned steps under the frozen mask."""
    run = work.run
    assert run.epochs is not None
    point = run.compression
    calibration = quantized_pixels(work.dataset.train_images[:_CALIBRATION_IMAGES])
    refresh_norms(model, work.dataset)
    masks = model.masks()
    bits = {
        module.layer.name: model.network.weight_bits(index, point.weight_bits) for index, module in enumerate(model)
    }

    def project(weights: admm.Weights) -> dict[str, Tensor]:
        return {
            name: quantizers.project_levels(value, bits[name], masks[name].matrix)[0] for name, value in weights.items()
        }

    model.set_bits(None, point.activation_bits)
    model.fit_activation_steps(calibration)
    _admm_phase(work, model, Phase("quantize", run.epochs.quantize, _QUANTIZE_RATE), _QUANTIZE_PULLS, project)
    with torch.no_grad():
        for name, value in project(model.weights()).items():
            model.weights()[name].copy_(value)
    model.set_bits(point.weight_bits, point.activation_bits)
    model.fit_weight_steps()
    refresh_norms(model, work.dataset)
    rate = _FINETUNE_RATE / (2 if first else 1)
    fit(
        model,
        work.dataset,
        Phase("finetune", run.epochs.finetune, rate),
        generator=work.generator("finetune"),
        report=work.log,
    )
    refresh_norms(model, work.dataset)


def _admm_phase(
    work: _Work, model: CatalogueNetwork, phase: Phase, pulls: tuple[float, ...], project: admm.Projection
) -> None:
    """One phase at a constant rate under a growing rho; leaves W near the constraint set, not on it."""
    every = max(1, phase.n_steps(work.dataset) // (len(pulls) * _UPDATES_PER_RHO))
    rhos = [pull / (phase.effective_rate * every) for pull in pulls]
    state = admm.init(model.weights(), project)
    rho, residuals = rhos[0], admm.Residuals(0.0, 0.0, 1.0)

    def penalty(_: CatalogueNetwork) -> Tensor:
        return admm.penalty(model.weights(), state, rho)

    def on_step(step: int, total: int) -> None:
        nonlocal state, rho, residuals
        if step % every == 0:
            state, residuals = admm.update(model.weights(), state, project, rho)
            wanted = rhos[min(len(rhos) - 1, step * len(rhos) // total)]
            state, rho = admm.rescale_dual(state, wanted / rho), wanted

    def ratios() -> tuple[float | None, float | None]:
        return residuals.primal / residuals.weight, residuals.dual / residuals.weight

    phase = replace(phase, anneals=False, evaluates=False, penalty=penalty, on_step=on_step, residuals=ratios)
    fit(model, work.dataset, phase, generator=work.generator(phase.stage), report=work.log)


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
    checkpoint = Checkpoint(key, row, layers, history)
    save_checkpoint(work.cache, checkpoint)
    return checkpoint


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
