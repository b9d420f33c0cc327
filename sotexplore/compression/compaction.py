"""A pruned network with its dead filters and channels cut out: the same function from smaller tensors, and the way back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from sotexplore.compression.masks import live_rows
from sotexplore.compression.model import CatalogueNetwork, WeightLayer
from sotexplore.workload import Layer, Network


@dataclass(frozen=True)
class _Kept:
    """Indices of the filters and rows of a layer that the compacted one has."""

    filters: Tensor
    rows: Tensor


def compacted(model: CatalogueNetwork) -> CatalogueNetwork:
    """A smaller network that computes what `model` does: filters that are masked, and the rows that read them, are gone.

    Rows that are masked alone stay, under their mask. Weights, norms, steps, bits and masks are copies.
    """
    kept = _kept(model)
    layers = tuple(_smaller(layer, kept[layer.name]) for layer in model.network.layers)
    small = CatalogueNetwork(replace(model.network, layers=layers)).to(next(model.parameters()).device)
    for target, source in zip(small, model, strict=True):
        _copy(target, source, kept[source.layer.name], gather=True)
    return small


@torch.no_grad()
def expand(small: CatalogueNetwork, model: CatalogueNetwork) -> None:
    """Writes what training made of `small` back into the network that it was cut from."""
    kept = _kept(model)
    for source, target in zip(small, model, strict=True):
        _copy(source, target, kept[target.layer.name], gather=False)


def _kept(model: CatalogueNetwork) -> dict[str, _Kept]:
    filters = {name: mask.filters.cpu() for name, mask in model.masks().items()}
    network: Network = model.network
    return {
        layer.name: _Kept(
            filters[layer.name].nonzero().flatten(), live_rows(network, layer, filters).nonzero().flatten()
        )
        for layer in network.layers
    }


def _smaller(layer: Layer, kept: _Kept) -> Layer:
    in_channels = len(kept.rows) // layer.kernel**2 * layer.groups
    return replace(layer, in_channels=in_channels, out_channels=len(kept.filters))


@torch.no_grad()
def _copy(small: WeightLayer, full: WeightLayer, kept: _Kept, *, gather: bool) -> None:
    """Copies tensors and settings from full to small (`gather`), or back."""
    filters, rows = kept.filters.to(full.weight.device), kept.rows.to(full.weight.device)
    for (name, part), whole in zip(_tensors(small).items(), _tensors(full).values(), strict=True):
        place = (
            (filters[:, None], rows) if name in ("weight", "weight_mask") else rows if name == "row_mask" else filters
        )
        if name == "activation_step":
            _move(part, whole, gather=gather)
        elif gather:
            part.copy_(whole[place])
        else:
            whole[place] = part
    for name in ("positive", "plane_levels"):
        _copy_levels(small, full, kept, name, gather=gather)
    receiver, giver = (small, full) if gather else (full, small)
    for name in ("weight_bits", "activation_bits", "carried_bits"):
        setattr(receiver, name, getattr(giver, name))
    for name in ("weight_step", "activation_step"):
        getattr(receiver, name).requires_grad_(getattr(giver, name).requires_grad)


def _copy_levels(small: WeightLayer, full: WeightLayer, kept: _Kept, name: str, *, gather: bool) -> None:
    """The same for the levels that weights are held to, which most networks leave free."""
    held: Tensor | None = getattr(full if gather else small, name)
    if held is None:
        setattr(small if gather else full, name, None)
        return
    filters = kept.filters.to(held.device)
    place = (filters[:, None], kept.rows.to(held.device)) if name == "positive" else filters
    if gather:
        setattr(small, name, held[place])
        return
    whole = torch.zeros_like(full.weight).to(held) if name == "positive" else held[:1].repeat(len(full.weight), 1)
    whole[place] = held
    setattr(full, name, whole)


def _move(part: Tensor, whole: Tensor, *, gather: bool) -> None:
    (part if gather else whole).copy_(whole if gather else part)


def _tensors(module: WeightLayer) -> Mapping[str, Tensor]:
    tensors = {
        "weight": module.weight.data,
        "weight_step": module.weight_step.data,
        "filter_mask": module.filter_mask,
        "row_mask": module.row_mask,
        "weight_mask": module.weight_mask,
        "activation_step": module.activation_step.data,
    }
    if module.bias is not None:
        return tensors | {"bias": module.bias.data}
    assert module.norm is not None
    assert module.norm.running_mean is not None and module.norm.running_var is not None
    return tensors | {
        "norm.weight": module.norm.weight.data,
        "norm.bias": module.norm.bias.data,
        "norm.mean": module.norm.running_mean,
        "norm.var": module.norm.running_var,
    }
