"""One design in depth: stages, area by layer and component, sub-arrays, and what each knob would do."""

from itertools import pairwise
from pathlib import Path

import pytest

from sotexplore import catalogue
from sotexplore.design import Compression, Design, Hardware
from sotexplore.explorer.area_tree import area_leaves
from sotexplore.explorer.evaluate import SHARED, Evaluation, dense_baseline, evaluate_design
from sotexplore.explorer.floor import layer_floor, layer_tiles
from sotexplore.explorer.next_steps import METRICS, next_steps
from sotexplore.explorer.stages import pipeline_of

SHIPPED_CACHE = Path(__file__).resolve().parents[2] / "cache"
DESIGNS = (
    Design(),
    Design(hardware=Hardware(compute_style="crossbar", subarray_rows=128, subarray_cols=128, schedule="sequential")),
    Design(network="resnet20-cifar10", hardware=Hardware(area_budget_m2=2e-5)),
    Design(hardware=Hardware(operand="written", columns_per_sense_amplifier=4)),
    Design(compression=Compression(structure="none", prune_ratio=0.0)),
)


@pytest.fixture(params=range(len(DESIGNS)), ids=["and-count", "crossbar", "copies", "written", "dense"])
def evaluation(request: pytest.FixtureRequest, empty_cache: Path) -> Evaluation:
    return evaluate_design(DESIGNS[request.param], empty_cache)


def test_stages_follow_one_another_and_sum_to_the_latency(evaluation: Evaluation) -> None:
    found = pipeline_of(evaluation)
    assert found.stages[0].start_s == 0
    for one, next_one in pairwise(found.stages):
        assert next_one.start_s == pytest.approx(one.end_s)
    assert found.stages[-1].end_s == pytest.approx(evaluation.metrics["frame_latency_s"], rel=1e-9)
    slowest = found.slowest.duration_s if found.pipelined else found.latency_s
    assert found.period_s == pytest.approx(slowest, rel=1e-9)
    assert found.busy_ratio(found.slowest) <= 1 + 1e-9


def test_an_area_budget_buys_copies_that_the_stages_tell(empty_cache: Path) -> None:
    one = pipeline_of(evaluate_design(Design(network="resnet20-cifar10"), empty_cache))
    many = pipeline_of(evaluate_design(DESIGNS[2], empty_cache))
    assert {stage.copies for stage in one.stages} == {1}
    assert max(stage.copies for stage in many.stages) > 1
    assert many.period_s < one.period_s


def test_leaves_of_the_area_close_to_the_chip_and_to_its_layers(evaluation: Evaluation) -> None:
    leaves = area_leaves(evaluation)
    assert sum(leaf.area_m2 for leaf in leaves) == pytest.approx(evaluation.metrics["area_m2"], rel=1e-9)
    for layer in evaluation.layers:
        parts = [leaf.area_m2 for leaf in leaves if leaf.layer == layer["name"]]
        assert sum(parts) == pytest.approx(layer["area_m2"], rel=1e-9)
        assert min(parts) >= 0
    senses = sum(leaf.area_m2 for leaf in leaves if leaf.component == "sense_amplifiers")
    assert senses == pytest.approx(evaluation.breakdown["area_m2"]["sense_amplifiers"], rel=1e-9, abs=1e-18)


def test_sub_arrays_are_those_of_the_design_and_of_the_dense_network(evaluation: Evaluation, empty_cache: Path) -> None:
    tiles = layer_tiles(evaluation)
    assert sum(item.kept * item.copies for item in tiles) == evaluation.metrics["n_subarrays"]
    dense = dense_baseline(evaluation.design, empty_cache)
    one_copy = sum(layer["n_subarrays"] / layer["copies"] for layer in dense.layers if layer["name"] != SHARED)
    assert sum(item.dense for item in tiles) == one_copy


def test_a_layers_floor_takes_as_many_sub_arrays_as_the_mapping_says(evaluation: Evaluation) -> None:
    for item in layer_tiles(evaluation):
        floor = layer_floor(evaluation, item.name)
        if floor.groups == 1:
            assert floor.kept.tiles[0] * floor.kept.tiles[1] == item.kept, item.name
            assert floor.dense.tiles[0] * floor.dense.tiles[1] == item.dense, item.name


def test_steps_are_one_knob_away_and_evaluated_as_designs_are(empty_cache: Path) -> None:
    design = Design()
    steps = next_steps(design, empty_cache)
    assert {step.knob for step in steps} >= {
        "weight_bits", "activation_bits", "prune_ratio", "subarray_rows", "subarray_cols", "node_nm", "schedule", "cell",
    }  # fmt: skip
    for step in steps:
        moved = {**step.design.compression.model_dump(), **step.design.hardware.model_dump()}
        base = {**design.compression.model_dump(), **design.hardware.model_dump()}
        changed = {name for name in base if base[name] != moved[name]}
        assert changed - {"structure", "active_rows"} == {step.knob}
        assert step.after == moved[step.knob] != step.before == base[step.knob]
    step = next(item for item in steps if item.knob == "weight_bits" and item.direction < 0)
    alone = evaluate_design(step.design, empty_cache)
    assert step.metrics == pytest.approx({name: alone.metrics[name] for name in METRICS})
    assert step.accuracy_kind == "unknown"


def test_a_step_that_cannot_be_built_says_why(empty_cache: Path) -> None:
    design = Design(hardware=Hardware(compute_style="crossbar", subarray_rows=1024, active_rows=512, adc_bits=8))
    refused = [step for step in next_steps(design, empty_cache) if step.problem]
    assert refused
    for step in refused:
        assert step.metrics == {}
        assert step.problem.startswith("hardware.")


def test_an_unpruned_design_is_offered_pruning(empty_cache: Path) -> None:
    steps = next_steps(DESIGNS[4], empty_cache)
    (step,) = [item for item in steps if item.knob == "prune_ratio"]
    assert step.direction == 1
    assert step.design.compression.structure != "none"


def test_every_network_of_the_catalogue_has_its_depth(empty_cache: Path) -> None:
    for name in catalogue.NAMES:
        found = evaluate_design(Design(network=name), empty_cache)
        assert len(layer_tiles(found)) == len(pipeline_of(found).stages) == len(catalogue.network(name).layers)


def test_steps_of_a_clipping_crossbar_have_the_accuracy_of_their_arrays() -> None:
    design = Design(hardware=Hardware(compute_style="crossbar", active_rows=32, adc_bits=4))
    steps = [step for step in next_steps(design, SHIPPED_CACHE) if not step.problem]
    for step in steps:
        if step.knob in ("adc_bits", "active_rows", "compute_style", "weight_bits"):
            alone = evaluate_design(step.design, SHIPPED_CACHE).metrics
            assert (step.accuracy_ratio, step.accuracy_kind) == (alone["accuracy_ratio"], alone["accuracy_kind"])
    fewer, more = (next(s for s in steps if s.knob == "adc_bits" and s.direction == way) for way in (-1, 1))
    assert (fewer.accuracy_ratio or 0) < (more.accuracy_ratio or 0)
