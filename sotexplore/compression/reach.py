"""Whether a run's ratio or budget can be reached, and what a budget says in sub-arrays: without torch."""

from sotexplore import catalogue
from sotexplore.budget import kept_counts
from sotexplore.compression.run import Budget, Run
from sotexplore.design import Hardware, Structure
from sotexplore.errors import InputError
from sotexplore.subarray_budget import smallest_subarrays, subarrays_of_ratio
from sotexplore.workload import Network


def check_reach(run: Run) -> None:
    """Fails before any training where the ratio or the budget is out of reach.

    Raises:
        InputError: names the field and what is allowed.
    """
    network = catalogue.network(run.network)
    if run.budget is None:
        kept_counts(network, run.compression.structure, run.compression.prune_ratio)
        return
    number, least = (
        budget_subarrays(run.budget, network),
        least_subarrays(run.budget, network, run.compression.structure),
    )
    if number < least:
        raise InputError(
            "budget.subarrays", "is less than the layers' floors take", got=number, allowed=f"{least} or more"
        )


def budget_hardware(budget: Budget) -> Hardware:
    """The hardware on which a budget is counted."""
    return Hardware(
        compute_style=budget.compute_style, subarray_rows=budget.subarray_rows, subarray_cols=budget.subarray_cols,
        active_rows=min(128, budget.subarray_rows),
    )  # fmt: skip


def budget_subarrays(budget: Budget, network: Network) -> int:
    """The number of sub-arrays that a budget allows."""
    if budget.subarrays is not None:
        return budget.subarrays
    assert budget.subarrays_ratio is not None
    return subarrays_of_ratio(network, budget_hardware(budget), budget.subarrays_ratio)


def least_subarrays(budget: Budget, network: Network, structure: Structure) -> int:
    """The fewest sub-arrays that a budget like this one may allow.

    Raises:
        InputError: the structure prunes nothing.
    """
    return smallest_subarrays(
        network, structure=structure, weight_bits=budget.weight_bits, activation_bits=budget.activation_bits,
        hardware=budget_hardware(budget), floor_ratio=budget.floor_ratio,
    )  # fmt: skip
