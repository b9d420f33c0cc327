"""Published results of compression, and the checkpoint of ours that stands beside each."""

from typing import Any

import pytest

from sotexplore import catalogue
from sotexplore.explorer.published import KINDS, RESULTS, Published, ours_beside


def row(key: str, **changed: Any) -> dict[str, Any]:
    plain = {
        "key": key, "network": "lenet5-mnist", "weight_bits": 8, "activation_bits": 8, "prune_ratio": 0.9, "accuracy_ratio": 0.99,
        "weights_ratio": 10.0, "storage_ratio": 40.0, "operations_ratio": 5.0, "subarrays_ratio": 8.0,
    }  # fmt: skip
    return {**plain, **changed}


def result(ratio: float, **changed: Any) -> Published:
    plain = {
        "method": "M", "network": "LeNet-5", "ours": "lenet5-mnist", "structure": "s", "ratio_kind": "weights_ratio", "ratio": ratio,
        "accuracy_ratio": 0.99, "accuracy_text": "99 %", "kind": "stated", "source": "S",
    }  # fmt: skip
    return Published(**{**plain, **changed})


def test_every_result_names_source_kind_and_what_its_ratio_is_of() -> None:
    for item in RESULTS:
        assert item.source and item.accuracy_text
        assert item.kind in KINDS
        assert item.ratio >= 1
        assert item.ours is None or item.ours in catalogue.NAMES
        assert item.accuracy_ratio is None or 0.5 < item.accuracy_ratio < 1


@pytest.mark.parametrize(
    ("method", "ratio", "accuracy"),
    [
        ("ADMM pruning (Zhang)", 71.0, 0.992),
        ("FORMS", 185.0 / 4, 0.9917),  # published from 32 bits, ours from 8
        ("Tiny but Accurate", 231.8, 0.9805),
        ("PIM-Prune", 24.85, None),
    ],
)
def test_numbers_to_beat_are_as_published(method: str, ratio: float, accuracy: float | None) -> None:
    assert (ratio, accuracy) in {(item.ratio, item.accuracy_ratio) for item in RESULTS if item.method == method}


def test_the_most_accurate_of_those_compressed_enough_stands_beside() -> None:
    rows = [
        row("a"),
        row("b", weights_ratio=20.0, accuracy_ratio=0.98),
        row("c", weights_ratio=15.0, accuracy_ratio=0.985),
    ]
    assert (ours_beside(result(12.0), rows) or {})["key"] == "c"
    assert (ours_beside(result(99.0), rows) or {})["key"] == "b", "none is enough: the most compressed"
    assert ours_beside(result(12.0, ours="vgg16-cifar10"), rows) is None
    assert ours_beside(result(12.0, ours=None), rows) is None


def test_a_network_that_is_only_quantized_is_compared_at_its_bits() -> None:
    rows = [
        row("pruned", weight_bits=2, activation_bits=2),
        row("dense", weight_bits=2, activation_bits=2, prune_ratio=0.0),
    ]
    bits = {"weight_bits": 2, "activation_bits": 2}
    assert (ours_beside(result(1.0, **bits), rows) or {})["key"] == "dense"
    assert ours_beside(result(1.0, weight_bits=1, activation_bits=1), rows) is None


def test_the_dense_float_network_stands_beside_nothing() -> None:
    assert ours_beside(result(2.0), [row("float", weight_bits=32, subarrays_ratio=None)]) is None
