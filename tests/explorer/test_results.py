"""What the results page tells is what the cache holds: points over seeds, targets, equal budgets."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sotexplore.checkpoint import list_checkpoints
from sotexplore.explorer.listing import checkpoint_records
from sotexplore.explorer.published import Published
from sotexplore.explorer.results import (
    TARGETS,
    Point,
    Target,
    beside,
    beside_free,
    beside_plain,
    chains,
    equal_budgets,
    front,
    half_of_unpruned,
    points,
    reached,
    recipes_of,
)

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "cache"


def point(*accuracies: float, method: str = "admm", inputs: object = "a", **changes: Any) -> Point:
    row = {
        "key": f"{method}-{inputs}", "network": "lenet5-mnist", "prune_ratio": 0.9, "weight_bits": 4, "activation_bits": 4, "weights_ratio": 110.0,
        "subarrays_ratio": 50.0, "dense_accuracy_ratio": 0.995,
    } | changes  # fmt: skip
    rows = tuple(row | {"seed": seed, "accuracy_ratio": value} for seed, value in enumerate(accuracies))
    return Point({"inputs": inputs}, method, rows)


ASKED = Target("lenet5-mnist", "at least", "weights_ratio", 106, 0.985)


def test_a_target_is_reached_by_the_mean_of_three_seeds() -> None:
    many, one = point(0.984, 0.986, 0.9851), point(0.99)
    assert many.accuracy_ratio == pytest.approx(0.985033, abs=1e-6)
    assert many.spread_ratio == pytest.approx(0.001002, abs=1e-6) and one.spread_ratio is None
    assert reached(ASKED, [many, one]).status == "reached"
    assert reached(ASKED, [many, one]).best is one
    assert reached(ASKED, [point(0.984, 0.986, 0.984), one]).status == "reached by fewer seeds"
    assert reached(ASKED, [point(0.984, 0.986, 0.984)]).status == "missed"
    assert reached(ASKED, []).status == "nothing trained"


@pytest.mark.parametrize(
    "other",
    [
        {"weights_ratio": 105.0}, {"network": "digits-cnn"}, {"method": "magnitude"}, {"prune_ratio": 0}, {"weight_bits": 9},
    ],
)  # fmt: skip
def test_what_is_not_compressed_as_asked_does_not_count(other: dict[str, Any]) -> None:
    assert reached(ASKED, [point(0.99, 0.99, 0.99, **other)]).status == "nothing trained"


def test_a_target_beside_the_dense_network() -> None:
    near = Target("lenet5-mnist", "lead", "subarrays_ratio", 50, None, loss_ratio=0.01)
    assert reached(near, [point(0.985, 0.985, 0.985)]).status == "reached"
    assert reached(near, [point(0.984, 0.985, 0.985)]).status == "missed"


def test_equal_budgets_stand_together_and_admm_first() -> None:
    group = [point(0.9, method="magnitude"), point(0.95), point(0.8, inputs="b"), point(0.7, method="post-training")]
    (found,) = equal_budgets(group)
    assert [item.method for item in found] == ["admm", "magnitude", "post-training"]


def test_levels_go_down_in_bits_with_the_best_point_of_each() -> None:
    free = {"structure": "filter+shape"}
    found = [
        point(0.95, inputs="a", **free),
        point(0.97, inputs="b", **free),
        point(0.99, inputs="c", weight_bits=8, **free),
        point(0.98, inputs="d", prune_ratio=0.5, weights_ratio=2.0, **free),
        point(0.96, inputs="e", budget={"subarrays": 4}, weights_ratio=120.0, **free),
        point(0.999, inputs="f", structure="tile"),
        point(0.999, inputs="g", method="magnitude", **free),
        point(0.999, inputs="h", network="digits-cnn", **free),
    ]
    told = [{bits: item.accuracy_ratio for bits, item in level.items()} for level in chains(found, "lenet5-mnist")]
    assert told == [{(4, 4): 0.98}, {(4, 4): 0.97, (8, 4): 0.99}, {(4, 4): 0.96}]


def test_levels_tell_means_of_three_seeds_before_one_lucky_seed() -> None:
    lucky, mean = (
        point(0.99, inputs="lucky", structure="none"),
        point(0.97, 0.98, 0.99, inputs="mean", structure="none"),
    )
    assert list(chains([lucky, mean], "lenet5-mnist")) == [{(4, 4): mean}]


def published(ratio: float, **changed: Any) -> Published:
    plain = {
        "method": "M", "network": "LeNet-5", "ours": "lenet5-mnist", "structure": "s", "ratio_kind": "weights_ratio", "ratio": ratio,
        "accuracy_ratio": 0.99, "accuracy_text": "99 %", "kind": "stated", "source": "S",
    }  # fmt: skip
    return Published(**{**plain, **changed})


def key_beside(found: Published, *ours: Point) -> str | None:
    point = beside(found, ours)
    return None if point is None else point.row["key"]


def test_the_most_accurate_of_those_compressed_enough_stands_beside() -> None:
    a, b = point(0.99, inputs="a", weights_ratio=10.0), point(0.98, inputs="b", weights_ratio=20.0)
    c = point(0.985, inputs="c", weights_ratio=15.0)
    assert key_beside(published(12.0), a, b, c) == "admm-c"
    assert key_beside(published(99.0), a, b, c) == "admm-b", "none is enough: the most compressed"
    assert key_beside(published(12.0, ours="vgg16-cifar10"), a, b, c) is None
    assert key_beside(published(12.0, ours=None), a, b, c) is None
    assert key_beside(published(12.0), point(0.999, method="magnitude"), a) == "admm-a"


def test_a_mean_of_three_seeds_stands_beside_before_one_that_was_luckier() -> None:
    lucky, mean = point(0.99, inputs="lucky"), point(0.97, 0.98, 0.99, inputs="mean")
    assert key_beside(published(12.0), lucky, mean) == "admm-mean"
    less = point(0.97, 0.98, 0.99, inputs="less", weights_ratio=11.0)
    assert key_beside(published(12.0), lucky, less) == "admm-lucky", "it is not compressed enough"


def test_a_network_that_is_only_quantized_is_compared_at_its_bits() -> None:
    bits = {"weight_bits": 2, "activation_bits": 2}
    pruned, plain = point(0.99, inputs="pruned", **bits), point(0.98, inputs="plain", prune_ratio=0.0, **bits)
    assert key_beside(published(1.0, **bits), pruned, plain) == "admm-plain"
    assert key_beside(published(1.0, weight_bits=1, activation_bits=1), pruned, plain) is None


def test_a_front_has_no_point_that_another_beats() -> None:
    few, many = point(0.99, inputs="few", weights_ratio=2.0), point(0.98, inputs="many", weights_ratio=9.0)
    beaten = point(0.97, inputs="beaten", weights_ratio=5.0)
    baseline = point(0.999, inputs="baseline", weights_ratio=99.0, method="magnitude")
    assert front([beaten, many, few, baseline], "lenet5-mnist", "weights_ratio") == [few, many]


def ruled(*accuracies: float, seeds: int, **levels: int) -> Point:
    free = point(*accuracies, inputs="a", network="digits-cnn")
    return Point(dict(free.inputs) | {"levels": levels}, "admm", free.rows[:seeds])


def test_levels_that_follow_a_rule_stand_beside_the_same_run_with_free_ones() -> None:
    free, held = point(0.99, 0.98, 0.97, network="digits-cnn"), ruled(0.96, 0.95, seeds=2, planes=2)
    other = Point({"inputs": "b", "levels": {"planes": 3}}, "admm", held.rows)
    ((found, beside),) = beside_free([other, held, free], "digits-cnn")
    assert found is held and [row["accuracy_ratio"] for row in beside.rows] == [0.99, 0.98]
    assert beside_free([held, free], "lenet5-mnist") == []
    better = ruled(1.0, seeds=1, fragment_rows=8)
    assert front([better, free], "digits-cnn", "weights_ratio") == [free]
    asked = Target("digits-cnn", "at least", "weights_ratio", 106, 0.985)
    assert reached(asked, [better]).status == "nothing trained"


def test_points_with_an_option_stand_beside_the_same_run_without_it() -> None:
    plain = point(0.98, 0.97, 0.96)
    kept = Point(dict(plain.inputs) | {"bounded_steps": True}, "admm", plain.rows[1:])
    steps = Point(dict(plain.inputs) | {"bit_steps": [8, 3]}, "admm", plain.rows)
    both = Point(dict(kept.inputs) | dict(steps.inputs), "admm", plain.rows)
    ((found, beside),) = beside_plain([plain, kept, steps], "lenet5-mnist", "bounded_steps")
    assert found is kept and [row["accuracy_ratio"] for row in beside.rows] == [0.97, 0.96]
    assert beside_plain([plain, both], "lenet5-mnist", "bit_steps") == [], "it differs by the other option too"
    assert beside_plain([plain, kept], "digits-cnn", "bounded_steps") == []
    assert beside_plain([kept, steps], "lenet5-mnist", "bounded_steps") == []


def test_finer_residual_adds_stand_beside_the_same_last_step_without_them() -> None:
    step = {"epochs": 6, "rate": 0.015, "residual_bits": None}
    plain = Point({"inputs": "a", "last_step": step}, "admm", point(0.97, 0.96).rows)
    finer = Point({"inputs": "a", "last_step": step | {"residual_bits": 8}}, "admm", point(0.98, 0.97).rows)
    longer = Point({"inputs": "a", "last_step": {"epochs": 4, "rate": 0.015, "residual_bits": 8}}, "admm", finer.rows)
    assert beside_plain([plain, finer, longer], "lenet5-mnist", "residual_bits") == [(finer, plain)]
    ((found, without),) = beside_plain(points(CACHE), "resnet20-cifar10", "residual_bits")
    assert [row["seed"] for row in found.rows] == [row["seed"] for row in without.rows] == [0, 1, 2]


def test_a_last_step_without_admm_is_told() -> None:
    step = {"epochs": 6, "rate": 0.015, "residual_bits": 8}
    rows = point(0.97, 0.96).rows
    assert not Point({"last_step": step}, "admm", rows).has_plain_last_step
    assert not Point({}, "admm", rows).has_plain_last_step
    assert Point({"last_step": step | {"admm": False}}, "admm", rows).has_plain_last_step


def test_marks_are_those_that_hold() -> None:
    rows, step = point(0.97).rows, {"epochs": 6, "rate": 0.015}
    found = [Point({"last_step": step | more}, "admm", rows).marks for more in
             ({"residual_bits": None}, {"residual_bits": 8}, {"admm": False}, {"residual_bits": 8, "admm": False})]  # fmt: skip
    assert found == ["", "†", "‡", "†‡"]


def test_the_digits_tell_what_three_bits_on_the_way_buy() -> None:
    pairs = beside_plain(points(CACHE), "digits-cnn", "bit_steps")
    assert [(item.row["prune_ratio"], item.row["weight_bits"]) for item, _ in pairs] == [(0.9, 2), (0.95, 2)]
    for item, plain in pairs:
        assert [row["seed"] for row in item.rows] == [row["seed"] for row in plain.rows] == [0, 1, 2]
        assert item.ratio("weights_ratio") == plain.ratio("weights_ratio")


def test_the_digits_tell_what_each_rule_costs() -> None:
    pairs = beside_free(points(CACHE), "digits-cnn")
    rules = {(held.row["weight_bits"], *held.levels.items()) for held, _ in pairs}
    assert {(4, ("fragment_rows", 8)), (4, ("planes", 2)), (4, ("planes", 3)), (8, ("planes", 4))} <= rules
    for held, free in pairs:
        assert [row["seed"] for row in held.rows] == [row["seed"] for row in free.rows] == [0, 1, 2]
        assert held.ratio("storage_ratio") > free.ratio("storage_ratio")


def test_seeds_of_one_run_are_one_point() -> None:
    gathered = points(CACHE)
    rows = [row for row in list_checkpoints(CACHE).rows if row["weight_bits"] <= 8 and "train_images" not in row]
    assert sum(len(item.rows) for item in gathered) == len(rows)
    listed = {record["key"]: record["subarrays_ratio"] for record in checkpoint_records(CACHE)[0]}
    for item in gathered:
        assert len({row["seed"] for row in item.rows}) == len(item.rows)
        assert all(row["subarrays_ratio"] == listed[row["key"]] for row in item.rows)
        assert {row.get("method", "admm") for row in item.rows} == {item.method}


def test_the_baselines_of_the_cache_have_three_seeds_each() -> None:
    groups = equal_budgets(points(CACHE))
    digits = [
        group for group in groups if group[0].row["network"] == "digits-cnn" and group[0].row["activation_bits"] == 4
    ]
    full = [group for group in digits if len(group) == 4]
    assert {group[0].row["weight_bits"] for group in full} == {4, 2}
    assert all(len(item.rows) == 3 for group in full for item in group)
    assert all(len({item.ratio("weights_ratio") for item in group}) <= 2 for group in full)


def test_half_of_the_unpruned_network_counts_its_edges() -> None:
    assert half_of_unpruned("resnet20-cifar10", 4) == pytest.approx(2 * 166 / 90)
    assert half_of_unpruned("lenet5-mnist", 8) == 2.0


def test_every_recipe_is_named_for_what_it_makes() -> None:
    names = recipes_of(ROOT / "recipes")
    assert not [
        row["key"] for row in list_checkpoints(CACHE).rows if row["weight_bits"] <= 8 and row["key"] not in names
    ]


def test_the_page_is_written_from_the_cache(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "docs/write_results.py", str(tmp_path)], cwd=ROOT, check=True,
                   env={"PYTHONPATH": str(ROOT)})  # fmt: skip
    assert (tmp_path / "results.md").read_bytes() == (ROOT / "docs" / "results.md").read_bytes()
    drawn = {path.name: path.read_bytes() for path in (tmp_path / "images").iterdir()}
    shipped = {path.name: path.read_bytes() for path in (ROOT / "docs" / "images").glob("results-*.svg")}
    assert drawn and drawn == shipped
    text = (tmp_path / "results.md").read_text()
    assert set(re.findall(r"images/([^)]+)", text)) == set(drawn)
    assert text.count("| at least |") + text.count("| lead |") == len(TARGETS)
