"""The schema of a compression run: what a RUN.yaml says, and where each network's defaults are."""

from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sotexplore import catalogue
from sotexplore.compression import recipe as recipes
from sotexplore.compression.recipe import Recipe
from sotexplore.design import Compression, ComputeStyle, Whole, parse_record, read_mapping
from sotexplore.errors import InputError

RECIPE_VERSION = 1
"""Raised whenever the same inputs would train to something else."""
FIRST_BITS = 8
FOUR_BITS = 4
_CHAIN = (8, 4, 2, 1)


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Epochs(_Record):
    """Epochs of each stage."""

    dense: Annotated[int, Field(ge=1, le=1000)] = 12
    prune: Annotated[int, Field(ge=1, le=1000)] = 8
    retrain: Annotated[int, Field(ge=1, le=1000)] = 8
    quantize: Annotated[int, Field(ge=1, le=1000)] = 1
    finetune: Annotated[int, Field(ge=1, le=1000)] = 2


class Budget(_Record):
    """A number of sub-arrays instead of a pruning ratio, on the hardware and at the bits at which they are counted."""

    subarrays: Annotated[int, Field(ge=1)] | None = None
    """Sub-arrays of all layers; or else:"""
    subarrays_ratio: Annotated[float, Field(gt=1)] | None = None
    """Times fewer than the dense 8-bit network takes."""
    compute_style: ComputeStyle = "crossbar"
    subarray_rows: Annotated[Whole, Field(ge=32, le=2048)] = 128
    subarray_cols: Annotated[Whole, Field(ge=32, le=2048)] = 128
    weight_bits: Annotated[Whole, Field(ge=1, le=8)] = 4
    activation_bits: Annotated[Whole, Field(ge=1, le=8)] = 4
    floor_ratio: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Least share of each layer's filters and live rows that stays."""

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        if (self.subarrays is None) == (self.subarrays_ratio is None):
            raise InputError(
                "budget.subarrays", "stands beside subarrays_ratio or both are missing", got=self.subarrays,
                allowed="one of the two",
            )  # fmt: skip
        return self


class Run(_Record):
    """One checkpoint to make: the point that is asked for, the seed, the effort."""

    schema_version: Literal[1] = 1
    network: str
    compression: Compression = Compression()
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    budget: Budget | None = None
    """In place of compression.prune_ratio."""
    epochs: Epochs | None = None
    recipe: Recipe | None = None
    """How to train; None, and fields that a run file leaves out: as the network's default."""
    train_images: Annotated[int, Field(ge=1)] | None = None
    """Train on the first so many images only: for rehearsals; the row says so."""


DEFAULT_EPOCHS = {
    "digits-cnn": Epochs(dense=30, prune=16, retrain=20, quantize=4, finetune=8),
    "lenet5-mnist": Epochs(dense=15, prune=8, retrain=10, quantize=1, finetune=3),
    "resnet20-cifar10": Epochs(dense=60, prune=12, retrain=20, quantize=1, finetune=6),
    "vgg8-cifar10": Epochs(dense=100, prune=20, retrain=40, quantize=1, finetune=10),
    "vgg16-cifar10": Epochs(dense=100, prune=20, retrain=40, quantize=1, finetune=10),
    "resnet18-cifar10": Epochs(dense=100, prune=20, retrain=40, quantize=1, finetune=10),
}


def load_runs(path: Path | str) -> tuple[Run, ...]:
    """The runs of a YAML or JSON file, in its order.

    A file is one run, or the product of the lists that its compression block and `seed` hold, or under `runs` a list of
    such, to which whatever stands beside `runs` applies where they do not say otherwise.

    Raises:
        InputError: not a run, or a network that cannot be trained here.
    """
    data = read_mapping(path)
    if "runs" not in data:
        return _product(data)
    common = {name: value for name, value in data.items() if name != "runs"}
    entries = data["runs"]
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise InputError("runs", "is no list of runs", got=entries, allowed="a list of mappings, at least one")
    return tuple(run for entry in entries for run in _product(common | entry))


def _product(data: dict[str, Any]) -> tuple[Run, ...]:
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
    choices = [value if isinstance(value, list) else [value] for value in compression.values()]
    return tuple(
        parse_run(data | {"seed": seed, "compression": dict(zip(compression, values, strict=True))})
        for seed in (seeds if isinstance(seeds, list) else [seeds])
        for values in product(*choices)
    )


def parse_run(data: dict[str, Any]) -> Run:
    """A run from plain data, with the network's default epochs and recipe filled in.

    Raises:
        InputError: unknown key, value out of range, unknown or untrainable network.
    """
    run = parse_record(Run, _with_recipe(data))
    _check_budget(run, data)
    network = catalogue.network(run.network)
    if not network.trainable:
        raise InputError("network", "has no training recipe", got=network.name, allowed=", ".join(DEFAULT_EPOCHS))
    return run if run.epochs else run.model_copy(update={"epochs": DEFAULT_EPOCHS[run.network]})


def _check_budget(run: Run, data: dict[str, Any]) -> None:
    given = data.get("compression")
    if run.budget is not None and isinstance(given, dict) and "prune_ratio" in given:
        raise InputError(
            "budget", "stands beside compression.prune_ratio", got=given["prune_ratio"], allowed="one of the two"
        )


def _with_recipe(data: dict[str, Any]) -> dict[str, Any]:
    """The data with what its recipe leaves out taken from the network's default."""
    given, name = data.get("recipe") or {}, data.get("network")
    if not isinstance(given, dict) or not isinstance(name, str):
        return data
    return data | {"recipe": recipes.default_recipe(name).model_dump() | given}


def predecessor(run: Run) -> Run | None:
    """The run whose result this one starts from: one step up the chain of bits; None for the first, 8-bit one.

    Activations step down before weights, each along 8, 4, 2, 1 (bits between start from the next of these above); where the
    recipe has a `last_step`, what has fewer than 4 bits starts at 4.
    """
    point = run.compression
    if run.recipe is not None and run.recipe.last_step and min(point.weight_bits, point.activation_bits) < FOUR_BITS:
        change = {name: max(getattr(point, name), FOUR_BITS) for name in ("weight_bits", "activation_bits")}
    elif point.weight_bits < FIRST_BITS:
        change = {"weight_bits": _step_up(point.weight_bits)}
    elif point.activation_bits < FIRST_BITS:
        change = {"activation_bits": _step_up(point.activation_bits)}
    else:
        return None
    plain = None if run.recipe is None else run.recipe.model_copy(update={"bit_error_ratio": 0.0, "last_step": None})
    return run.model_copy(update={"compression": point.model_copy(update=change), "recipe": plain})


def dense_inputs(run: Run) -> dict[str, Any]:
    """What the dense network of a run depends on."""
    assert run.epochs is not None and run.recipe is not None
    plain = {
        "kind": "dense",
        "recipe": RECIPE_VERSION,
        "network": run.network,
        "seed": run.seed,
        "epochs": run.epochs.dense,
    }
    return plain | recipes.dense_inputs(run.recipe) | _subset_inputs(run)


def run_inputs(run: Run) -> dict[str, Any]:
    """What a compressed checkpoint depends on."""
    assert run.epochs is not None and run.recipe is not None
    compression = run.compression.model_dump(mode="json")
    if run.budget is not None:
        compression.pop("prune_ratio")
    elif run.compression.prune_ratio == 0:
        compression["structure"] = "none"
    plain = {
        "kind": "compressed",
        "recipe": RECIPE_VERSION,
        "network": run.network,
        "seed": run.seed,
        "epochs": run.epochs.model_dump(),
        "compression": compression,
    }
    return plain | recipes.inputs(run.recipe) | _subset_inputs(run) | _budget_inputs(run)


def _subset_inputs(run: Run) -> dict[str, Any]:
    return {} if run.train_images is None else {"train_images": run.train_images}


def _budget_inputs(run: Run) -> dict[str, Any]:
    return {} if run.budget is None else {"budget": run.budget.model_dump()}


def _step_up(bits: int) -> int:
    return min(value for value in _CHAIN if value > bits)
