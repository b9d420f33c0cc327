"""How much of each layer a run keeps: from its ratio, or from its budget in sub-arrays and the network's weights."""

import math
from math import ceil

from sotexplore import catalogue
from sotexplore.budget import KeptCounts, kept_counts
from sotexplore.compression.model import CatalogueNetwork
from sotexplore.compression.run import Budget, Run
from sotexplore.compression.subarray_tiles import weight_energies
from sotexplore.design import Hardware
from sotexplore.errors import InputError
from sotexplore.subarray_budget import allocate, smallest_subarrays, subarrays_of_ratio
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
        model.network, weight_energies(model.weights()), _number(run.budget, model.network), hardware=hardware,
        structure=run.compression.structure, weight_bits=run.budget.weight_bits,
        activation_bits=run.budget.activation_bits, floor_ratio=run.budget.floor_ratio,
    ).counts  # fmt: skip


def check_reach(run: Run) -> None:
    """Fails before any training where the ratio or the budget is out of reach.

    Raises:
        InputError: names the field and what is allowed.
    """
    network = catalogue.network(run.network)
    if run.budget is None:
        kept_counts(network, run.compression.structure, run.compression.prune_ratio)
        return
    least = smallest_subarrays(
        network, structure=run.compression.structure, weight_bits=run.budget.weight_bits,
        activation_bits=run.budget.activation_bits, hardware=budget_hardware(run.budget),
        floor_ratio=run.budget.floor_ratio,
    )  # fmt: skip
    number = _number(run.budget, network)
    if number < least:
        raise InputError(
            "budget.subarrays", "is less than the layers' floors take", got=number, allowed=f"{least} or more"
        )


def whole(network: Network) -> tuple[KeptCounts, ...]:
    """Counts of the unpruned network."""
    return tuple(KeptCounts(layer.n_filters, layer.n_rows) for layer in network.layers)


def partway(network: Network, target: tuple[KeptCounts, ...], share: float) -> tuple[KeptCounts, ...]:
    """Counts on the way from the whole network to the target, each by the power `share` of its factor, rounded up."""
    return tuple(
        KeptCounts(_between(full.filters, kept.filters, share), _between(full.rows, kept.rows, share))
        for full, kept in zip(whole(network), target, strict=True)
    )


def budget_hardware(budget: Budget) -> Hardware:
    """The hardware on which a budget is counted."""
    return Hardware(
        compute_style=budget.compute_style, subarray_rows=budget.subarray_rows, subarray_cols=budget.subarray_cols,
        active_rows=min(128, budget.subarray_rows),
    )  # fmt: skip


def _number(budget: Budget, network: Network) -> int:
    if budget.subarrays is not None:
        return budget.subarrays
    assert budget.subarrays_ratio is not None
    return subarrays_of_ratio(network, budget_hardware(budget), budget.subarrays_ratio)


def _between(full: int, kept: int, share: float) -> int:
    return ceil(full * math.pow(kept / full, share) - 1e-9)
