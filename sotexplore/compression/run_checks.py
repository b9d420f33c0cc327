"""Whether the parts of a run go together and with its network: its canonical form, or what is wrong with it."""

from collections.abc import Iterable
from itertools import pairwise
from math import floor
from typing import get_args

from sotexplore import catalogue
from sotexplore.compression import recipe as recipes
from sotexplore.compression.level_rules import check_levels
from sotexplore.compression.pretrained_files import check_start_of_dense
from sotexplore.compression.recipe import Recipe
from sotexplore.compression.run import (
    Budget,
    LayerPoint,
    LayerStructure,
    Run,
    layer_bits,
    own_levels,
    rules_of,
    structures_of,
)
from sotexplore.design import INNER_STRUCTURES, Tile
from sotexplore.errors import InputError
from sotexplore.pruning_shares import DEFAULT_TILE, layer_groups, structure_of_layer, tile_of
from sotexplore.workload import Network


def checked(run: Run, *, prune_ratio_given: bool) -> Run:
    """The run in its canonical form.

    Args:
        run: with its epochs and recipe filled in.
        prune_ratio_given: whether the file says a ratio for the whole network.

    Raises:
        InputError: its parts contradict each other, or ask of the network what it has not; a part would have no effect.
    """
    network = catalogue.network(run.network)
    run = _canonical(_with_budget_tile(_with_budget_bits(run)), network)
    _check_ratio(run, given=prune_ratio_given)
    for name, own in (run.per_layer or {}).items():
        _check_layer(run, network, name, own)
    _check_one_bit(run, network)
    if run.budget is not None:
        _check_budget_bits(run, run.budget, network)
    check_levels(run.levels, rules_of(run, network), layer_bits(run, network), own_levels(run))
    assert run.recipe is not None and run.epochs is not None
    _check_method(run, run.recipe)
    _check_of_pruning(run, run.recipe)
    _check_bit_steps(run.recipe.bit_steps)
    _check_residual_bits(run, network)
    _check_start_of_last_step(run)
    check_start_of_dense(run.network, pretrained=run.recipe.pretrained, epochs=run.epochs.dense)
    return run


def _canonical(run: Run, network: Network) -> Run:
    """The run with what its parts mean together: a tile where one is needed, layers in the network's order.

    Raises:
        InputError: layers that the network has not, structures of layers without `mixed`, `mixed` without any.
    """
    own = run.per_layer or {}
    _check_names("per_layer", own, network)
    mixed = run.compression.structure == "mixed"
    if mixed != any(item.structure for item in own.values()):
        raise InputError(
            "compression.structure", "does not go with the layers' own structures" if own else "has no per_layer",
            got=run.compression.structure, allowed="mixed with a structure in per_layer, or neither",
        )  # fmt: skip
    kept = {item.name: own[item.name] for item in network.layers if own.get(item.name, LayerPoint()) != LayerPoint()}
    return run.model_copy(update={"per_layer": kept or None, "tile": tile_of(structures_of(run), run.tile)})


def _with_budget_tile(run: Run) -> Run:
    """The run with its tiles cut by the sub-arrays of its budget, where it prunes tiles.

    Raises:
        InputError: the file names another tile, or no crossbars, of which alone the hardware model leaves out empty ones.
    """
    if run.budget is None or run.compression.structure != "tile":
        return run
    budget = run.budget
    if budget.compute_style != "crossbar":
        problem = "has no tiles that can be left out"
        raise InputError("budget.compute_style", problem, got=budget.compute_style, allowed="crossbar")
    tile = Tile(
        compute_style=budget.compute_style, subarray_rows=budget.subarray_rows, subarray_cols=budget.subarray_cols,
        weight_bits=budget.weight_bits,
    )  # fmt: skip
    if run.tile not in (None, tile):
        raise InputError(
            "tile", "stands beside a budget, whose sub-arrays are the tiles", got=run.tile, allowed="left out"
        )
    return run.model_copy(update={"tile": tile})


def _check_names(field: str, given: Iterable[str], network: Network) -> None:
    names = [layer.name for layer in network.layers]
    unknown = [name for name in given if name not in names]
    if unknown:
        raise InputError(field, "names no layer", got=", ".join(unknown), allowed=", ".join(names))


def _with_budget_bits(run: Run) -> Run:
    """The run with its budget counted at its own weight bits, unless the file says at which.

    Raises:
        InputError: the file says fewer, so that the network would take more sub-arrays than it allows.
    """
    budget, bits = run.budget, run.compression.weight_bits
    if budget is None:
        return run
    _check_names("budget.floors", budget.floors or {}, catalogue.network(run.network))
    if "weight_bits" not in budget.model_fields_set:
        return run.model_copy(update={"budget": budget.model_copy(update={"weight_bits": bits})})
    if budget.weight_bits < bits:
        problem = f"counts sub-arrays at fewer bits than the run's weights have, {bits}"
        raise InputError(
            "budget.weight_bits",
            problem,
            got=budget.weight_bits,
            allowed=("8" if bits == 8 else f"{bits}..8") + ", or left out",
        )
    return run


def _check_budget_bits(run: Run, budget: Budget, network: Network) -> None:
    """Refuses bits at which the network would take more sub-arrays than its budget counts.

    Those are more bits of a layer of its own, and, of tiles, bits whose tiles are not made of whole ones of the budget's: one
    of these may then lie in two of the run's.
    """
    own = run.per_layer or {}
    for index, (name, bits) in enumerate(layer_bits(run, network).items()):
        field = f"per_layer.{name}.weight_bits" if name in own and own[name].weight_bits else "compression.weight_bits"
        counted = network.weight_bits(index, budget.weight_bits)
        if bits > counted:
            problem = f"is more than the {counted} bits at which the budget counts this layer's sub-arrays"
            raise InputError(field, problem, got=bits, allowed=f"1..{counted}, or budget.weight_bits: {bits}")
        whole = [
            few
            for few in range(2, counted + 1)
            if _filters_of_tile(budget, few) % _filters_of_tile(budget, counted) == 0
        ]
        if run.compression.structure == "tile" and bits not in whole:
            problem = f"cuts tiles that are not made of whole ones of {counted} bits, at which the budget counts them"
            allowed = f"{', '.join(map(str, whole))}, or budget.weight_bits: {bits}"
            raise InputError(field, problem, got=bits, allowed=allowed)


def _filters_of_tile(budget: Budget, bits: int) -> int:
    return max(1, budget.subarray_cols // bits)


def _check_ratio(run: Run, *, given: bool) -> None:
    """Refuses a ratio beside what stands in its place, and a budget beside layers of their own."""
    mixed = run.compression.structure == "mixed"
    if mixed and run.budget is not None:
        raise InputError("budget", "stands beside layers of their own", got="budget", allowed="one of the two")
    if (run.budget is not None or mixed) and given:
        raise InputError(
            "per_layer" if mixed else "budget", "stands beside compression.prune_ratio", got=run.compression.prune_ratio,
            allowed="one of the two",
        )  # fmt: skip


def _check_layer(run: Run, network: Network, name: str, own: LayerPoint) -> None:
    """Refuses to prune what has to stay, and a ratio that leaves less than one group."""
    if own.structure is None or own.prune_ratio == 0:
        return
    index = network.index(name)
    if own.structure == "filter" and not network.prunable_filters(index):
        raise InputError(
            f"per_layer.{name}.structure", "removes filters that are class scores or enter a residual add, which stay",
            got=own.structure, allowed=", ".join(item for item in get_args(LayerStructure) if item != "filter"),
        )  # fmt: skip
    there = structure_of_layer(network, index, own.structure)
    groups = layer_groups(network, index, there, run.tile or DEFAULT_TILE)
    if groups == 0:
        raise InputError(
            f"per_layer.{name}.structure", "removes channels of the image, or of a layer in groups, which stay",
            got=own.structure, allowed=", ".join(item for item in get_args(LayerStructure) if item != "channel"),
        )  # fmt: skip
    most = 1 - 1 / groups
    if own.prune_ratio > most + 1e-9:
        raise InputError(
            f"per_layer.{name}.prune_ratio", f"leaves less than one of {groups} groups of {there}",
            got=own.prune_ratio, allowed=f"0..{floor(1e6 * most) / 1e6:g}",
        )  # fmt: skip


def _check_one_bit(run: Run, network: Network) -> None:
    """Refuses zeros among weights of one bit, which are +1 or -1."""
    for name, bits in layer_bits(run, network).items():
        own = (run.per_layer or {}).get(name, LayerPoint()).structure
        structure = own if run.compression.structure == "mixed" else run.compression.structure
        if bits == 1 and structure in INNER_STRUCTURES:
            raise InputError(
                "compression.weight_bits",
                f"leaves no zero for the weights that {structure} prunes inside {name}: they are +1 or -1",
                got=1,
                allowed="2..8",
            )


def _check_method(run: Run, recipe: Recipe) -> None:
    """Group lasso pulls at filters and rows, and at nothing else; post-training quantization does not fine-tune.

    `rho` is left alone beside any method: the quantization of all but post-training is ADMM.
    """
    odd = [item for item in structures_of(run) if item not in ("none", "filter", "shape", "filter+shape")]
    if recipe.method == "group-lasso" and odd:
        raise InputError(
            "recipe.method", f"pulls at filters and rows, not at the groups of {odd[0]}", got="group-lasso",
            allowed="admm, magnitude, post-training",
        )  # fmt: skip
    if recipe.method == "post-training":
        for name in ("last_step", "bit_error_ratio"):
            if value := getattr(recipe, name):
                got = value if isinstance(value, float) else value.model_dump()
                raise InputError(
                    f"recipe.{name}", "is of fine-tuning, which post-training leaves out", got=got, allowed="left out"
                )


def _check_of_pruning(run: Run, recipe: Recipe) -> None:
    """Refuses what is of pruning where a run prunes nothing: its checkpoint would be another's under another name."""
    shares = [item.prune_ratio for item in (run.per_layer or {}).values() if item.structure]
    if run.budget is not None or run.compression.prune_ratio > 0 or any(shares):
        return
    given: dict[str, str | float] = {
        "progressive_steps": recipe.progressive_steps,
        "purify_tolerance": recipe.purify_tolerance,
    }
    if recipe.method in ("magnitude", "group-lasso"):
        given["method"] = recipe.method
    for name, value in given.items():
        if value != getattr(recipes.PLAIN, name):
            problem = "is of pruning, and this run prunes nothing"
            allowed = "admm, post-training" if name == "method" else f"{getattr(recipes.PLAIN, name):g}, or left out"
            raise InputError(f"recipe.{name}", problem, got=value, allowed=allowed)


def _check_bit_steps(steps: tuple[int, ...]) -> None:
    plain = recipes.PLAIN.bit_steps
    if steps[0] != plain[0] or any(after >= before for before, after in pairwise(steps)):
        allowed = f"falling numbers that begin with {plain[0]}, as {list(plain)}"
        raise InputError("recipe.bit_steps", "does not lead down", got=list(steps), allowed=allowed)


def _check_residual_bits(run: Run, network: Network) -> None:
    """Refuses bits of residual adds that change nothing, or that are coarser than what other layers read."""
    last, activation_bits = run.recipe and run.recipe.last_step, run.compression.activation_bits
    if not last or last.residual_bits is None:
        return
    allowed = "left out"
    if not any(layer.residual for layer in network.layers):
        problem = f"is of residual adds, of which {network.name} has none"
    elif last.residual_bits <= activation_bits:
        problem = f"is no finer than what other layers read at {activation_bits} bits"
        allowed = ("" if activation_bits == 8 else f"{activation_bits + 1}..8, or ") + "left out"
    else:
        return
    raise InputError("recipe.last_step.residual_bits", problem, got=last.residual_bits, allowed=allowed)


def _check_start_of_last_step(run: Run) -> None:
    """Refuses to leave out what puts weights on the levels that rules allow."""
    last = run.recipe and run.recipe.last_step
    if last and not last.admm and (run.levels is not None or own_levels(run)):
        problem = "leaves weights between levels, and levels that follow a rule are found by projection"
        raise InputError("recipe.last_step.admm", problem, got=False, allowed="true, or left out")
