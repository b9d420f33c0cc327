"""Whether a run can get where it wants, told before any training and without torch."""

from collections.abc import Iterable
from math import floor

from sotexplore import catalogue
from sotexplore.budget import kept_counts
from sotexplore.compression.run import Budget, LayerPoint, Run
from sotexplore.design import Hardware, Structure
from sotexplore.errors import InputError
from sotexplore.pruning_shares import (
    DEFAULT_TILE,
    SHARED_OUT,
    LayerShare,
    layer_share,
    layer_shares,
    structure_of_layer,
)
from sotexplore.subarray_budget import dense_subarrays, smallest_subarrays, subarrays_of_ratio, unpruned_subarrays
from sotexplore.workload import Network


def check_all(runs: Iterable[Run]) -> None:
    """As `check_reach`, of every run of a file before the first is trained."""
    for run in runs:
        check_reach(run)


def check_reach(run: Run) -> None:
    """Fails before any training where the ratio or the budget is out of reach.

    Raises:
        InputError: names the field and what is allowed.
    """
    network, structure = catalogue.network(run.network), run.compression.structure
    if structure == "mixed":
        return
    if run.budget is None:
        if structure in SHARED_OUT:
            planned_shares(run)
        else:
            kept_counts(network, structure, run.compression.prune_ratio)
        return
    number, least = budget_number(run.budget, network), least_subarrays(run.budget, network, structure)
    if number < least:
        asked = run.budget.subarrays_ratio
        if asked is None:
            problem = "is less than the layers' floors take"
            raise InputError("budget.subarrays", problem, got=number, allowed=f"{least} or more")
        most = floor(100 * dense_subarrays(network, budget_hardware(run.budget)) / least) / 100
        problem = "leaves fewer sub-arrays than the layers' floors take"
        raise InputError(
            "budget.subarrays_ratio", problem, got=f"{asked:g}", allowed=f"up to {most:g}, which leaves {least}"
        )


def planned_shares(run: Run) -> dict[str, tuple[str, LayerShare]]:
    """Structure and share by layer name, of the layers that a run prunes by other groups than single filters and rows.

    Raises:
        InputError: the ratio is out of the structure's reach.
    """
    network, structure, tile = catalogue.network(run.network), run.compression.structure, run.tile or DEFAULT_TILE
    if structure == "mixed":
        return {
            layer.name: (there, layer_share(network, index, there, 1 - own.prune_ratio, tile))
            for index, layer in enumerate(network.layers)
            if (own := (run.per_layer or {}).get(layer.name, LayerPoint())).structure is not None
            for there in (structure_of_layer(network, index, own.structure),)
        }
    if structure not in SHARED_OUT or run.compression.prune_ratio == 0 or run.budget is not None:
        return {}
    shares = layer_shares(network, structure, run.compression.prune_ratio, tile)
    return {layer.name: (structure, share) for layer, share in zip(network.layers, shares, strict=True)}


def budget_hardware(budget: Budget) -> Hardware:
    """The hardware on which a budget is counted."""
    return Hardware(
        compute_style=budget.compute_style, subarray_rows=budget.subarray_rows, subarray_cols=budget.subarray_cols,
        active_rows=min(128, budget.subarray_rows),
    )  # fmt: skip


def least_subarrays(budget: Budget, network: Network, structure: Structure) -> int:
    """The fewest sub-arrays that a budget like this one may allow.

    Raises:
        InputError: the structure has no budget.
    """
    return smallest_subarrays(
        network, structure=structure, weight_bits=budget.weight_bits, activation_bits=budget.activation_bits,
        hardware=budget_hardware(budget), floor_ratio=budget.floor_ratio, floors=budget.floors,
    )  # fmt: skip


def is_whole(run: Run) -> bool:
    """Whether a run prunes nothing: its ratio is 0, or its budget holds the dense network at the budget's bits."""
    if run.budget is None:
        return run.compression.structure != "mixed" and run.compression.prune_ratio == 0
    network, budget = catalogue.network(run.network), run.budget
    unpruned = unpruned_subarrays(
        network,
        weight_bits=budget.weight_bits,
        activation_bits=budget.activation_bits,
        hardware=budget_hardware(budget),
    )
    return budget_number(budget, network) >= unpruned


def budget_number(budget: Budget, network: Network) -> int:
    """Sub-arrays that a budget allows."""
    if budget.subarrays is not None:
        return budget.subarrays
    assert budget.subarrays_ratio is not None
    return subarrays_of_ratio(network, budget_hardware(budget), budget.subarrays_ratio)
