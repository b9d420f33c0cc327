"""The stages behind the dense network: pruning towards kept counts, retraining under masks, quantization, fine-tuning."""

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from sotexplore.compression import admm
from sotexplore.compression.admm_hook import PRUNE_PULLS, QUANTIZE_PULLS, AdmmHook
from sotexplore.compression.bit_errors import BitErrorHook, clear_bit_errors
from sotexplore.compression.compaction import expand
from sotexplore.compression.data import fitting
from sotexplore.compression.group_lasso import GroupLassoHook
from sotexplore.compression.held_levels import Rules, SignHook, hold, hold_signs, project_levels, project_signs
from sotexplore.compression.masks import remove_unused_paths
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.compression.objective import Objective
from sotexplore.compression.plan import epochs_per_round
from sotexplore.compression.purify import purify
from sotexplore.compression.run import layer_bits, rules_of
from sotexplore.compression.targets import Goal, goal
from sotexplore.compression.train import Hook, Phase
from sotexplore.compression.work import Work

_CALIBRATION_IMAGES = 512


def prune(work: Work, model: CatalogueNetwork, objective: Objective) -> None:
    """Prunes to what the run asks for, in one round or in several, each with retraining under its masks."""
    target, rounds = goal(work.run, model), work.recipe.progressive_steps
    if target.is_whole:
        return
    for index in range(1, rounds + 1):
        near = target.partway(index / rounds)
        suffix = "" if rounds == 1 else f".{index}"
        _approach(work, model, near, suffix)
        model.apply_masks(remove_unused_paths(model.network, near.masks(model.weights())))
        hold_signs(model, rules_of(work.run, model.network))
        _retrain(work, model, objective, suffix)
    if work.recipe.purify_tolerance:
        work.refresh_norms(model)
        model.apply_masks(purify(model, work.dataset, work.recipe.purify_tolerance))


def quantize(work: Work, model: CatalogueNetwork, objective: Objective, *, first: bool) -> None:
    """ADMM towards the levels, unless the last step leaves it out, then learned steps under the frozen mask.

    Args:
        work: the run.
        model: the network, masked; changed in place.
        objective: the loss of the fine-tuning.
        first: whether this is the first, 8-bit step of the chain, which fine-tunes at half the rate.
    """
    point = work.run.compression
    small = work.compacted(model, ("quantize", "finetune"))
    bits = layer_bits(work.run, small.network)
    work.refresh_norms(small)
    small.set_bits(None, point.activation_bits)
    if last := work.recipe.last_step:
        small.carry(last.residual_bits or 0)
    else:
        small.carry(0)
    images = work.dataset.train_images
    small.fit_activation_steps(quantized_pixels(images[: fitting(images, _CALIBRATION_IMAGES)]))
    trains = work.recipe.method != "post-training"
    if last is None or last.admm:
        _to_levels(work, small, bits, rules_of(work.run, small.network), trains=trains)
    small.set_bits(bits, point.activation_bits)
    small.fit_weight_steps()
    work.refresh_norms(small)
    if trains:
        _finetune(work, small, objective, first=first)
    if small is not model:
        expand(small, model)


def _to_levels(work: Work, model: CatalogueNetwork, bits: Mapping[str, int], rules: Rules, *, trains: bool) -> None:
    """Puts the weights on the levels that bits and rules allow, nearest to where ADMM drew them, or to where they are."""

    def project(weights: admm.Weights) -> dict[str, Tensor]:
        return project_levels(weights, model.masks(), bits, rules)

    if trains:
        phase = work.phase("quantize", anneals=False, evaluates=False)
        work.fit(model, phase, _admm_hook(work, model, phase, QUANTIZE_PULLS, project))
    hold(model, bits, rules)


def _finetune(work: Work, model: CatalogueNetwork, objective: Objective, *, first: bool) -> None:
    """Learned steps and weights under the frozen masks, with wrong bits where the recipe says so."""
    last = work.recipe.last_step
    epochs = last.epochs if last else work.epochs.finetune
    rate = last.rate if last else work.recipe.finetune_rate / (2 if first else 1)
    ratio = work.recipe.bit_error_ratio
    hook: Hook | None = BitErrorHook(model, ratio, seed=work.run.seed) if ratio else None
    phase = work.phase("finetune", epochs=epochs, learning_rate=rate)
    if last:
        phase = replace(phase, asked_rate=("recipe.last_step.rate", rate))
    work.fit(model, phase, _keeping_signs(model, hook), objective=objective)
    clear_bit_errors(model)
    work.refresh_norms(model)


def _approach(work: Work, model: CatalogueNetwork, near: Goal, suffix: str) -> None:
    """Trains the weights towards a network of this goal, by the recipe's method; leaves them near it, not on it."""

    def project(weights: admm.Weights) -> dict[str, Tensor]:
        return project_signs(weights, near.masks(weights), rules_of(work.run, model.network))

    epochs = _per_round(work.epochs.prune, work)
    phase = work.phase("prune", suffix=suffix, epochs=epochs, anneals=False, evaluates=False)
    if work.recipe.method in ("admm", "post-training"):
        work.fit(model, phase, _admm_hook(work, model, phase, PRUNE_PULLS, project))
    elif work.recipe.method == "group-lasso":
        work.fit(model, phase, GroupLassoHook(model))


def _retrain(work: Work, model: CatalogueNetwork, objective: Objective, suffix: str) -> None:
    """Trains what the masks left; magnitude pruning has the epochs of both stages."""
    epochs = _per_round(work.epochs.retrain, work)
    if work.recipe.method == "magnitude":
        epochs += _per_round(work.epochs.prune, work)
    small = work.compacted(model, (f"retrain{suffix}",))
    phase = work.phase("retrain", suffix=suffix, epochs=epochs)
    work.fit(small, phase, _keeping_signs(small), objective=objective)
    if small is not model:
        expand(small, model)


def _keeping_signs(model: CatalogueNetwork, hook: Hook | None = None) -> Hook | None:
    """The hook, and with it the clamp of the signs that the network's weights are held to, if any."""
    return SignHook(model, hook) if any(module.positive is not None for module in model) else hook


def _per_round(epochs: int, work: Work) -> int:
    return epochs_per_round(epochs, work.recipe.progressive_steps)


def _admm_hook(
    work: Work, model: CatalogueNetwork, phase: Phase, pulls: tuple[float, ...], project: admm.Projection
) -> Hook:
    return AdmmHook(model, work.dataset, phase, pulls=pulls, project=project, rho=work.recipe.rho)
