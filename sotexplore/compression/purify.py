"""Purification: groups that survived pruning but no longer matter are dropped, and the paths that nothing reads with them.

After ADMM some kept filters and rows carry next to no energy (Ma et al., Tiny but Accurate, arXiv 1908.10017, section
on purification and unused path removal). Here they are ranked over all layers by the share of their layer's energy, and a prefix
of that ranking goes whose removal keeps the loss on training images within the tolerance: found by bisection, the longest one
where the loss rises with the prefix.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from sotexplore.compression.data import Dataset, fitting
from sotexplore.compression.masks import LayerMask, remove_unused_paths
from sotexplore.compression.model import CatalogueNetwork, quantized_pixels
from sotexplore.workload import Network

_SAMPLE, _BATCH = 4000, 500
_SMALLEST_LOSS = 1e-3
"""Loss from which on a relative rise counts as noise [nat]."""


def purify(model: CatalogueNetwork, dataset: Dataset, tolerance: float) -> dict[str, LayerMask]:
    """Masks of `model` without the groups that the loss does not miss.

    Args:
        model: the pruned network, trained under its masks; left as it is.
        dataset: its first training images are the sample; no test image is looked at.
        tolerance: relative rise of the sample's loss that is allowed, for example 0.02.

    Returns:
        Masks within the present ones; every layer keeps a filter and a row.
    """
    present = {name: mask.cpu() for name, mask in model.masks().items()}
    groups = ranked_groups(model.network, model.weights(), present)
    allowed = max(sample_loss(model, dataset), _SMALLEST_LOSS) * (1 + tolerance)

    def fits(count: int) -> bool:
        model.set_masks(without(model.network, present, groups[:count]))
        return sample_loss(model, dataset) <= allowed

    low, high = 0, len(groups)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    model.set_masks(present)
    return remove_unused_paths(model.network, without(model.network, present, groups[:low]))


def ranked_groups(
    network: Network, weights: Mapping[str, Tensor], masks: Mapping[str, LayerMask]
) -> list[tuple[str, str, int]]:
    """Kept filters (where they may go) and kept rows as (layer, side, index), least share of the layer's energy first."""
    scored = []
    for index, layer in enumerate(network.layers):
        mask = masks[layer.name]
        energy = weights[layer.name].detach().cpu() ** 2 * mask.matrix.cpu()
        sides = {"rows": (energy.sum(0), mask.rows)}
        if network.prunable_filters(index):
            sides["filters"] = (energy.sum(1), mask.filters)
        for side, (values, kept) in sides.items():
            share = (values / energy.sum().clamp(min=1e-30)).tolist()
            scored += [(share[place], layer.name, side, place) for place in kept.cpu().nonzero().flatten().tolist()]
    return [(name, side, place) for _, name, side, place in sorted(scored)]


def without(
    network: Network, masks: Mapping[str, LayerMask], groups: list[tuple[str, str, int]]
) -> dict[str, LayerMask]:
    """The masks less these groups; the last filter and the last row of a layer stay."""
    found = {name: LayerMask(mask.filters.clone(), mask.rows.clone(), mask.weights) for name, mask in masks.items()}
    for name, side, place in groups:
        kept = getattr(found[name], side)
        if int(kept.sum()) > 1:
            kept[place] = False
    return found


@torch.no_grad()
def sample_loss(model: CatalogueNetwork, dataset: Dataset) -> float:
    """Mean cross-entropy [nat] over the first training images, unaugmented, in evaluation mode."""
    model.eval()
    total, count = 0.0, min(_SAMPLE, len(dataset.train_labels))
    batch = fitting(dataset.train_images, _BATCH)
    for start in range(0, count, batch):
        part = slice(start, min(start + batch, count))
        scores = model(quantized_pixels(dataset.train_images[part]))
        total += float(functional.cross_entropy(scores, dataset.train_labels[part], reduction="sum"))
    return total / count
