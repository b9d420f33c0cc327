"""Sub-arrays of a workload on given hardware, and what one of them holds, from the records that the hardware model reads."""

from collections.abc import Sequence

import numpy as np

from sotexplore.design import Hardware
from sotexplore.tiling import and_count_tiles, crossbar_tiles, weight_rows
from sotexplore.workload import LayerWorkload, Network, dense_workload

BASELINE_BITS = 8
"""Weight and activation bits of the dense network that sub-arrays are compared with."""


def layer_subarrays(workload: Sequence[LayerWorkload], hardware: Hardware) -> tuple[int, ...]:
    """Sub-arrays of one copy of each layer, two's complement; what the hardware model counts.

    Raises:
        InputError: a written operand leaves no row for weights.
    """
    return tuple(count_subarrays(item, np.array([float(item.kept_filters)]), np.array([float(item.kept_rows)]),
                                 hardware).astype(int).item() for item in workload)  # fmt: skip


def count_subarrays(item: LayerWorkload, filters: np.ndarray, rows: np.ndarray, hardware: Hardware) -> np.ndarray:
    """Sub-arrays of a layer at the bits of `item`, for many kept filters and rows (broadcast)."""
    groups = float(item.layer.groups)
    planes = np.ceil(filters / groups) * item.weight_bits
    if hardware.compute_style == "crossbar":
        return crossbar_tiles(rows, planes, groups, float(hardware.subarray_rows), float(hardware.subarray_cols))
    return and_count_tiles(
        rows, planes, groups, float(planes_of_subarray(item, hardware)), float(hardware.subarray_cols)
    )


def inputs_of_subarray(hardware: Hardware) -> int:
    """Inputs of a dot product that one sub-array holds: rows of a crossbar, columns in and-count."""
    return hardware.subarray_rows if hardware.compute_style == "crossbar" else hardware.subarray_cols


def planes_of_subarray(item: LayerWorkload, hardware: Hardware) -> int:
    """Bit-planes of weights that one sub-array holds: columns of a crossbar, rows less written operands in and-count.

    Raises:
        InputError: a written operand leaves no row for weights.
    """
    if hardware.compute_style == "crossbar":
        return hardware.subarray_cols
    written = float(hardware.operand == "written")
    return int(weight_rows(float(item.input_bits), float(hardware.subarray_rows), written))


def weights_of_subarray(item: LayerWorkload, hardware: Hardware) -> tuple[int, int]:
    """Whole filters and inputs that one sub-array holds at the layer's bits: the tile of structured pruning.

    Returns:
        Filters (bit-planes of a sub-array // weight bits) and array rows of the weight matrix, at least one filter.
    """
    return max(1, planes_of_subarray(item, hardware) // item.weight_bits), inputs_of_subarray(hardware)


def dense_subarrays(network: Network, hardware: Hardware) -> int:
    """Sub-arrays of the dense network at 8 bits, of weights and activations, edges included."""
    dense = dense_workload(network, weight_bits=BASELINE_BITS, activation_bits=BASELINE_BITS)
    return sum(layer_subarrays(dense, hardware))
