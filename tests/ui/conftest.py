"""A cache of checkpoints by header alone: rows as training would leave them, without any training."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sotexplore import catalogue
from sotexplore.budget import planned_workload
from sotexplore.checkpoint import Checkpoint, ratio_row, save_checkpoint
from sotexplore.store import content_key

NETWORK = "lenet5-mnist"
RATIOS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98)
BITS = ((8, 8), (4, 4), (2, 4), (2, 2))


def checkpoint_row(ratio: float, weight_bits: int, activation_bits: int) -> dict[str, Any]:
    """A header row with a made-up, plausible accuracy."""
    structure = "filter+shape" if ratio else "none"
    workload = planned_workload(
        catalogue.network(NETWORK),
        structure=structure,
        prune_ratio=ratio,
        weight_bits=weight_bits,
        activation_bits=activation_bits,
    )
    layers = [
        {
            "name": item.layer.name,
            "kept_filters": item.kept_filters,
            "kept_rows": item.kept_rows,
            "weight_bits": item.weight_bits,
            "input_bits": item.input_bits,
        }
        for item in workload
    ]
    return {
        "network": NETWORK,
        "structure": structure,
        "prune_ratio": ratio,
        "weight_bits": weight_bits,
        "activation_bits": activation_bits,
        "seed": 0,
        "accuracy_ratio": 0.995 - 0.01 * ratio**8 - 0.004 * (weight_bits == 2) - 0.003 * (activation_bits == 2),
        "dense_accuracy_ratio": 0.995,
        "test_images": 10000,
        **ratio_row(workload),
        "subarrays_ratio": 1.0,
        "subarray_rows": 256,
        "subarray_cols": 512,
        "compute_style": "and-count",
        "layers": layers,
    }


def fill(cache: Path, rows: list[Mapping[str, Any]]) -> None:
    for row in rows:
        save_checkpoint(cache, Checkpoint(content_key(row), row, ()))


def all_rows() -> list[Mapping[str, Any]]:
    return [checkpoint_row(ratio, *bits) for ratio in RATIOS for bits in BITS]


@pytest.fixture(scope="session")
def filled_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with a grid of LeNet-5 checkpoints; to be read only."""
    cache = tmp_path_factory.mktemp("cache")
    fill(cache, all_rows())
    return cache


@pytest.fixture
def add_checkpoint() -> Callable[..., None]:
    """Puts one checkpoint into a cache: `add_checkpoint(cache, ratio, weight_bits, activation_bits, **changed)`."""

    def add(cache: Path, ratio: float, weight_bits: int, activation_bits: int, **changed: Any) -> None:
        fill(cache, [{**checkpoint_row(ratio, weight_bits, activation_bits), **changed}])

    return add
