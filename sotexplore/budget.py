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
from typing import get_args

from sotexplore.design import PLANNED_STRUCTURES, Structure
from sotexplore.errors import InputError
from sotexplore.pruning_shares import SHARED_OUT, largest_free, layer_shares, scale_of, share_of
from sotexplore.workload import IMAGE, Layer, LayerWorkload, Network


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
        structure: what is removed: `filter`, `shape` (rows), `filter+shape` or `channel`; `none` keeps all, and so do structures
            that prune inside the matrix (`pruning_shares`).
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
                "compression.structure", "prunes nothing", got=structure, allowed=", ".join(PLANNED_STRUCTURES[1:])
            )
        return tuple(KeptCounts(layer.n_filters, layer.n_rows) for layer in network.layers)
    if structure in SHARED_OUT:
        shares = layer_shares(network, structure, prune_ratio)
        return tuple(KeptCounts(item.filters, item.rows) for item in shares)
    if structure == "mixed":
        raise InputError(
            "compression.structure", "differs from layer to layer: only a checkpoint tells what it keeps", got=structure,
            allowed=", ".join(PLANNED_STRUCTURES),
        )  # fmt: skip

    def weights(free: float) -> int:
        return sum(item.filters * item.rows for item in _counts(network, structure, free))

    return _counts(network, structure, largest_free(weights, network.n_weights, structure, prune_ratio))


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
    inside = _kept_inside(network, structure, prune_ratio)
    return tuple(
        LayerWorkload(
            layer=layer,
            kept_filters=kept.filters,
            kept_rows=kept.rows,
            weight_bits=network.weight_bits(index, weight_bits),
            input_bits=network.input_bits(index, activation_bits),
            n_nonzero=inside[index],
        )
        for index, (layer, kept) in enumerate(zip(network.layers, counts, strict=True))
    )


def _kept_inside(network: Network, structure: Structure, prune_ratio: float) -> list[int | None]:
    """Weights that stay in each matrix, at most; None where all do."""
    if structure not in SHARED_OUT or prune_ratio == 0:
        return [None] * len(network.layers)
    shares = layer_shares(network, structure, prune_ratio)
    return [None if item.n_weights == item.filters * item.rows else item.n_weights for item in shares]


def _counts(network: Network, structure: Structure, free: float) -> tuple[KeptCounts, ...]:
    kept_filters: dict[str, int] = {}
    counts = []
    for index, layer in enumerate(network.layers):
        scaled = free * scale_of(network, layer)
        prunes_filters = structure != "shape" and network.prunable_filters(index)
        filters = share_of(layer.n_filters, scaled) if prunes_filters else layer.n_filters
        live_rows = _live_rows(network, layer, kept_filters)
        rows = (
            live_rows
            if structure == "filter"
            else share_of(live_rows, scaled**2 if structure == "shape" else scaled**0.5)
        )
        kept_filters[layer.name] = filters
        counts.append(KeptCounts(filters, rows))
    return tuple(counts)


def _live_rows(network: Network, layer: Layer, kept_filters: dict[str, int]) -> int:
    if layer.source == IMAGE or layer.groups > 1:
        return layer.n_rows
    source = network.layer(layer.source)
    return layer.n_rows // source.out_channels * kept_filters[layer.source]
