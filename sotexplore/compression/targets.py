"""How much of each layer a run keeps: from its ratio, or from its budget in sub-arrays and the network's weights."""

import math
from math import ceil

from sotexplore.budget import KeptCounts, kept_counts
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.reach import budget_hardware, budget_subarrays
from sotexplore.compression.run import Run
from sotexplore.compression.subarray_tiles import weight_energies
from sotexplore.subarray_budget import allocate
from sotexplore.workload import Network


def target_counts(run: Run, model: CatalogueNetwork) -> tuple[KeptCounts, ...]:
    """Kept filters and rows per layer that a run asks for.

    A budget is shared out by the energies of the present weights, each layer's in shares of its own.

    Raises:
        InputError: the ratio or the budget is out of reach.
    """
    if run.budget is None:
        return kept_counts(model.network, run.compression.structure, run.compression.prune_ratio)
    hardware = budget_hardware(run.budget)
    return allocate(
        model.network, weight_energies(model.weights()), budget_subarrays(run.budget, model.network), hardware=hardware,
        structure=run.compression.structure, weight_bits=run.budget.weight_bits,
        activation_bits=run.budget.activation_bits, floor_ratio=run.budget.floor_ratio,
    ).counts  # fmt: skip


def whole(network: Network) -> tuple[KeptCounts, ...]:
    """Counts of the unpruned network."""
    return tuple(KeptCounts(layer.n_filters, layer.n_rows) for layer in network.layers)


def partway(network: Network, target: tuple[KeptCounts, ...], share: float) -> tuple[KeptCounts, ...]:
    """Counts on the way from the whole network to the target, each by the power `share` of its factor, rounded up."""
    return tuple(
        KeptCounts(_between(full.filters, kept.filters, share), _between(full.rows, kept.rows, share))
        for full, kept in zip(whole(network), target, strict=True)
    )


def _between(full: int, kept: int, share: float) -> int:
    return ceil(full * math.pow(kept / full, share) - 1e-9)
