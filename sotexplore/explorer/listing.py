"""Networks and checkpoints as the command line and the pages list them."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from sotexplore import catalogue
from sotexplore.checkpoint import list_checkpoints, residual_bits, workloads
from sotexplore.compression.data_files import has_files
from sotexplore.design import Hardware
from sotexplore.explorer.evaluate import hardware_columns, subarrays_of_dense
from sotexplore.explorer.resolve import BASELINE_BITS
from sotexplore.hardware import mapping
from sotexplore.hardware.table import HardwareTable
from sotexplore.workload import LayerWorkload, Network, workload_table

REFERENCE = Hardware(compute_style="crossbar", subarray_rows=128, subarray_cols=128, schedule="sequential")
"""The hardware on which listings count sub-arrays: 128x128 crossbars, as most published results do."""
ADMM: Final = "admm"
"""The method of checkpoints whose row names none."""
_COLUMNS = hardware_columns(REFERENCE)
LISTED = (
    "key", "network", "structure", "prune_ratio", "weight_bits", "activation_bits", "seed", "accuracy_ratio",
    "dense_accuracy_ratio", "test_images", "weights_ratio", "storage_ratio", "operations_ratio", "subarrays_ratio",
    "subarray_rows", "subarray_cols", "compute_style",
)  # fmt: skip


def network_record(network: Network) -> dict[str, Any]:
    """A network and its layers as plain data."""
    return {
        "name": network.name,
        "dataset": network.dataset,
        "trainable": _is_trainable(network),
        "n_weights": network.n_weights,
        "n_macs": network.n_macs,
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "source": layer.source,
                "residual": layer.residual,
                "in_channels": layer.in_channels,
                "out_channels": layer.out_channels,
                "kernel": layer.kernel,
                "stride": layer.stride,
                "padding": layer.padding,
                "groups": layer.groups,
                "in_height": layer.in_height,
                "in_width": layer.in_width,
                "out_height": layer.out_height,
                "out_width": layer.out_width,
                "n_weights": layer.n_weights,
                "n_macs": layer.n_macs,
            }
            for layer in network.layers
        ],
    }


def _is_trainable(network: Network) -> bool:
    """Whether its images are here or can be downloaded; ImageNet's cannot."""
    return network.dataset != "imagenet" or has_files(network.dataset)


def network_records() -> list[dict[str, Any]]:
    """All networks of the catalogue."""
    return [network_record(catalogue.network(name)) for name in catalogue.NAMES]


def checkpoint_records(folder: Path) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The checkpoints of a cache's folder with the contract's fields, and what could not be read.

    `subarrays_ratio` counts on `REFERENCE`; it is None for the dense float network, which no array holds.
    """
    listing = list_checkpoints(folder)
    return [checkpoint_record(row) for row in listing.rows], listing.problems


def checkpoint_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """One checkpoint's row with the contract's fields, and what tells it from others of the same setting.

    These are the method, bits of the activations that residual adds read where they are more than the others (else 0),
    and `levels` where these are held to a rule.
    """
    hardware = {
        "subarray_rows": REFERENCE.subarray_rows,
        "subarray_cols": REFERENCE.subarray_cols,
        "compute_style": REFERENCE.compute_style,
    }
    full = dict(row) | hardware | {"subarrays_ratio": _subarrays_ratio(row)}
    told = {"method": row.get("method", ADMM), "residual_bits": residual_bits(row)}
    return {name: full[name] for name in LISTED} | told | ({"levels": row["levels"]} if "levels" in row else {})


def subarrays_ratio(network: str, workload: Sequence[LayerWorkload]) -> float:
    """Sub-arrays of the dense 8-bit network over those of a workload, on `REFERENCE`."""
    count = mapping.n_subarrays(workload_table([tuple(workload)]), HardwareTable.from_columns(_COLUMNS, 1)).sum()
    return _dense_subarrays(network) / float(count)


@cache
def _dense_subarrays(network: str) -> float:
    return float(subarrays_of_dense(network, _COLUMNS, 1)[0])


def _subarrays_ratio(row: Mapping[str, Any]) -> float | None:
    return None if row["weight_bits"] > BASELINE_BITS else subarrays_ratio(row["network"], workloads(row))
