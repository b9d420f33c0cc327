"""How a network's pruning ratio is shared among its layers: kept filters and kept rows of each weight matrix.

The compressor prunes to these counts and the explorer plans designs between checkpoints with them, so both speak of
the same chip.

Rule: with n_l weights in layer l, every layer has a scale u_l = (n_l / max n)^(-1/4): large layers carry most of the
pruning, as in the per-layer ratios of Zhang et al., ECCV 2018 (LeNet-5 at 71x: .80/.92/.991/.93). For one free
number c, filters keep min(1, c u_l) where removing them frees something, rows keep min(1, (c u_l)^2) for `shape` and
min(1, sqrt(c u_l)) for `filter+shape`; a removed filter takes its channel out of the layers that read it. c is the
largest value that removes at least the asked share of all weights.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import floor
from typing import get_args

import numpy as np

from sotexplore.design import Structure
from sotexplore.errors import InputError
from sotexplore.workload import IMAGE, Layer, LayerWorkload, Network

_BISECTIONS = 40


@dataclass(frozen=True)
class KeptCounts:
    """Kept filters and kept rows of one layer's weight matrix (at least one of each)."""

    filters: int
    rows: int


@lru_cache(maxsize=4096)
def kept_counts(network: Network, structure: Structure, prune_ratio: float) -> tuple[KeptCounts, ...]:
    """Kept filters and rows per layer for a share `prune_ratio` of all weights removed.

    Args:
        network: the network.
        structure: what is removed: `filter`, `shape` (rows) or `filter+shape`; `none` keeps all.
        prune_ratio: removed weights over all weights, 0 <= ratio < 1.

    Returns:
        One record per layer, in the network's order.

    Raises:
        InputError: ratio outside its range, or one that the structure cannot reach with a filter and a row left in
            every layer.
    """
    if not 0 <= prune_ratio < 1:
        raise InputError("compression.prune_ratio", "out of range", got=prune_ratio, allowed="0 <= ratio < 1")
    if structure not in get_args(Structure):
        raise InputError(
            "compression.structure", "unknown structure", got=structure, allowed=", ".join(get_args(Structure))
        )
    if structure == "none" or prune_ratio == 0:
        if prune_ratio > 0:
            raise InputError(
                "compression.structure", "prunes nothing", got=structure, allowed="filter, shape, filter+shape"
            )
        return tuple(KeptCounts(layer.n_filters, layer.n_rows) for layer in network.layers)
    allowed_weights = (1 - prune_ratio) * network.n_weights
    low, high = 0.0, 1.0
    if _weights(_counts(network, structure, low)) > allowed_weights:
        raise InputError(
            "compression.prune_ratio",
            f"{structure} pruning cannot go that far with a filter and a row left in every layer",
            got=prune_ratio,
            allowed=f"0..{floor(1e6 * (1 - _weights(_counts(network, structure, low)) / network.n_weights)) / 1e6}",
        )
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        fits = _weights(_counts(network, structure, middle)) <= allowed_weights
        low, high = (middle, high) if fits else (low, middle)
    return _counts(network, structure, low)


def planned_workload(
    network: Network, *, structure: Structure, prune_ratio: float, weight_bits: int, activation_bits: int
) -> tuple[LayerWorkload, ...]:
    """The workload that a compression setting asks for, before any training.

    Args:
        network: the network.
        structure: see `kept_counts`.
        prune_ratio: see `kept_counts`.
        weight_bits: bits of every weight but those the network fixes at its edges.
        activation_bits: bits of every activation but the image's pixels.

    Returns:
        One record per layer.

    Raises:
        InputError: see `kept_counts`.
    """
    counts = kept_counts(network, structure, prune_ratio)
    return tuple(
        LayerWorkload(
            layer=layer,
            kept_filters=kept.filters,
            kept_rows=kept.rows,
            weight_bits=network.weight_bits(index, weight_bits),
            input_bits=network.input_bits(index, activation_bits),
        )
        for index, (layer, kept) in enumerate(zip(network.layers, counts, strict=True))
    )


def _counts(network: Network, structure: Structure, free: float) -> tuple[KeptCounts, ...]:
    largest = max(layer.n_weights for layer in network.layers)
    kept_filters: dict[str, int] = {}
    counts = []
    for index, layer in enumerate(network.layers):
        scaled = free * (layer.n_weights / largest) ** -0.25
        prunes_filters = structure != "shape" and network.prunable_filters(index)
        filters = _share(layer.n_filters, scaled) if prunes_filters else layer.n_filters
        live_rows = _live_rows(network, layer, kept_filters)
        rows = (
            live_rows
            if structure == "filter"
            else _share(live_rows, scaled**2 if structure == "shape" else scaled**0.5)
        )
        kept_filters[layer.name] = filters
        counts.append(KeptCounts(filters, rows))
    return tuple(counts)


def _live_rows(network: Network, layer: Layer, kept_filters: dict[str, int]) -> int:
    if layer.source == IMAGE or layer.groups > 1:
        return layer.n_rows
    source = network.layer(layer.source)
    return layer.n_rows // source.out_channels * kept_filters[layer.source]


def _share(count: int, fraction: float) -> int:
    return int(np.clip(np.ceil(count * min(1.0, fraction) - 1e-9), 1, count))


def _weights(counts: tuple[KeptCounts, ...]) -> int:
    return sum(item.filters * item.rows for item in counts)
