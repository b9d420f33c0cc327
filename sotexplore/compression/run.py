"""The schema of a compression run: what a RUN.yaml says, and where each network's defaults are; without torch."""

from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from sotexplore import catalogue
from sotexplore.design import Compression, parse_record, read_mapping
from sotexplore.errors import InputError

RECIPE_VERSION = 1
"""Raised whenever the same inputs would train to something else."""
FIRST_BITS = 8
_CHAIN = (8, 4, 2, 1)
Precision = Literal["float32", "bfloat16"]
"""Arithmetic of activations and gradients in training; weights, their updates and the batch-norm statistics stay float32."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Epochs(_Record):
    """Epochs of each stage."""

    dense: Annotated[int, Field(ge=1, le=1000)] = 12
    prune: Annotated[int, Field(ge=1, le=1000)] = 8
    retrain: Annotated[int, Field(ge=1, le=1000)] = 8
    quantize: Annotated[int, Field(ge=1, le=1000)] = 1
    finetune: Annotated[int, Field(ge=1, le=1000)] = 2


class Run(_Record):
    """One checkpoint to make: the point that is asked for, the seed, the effort."""

    schema_version: Literal[1] = 1
    network: str
    compression: Compression = Compression()
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    epochs: Epochs | None = None


DEFAULT_EPOCHS = {
    "digits-cnn": Epochs(dense=30, prune=16, retrain=20, quantize=4, finetune=8),
    "lenet5-mnist": Epochs(dense=15, prune=8, retrain=10, quantize=1, finetune=3),
    "resnet20-cifar10": Epochs(dense=60, prune=12, retrain=20, quantize=1, finetune=6),
}


class Recipe(NamedTuple):
    """How a network is trained: learning rates of each stage, arithmetic."""

    dense_rate: float = 0.05
    prune_rate: float = 0.01
    retrain_rate: float = 0.03
    quantize_rate: float = 0.005
    finetune_rate: float = 0.02
    precision: Precision = "float32"


_CIFAR = Recipe(dense_rate=0.1, precision="bfloat16")
RECIPES = {"resnet20-cifar10": _CIFAR}
"""Networks whose recipe is not the plain one."""


def recipe(network: str) -> Recipe:
    """The recipe of a network."""
    return RECIPES.get(network, Recipe())


def load_runs(path: Path | str) -> tuple[Run, ...]:
    """The runs of a YAML or JSON file: one, or the product of the lists that its compression block holds.

    Raises:
        InputError: not a run, or a network that cannot be trained here.
    """
    data = read_mapping(path)
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
    choices = [value if isinstance(value, list) else [value] for value in compression.values()]
    return tuple(
        parse_run(data | {"compression": dict(zip(compression, values, strict=True))}) for values in product(*choices)
    )


def parse_run(data: dict[str, Any]) -> Run:
    """A run from plain data, with the network's default epochs filled in.

    Raises:
        InputError: unknown key, value out of range, unknown or untrainable network.
    """
    run = parse_record(Run, data)
    network = catalogue.network(run.network)
    if not network.trainable:
        raise InputError("network", "has no training recipe", got=network.name, allowed=", ".join(DEFAULT_EPOCHS))
    return run if run.epochs else run.model_copy(update={"epochs": DEFAULT_EPOCHS[run.network]})


def predecessor(run: Run) -> Run | None:
    """The run whose result this one starts from: one step up the chain of bits; None for the first, 8-bit one.

    Activations step down before weights, each along 8, 4, 2, 1 (bits between start from the next of these above).
    """
    point = run.compression
    if point.weight_bits < FIRST_BITS:
        change = {"weight_bits": _step_up(point.weight_bits)}
    elif point.activation_bits < FIRST_BITS:
        change = {"activation_bits": _step_up(point.activation_bits)}
    else:
        return None
    return run.model_copy(update={"compression": point.model_copy(update=change)})


def dense_inputs(run: Run) -> dict[str, Any]:
    """What the dense network of a run depends on."""
    assert run.epochs is not None
    return {
        "kind": "dense",
        "recipe": RECIPE_VERSION,
        "network": run.network,
        "seed": run.seed,
        "epochs": run.epochs.dense,
    } | _recipe_inputs(run)


def run_inputs(run: Run) -> dict[str, Any]:
    """What a compressed checkpoint depends on."""
    assert run.epochs is not None
    compression = run.compression.model_dump(mode="json")
    if run.compression.prune_ratio == 0:
        compression["structure"] = "none"
    return {
        "kind": "compressed",
        "recipe": RECIPE_VERSION,
        "network": run.network,
        "seed": run.seed,
        "epochs": run.epochs.model_dump(),
        "compression": compression,
    } | _recipe_inputs(run)


def _recipe_inputs(run: Run) -> dict[str, Any]:
    """What the recipe adds to the inputs of a result: nothing where it is the plain one."""
    return {name: value for name, value in recipe(run.network)._asdict().items() if value != getattr(Recipe(), name)}


def _step_up(bits: int) -> int:
    return min(value for value in _CHAIN if value > bits)
