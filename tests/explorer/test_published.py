"""Published results of compression."""

import pytest

from sotexplore import catalogue
from sotexplore.explorer.published import KINDS, RESULTS


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
