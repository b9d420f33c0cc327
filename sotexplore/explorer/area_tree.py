"""A chip's area by layer and, within each layer, by component: parts that close to the whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sotexplore.explorer.evaluate import SHARED, Evaluation

OF_SUBARRAYS: Final = (
    "cell_arrays", "sense_amplifiers", "array_periphery", "converters", "wordline_drivers", "bit_counters",
    "shift_accumulate", "operand_latches", "interconnect",
)  # fmt: skip
"""Components whose area is that of one sub-array times the sub-arrays of a layer."""
BESIDE: Final = "buffers, lanes, clock, control"
"""What a layer has beside its sub-arrays' circuits."""


@dataclass(frozen=True)
class Leaf:
    """A component in a layer."""

    layer: str
    component: str
    area_m2: float


def area_leaves(evaluation: Evaluation) -> list[Leaf]:
    """The area of every component in every layer, and what all layers share; sums to the chip's area.

    The circuits of the sub-arrays are shared out by the layers' sub-arrays, all of which are alike. The rest of a layer's
    area is one part: line buffers, post-processing lanes, their clock, the sub-arrays' controllers.
    """
    layers = [layer for layer in evaluation.layers if layer["name"] != SHARED]
    n_subarrays = sum(layer["n_subarrays"] for layer in layers)
    each = {
        name: value / n_subarrays
        for name, value in evaluation.breakdown["area_m2"].items()
        if name in OF_SUBARRAYS and value > 0
    }
    leaves = [leaf for layer in layers for leaf in _of_layer(layer, each)]
    shared = [layer["area_m2"] for layer in evaluation.layers if layer["name"] == SHARED]
    return [*leaves, *(Leaf(SHARED, "buffer and control of the chip", area) for area in shared)]


def _of_layer(layer: Mapping[str, Any], each_m2: Mapping[str, float]) -> list[Leaf]:
    parts = {name: area * layer["n_subarrays"] for name, area in each_m2.items()}
    parts[BESIDE] = max(0.0, layer["area_m2"] - sum(parts.values()))
    return [Leaf(layer["name"], name, area) for name, area in parts.items()]
