"""Runs from files and plain data, checked, with each network's defaults filled in."""

from itertools import product
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sotexplore import catalogue
from sotexplore.compression import recipe as recipes
from sotexplore.compression.area_budget import SubarraysOfArea, with_subarrays
from sotexplore.compression.run import Epochs, Run
from sotexplore.compression.run_checks import checked
from sotexplore.design import parse_record, read_mapping
from sotexplore.errors import InputError

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

_MERGED_BLOCKS = ("compression", "epochs", "recipe", "per_layer")


def load_runs(path: Path | str, subarrays_of_area: SubarraysOfArea | None = None) -> tuple[Run, ...]:
    """The runs of a YAML or JSON file, in its order.

    A file is one run, or the product of the lists that its compression block and `seed` hold, or under `runs` a list of
    such, to which whatever stands beside `runs` applies where they do not say otherwise: blocks are merged field by field, but for
    `budget`, `tile` and `levels`, whose fields stand for one another.

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
    return tuple(run for entry in entries for run in _product(_merged(common, entry), subarrays_of_area))


def _merged(common: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """What applies to all runs of a file and what one of them says."""
    merged = common | entry
    for name in _MERGED_BLOCKS:
        if isinstance(common.get(name), dict) and isinstance(entry.get(name), dict):
            merged[name] = common[name] | entry[name]
    return merged


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
    if "network" not in data:
        raise InputError("network", "is missing", got="nothing", allowed=", ".join(catalogue.NAMES))
    asked = with_subarrays(data, subarrays_of_area)
    return checked(parse_record(Run, _with_defaults(asked)), prune_ratio_given=_gives_ratio(data))


def _gives_ratio(data: dict[str, Any]) -> bool:
    compression = data.get("compression")
    return isinstance(compression, dict) and "prune_ratio" in compression


def _with_defaults(data: dict[str, Any]) -> dict[str, Any]:
    """The data with what its recipe and epochs leave out taken from the network's defaults."""
    name = data.get("network")
    if not isinstance(name, str) or name not in DEFAULT_EPOCHS:
        return data
    defaults: dict[str, BaseModel] = {"recipe": recipes.default_recipe(name), "epochs": DEFAULT_EPOCHS[name]}
    given = {block: data.get(block) or {} for block in defaults}
    return data | {
        block: default.model_dump() | given[block] if isinstance(given[block], dict) else given[block]
        for block, default in defaults.items()
    }
