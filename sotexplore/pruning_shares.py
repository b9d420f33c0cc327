"""How a pruning ratio is shared among layers by structures that do not choose filters and rows one by one.

Rule, as in `budget`: every layer has a scale u_l = (n_l / max n)^(-1/4), and keeps the share min(1, (c u_l)^2) of its groups,
rounded up: of its weights (`irregular`), input channels (`channel`) or tiles (`tile`), of the rows or filters of each of
its tiles (`tile-rows`, `tile-columns`), of the weights of each filter in each tile (`column-proportional`). c is the largest value that
removes at least the asked share of all weights, whichever groups stay.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, sqrt

import numpy as np

from sotexplore.design import INNER_STRUCTURES, TILE_STRUCTURES, Structure, Tile
from sotexplore.errors import InputError
from sotexplore.workload import IMAGE, Layer, Network

_BISECTIONS = 40
_LEAST_RATIO = 1e-9
"""One group of any layer."""
DEFAULT_TILE = Tile()
SHARED_OUT = ("channel", *INNER_STRUCTURES)
"""Structures that this module shares out."""


@dataclass(frozen=True)
class LayerShare:
    """What one layer keeps."""

    keep_ratio: float
    """Share of its groups, 0 < ratio <= 1, rounded up to whole groups."""
    filters: int
    rows: int
    n_weights: int
    """Weights that stay, at most."""


@lru_cache(maxsize=4096)
def layer_shares(
    network: Network, structure: Structure, prune_ratio: float, tile: Tile = DEFAULT_TILE
) -> tuple[LayerShare, ...]:
    """What each layer keeps for a share `prune_ratio` of all weights removed.

    Args:
        network: the network.
        structure: one of `SHARED_OUT`.
        prune_ratio: removed weights over all weights, 0 <= ratio < 1.
        tile: the sub-array whose weights are a tile, for the structures of tiles.

    Returns:
        One record per layer, in the network's order.

    Raises:
        InputError: the structure cannot remove so much with a group left in every layer.
    """

    def shares(free: float) -> tuple[LayerShare, ...]:
        found = tuple(
            layer_share(network, index, structure, min(1.0, (free * scale_of(network, layer)) ** 2), tile)
            for index, layer in enumerate(network.layers)
        )
        return _without_unread(network, found) if structure == "channel" else found

    def weights(free: float) -> int:
        return sum(item.n_weights for item in shares(free))

    return shares(largest_free(weights, network.n_weights, structure, prune_ratio))


def layer_share(network: Network, index: int, structure: Structure, ratio: float, tile: Tile) -> LayerShare:
    """What layer `index` keeps of its own where `ratio` of its groups stay."""
    layer, ratio = network.layers[index], max(ratio, _LEAST_RATIO)
    n_filters, n_rows = layer.n_filters, layer.n_rows
    if structure == "channel":
        size = channel_rows(network, layer)
        whole = layer.source == IMAGE or layer.groups > 1
        rows = n_rows if whole else share_of(n_rows // size, ratio) * size
        return LayerShare(1.0 if whole else ratio, n_filters, rows, n_filters * rows)
    if structure in ("filter", "shape", "filter+shape"):
        each = sqrt(ratio) if structure == "filter+shape" else ratio
        filters = n_filters if structure == "shape" else share_of(n_filters, each)
        rows = n_rows if structure == "filter" else share_of(n_rows, each)
        return LayerShare(ratio, filters, rows, filters * rows)
    size_of_tile = tile_size(layer, tile, network.weight_bits(index, tile.weight_bits))
    return LayerShare(ratio, n_filters, n_rows, most_kept(structure, (n_filters, n_rows), size_of_tile, ratio))


def structure_of_layer(network: Network, index: int, structure: Structure) -> Structure:
    """What a structure comes to at layer `index`: where its filters stay, `filter+shape` removes rows alone."""
    return "shape" if structure == "filter+shape" and not network.prunable_filters(index) else structure


def layer_groups(network: Network, index: int, structure: Structure, tile: Tile) -> int:
    """Groups of layer `index` that compete for what stays, of a tile's where they do so within tiles; 0: none may go.

    Of `filter+shape`, whose sides keep the root of the share each, as many as have one filter and one row left for one of them.
    """
    layer = network.layers[index]
    n_filters, n_rows = layer.n_filters, layer.n_rows
    if structure == "channel":
        fixed = layer.source == IMAGE or layer.groups > 1
        return 0 if fixed else n_rows // channel_rows(network, layer)
    if structure not in TILE_STRUCTURES:
        counts = {"filter": n_filters, "shape": n_rows, "irregular": layer.n_weights}
        return counts.get(structure, min(n_filters, n_rows) ** 2)
    filters, rows = tile_size(layer, tile, network.weight_bits(index, tile.weight_bits))
    if structure == "tile":
        return ceil(n_filters / filters) * ceil(n_rows / rows)
    return filters if structure == "tile-columns" else rows


def most_kept(structure: Structure, matrix: tuple[int, int], tile: tuple[int, int], ratio: float) -> int:
    """Weights that stay of a matrix, at most, where `ratio` of its groups stay.

    Args:
        structure: one of `INNER_STRUCTURES`.
        matrix: filters and rows of the matrix.
        tile: filters and rows of a tile.
        ratio: share of the groups, rounded up.
    """
    if structure == "irregular":
        return share_of(matrix[0] * matrix[1], ratio)
    filters, rows = (_pieces(whole, piece) for whole, piece in zip(matrix, tile, strict=True))
    if structure == "tile":
        sizes = np.sort(np.outer(filters, rows), axis=None)[::-1]
        return int(sizes[: share_of(sizes.size, ratio)].sum())
    if structure == "tile-columns":
        return int(np.minimum(filters, share_of(tile[0], ratio)).sum()) * matrix[1]
    return int(np.minimum(rows, share_of(tile[1], ratio)).sum()) * matrix[0]


def tile_size(layer: Layer, tile: Tile, weight_bits: int) -> tuple[int, int]:
    """Filters and rows of a layer's matrix that one sub-array holds at `weight_bits`, none more than the layer has."""
    planes, inputs = tile.subarray_cols, tile.subarray_rows
    if tile.compute_style == "and-count":
        planes, inputs = inputs, planes
    return min(layer.n_filters, max(1, planes // weight_bits)), min(layer.n_rows, inputs)


def channel_rows(network: Network, layer: Layer) -> int:
    """Rows of a layer's matrix that read one channel of its source."""
    return (
        layer.n_rows
        * layer.groups
        // (layer.in_channels if layer.source == IMAGE else network.layer(layer.source).out_channels)
    )


def tile_of(structures: tuple[Structure, ...], tile: Tile | None) -> Tile | None:
    """The tile that these structures are cut by: the given one, else the default one; None where none has tiles.

    Raises:
        InputError: a tile is given and no structure has tiles.
    """
    if any(item in TILE_STRUCTURES for item in structures):
        return tile or DEFAULT_TILE
    if tile is not None:
        raise InputError(
            "tile", "stands beside a structure that has no tiles", got=", ".join(structures), allowed=", ".join(TILE_STRUCTURES)
        )  # fmt: skip
    return None


def scale_of(network: Network, layer: Layer) -> float:
    """u_l = (n_l / max n)^(-1/4)."""
    return float((layer.n_weights / max(item.n_weights for item in network.layers)) ** -0.25)


def share_of(count: int, fraction: float) -> int:
    """A fraction of `count` things, rounded up, at least one and at most all."""
    return int(np.clip(ceil(count * min(1.0, fraction) - 1e-9), 1, count))


def largest_free(weights: Callable[[float], int], n_weights: int, structure: Structure, prune_ratio: float) -> float:
    """The largest c in 0..1 that leaves at most the asked share of weights.

    Args:
        weights: weights that are left at c, never falling.
        n_weights: of the whole network.
        structure: for messages.
        prune_ratio: share that is to be removed, 0 <= ratio < 1.

    Raises:
        InputError: even c = 0 leaves more.
    """
    allowed = (1 - prune_ratio) * n_weights
    if weights(0.0) > allowed:
        raise InputError(
            "compression.prune_ratio",
            f"{structure} pruning cannot go that far with {_LEAST.get(structure, 'one group')} left in every layer",
            got=prune_ratio,
            allowed=f"0..{floor(1e6 * (1 - weights(0.0) / n_weights)) / 1e6}",
        )
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if weights(middle) <= allowed else (low, middle)
    return low


_LEAST = dict.fromkeys(("filter", "shape", "filter+shape"), "a filter and a row") | {
    "irregular": "a weight", "channel": "an input channel", "tile": "a tile", "tile-rows": "a row in every tile",
    "tile-columns": "a filter in every tile", "column-proportional": "a weight of every filter in every tile",
}  # fmt: skip


def _pieces(whole: int, piece: int) -> np.ndarray:
    """Sizes of the pieces that a length is cut into, the last one with what is left."""
    full, rest = divmod(whole, piece)
    return np.array([piece] * full + [rest] * bool(rest))


def _without_unread(network: Network, shares: tuple[LayerShare, ...]) -> tuple[LayerShare, ...]:
    """Channel pruning: a filter goes with its channel where one layer alone reads it."""
    found = []
    for index, (layer, share) in enumerate(zip(network.layers, shares, strict=True)):
        readers = [(item, kept) for item, kept in zip(network.layers, shares, strict=True) if item.source == layer.name]
        filters = share.filters
        if network.prunable_filters(index) and len(readers) == 1 and readers[0][0].groups == 1:
            filters = readers[0][1].rows // channel_rows(network, readers[0][0])
        found.append(LayerShare(share.keep_ratio, filters, share.rows, filters * share.rows))
    return tuple(found)
