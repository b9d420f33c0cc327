"""Budgets in sub-arrays: what one holds, how many a workload takes, and how a number of them is shared among layers."""

from sotexplore.subarray_budget.allocation import (
    STRUCTURES,
    Allocation,
    allocate,
    smallest_subarrays,
    subarrays_of_ratio,
    unpruned_subarrays,
)
from sotexplore.subarray_budget.counting import dense_subarrays, layer_subarrays, weights_of_subarray
from sotexplore.subarray_budget.tiles import fewest_tiles, share_tiles

__all__ = [
    "STRUCTURES",
    "Allocation",
    "allocate",
    "dense_subarrays",
    "fewest_tiles",
    "layer_subarrays",
    "share_tiles",
    "smallest_subarrays",
    "subarrays_of_ratio",
    "unpruned_subarrays",
    "weights_of_subarray",
]
