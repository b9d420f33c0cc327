"""Levels held to a run's rules: projected while ADMM pulls, frozen behind it, counted in what was made."""

from collections.abc import Mapping

import torch
from torch import Tensor

from sotexplore.checkpoint import Checkpoint, LayerCheckpoint
from sotexplore.compression import admm, quantizers
from sotexplore.compression.level_rules import LayerRule
from sotexplore.compression.masks import LayerMask
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.projections import (
    fit_one_sign,
    fit_planes,
    masked,
    mixed_fragments,
    overfull_filters,
    positive_weights,
)
from sotexplore.compression.train import Hook

Rules = Mapping[str, LayerRule]
FREE = LayerRule()


def project_levels(
    weights: admm.Weights, masks: Mapping[str, LayerMask], bits: Mapping[str, int], rules: Rules
) -> dict[str, Tensor]:
    """The nearest weights by layer name, to a local optimum of the steps, on the levels that bits and rules allow."""
    return {
        name: _projected(value, masks[name], bits[name], rules.get(name, FREE))[0] for name, value in weights.items()
    }


def project_signs(weights: admm.Weights, masks: Mapping[str, LayerMask], rules: Rules) -> dict[str, Tensor]:
    """The nearest float weights by layer name that are zero outside the masks and have one sign where rules ask for it."""
    found = {}
    for name, value in weights.items():
        mask, positive = masks[name], _positive(value, masks[name], rules.get(name, FREE))
        kept = mask.matrix.to(value.device)
        found[name] = masked(value, kept if positive is None else kept & ((value > 0) == positive))
    return found


@torch.no_grad()
def hold_signs(model: CatalogueNetwork, rules: Rules) -> None:
    """Freezes the signs of fragments where rules ask for them, and zeroes the weights of the other."""
    masks = model.masks()
    for module in model:
        module.positive = _positive(module.weight, masks[module.layer.name], rules.get(module.layer.name, FREE))
    clamp_signs(model)


@torch.no_grad()
def clamp_signs(model: CatalogueNetwork) -> None:
    """Puts weights that left the sign that they are held to back to zero."""
    for module in model:
        if module.positive is not None:
            module.weight.masked_fill_((module.weight > 0) != module.positive, 0.0)


@torch.no_grad()
def hold(model: CatalogueNetwork, bits: Mapping[str, int], rules: Rules) -> None:
    """Puts the weights on the nearest allowed levels and freezes which those are: the signs, or the planes of each filter."""
    masks = model.masks()
    for module in model:
        name = module.layer.name
        value, module.positive, module.plane_levels = _projected(
            module.weight, masks[name], bits[name], rules.get(name, FREE)
        )
        module.weight.copy_(value)


class SignHook:
    """The `Hook` of a phase behind each of whose steps weights that left their sign go back to zero.

    There the rounding passes their gradient on; beyond zero, where it is clamped, they would not come back.
    """

    def __init__(self, model: CatalogueNetwork, beside: Hook | None = None) -> None:
        self._model, self._beside = model, beside

    def penalty(self) -> Tensor:
        """That of the hook beside; nothing by itself."""
        device = next(self._model.parameters()).device
        return torch.zeros((), device=device) if self._beside is None else self._beside.penalty()

    def after_step(self, step: int, total: int) -> None:
        """Clamps the weights to their signs."""
        clamp_signs(self._model)
        if self._beside is not None:
            self._beside.after_step(step, total)

    def residual_ratios(self) -> tuple[float | None, float | None]:
        """Those of the hook beside."""
        return (None, None) if self._beside is None else self._beside.residual_ratios()

    def tensors(self) -> dict[str, Tensor]:
        """Those of the hook beside; the signs are the model's."""
        return {} if self._beside is None else self._beside.tensors()

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Takes the state of the hook beside back."""
        if self._beside is not None:
            self._beside.restore(tensors)


def violations(checkpoint: Checkpoint, rules: Rules) -> dict[str, int]:
    """How often each layer's stored integers break its rule: fragments of two signs, or filters on too many planes.

    Args:
        checkpoint: integers; fragments are cut in the stored matrix of kept filters and rows.
        rules: what each layer is held to, by name.
    """
    return {item.name: _violations(item, rules[item.name]) for item in checkpoint.layers if item.name in rules}


def _violations(item: LayerCheckpoint, rule: LayerRule) -> int:
    levels = torch.from_numpy(item.levels)
    if rule.fragment_rows:
        return mixed_fragments(levels, n_rows=rule.fragment_rows, bits=item.weight_bits)
    return overfull_filters(levels, bits=item.weight_bits, count=rule.planes)


def _positive(value: Tensor, mask: LayerMask, rule: LayerRule) -> Tensor | None:
    if not rule.fragment_rows:
        return None
    kept, rows = mask.matrix.to(value.device), mask.rows.to(value.device)
    return positive_weights(value, kept, rows, n_rows=rule.fragment_rows)


def _projected(
    value: Tensor, mask: LayerMask, bits: int, rule: LayerRule
) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """Z, and of the levels that it is on: which are positive, or those of each filter's planes."""
    if rule.fragment_rows:
        projected, _, signs = fit_one_sign(value, mask.matrix, mask.rows, bits=bits, n_rows=rule.fragment_rows)
        return projected, signs.positive, None
    if rule.planes:
        projected, _, planes = fit_planes(value, mask.matrix, bits=bits, count=rule.planes)
        return projected, None, planes.values
    return quantizers.project_levels(value, bits, mask.matrix)[0], None, None
