"""Runs from files and plain data, checked, with each network's defaults filled in."""

from itertools import pairwise, product
from pathlib import Path
from typing import Any

from sotexplore import catalogue
from sotexplore.compression import recipe as recipes
from sotexplore.compression.area_budget import SubarraysOfArea, with_subarrays
from sotexplore.compression.level_rules import check_levels
from sotexplore.compression.pretrained_files import check_start_of_dense
from sotexplore.compression.run import Epochs, LayerPoint, Run, layer_bits, rules_of, structures_of
from sotexplore.design import INNER_STRUCTURES, parse_record, read_mapping
from sotexplore.errors import InputError
from sotexplore.pruning_shares import tile_of
from sotexplore.workload import Network

DEFAULT_EPOCHS = {
    "digits-cnn": Epochs(dense=30, prune=16, retrain=20, quantize=4, finetune=8),
    "lenet5-mnist": Epochs(dense=15, prune=8, retrain=10, quantize=1, finetune=3),
    "resnet20-cifar10": Epochs(dense=60, prune=12, retrain=20, quantize=1, finetune=6),
    "vgg8-cifar10": Epochs(dense=100, prune=20, retrain=40, quantize=1, finetune=10),
    "vgg16-cifar10": Epochs(dense=100, prune=20, retrain=40, quantize=1, finetune=10),
    "resnet18-cifar10": Epochs(dense=100, prune=20, retrain=40, quantize=1, finetune=10),
    **dict.fromkeys(
        ("alexnet-imagenet", "vgg16-imagenet", "resnet18-imagenet", "resnet50-imagenet"),
        Epochs(dense=1, prune=3, retrain=8, quantize=1, finetune=3),
    ),
}


def load_runs(path: Path | str, subarrays_of_area: SubarraysOfArea | None = None) -> tuple[Run, ...]:
    """The runs of a YAML or JSON file, in its order.

    A file is one run, or the product of the lists that its compression block and `seed` hold, or under `runs` a list of
    such, to which whatever stands beside `runs` applies where they do not say otherwise.

    Args:
        path: the file.
        subarrays_of_area: knows the room on a chip, for budgets in area.

    Raises:
        InputError: not a run, or a network that cannot be trained here.
    """
    data = read_mapping(path)
    if "runs" not in data:
        return _product(data, subarrays_of_area)
    common = {name: value for name, value in data.items() if name != "runs"}
    entries = data["runs"]
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise InputError("runs", "is no list of runs", got=entries, allowed="a list of mappings, at least one")
    return tuple(run for entry in entries for run in _product(common | entry, subarrays_of_area))


def _product(data: dict[str, Any], subarrays_of_area: SubarraysOfArea | None) -> tuple[Run, ...]:
    compression = data.get("compression", {})
    if not isinstance(compression, dict):
        raise InputError(
            "compression",
            "is not a mapping",
            got=compression,
            allowed="structure, prune_ratio, weight_bits, activation_bits",
        )
    for name, value in compression.items():
        if value == []:
            raise InputError(f"compression.{name}", "is an empty list", got=value, allowed="at least one value")
    seeds = data.get("seed", 0)
    if seeds == []:
        raise InputError("seed", "is an empty list", got=seeds, allowed="at least one value")
    choices = [value if isinstance(value, list) else [value] for value in compression.values()]
    return tuple(
        parse_run(data | {"seed": seed, "compression": dict(zip(compression, values, strict=True))}, subarrays_of_area)
        for seed in (seeds if isinstance(seeds, list) else [seeds])
        for values in product(*choices)
    )


def parse_run(data: dict[str, Any], subarrays_of_area: SubarraysOfArea | None = None) -> Run:
    """A run from plain data, with the network's default epochs and recipe filled in.

    Args:
        data: of a file.
        subarrays_of_area: knows the room on a chip, for a budget in area; None: there is none.

    Raises:
        InputError: unknown key, value out of range, unknown network.
    """
    run = parse_record(Run, _with_recipe(with_subarrays(data, subarrays_of_area)))
    network = catalogue.network(run.network)
    run = _with_budget_bits(_canonical(run, network))
    _check_ratio(run, data)
    _check_one_bit(run, network)
    if run.levels is not None:
        check_levels(run.levels, run.compression.weight_bits, rules_of(run, network), layer_bits(run, network))
    _check_method(run)
    _check_bit_steps(run)
    epochs = run.epochs or DEFAULT_EPOCHS[run.network]
    check_start_of_dense(run.network, pretrained=run.recipe is not None and run.recipe.pretrained, epochs=epochs.dense)
    return run.model_copy(update={"epochs": epochs})


def _canonical(run: Run, network: Network) -> Run:
    """The run with what its parts mean together: a tile where one is needed, layers in the network's order.

    Raises:
        InputError: layers that the network has not, structures of layers without `mixed`, `mixed` without any.
    """
    names = [layer.name for layer in network.layers]
    own = run.per_layer or {}
    unknown = [name for name in own if name not in names]
    if unknown:
        raise InputError("per_layer", "names no layer", got=", ".join(unknown), allowed=", ".join(names))
    mixed = run.compression.structure == "mixed"
    if mixed != any(item.structure for item in own.values()):
        raise InputError(
            "compression.structure", "does not go with the layers' own structures" if own else "has no per_layer",
            got=run.compression.structure, allowed="mixed with a structure in per_layer, or neither",
        )  # fmt: skip
    kept = {name: own[name] for name in names if name in own and own[name] != LayerPoint()}
    return run.model_copy(update={"per_layer": kept or None, "tile": tile_of(structures_of(run), run.tile)})


def _with_budget_bits(run: Run) -> Run:
    """The run with its budget counted at its own weight bits, unless the file says at which.

    Raises:
        InputError: the file says fewer, so that the network would take more sub-arrays than it allows.
    """
    budget, bits = run.budget, run.compression.weight_bits
    if budget is None:
        return run
    if "weight_bits" not in budget.model_fields_set:
        return run.model_copy(update={"budget": budget.model_copy(update={"weight_bits": bits})})
    if budget.weight_bits < bits:
        problem = f"counts sub-arrays at fewer bits than the run's weights have, {bits}"
        raise InputError("budget.weight_bits", problem, got=budget.weight_bits, allowed=f"{bits}..8, or left out")
    return run


def _check_ratio(run: Run, data: dict[str, Any]) -> None:
    """Refuses a ratio beside what stands in its place, and a budget that has none."""
    given, mixed = data.get("compression"), run.compression.structure == "mixed"
    if mixed and run.budget is not None:
        raise InputError("budget", "stands beside layers of their own", got="budget", allowed="one of the two")
    if (run.budget is not None or mixed) and isinstance(given, dict) and "prune_ratio" in given:
        field = "per_layer" if mixed else "budget"
        raise InputError(
            field, "stands beside compression.prune_ratio", got=given["prune_ratio"], allowed="one of the two"
        )


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


def _check_method(run: Run) -> None:
    """Group lasso pulls at filters and rows, and at nothing else."""
    odd = [item for item in structures_of(run) if item not in ("none", "filter", "shape", "filter+shape")]
    if run.recipe is not None and run.recipe.method == "group-lasso" and odd:
        raise InputError(
            "recipe.method", f"pulls at filters and rows, not at the groups of {odd[0]}", got="group-lasso",
            allowed="admm, magnitude, post-training",
        )  # fmt: skip


def _check_bit_steps(run: Run) -> None:
    plain = recipes.PLAIN.bit_steps
    steps = plain if run.recipe is None else run.recipe.bit_steps
    if steps[0] != plain[0] or any(after >= before for before, after in pairwise(steps)):
        allowed = f"falling numbers that begin with {plain[0]}, as {list(plain)}"
        raise InputError("recipe.bit_steps", "does not lead down", got=list(steps), allowed=allowed)


def _with_recipe(data: dict[str, Any]) -> dict[str, Any]:
    """The data with what its recipe leaves out taken from the network's default."""
    given, name = data.get("recipe") or {}, data.get("network")
    if not isinstance(given, dict) or not isinstance(name, str):
        return data
    return data | {"recipe": recipes.default_recipe(name).model_dump() | given}
