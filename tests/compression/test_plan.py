"""What lies ahead of a run is what it then trains, and what cannot be reached is told at once."""

import re
from pathlib import Path

import pytest

from sotexplore.compression.command import run_file
from sotexplore.compression.pipeline import compress
from sotexplore.compression.plan import chain, check_start, picked, run_key, stages
from sotexplore.compression.reach import check_all
from sotexplore.compression.run import Run
from sotexplore.compression.run_files import DEFAULT_EPOCHS, load_runs, parse_run
from sotexplore.errors import InputError
from sotexplore.explorer.area_budget import subarrays_of_area

EPOCHS = {"dense": 2, "prune": 1, "retrain": 2, "quantize": 1, "finetune": 1}
TILES = {"structure": "tile", "weight_bits": 6, "activation_bits": 8}
"""Of filters whose bits do not fill the columns of a sub-array: tiles are more than the sub-arrays of the dense network."""
BUDGET = {"subarrays": 6, "subarray_rows": 64, "weight_bits": 4}


DOCS = Path(__file__).parents[2] / "docs" / "compression.md"
RUN_FILES_IN_DOCS = re.findall(r"^```yaml\n(.*?)^```", DOCS.read_text(), re.MULTILINE | re.DOTALL)


def run(**more: object) -> Run:
    point = {"structure": "filter+shape", "weight_bits": 4, "activation_bits": 8}
    return parse_run({"network": "digits-cnn", "epochs": EPOCHS, "compression": point} | more)


RUNS = {
    "a budget": run(budget=BUDGET),
    "a budget with room for the dense network": run(budget=BUDGET | {"subarrays": 400}),
    "rounds": run(recipe={"progressive_steps": 2}),
    "magnitude": run(recipe={"method": "magnitude"}),
    "magnitude in rounds": run(
        recipe={"method": "magnitude", "progressive_steps": 2}, epochs=EPOCHS | {"prune": 3, "retrain": 6}
    ),
    "a budget of tiles": run(compression=TILES, budget={"subarrays": 15}),
    "a budget of tiles with room for the dense network": run(compression=TILES, budget={"subarrays": 18}),
    "post-training": run(recipe={"method": "post-training"}),
    "no pruning": run(compression={"structure": "none", "prune_ratio": 0, "weight_bits": 4, "activation_bits": 8}),
    "layers of their own": run(
        compression={"structure": "mixed", "weight_bits": 8, "activation_bits": 8},
        per_layer={"fc1": {"structure": "irregular", "prune_ratio": 0.5}},
    ),
    "a last step of its own": run(recipe={"last_step": {"epochs": 2, "rate": 0.01}}),
}


@pytest.mark.parametrize("asked", RUNS.values(), ids=RUNS.keys())
def test_the_stages_ahead_are_those_that_are_trained(tmp_path: Path, asked: Run) -> None:
    ahead = stages(asked, tmp_path)
    trained: dict[str, int] = {}
    order: list[str] = []

    def note(progress: object) -> None:
        name = progress.stage  # type: ignore[attr-defined]
        if not order or order[-1] != name:
            order.append(name)
        trained[name] = trained.get(name, 0) + 1

    compress(asked, tmp_path, report=note)
    assert [stage.name for stage in ahead] == order
    assert sum(stage.epochs for stage in ahead) == sum(trained.values())
    assert stages(asked, tmp_path) == ()
    with pytest.raises(InputError, match=f"^run: the cache holds its checkpoint already .got {run_key(asked)}"):
        check_start(asked, tmp_path)


def test_a_budget_prunes() -> None:
    assert [stage.name for stage in stages(run(budget=BUDGET), Path("nowhere"))][:3] == ["dense", "prune", "retrain"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"budget": BUDGET | {"subarrays": 2}}, r"^budget\.subarrays: is less .*got 2, allowed \d+ or more"),
        ({"budget": {"subarrays_ratio": 50}}, r"^budget\.subarrays_ratio: leaves fewer .*got 50, allowed up to 5.5, which leaves 4"),
        ({"budget": BUDGET, "compression": {"structure": "irregular"}}, r"^compression\.structure: has no budget"),
        ({"compression": {"structure": "tile", "prune_ratio": 0.99}}, r"^compression\.prune_ratio: tile pruning cannot"),
        ({"compression": {"structure": "filter", "prune_ratio": 0.9999}}, r"^compression\.prune_ratio: filter pruning cannot"),
    ],
)  # fmt: skip
def test_what_is_out_of_reach_is_told_before_anything_starts(
    tmp_path: Path, more: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        check_start(run(**more), tmp_path)


def test_a_run_file_is_checked_whole_before_anything_is_trained(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("network: digits-cnn\nruns: [{seed: 1}, {compression: {prune_ratio: 0.9999}}]\n")
    with pytest.raises(InputError, match=r"^(compression\.)?prune_ratio: "):
        check_all(load_runs(path))
    with pytest.raises(InputError, match=r"^(compression\.)?prune_ratio: "):
        run_file(path, tmp_path / "cache", data=None)
    assert not list(tmp_path.rglob("*.safetensors"))


def test_a_budget_is_counted_at_the_runs_own_bits() -> None:
    budget, bits = {"subarrays_ratio": 2.0}, {"structure": "filter", "weight_bits": 8}
    asked = {"network": "digits-cnn", "compression": bits}
    made = parse_run(asked | {"budget": budget})
    assert made.budget is not None and made.budget.weight_bits == 8
    with pytest.raises(InputError, match=r"^budget\.weight_bits: counts sub-arrays at fewer bits .*got 4, allowed 8"):
        parse_run(asked | {"budget": budget | {"weight_bits": 4}})
    fewer = parse_run(asked | {"compression": bits | {"weight_bits": 2}, "budget": budget | {"weight_bits": 4}})
    assert fewer.budget is not None and fewer.budget.weight_bits == 4, "steps of a chain may share a level of pruning"


def test_a_layer_keeps_its_own_floor_of_a_budget() -> None:
    asked = {"network": "digits-cnn", "compression": {"structure": "filter+shape"}}
    budget = {"subarrays": 5, "subarray_rows": 64, "subarray_cols": 64}
    plain = parse_run(asked | {"budget": budget})
    check_all([plain])
    whole = parse_run(asked | {"budget": budget | {"floors": {"fc1": 1.0}}})
    with pytest.raises(InputError, match=r"^budget\.subarrays: is less than the layers' floors take"):
        check_all([whole])
    assert run_key(whole) != run_key(plain)
    assert run_key(parse_run(asked | {"budget": budget | {"floors": None}})) == run_key(plain)


def test_bits_of_activations_take_no_subarray_and_make_no_other_key() -> None:
    asked = {"network": "digits-cnn", "compression": {"structure": "filter"}}
    keys = {run_key(parse_run(asked | {"budget": {"subarrays": 12, "activation_bits": bits}})) for bits in (2, 4, 8)}
    assert len(keys) == 1


def test_what_a_file_leaves_out_of_epochs_is_the_networks_default() -> None:
    assert parse_run({"network": "resnet20-cifar10", "epochs": {"dense": 5}}).epochs == DEFAULT_EPOCHS[
        "resnet20-cifar10"
    ].model_copy(update={"dense": 5})


def test_blocks_beside_runs_apply_field_by_field(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(
        "network: digits-cnn\n"
        "compression: {structure: shape, prune_ratio: 0.5}\n"
        "recipe: {rho: fixed}\n"
        "runs: [{compression: {weight_bits: [8, 4]}, epochs: {dense: 3}}, {recipe: {compact: true}}]\n"
    )
    eight, four, compact = load_runs(path)
    assert {(item.compression.structure, item.compression.prune_ratio) for item in (eight, four)} == {("shape", 0.5)}
    assert (eight.compression.weight_bits, four.compression.weight_bits) == (8, 4)
    assert compact.recipe is not None and (compact.recipe.rho, compact.recipe.compact) == ("fixed", True)
    assert compact.epochs == DEFAULT_EPOCHS["digits-cnn"]


@pytest.mark.parametrize("block", RUN_FILES_IN_DOCS, ids=range(len(RUN_FILES_IN_DOCS)))
def test_run_files_in_the_docs_are_accepted(block: str, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(block if "network:" in block else f"network: digits-cnn\n{block}")
    check_all(load_runs(path, subarrays_of_area))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"per_layer": [1]}, "per_layer: is no mapping (got [1], allowed a mapping of names)"),
        ({"per_layer": {"conv1": 1}}, "per_layer.conv1: is no mapping (got 1, allowed a mapping of structure, prune_ratio, weight_bits, levels)"),
        ({"recipe": {"bit_steps": []}}, "recipe.bit_steps: invalid value (got [], allowed at least 1 item)"),
        ({"budget": {"weight_bits": 4, "subarrays": 9}, "compression": {"weight_bits": 8}}, "budget.weight_bits: counts sub-arrays at fewer bits than the run's weights have, 8 (got 4, allowed 8, or left out)"),
    ],
)  # fmt: skip
def test_what_is_allowed_is_told_where_it_is_asked_for(more: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        parse_run({"network": "digits-cnn"} | more)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"method": "magnitude"}, "recipe.method: is of pruning, and this run prunes nothing (got magnitude, allowed admm, post-training)"),
        ({"method": "group-lasso"}, "recipe.method: is of pruning, and this run prunes nothing (got group-lasso, allowed admm, post-training)"),
        ({"purify_tolerance": 0.5}, "recipe.purify_tolerance: is of pruning, and this run prunes nothing (got 0.5, allowed 0, or left out)"),
        ({"progressive_steps": 4}, "recipe.progressive_steps: is of pruning, and this run prunes nothing (got 4, allowed 1, or left out)"),
    ],
)  # fmt: skip
def test_options_of_pruning_are_refused_where_nothing_is_pruned(recipe: dict[str, object], message: str) -> None:
    asked = {"network": "digits-cnn", "compression": {"prune_ratio": 0.0}, "recipe": recipe}
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        parse_run(asked)
    parse_run(asked | {"compression": {"prune_ratio": 0.5}})
    parse_run(asked | {"compression": {}, "budget": {"subarrays": 9}})
    mixed = {"compression": {"structure": "mixed"}, "per_layer": {"conv1": {"structure": "filter", "prune_ratio": 0.5}}}
    parse_run(asked | mixed)


def test_checkpoints_of_a_file_are_picked_by_their_keys() -> None:
    two = (run(seed=1), run(seed=2))
    assert picked(two, "") == two and picked(two, run_key(two[1])) == two[1:]
    on_the_way = chain(two[1])[0]
    assert picked(two, run_key(on_the_way)) == (on_the_way,)
    assert picked(two, f"{run_key(two[1])}, {run_key(two[0])}") == (two[1], two[0])
    with pytest.raises(InputError, match=rf"^only: .*got 0123, allowed {run_key(two[0])}, {run_key(two[1])}"):
        picked(two, f"{run_key(two[0])},0123")
