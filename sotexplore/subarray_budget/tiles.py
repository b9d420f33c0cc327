"""Budgets in sub-arrays for pruning by tiles: each tile of a layer's matrix is one sub-array, which goes with it."""

from collections.abc import Mapping
from heapq import nlargest
from math import ceil

import numpy as np
from numpy.typing import NDArray

from sotexplore.design import Hardware
from sotexplore.errors import InputError
from sotexplore.subarray_budget.counting import weights_of_subarray
from sotexplore.workload import LayerWorkload, Network, dense_workload


def fewest_tiles(
    network: Network, *, weight_bits: int, activation_bits: int, hardware: Hardware, floors: Mapping[str, float]
) -> dict[str, int]:
    """Tiles of each layer that stay at least, by name.

    A tile is of whole filters, so that where the bits do not divide a sub-array's columns there are more of them than the
    sub-arrays of the unpruned network, in which a filter's bits may lie in two.

    Args:
        network: the network.
        weight_bits: bits of every weight but those the network fixes at its edges.
        activation_bits: bits of every activation but the image's pixels.
        hardware: sub-arrays that tiles are cut by.
        floors: least share of each layer's tiles that stays, by name; one tile where it is 0.
    """
    dense = dense_workload(network, weight_bits=weight_bits, activation_bits=activation_bits)
    return {item.layer.name: max(1, ceil(_n_tiles(item, hardware) * floors[item.layer.name] - 1e-9)) for item in dense}


def _n_tiles(item: LayerWorkload, hardware: Hardware) -> int:
    filters, rows = weights_of_subarray(item, hardware)
    return ceil(item.layer.n_filters / filters) * ceil(item.layer.n_rows / rows)


def share_tiles(
    energies: Mapping[str, NDArray[np.float64]], n_subarrays: int, least: Mapping[str, int]
) -> dict[str, int]:
    """Tiles of each layer that stay, so that least weight energy is lost within a number of sub-arrays.

    Every tile takes one, so that those with most of their layer's energy are the best choice there is, above what each
    layer keeps at least.

    Args:
        energies: squared weights of each tile, by layer name, any shape.
        n_subarrays: tiles that may stay, of all layers together.
        least: tiles of each layer that stay at least, by name.

    Raises:
        InputError: fewer than the layers keep at least.
    """
    needed = sum(least.values())
    if n_subarrays < needed:
        problem = "is less than the layers' floors take"
        raise InputError("compression.n_subarrays", problem, got=n_subarrays, allowed=f"{needed} or more")
    further = []
    for name, values in energies.items():
        falling = np.sort(values, axis=None)[::-1] / max(float(values.sum()), np.finfo(np.float64).tiny)
        further += [(float(share), name) for share in falling[least[name] :]]
    kept = dict(least)
    for _, name in nlargest(n_subarrays - needed, further):
        kept[name] += 1
    return kept
