"""Masks of a whole network: which filters and rows to keep so that the layers fit together."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from sotexplore.budget import KeptCounts
from sotexplore.compression.projections import (
    LayerSetting,
    filter_and_row_masks,
    keep_top,
    project_structure,
    structure_mask,
)
from sotexplore.workload import Layer, Network

Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class LayerMask:
    """Kept filters (n_filters,) and kept rows (n_rows,) of one layer, boolean."""

    filters: Tensor
    rows: Tensor
    weights: Tensor | None = None
    """Weights that stay within them, (n_filters, n_rows); None: all."""

    @property
    def matrix(self) -> Tensor:
        """Kept weights, (n_filters, n_rows)."""
        outer = self.filters[:, None] & self.rows
        return outer if self.weights is None else outer & self.weights

    def cpu(self) -> "LayerMask":
        """The mask in main memory, where masks are chosen."""
        return LayerMask(self.filters.cpu(), self.rows.cpu(), None if self.weights is None else self.weights.cpu())


def choose_masks(network: Network, weights: Weights, counts: tuple[KeptCounts, ...]) -> dict[str, LayerMask]:
    """The filters and rows to keep, given how many of each, so that most weight energy survives.

    A filter's energy is that of its own weights and of the rows it feeds, since both go when it goes. Layers are
    taken in order: the rows of a removed filter's channel are dead before a layer's own rows are chosen.

    Args:
        network: the network.
        weights: weight matrix (n_filters, n_rows) per layer name.
        counts: kept filters and rows per layer, as `budget.kept_counts` gives them.

    Returns:
        One mask per layer name, with exactly the counts asked for (fewer rows where fewer are alive).
    """
    masks: dict[str, LayerMask] = {}
    for layer, kept in zip(network.layers, counts, strict=True):
        matrix = weights[layer.name].detach().cpu()
        live = live_rows(network, layer, {name: mask.filters for name, mask in masks.items()})
        n_rows = min(kept.rows, int(live.sum()))
        outgoing = _outgoing_energy(network, layer, weights)
        if outgoing is None or kept.filters == layer.n_filters:
            filters, rows = filter_and_row_masks(matrix * live, kept.filters, n_rows)
        else:
            filters = keep_top((matrix * live).pow(2).sum(1) + outgoing, kept.filters)
            rows = keep_top((matrix * filters[:, None] * live).pow(2).sum(0) + live * 1e-30, n_rows)
        masks[layer.name] = LayerMask(filters, rows & live)
    return masks


def choose_inner_masks(
    network: Network, weights: Weights, settings: Mapping[str, LayerSetting]
) -> dict[str, LayerMask]:
    """The weights that each layer's structure keeps; filters and rows of which none stays go as a whole.

    Args:
        network: the network.
        weights: weight matrix (n_filters, n_rows) per layer name.
        settings: structure by layer name; layers that none names keep everything.

    Returns:
        One mask per layer name. Fragments that share a sign keep the weights of that sign only.
    """
    masks = {}
    for index, layer in enumerate(network.layers):
        matrix = weights[layer.name].detach().cpu()
        kept = torch.ones_like(matrix, dtype=torch.bool)
        if layer.name in settings:
            setting = settings[layer.name]
            kept = (
                structure_mask(matrix, setting)
                if setting.fragment_rows is None
                else project_structure(matrix, setting) != 0
            )
        masks[layer.name] = _as_mask(kept, prunes_filters=network.prunable_filters(index))
    return masks


def _as_mask(kept: Tensor, *, prunes_filters: bool) -> LayerMask:
    filters = kept.any(1) if prunes_filters else torch.ones_like(kept[:, 0])
    mask = LayerMask(filters, kept.any(0))
    return mask if torch.equal(mask.matrix, kept) else LayerMask(mask.filters, mask.rows, kept)


def remove_unused_paths(network: Network, masks: Mapping[str, LayerMask]) -> dict[str, LayerMask]:
    """Also drops filters that no kept row reads, rows whose filter is gone or that no weight is left in, until nothing changes.

    The network's function stays as it is: a dropped filter's channel was multiplied by zero everywhere. Filters that
    a residual add or the class scores need stay, and every layer keeps a filter and a row.
    """
    masks = dict(masks)
    changed = True
    while changed:
        changed = False
        for index, layer in enumerate(network.layers):
            mask = masks[layer.name]
            filters = mask.filters & _read_filters(network, index, masks)
            rows = mask.rows & live_rows(network, layer, {name: item.filters for name, item in masks.items()})
            if mask.weights is not None:
                rows = rows & (mask.weights & filters[:, None]).any(0)
            filters, rows = (filters if filters.any() else mask.filters), (rows if rows.any() else mask.rows)
            if not (torch.equal(filters, mask.filters) and torch.equal(rows, mask.rows)):
                masks[layer.name], changed = LayerMask(filters, rows, mask.weights), True
    return masks


def live_rows(network: Network, layer: Layer, filters: Mapping[str, Tensor]) -> Tensor:
    """Rows of `layer` whose input channel still exists, boolean (n_rows,)."""
    alive = filters.get(layer.source)
    if alive is None or layer.groups > 1:
        return torch.ones(layer.n_rows, dtype=torch.bool)
    return alive.repeat_interleave(layer.n_rows // len(alive)).cpu()


def _read_filters(network: Network, index: int, masks: Mapping[str, LayerMask]) -> Tensor:
    layer = network.layers[index]
    if not network.prunable_filters(index):
        return torch.ones(layer.n_filters, dtype=torch.bool)
    read = torch.zeros(layer.n_filters, dtype=torch.bool)
    for consumer in _consumers(network, layer):
        read |= masks[consumer.name].rows.view(layer.n_filters, -1).any(1)
    return read


def _outgoing_energy(network: Network, layer: Layer, weights: Weights) -> Tensor | None:
    consumers = [item for item in _consumers(network, layer) if item.groups == 1]
    if not consumers:
        return None
    energies = [weights[item.name].detach().cpu().pow(2).sum(0).view(layer.n_filters, -1).sum(1) for item in consumers]
    return torch.stack(energies).sum(0)


def _consumers(network: Network, layer: Layer) -> list[Layer]:
    return [item for item in network.layers if item.source == layer.name]
