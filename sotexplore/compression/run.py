"""The schema of a compression run: what a RUN.yaml may say, and what it means for each layer."""

from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sotexplore.compression.level_rules import LayerRule, Levels, layer_rules
from sotexplore.compression.recipe import Recipe
from sotexplore.design import Compression, ComputeStyle, Number, Structure, Tile, Whole
from sotexplore.errors import InputError
from sotexplore.workload import Network


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Epochs(_Record):
    """Epochs of each stage."""

    dense: Annotated[Whole, Field(ge=0, le=1000)] = 12
    """0 only of a network that starts at pretrained weights: it stays as it is."""
    prune: Annotated[Whole, Field(ge=1, le=1000)] = 8
    retrain: Annotated[Whole, Field(ge=1, le=1000)] = 8
    quantize: Annotated[Whole, Field(ge=1, le=1000)] = 1
    finetune: Annotated[Whole, Field(ge=1, le=1000)] = 2


class Budget(_Record):
    """A number of sub-arrays instead of a pruning ratio, on the hardware and at the bits at which they are counted."""

    subarrays: Annotated[Whole, Field(ge=1)] | None = None
    """Sub-arrays of all layers; or else:"""
    subarrays_ratio: Annotated[Number, Field(gt=1, allow_inf_nan=False)] | None = None
    """Times fewer than the dense 8-bit network takes."""
    compute_style: ComputeStyle = "crossbar"
    subarray_rows: Annotated[Whole, Field(ge=32, le=2048)] = 128
    subarray_cols: Annotated[Whole, Field(ge=32, le=2048)] = 128
    weight_bits: Annotated[Whole, Field(ge=1, le=8)] = 4
    activation_bits: Annotated[Whole, Field(ge=1, le=8)] = 4
    """Of the layers whose sub-arrays are counted; the numbers that a run can ask for do not depend on it."""
    floor_ratio: Annotated[Number, Field(ge=0, le=1)] = 0.0
    """Least share of each layer's filters and live rows that stays."""
    floors: dict[str, Annotated[Number, Field(ge=0, le=1)]] | None = None
    """The same of single layers by name, in place of `floor_ratio`."""

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        if (self.subarrays is None) == (self.subarrays_ratio is None):
            raise InputError(
                "budget.subarrays", "stands beside subarrays_ratio or both are missing", got=self.subarrays,
                allowed="one of the two",
            )  # fmt: skip
        return self


LayerStructure = Literal[
    "filter",
    "shape",
    "filter+shape",
    "channel",
    "irregular",
    "tile",
    "tile-rows",
    "tile-columns",
    "column-proportional",
]
"""Structures that a single layer may have."""


class LayerPoint(_Record):
    """What one layer has of its own."""

    structure: LayerStructure | None = None
    """None: not pruned by itself."""
    prune_ratio: Annotated[Number, Field(ge=0, lt=1)] = 0.0
    """Removed groups of the layer over all of them; of `filter+shape`, whose sides give up equal shares, weights."""
    weight_bits: Annotated[Whole, Field(ge=1, le=8)] | None = None
    """None: as the network's others."""
    levels: Levels | None = None
    """What its integer weights are held to beside their bits; None: as the network's others."""

    @model_validator(mode="after")
    def _prunes_by_a_structure(self) -> Self:
        if self.structure is None and self.prune_ratio > 0:
            raise InputError(
                "structure", "is missing beside a prune_ratio", got=self.prune_ratio, allowed=", ".join(get_args(LayerStructure))
            )  # fmt: skip
        return self


class Run(_Record):
    """One checkpoint to make: the point that is asked for, the seed, the effort."""

    schema_version: Literal[1] = 1
    network: str
    compression: Compression = Compression()
    seed: Annotated[Whole, Field(ge=0, le=2**31 - 1)] = 0
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
    train_images: Annotated[Whole, Field(ge=2)] | None = None
    """Train on the first so many images only: for rehearsals; the row says so."""


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
    return layer_rules(run.levels, network, own) | {name: item.rule() for name, item in own_levels(run).items()}


def own_levels(run: Run) -> dict[str, Levels]:
    """What single layers are held to, by name, where they say so for themselves."""
    return {name: item.levels for name, item in (run.per_layer or {}).items() if item.levels is not None}


def structures_of(run: Run) -> tuple[Structure, ...]:
    """The structures that a run prunes by."""
    if run.compression.structure == "mixed":
        return tuple(dict.fromkeys(item.structure for item in (run.per_layer or {}).values() if item.structure))
    return (run.compression.structure,)
