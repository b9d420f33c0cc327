"""Where the layers of a design lie on sub-arrays, beside the dense 8-bit network: what compression freed."""

from dataclasses import dataclass

import numpy as np

from sotexplore import catalogue
from sotexplore.design import Hardware
from sotexplore.explorer.evaluate import SHARED, Evaluation, hardware_columns
from sotexplore.explorer.resolve import BASELINE_BITS
from sotexplore.hardware import mapping
from sotexplore.hardware.table import CROSSBAR, WRITTEN, HardwareTable
from sotexplore.workload import Layer, dense_workload, workload_table


@dataclass(frozen=True)
class LayerTiles:
    """Sub-arrays of one layer."""

    name: str
    dense: int
    """Of the dense 8-bit layer on the same hardware."""
    kept: int
    """Of one copy now."""
    copies: int
    utilization_ratio: float
    """Share of the kept sub-arrays' cells that hold a weight bit."""

    @property
    def freed(self) -> int:
        """Sub-arrays that compression freed; below zero where the layer takes more than the dense one."""
        return self.dense - self.kept


def layer_tiles(evaluation: Evaluation) -> list[LayerTiles]:
    """Sub-arrays of every layer, dense and now."""
    dense = _dense_tiles(evaluation)
    layers = [layer for layer in evaluation.layers if layer["name"] != SHARED]
    return [
        LayerTiles(
            layer["name"], count, round(layer["n_subarrays"] / layer["copies"]), round(layer["copies"]),
            layer["utilization_ratio"],
        )
        for layer, count in zip(layers, dense, strict=True)
    ]  # fmt: skip


def _dense_tiles(evaluation: Evaluation) -> list[int]:
    network = catalogue.network(evaluation.design.network)
    dense = workload_table([dense_workload(network, weight_bits=BASELINE_BITS, activation_bits=BASELINE_BITS)])
    hardware = HardwareTable.from_columns(hardware_columns(evaluation.design.hardware), 1)
    return [int(count) for count in mapping.n_subarrays(dense, hardware)[0]]


@dataclass(frozen=True)
class Matrix:
    """A layer's weight bits, in sub-arrays along both sides: 2.5 is two full sub-arrays and half of a third."""

    across: float
    down: float

    @property
    def tiles(self) -> tuple[int, int]:
        """Sub-arrays across and down that it touches."""
        return int(np.ceil(self.across - 1e-9)), int(np.ceil(self.down - 1e-9))


@dataclass(frozen=True)
class LayerFloor:
    """How one group of a layer lies on its sub-arrays, dense and now."""

    name: str
    dense: Matrix
    kept: Matrix
    across: str
    """What runs across the columns of the sub-arrays."""
    down: str
    groups: int


def layer_floor(evaluation: Evaluation, name: str) -> LayerFloor:
    """The floor of the layer of that name."""
    hardware = evaluation.design.hardware
    layer = catalogue.network(evaluation.design.network).layer(name)
    row = next(item for item in evaluation.layers if item["name"] == name)
    dense = _matrix(layer, (layer.n_filters, layer.n_rows), (BASELINE_BITS, BASELINE_BITS), hardware)
    kept = _matrix(layer, (row["kept_filters"], row["kept_rows"]), (row["weight_bits"], row["input_bits"]), hardware)
    inputs, planes = "inputs of the dot product", "weight bits of the filters"
    across, down = (planes, inputs) if hardware.compute_style == CROSSBAR else (inputs, planes)
    return LayerFloor(name, dense, kept, across, down, layer.groups)


def _matrix(layer: Layer, kept: tuple[int, int], bits: tuple[int, int], hardware: Hardware) -> Matrix:
    """The matrix of so many filters and inputs, of weights and activations of so many bits."""
    (filters, rows), (weight_bits, input_bits) = kept, bits
    planes = -(-filters // layer.groups) * weight_bits
    if hardware.compute_style == CROSSBAR:
        return Matrix(planes / hardware.subarray_cols, rows / hardware.subarray_rows)
    free = hardware.subarray_rows - (input_bits if hardware.operand == WRITTEN else 0)
    return Matrix(rows / hardware.subarray_cols, planes / free)
