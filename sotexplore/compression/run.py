"""The schema of a compression run: what a RUN.yaml says, and where each network's defaults are."""

from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sotexplore import catalogue
from sotexplore.compression import recipe as recipes
from sotexplore.compression.level_rules import LayerRule, Levels, check_levels, layer_rules
from sotexplore.compression.pretrained_files import check_start_of_dense
from sotexplore.compression.recipe import Recipe
from sotexplore.design import (
    INNER_STRUCTURES,
    Compression,
    ComputeStyle,
    Structure,
    Tile,
    Whole,
    parse_record,
    read_mapping,
)
from sotexplore.errors import InputError
from sotexplore.pruning_shares import tile_of
from sotexplore.workload import Network

RECIPE_VERSION = 1
"""Raised whenever the same inputs would train to something else."""
FIRST_BITS = 8
FOUR_BITS = 4
_CHAIN = (8, 4, 2, 1)


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Epochs(_Record):
    """Epochs of each stage."""

    dense: Annotated[int, Field(ge=0, le=1000)] = 12
    """0 only of a network that starts at pretrained weights: it stays as it is."""
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


LAYER_STRUCTURES: tuple[Structure, ...] = ("filter", "shape", "channel", *INNER_STRUCTURES)  # type: ignore[assignment]
"""Structures that a single layer may have."""


class LayerPoint(_Record):
    """What one layer has of its own."""

    structure: Structure | None = None
    """None: not pruned by itself."""
    prune_ratio: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Removed groups of the layer over all of them."""
    weight_bits: Annotated[Whole, Field(ge=1, le=8)] | None = None
    """None: as the network's others."""

    @model_validator(mode="after")
    def _prunes_by_a_structure(self) -> Self:
        allowed = ", ".join(LAYER_STRUCTURES)
        if self.structure is not None and self.structure not in LAYER_STRUCTURES:
            raise InputError("per_layer.structure", "is no single layer's", got=self.structure, allowed=allowed)
        if self.structure is None and self.prune_ratio > 0:
            raise InputError(
                "per_layer.structure", "is missing beside a prune_ratio", got=self.prune_ratio, allowed=allowed
            )
        return self


class Run(_Record):
    """One checkpoint to make: the point that is asked for, the seed, the effort."""

    schema_version: Literal[1] = 1
    network: str
    compression: Compression = Compression()
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    budget: Budget | None = None
    """In place of compression.prune_ratio."""
    tile: Tile | None = None
    """The sub-array that structures of tiles are cut by; None: 128x128 crossbars at 4 bits."""
    levels: Levels | None = None
    """What the integer weights are held to beside their bits; None: nothing."""
    per_layer: dict[str, LayerPoint] | None = None
    """Layers by name that differ: in weight bits, and with structure `mixed` in what they lose."""
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
    **dict.fromkeys(
        ("alexnet-imagenet", "vgg16-imagenet", "resnet18-imagenet", "resnet50-imagenet"),
        Epochs(dense=1, prune=3, retrain=8, quantize=1, finetune=3),
    ),
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
        InputError: unknown key, value out of range, unknown network.
    """
    run = parse_record(Run, _with_recipe(data))
    network = catalogue.network(run.network)
    run = _canonical(run, network)
    _check_ratio(run, data)
    _check_one_bit(run, network)
    if run.levels is not None:
        check_levels(run.levels, run.compression.weight_bits, rules_of(run, network), layer_bits(run, network))
    _check_method(run)
    epochs = run.epochs or DEFAULT_EPOCHS[run.network]
    check_start_of_dense(run.network, pretrained=run.recipe is not None and run.recipe.pretrained, epochs=epochs.dense)
    return run.model_copy(update={"epochs": epochs})


def layer_bits(run: Run, network: Network) -> dict[str, int]:
    """Weight bits by layer name: a layer's own, else the run's as the network's edges allow."""
    own = {name: item.weight_bits for name, item in (run.per_layer or {}).items() if item.weight_bits is not None}
    return {
        layer.name: own.get(layer.name, network.weight_bits(index, run.compression.weight_bits))
        for index, layer in enumerate(network.layers)
    }


def rules_of(run: Run, network: Network) -> dict[str, LayerRule]:
    """What the levels of each layer are held to, by name."""
    own = frozenset(name for name, item in (run.per_layer or {}).items() if item.weight_bits is not None)
    return layer_rules(run.levels, network, own)


def structures_of(run: Run) -> tuple[Structure, ...]:
    """The structures that a run prunes by."""
    if run.compression.structure == "mixed":
        return tuple(dict.fromkeys(item.structure for item in (run.per_layer or {}).values() if item.structure))
    return (run.compression.structure,)


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


def _with_recipe(data: dict[str, Any]) -> dict[str, Any]:
    """The data with what its recipe leaves out taken from the network's default."""
    given, name = data.get("recipe") or {}, data.get("network")
    if not isinstance(given, dict) or not isinstance(name, str):
        return data
    return data | {"recipe": recipes.default_recipe(name).model_dump() | given}


def predecessor(run: Run) -> Run | None:
    """The run whose result this one starts from: one step up the chain of bits; None for the first, 8-bit one.

    Few bit-planes are the last step of all, from the same bits with every plane; signs of fragments are held all along.

    Post-training quantization goes to its bits at once. Activations step down before weights, each along 8, 4, 2, 1 (bits between start from the next of these above); where the
    recipe has a `last_step`, what has fewer than 4 bits starts at 4.
    """
    point = run.compression
    if run.recipe is not None and run.recipe.method == "post-training":
        return None
    change = {} if _on_few_planes(run) else _bits_above(run)
    if change is None:
        return None
    plain = None if run.recipe is None else run.recipe.model_copy(update={"bit_error_ratio": 0.0, "last_step": None})
    return run.model_copy(
        update={
            "compression": point.model_copy(update=change),
            "recipe": plain,
            "levels": None if _on_few_planes(run) else run.levels,
            "per_layer": _layers_above(run, change),
        }
    )


def _on_few_planes(run: Run) -> bool:
    return run.levels is not None and run.levels.planes is not None


def _bits_above(run: Run) -> dict[str, int] | None:
    """The bits that are more one step up; None where there is none."""
    point = run.compression
    if run.recipe is not None and run.recipe.last_step and min(point.weight_bits, point.activation_bits) < FOUR_BITS:
        return {name: max(getattr(point, name), FOUR_BITS) for name in ("weight_bits", "activation_bits")}
    if point.weight_bits < FIRST_BITS:
        return {"weight_bits": _step_up(point.weight_bits)}
    return {"activation_bits": _step_up(point.activation_bits)} if point.activation_bits < FIRST_BITS else None


def _layers_above(run: Run, change: dict[str, int]) -> dict[str, LayerPoint] | None:
    """The layers' own settings one step up: no layer has fewer bits there than the step."""
    bits, found = change.get("weight_bits"), {}
    for name, item in (run.per_layer or {}).items():
        own = item.weight_bits
        if bits is not None and own is not None:
            own = None if own < bits else own
        above = item.model_copy(update={"weight_bits": own})
        if above != LayerPoint():
            found[name] = above
    return found or None


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
    if run.budget is not None or run.compression.structure == "mixed":
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
    return (
        plain
        | recipes.inputs(run.recipe)
        | _subset_inputs(run)
        | _budget_inputs(run)
        | _layer_inputs(run)
        | _level_inputs(run)
    )


def _subset_inputs(run: Run) -> dict[str, Any]:
    return {} if run.train_images is None else {"train_images": run.train_images}


def _budget_inputs(run: Run) -> dict[str, Any]:
    return {} if run.budget is None else {"budget": run.budget.model_dump()}


def _level_inputs(run: Run) -> dict[str, Any]:
    return {} if run.levels is None else {"levels": run.levels.inputs()}


def _layer_inputs(run: Run) -> dict[str, Any]:
    """Tile and the layers' own settings, where there are any."""
    tile = {} if run.tile is None or not _prunes(run) else {"tile": run.tile.model_dump()}
    if run.per_layer is None:
        return tile
    own = {name: item.model_dump(exclude_defaults=True) for name, item in run.per_layer.items()}
    return tile | {"per_layer": own}


def _prunes(run: Run) -> bool:
    return run.compression.structure == "mixed" or run.compression.prune_ratio > 0


def _step_up(bits: int) -> int:
    return min(value for value in _CHAIN if value > bits)
