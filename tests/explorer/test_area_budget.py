"""Budgets in area: the chip ends within them, and bad ones are told before any training."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.budget import planned_workload
from sotexplore.compression.area_budget import AreaBudget
from sotexplore.compression.pipeline import compress
from sotexplore.compression.recipe import LastStep, Recipe
from sotexplore.compression.run import Run
from sotexplore.compression.run_files import load_runs, parse_run
from sotexplore.design import Design, Hardware
from sotexplore.errors import InputError
from sotexplore.explorer.area_budget import chip_areas_m2, subarrays_of_area
from sotexplore.explorer.evaluate import evaluate_design, figures_of, hardware_columns
from sotexplore.workload import LayerWorkload, workload_table

SMALL = {"compute_style": "and-count", "subarray_rows": 64, "subarray_cols": 64, "schedule": "sequential"}
DIGITS: dict[str, Any] = {
    "network": "digits-cnn",
    "compression": {"structure": "filter+shape", "weight_bits": 4, "activation_bits": 4},
    "budget": {"area_m2": 2e-7, "hardware": SMALL},
}


def plan(network: str, ratio: float, bits: int, residual_bits: int = 0) -> tuple[LayerWorkload, ...]:
    """A network pruned by the rule."""
    found = catalogue.network(network)
    items = planned_workload(found, structure="filter+shape", prune_ratio=ratio, weight_bits=bits, activation_bits=bits)
    return tuple(
        replace(item, carried_bits=found.carried_bits(index, bits, residual_bits)) for index, item in enumerate(items)
    )


HARDWARE = st.builds(
    lambda style, schedule, size: Hardware(
        compute_style=style, schedule=schedule, subarray_rows=size, subarray_cols=size, active_rows=min(size, 128)
    ),
    st.sampled_from(("crossbar", "and-count")),
    st.sampled_from(("sequential", "pipelined")),
    st.sampled_from((64, 128, 256)),
)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(("digits-cnn", "lenet5-mnist", "resnet20-cifar10")), st.floats(0, 0.6), HARDWARE, st.integers(2, 8),
    st.sampled_from((0, 8)),
)  # fmt: skip
def test_what_is_not_sub_arrays_is_largest_in_the_unpruned_network(
    network: str, ratio: float, hardware: Hardware, bits: int, residual_bits: int
) -> None:
    rest, each = chip_areas_m2(plan(network, 0.0, bits, residual_bits), hardware)
    figures = figures_of(workload_table([plan(network, ratio, bits, residual_bits)]), hardware_columns(hardware))
    area, count = float(figures.area_m2[0]), float(figures.n_subarrays[0])
    assert count * each < area <= (rest + count * each) * (1 + 1e-9)
    if ratio == 0:
        assert area == pytest.approx(rest + count * each, rel=1e-9)


def test_the_largest_number_whose_chip_has_room() -> None:
    hardware = Hardware(**SMALL)
    rest, each = chip_areas_m2(plan("digits-cnn", 0.0, 4), hardware)
    for number, spare, expected in ((4, 1e-6, 4), (9, 0.5, 9), (20, 0.999, 20), (9, -1e-6, 8)):
        area = rest + (number + spare) * each
        budget = AreaBudget(area_m2=area, hardware=hardware, weight_bits=4, activation_bits=4)
        assert subarrays_of_area(Run(network="digits-cnn"), budget) == expected


def test_residual_adds_at_more_bits_leave_less_room() -> None:
    budget = AreaBudget(area_m2=1.5e-6, hardware=Hardware(**SMALL), weight_bits=4, activation_bits=4)
    last = LastStep(epochs=1, rate=0.01, residual_bits=8)
    plain, finer = Run(network="resnet20-cifar10"), Run(network="resnet20-cifar10", recipe=Recipe(last_step=last))
    assert subarrays_of_area(finer, budget) < subarrays_of_area(plain, budget)


def test_the_area_that_a_message_allows_is_allowed() -> None:
    with pytest.raises(InputError) as told:
        parse_run(DIGITS | {"budget": {"area_m2": 1e-9, "hardware": SMALL}}, subarrays_of_area)
    allowed = float(str(told.value).split("allowed ")[1].split(" m2")[0])
    run = parse_run(DIGITS | {"budget": {"area_m2": allowed, "hardware": SMALL}}, subarrays_of_area)
    assert run.budget is not None and f"or more, {run.budget.subarrays} sub-arrays)" in str(told.value)


def test_a_trained_chip_is_no_larger_than_asked_for(empty_cache: Path) -> None:
    epochs = dict.fromkeys(("dense", "prune", "retrain", "quantize", "finetune"), 1)
    run = parse_run(DIGITS | {"epochs": epochs, "train_images": 256}, subarrays_of_area)
    assert run.budget is not None and run.budget.subarrays is not None
    assert (run.budget.compute_style, run.budget.subarray_rows, run.budget.weight_bits) == ("and-count", 64, 4)
    made = compress(run, empty_cache)
    found = evaluate_design(Design(network="digits-cnn", checkpoint=made.key, hardware=Hardware(**SMALL)), empty_cache)
    assert found.metrics["n_subarrays"] <= run.budget.subarrays
    assert 0.5 * 2e-7 < found.metrics["area_m2"] <= 2e-7


def test_bits_are_the_runs_unless_the_budget_names_its_own(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(DIGITS | {"compression": DIGITS["compression"] | {"weight_bits": [8, 4]}}))
    eight, four = (run.budget for run in load_runs(path, subarrays_of_area))
    assert eight is not None and four is not None and (eight.weight_bits, four.weight_bits) == (8, 4)
    own = parse_run(DIGITS | {"budget": DIGITS["budget"] | {"weight_bits": 8}}, subarrays_of_area).budget
    assert own is not None and own.weight_bits == 8


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"budget": {"area_m2": 1e-9}}, r"^budget.area_m2: is less than the layers' floors .*got 1e-09 m2 = .*, allowed .* mm² or more, 4 sub-arrays"),
        ({"budget": {"area_m2": -1}}, r"^budget.area_m2: .*got -1, allowed > 0"),
        ({"budget": {"area_m2": 1e-6, "subarrays": 3}}, "^budget.subarrays: stands beside area_m2"),
        ({"budget": {"area_m2": 1e-6, "subarray_rows": 64}}, "^budget.subarray_rows: unknown key"),
        ({"budget": {"area_m2": 1e-6, "hardware": {"operand": "written"}}}, "^budget.hardware.operand: .*allowed streamed"),
        ({"budget": {"area_m2": 1e-6, "hardware": {"area_budget_m2": 1e-6}}}, "^budget.hardware.area_budget_m2: .*left out"),
        ({"budget": {"area_m2": 1e-6, "hardware": {"schedule": "sequential", "packing": True}}}, "^budget.hardware.packing"),
        ({"budget": {"area_m2": 1e-6, "hardware": {"cell": "no-cell"}}}, "cell: .*no-cell"),
        ({"budget": {"area_m2": 1e-6, "hardware": 3}}, "^budget.hardware: is no mapping"),
        ({"network": "nothing"}, "^network: unknown"),
        ({"compression": {"structure": "irregular"}}, "^compression.structure: has no budget"),
        ({"compression": {"prune_ratio": 0.5}}, "^budget: stands beside compression.prune_ratio"),
    ],
)  # fmt: skip
def test_bad_budgets(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_run(DIGITS | changes, subarrays_of_area)


def test_where_nobody_knows_areas_it_is_said() -> None:
    with pytest.raises(InputError, match=r"^budget.area_m2: is for run files"):
        parse_run(DIGITS)
