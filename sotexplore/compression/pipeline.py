"""From a run to a checkpoint: dense training, pruning, quantization, integer export, and the row of facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from sotexplore import catalogue
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
from sotexplore.compression import integer
from sotexplore.compression.arithmetic import scores, used_precision
from sotexplore.compression.bit_chain import predecessor
from sotexplore.compression.data import chosen_device
from sotexplore.compression.data import load as load_data
from sotexplore.compression.journal import Journal
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.objective import Objective, cross_entropy, distillation
from sotexplore.compression.pretrained import load_pretrained
from sotexplore.compression.reach import check_reach
from sotexplore.compression.run import Run, rules_of
from sotexplore.compression.run_key import dense_inputs, run_inputs
from sotexplore.compression.stages import prune, quantize
from sotexplore.compression.subarray_tiles import tiles_with_weights
from sotexplore.compression.train import evaluate
from sotexplore.compression.work import Report, Work
from sotexplore.errors import InputError
from sotexplore.store import content_key

_RATIO_DIGITS = 3
Tell = Callable[[str], None]


@dataclass(frozen=True)
class _Means:
    """With what runs are trained; as the arguments of `compress`."""

    cache: Path
    data: Path | str | None
    resume: bool
    report: Report
    tell: Tell
    device: str


def compress(
    run: Run,
    cache: Path,
    *,
    data: Path | str | None = None,
    resume: bool = False,
    report: Report = lambda _: None,
    tell: Tell = lambda _: None,
    device: str = "auto",
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
        tell: called with what the user should know, a sentence without a stop.
        device: `auto` (a GPU where there is one), `cpu` or `cuda`.

    Raises:
        InputError: data missing or damaged, ratio out of the structure's reach, loss not finite, no such device.
    """
    return _compressed(run, _Means(cache, data, resume, report, tell, device))


def _compressed(run: Run, means: _Means) -> Checkpoint:
    key = content_key(run_inputs(run))
    if path_of(means.cache, key).is_file():
        return _cached(means.cache, key, run)
    check_reach(run)
    dense = _dense(run, means)
    before = predecessor(run)
    start = dense if before is None else _compressed(before, means)
    work = _work(run, means, key)
    torch.manual_seed(run.seed)
    model = integer.restore(start).to(work.dataset.device)
    objective = _objective(work, dense)
    if before is None:
        prune(work, model, objective)
    quantize(work, model, objective, first=before is None)
    work.journal.check_taken()
    checkpoint = _finished(work, model, key, dense_accuracy=dense.row["accuracy_ratio"])
    save_checkpoint(means.cache, checkpoint)
    work.journal.close()
    return checkpoint


def train_dense(
    run: Run,
    cache: Path,
    *,
    data: Path | str | None = None,
    resume: bool = False,
    report: Report = lambda _: None,
    tell: Tell = lambda _: None,
    device: str = "auto",
) -> Checkpoint:
    """The dense float network of a run, trained or read from the cache; arguments and errors as `compress`.

    Raises:
        InputError: also where pretrained weights are missing or damaged.
    """
    return _dense(run, _Means(cache, data, resume, report, tell, device))


def _dense(run: Run, means: _Means) -> Checkpoint:
    inputs = dense_inputs(run)
    key = content_key(inputs)
    if path_of(means.cache, key).is_file():
        return _cached(means.cache, key, run)
    work = _work(run, means, key)
    torch.manual_seed(run.seed)
    model = CatalogueNetwork(catalogue.network(run.network)).to(work.dataset.device)
    if work.recipe.pretrained:
        load_pretrained(model, work.dataset)
    work.fit(model, work.phase("dense"))
    work.journal.check_taken()
    work.refresh_norms(model)
    accuracy = evaluate(model, work.dataset)
    layers = integer.export_float_layers(model.cpu())
    point = {"structure": "none", "prune_ratio": 0.0, "weight_bits": FLOAT_BITS, "activation_bits": FLOAT_BITS}
    row = _row(work, point, layers, {"accuracy_ratio": accuracy, "dense_accuracy_ratio": accuracy})
    checkpoint = Checkpoint(key, row, layers, {"inputs": inputs, "stages": work.history} | _replaced(work))
    save_checkpoint(means.cache, checkpoint)
    work.journal.close()
    return checkpoint


def _cached(cache: Path, key: str, run: Run) -> Checkpoint:
    """The checkpoint of that key.

    Raises:
        InputError: the file is damaged, or holds another network than its name says.
    """
    try:
        found = load_checkpoint(cache, key)
    except InputError as error:
        allowed = f"{error.allowed}; without the file it is trained anew"
        raise InputError(error.field, error.problem, got=error.got, allowed=allowed) from None
    if found.row["network"] != run.network:
        path = path_of(cache, key)
        raise InputError(
            "checkpoint", f"{path.name} holds another network", got=found.row["network"], allowed=run.network
        )
    return found


def _work(run: Run, means: _Means, key: str) -> Work:
    journal = Journal(means.cache, key)
    if aside := journal.open(resume=means.resume):
        means.tell(aside)
    history = {} if journal.entry is None else {name: list(rows) for name, rows in journal.entry.history.items()}
    dataset = load_data(catalogue.network(run.network).dataset, means.data).first(run.train_images)
    return Work(run, dataset.to(chosen_device(means.device)), journal, means.report, history)


def _objective(work: Work, dense: Checkpoint) -> Objective:
    """The loss behind the pruning, as the recipe says."""
    if not work.recipe.distillation:
        return cross_entropy
    teacher = integer.restore(dense).to(work.dataset.device).eval()
    return distillation(lambda images: scores(teacher, images, work.recipe.precision), work.recipe.distillation)


def _finished(work: Work, model: CatalogueNetwork, key: str, *, dense_accuracy: float) -> Checkpoint:
    float_path = evaluate(model, work.dataset)
    layers = integer.export_layers(model.cpu(), model.masks())
    point = _canonical(work.run, layers)
    measured = {"accuracy_ratio": 0.0, "dense_accuracy_ratio": dense_accuracy}
    draft = Checkpoint(key, _row(work, point, layers, measured), layers)
    row = dict(draft.row) | {"accuracy_ratio": integer.accuracy(draft, work.dataset)}
    history = {
        "inputs": run_inputs(work.run),
        "stages": work.history,
        "float_path_accuracy_ratio": float_path,
    }
    return Checkpoint(key, row, layers, history | _replaced(work))


def _replaced(work: Work) -> dict[str, Any]:
    """The arithmetic of the training, where it is not what the recipe asks for."""
    used = used_precision(work.recipe.precision, work.dataset.device)
    return {} if used == work.recipe.precision else {"precision": used}


def _canonical(run: Run, layers: tuple[LayerCheckpoint, ...]) -> dict[str, Any]:
    """The compression as the row tells it; the ratio of a budget and of mixed layers is what it came to."""
    point = run.compression.model_dump(mode="json") | _differing(run)
    if run.budget is not None or run.compression.structure == "mixed":
        kept = sum(item.levels.size if item.kept is None else int(item.kept.sum()) for item in layers)
        removed = 1 - kept / catalogue.network(run.network).n_weights
        return point | {"prune_ratio": round(removed, _RATIO_DIGITS)}
    return point | {"structure": "none"} if run.compression.prune_ratio == 0 else point


def _differing(run: Run) -> dict[str, Any]:
    """Budget, tile, layers of their own and levels, where a run has them."""
    return {
        name: given[name]
        for given in (run_inputs(run),)
        for name in ("budget", "tile", "per_layer", "levels")
        if name in given
    }


def _layer_rows(run: Run, layers: tuple[LayerCheckpoint, ...]) -> list[dict[str, Any]]:
    """The rows of the layers, with the tiles that hold a weight and the rule that integer levels follow, where there are such."""
    rows, network = layer_rows(layers), catalogue.network(run.network)
    rules = rules_of(run, network)
    for row, item in zip(rows, layers, strict=True):
        if run.tile is not None and item.kept is not None:
            row["held_tiles"] = tiles_with_weights(item, network.layer(item.name), run.tile)
        if item.name in rules and item.weight_bits < FLOAT_BITS:
            row.update(rules[item.name].facts())
    return rows


def _row(
    work: Work, point: Mapping[str, Any], layers: tuple[LayerCheckpoint, ...], measured: Mapping[str, float]
) -> dict[str, Any]:
    row = {
        "network": work.run.network,
        **point,
        "seed": work.run.seed,
        **measured,
        **({} if work.run.train_images is None else {"train_images": work.run.train_images}),
        **({} if work.recipe.method == "admm" else {"method": work.recipe.method}),
        **(
            {"bit_error_ratio": work.recipe.bit_error_ratio}
            if work.recipe.bit_error_ratio and point["weight_bits"] < FLOAT_BITS
            else {}
        ),
        "test_images": len(work.dataset.test_labels),
        "layers": _layer_rows(work.run, layers),
    }
    return row | ratio_row(workloads(row))
