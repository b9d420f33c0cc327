"""Accuracy of a design: measured where a checkpoint is, estimated with its error between, unknown outside."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from sotexplore.design import Compression
from sotexplore.explorer.accuracy import AccuracyModel


def row(ratio: float, weight_bits: int, activation_bits: int, accuracy: float, **more: Any) -> Mapping[str, Any]:
    return {
        "key": "k", "network": "lenet5-mnist", "structure": "filter" if ratio else "none", "prune_ratio": ratio, "weight_bits": weight_bits,
        "activation_bits": activation_bits, "seed": 0, "accuracy_ratio": accuracy, "test_images": 10000,
    } | more  # fmt: skip


def smooth(ratio: float, weight_bits: int, activation_bits: int) -> float:
    logit = -5 + 0.2 * -np.log2(1 - ratio) + 1.0 / weight_bits + 0.5 / activation_bits
    return float(1 - 1 / (1 + np.exp(-logit)))


GRID = [row(r, w, a, smooth(r, w, a)) for r in (0.0, 0.5, 0.75, 0.9) for w in (8, 4, 2) for a in (8, 4, 2)]


def setting(ratio: float, weight_bits: int = 4, activation_bits: int = 4, structure: str = "filter") -> Compression:
    return Compression(
        structure=structure if ratio else "none",
        prune_ratio=ratio,
        weight_bits=weight_bits,
        activation_bits=activation_bits,
    )


def test_a_checkpoint_is_measured() -> None:
    answer = AccuracyModel(GRID).of(setting(0.75))
    assert (answer.kind, answer.ratio, answer.error_ratio) == ("measured", smooth(0.75, 4, 4), None)
    assert AccuracyModel(GRID).of(setting(0.0)).kind == "measured"


def test_between_checkpoints_it_is_estimated_with_its_error() -> None:
    model = AccuracyModel(GRID)
    answer = model.of(setting(0.6, 3, 4))
    assert answer.kind == "estimated" and answer.ratio is not None and answer.error_ratio is not None
    assert 0 < answer.error_ratio < 0.005
    assert abs(answer.ratio - smooth(0.6, 3, 4)) < 2 * answer.error_ratio
    assert answer.error_ratio == model.leave_one_out_error("filter")


@pytest.mark.parametrize("outside", [setting(0.95), setting(0.5, 1, 4), setting(0.5, 4, 1)])
def test_outside_the_measured_box_it_is_unknown(outside: Compression) -> None:
    answer = AccuracyModel(GRID).of(outside)
    assert (answer.kind, answer.ratio, answer.error_ratio) == ("unknown", None, None)


@pytest.mark.parametrize(
    "own", [{"levels": {"planes": 2}}, {"levels": {"fragment_rows": 8}}, {"train_images": 128}, {"method": "magnitude"}]
)
def test_levels_that_follow_a_rule_and_rehearsals_enter_no_answer(own: dict[str, Any]) -> None:
    held = [row(0.75, 4, 4, 0.1, key="j", **own), row(0.6, 3, 4, 0.1, key="j", **own)]
    for asked in (setting(0.75), setting(0.6, 3)):
        assert AccuracyModel([*held, *GRID]).of(asked) == AccuracyModel(GRID).of(asked)


def test_another_structure_is_not_guessed_from_this_one() -> None:
    assert AccuracyModel(GRID).of(setting(0.75, structure="shape")).kind == "unknown"


def test_too_few_checkpoints_estimate_nothing() -> None:
    assert AccuracyModel(GRID[:4]).of(setting(0.3)).kind == "unknown"
    assert AccuracyModel([]).of(setting(0.5)).kind == "unknown"


def test_the_float_network_is_no_checkpoint_of_a_chip() -> None:
    assert AccuracyModel([row(0.0, 32, 32, 0.99)]).of(setting(0.0, 8, 8)).kind == "unknown"


def test_noise_shows_in_the_stated_error() -> None:
    random = np.random.default_rng(0)
    noisy = [dict(item) | {"accuracy_ratio": item["accuracy_ratio"] - 0.05 * random.random()} for item in GRID]
    quiet, loud = AccuracyModel(GRID).leave_one_out_error("filter"), AccuracyModel(noisy).leave_one_out_error("filter")
    assert quiet is not None and loud is not None
    assert loud > 3 * quiet


def test_of_several_seeds_the_lowest_answers_and_all_are_told() -> None:
    rows = [
        dict(item) | {"seed": seed, "accuracy_ratio": item["accuracy_ratio"] - seed * 0.01}
        for seed in (7, 0)
        for item in GRID
    ]
    answer = AccuracyModel(rows).of(setting(0.75))
    assert answer.ratio == smooth(0.75, 4, 4)
    assert answer.row is not None and answer.row["seed"] == 0
    assert sorted(answer.seeds) == [0, 7]


def test_a_ratio_is_answered_by_its_own_run_before_a_budget_that_came_to_it() -> None:
    budget = dict(row(0.75, 4, 4, 0.999, key="b", budget={"subarrays": 4}))
    assert AccuracyModel([budget, *GRID]).of(setting(0.75)).ratio == smooth(0.75, 4, 4)
    others = [item for item in GRID if item["prune_ratio"] != 0.75]
    assert AccuracyModel([budget, *others]).of(setting(0.75)).ratio == 0.999


def test_a_short_trial_hides_no_full_run() -> None:
    trial = [dict(item) | {"accuracy_ratio": 0.5, "key": "a"} for item in GRID]
    answer = AccuracyModel([*trial, *GRID]).of(setting(0.75))
    assert answer.ratio == smooth(0.75, 4, 4)
    assert answer.seeds == {0: smooth(0.75, 4, 4)}


def test_a_whole_ratio_left_out_counts_in_the_stated_error() -> None:
    """Neighbours at the same ratio must not make an estimate between ratios look better than it is."""
    jumpy = [
        dict(item) | {"accuracy_ratio": 0.9 if item["prune_ratio"] == 0.5 else item["accuracy_ratio"]} for item in GRID
    ]
    stated = AccuracyModel(jumpy).leave_one_out_error("filter")
    assert stated is not None and stated > 0.05
