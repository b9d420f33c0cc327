"""What lies ahead of a run is what it then trains, and what cannot be reached is told at once."""

from pathlib import Path

import pytest

from sotexplore.compression.command import run_file
from sotexplore.compression.pipeline import compress
from sotexplore.compression.plan import check_start, run_key, stages
from sotexplore.compression.reach import check_all
from sotexplore.compression.run import Run
from sotexplore.compression.run_files import load_runs, parse_run
from sotexplore.errors import InputError

EPOCHS = {"dense": 2, "prune": 1, "retrain": 2, "quantize": 1, "finetune": 1}
BUDGET = {"subarrays": 6, "subarray_rows": 64, "weight_bits": 4}


def run(**more: object) -> Run:
    point = {"structure": "filter+shape", "weight_bits": 4, "activation_bits": 8}
    return parse_run({"network": "digits-cnn", "epochs": EPOCHS, "compression": point} | more)


RUNS = {
    "a budget": run(budget=BUDGET),
    "a budget with room for the dense network": run(budget=BUDGET | {"subarrays": 400}),
    "rounds": run(recipe={"progressive_steps": 2}),
    "magnitude": run(recipe={"method": "magnitude"}),
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
        ({"budget": {"subarrays_ratio": 50}}, r"^budget\.subarrays_ratio: is less .*got 0 sub-arrays, allowed \d+ or more"),
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
