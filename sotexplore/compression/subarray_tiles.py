"""A model's weights in terms of sub-arrays: energies that budgets share out, tiles that projections keep or drop."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sotexplore.checkpoint import LayerCheckpoint
from sotexplore.compression.projections import Block, block_sums
from sotexplore.design import Tile
from sotexplore.pruning_shares import tile_size
from sotexplore.workload import Layer


def weight_energies(weights: Mapping[str, Tensor]) -> dict[str, NDArray[np.float64]]:
    """Squared weights by layer name, as `subarray_budget.allocate` takes them."""
    return {name: value.detach().cpu().double().pow(2).numpy() for name, value in weights.items()}


def held_tiles(kept: Tensor, tile: Block) -> int:
    """Tiles of a layer's matrix that hold a weight that stays.

    Args:
        kept: weights that stay, boolean (n_filters, n_rows).
        tile: weights of one sub-array.
    """
    return int((block_sums(kept.double(), tile) > 0).sum())


def tiles_with_weights(item: LayerCheckpoint, layer: Layer, tile: Tile) -> int:
    """Tiles of a layer's whole matrix, cut at the layer's own bits, in which a kept weight lies."""
    assert item.kept is not None
    alive = torch.zeros(layer.n_filters, layer.n_rows, dtype=torch.bool)
    filters, rows = (torch.from_numpy(index.astype(np.int64)) for index in (item.filters, item.rows))
    alive[filters[:, None], rows] = torch.from_numpy(item.kept)
    return held_tiles(alive, Block(*tile_size(layer, tile, item.weight_bits)))
