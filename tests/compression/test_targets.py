"""Budgets of a run: in sub-arrays, on stated hardware, refused where they cannot be kept."""

from itertools import combinations
from pathlib import Path

import pytest
import torch

from sotexplore.budget import KeptCounts
from sotexplore.checkpoint import list_checkpoints, load_checkpoint, workloads
from sotexplore.compression import integer
from sotexplore.compression.masks import choose_masks
from sotexplore.compression.pipeline import compress
from sotexplore.compression.reach import budget_hardware, check_reach
from sotexplore.compression.run import Run
from sotexplore.compression.run_files import parse_run
from sotexplore.compression.run_key import run_inputs
from sotexplore.compression.targets import partway, target_counts, whole
from sotexplore.errors import InputError
from sotexplore.subarray_budget import dense_subarrays, layer_subarrays
from sotexplore.workload import IMAGE, Layer, LayerWorkload, Network

CACHE = Path(__file__).resolve().parents[2] / "cache"
EPOCHS = dict.fromkeys(("dense", "prune", "retrain", "quantize", "finetune"), 1)


def lenet(**budget: object) -> Run:
    return parse_run({"network": "lenet5-mnist", "compression": {"structure": "filter+shape"}, "budget": budget})


def trained(network: str) -> integer.CatalogueNetwork:
    rows = list_checkpoints(CACHE).rows
    key = next(row["key"] for row in rows if row["network"] == network and row["weight_bits"] == 32)
    return integer.restore(load_checkpoint(CACHE, key))


@pytest.mark.parametrize("budget", [{"subarrays": 4}, {"subarrays": 9}, {"subarrays_ratio": 12.3}])
def test_a_budget_is_kept_on_its_hardware(budget: dict[str, float]) -> None:
    run, model = lenet(**budget), trained("lenet5-mnist")
    assert run.budget is not None
    hardware = budget_hardware(run.budget)
    items = [
        LayerWorkload(layer, kept.filters, kept.rows, 4, model.network.input_bits(index, 4))
        for index, (layer, kept) in enumerate(zip(model.network.layers, target_counts(run, model), strict=True))
    ]
    assert dense_subarrays(model.network, hardware) == 246
    assert sum(layer_subarrays(items, hardware)) <= budget.get("subarrays", 246 / budget.get("subarrays_ratio", 1))


def test_a_budget_below_the_floors_is_refused_before_any_training() -> None:
    with pytest.raises(InputError, match=r"^budget\.subarrays: is less .*got 3, allowed 4 or more"):
        check_reach(lenet(subarrays=3))
    check_reach(lenet(subarrays=4))


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"budget": {}}, "budget.subarrays"),
        ({"budget": {"subarrays": 4, "subarrays_ratio": 2}}, "budget.subarrays"),
        ({"budget": {"subarrays": 0}}, "budget.subarrays"),
        ({"budget": {"subarrays": 9, "subarray_rows": 8}}, "budget.subarray_rows"),
        ({"budget": {"subarrays": 9}, "compression": {"prune_ratio": 0.5}}, "budget"),
    ],
)
def test_bad_budgets_name_the_field(data: dict[str, object], field: str) -> None:
    with pytest.raises(InputError, match=f"^{field}: "):
        parse_run({"network": "digits-cnn"} | data)


def test_the_way_to_a_target_begins_and_ends_where_it_should() -> None:
    model = trained("digits-cnn")
    target = target_counts(parse_run({"network": "digits-cnn", "compression": {"prune_ratio": 0.9}}), model)
    assert partway(model.network, target, 1.0) == target
    assert partway(model.network, target, 0.0) == whole(model.network)
    half = partway(model.network, target, 0.5)
    assert all(a.rows >= b.rows >= c.rows for a, b, c in zip(whole(model.network), half, target, strict=True))


def test_a_budgets_checkpoint_says_what_it_came_to(tmp_path: Path) -> None:
    run = parse_run(
        {"network": "digits-cnn", "epochs": EPOCHS, "budget": {"subarrays": 5, "subarray_rows": 64, "weight_bits": 8},
         "compression": {"structure": "filter+shape", "weight_bits": 8, "activation_bits": 8}}
    )  # fmt: skip
    made = compress(run, tmp_path)
    assert run.budget is not None
    assert sum(layer_subarrays(workloads(made.row), budget_hardware(run.budget))) <= 5
    assert made.row["prune_ratio"] == pytest.approx(1 - 1 / made.row["weights_ratio"], abs=5e-4)
    assert made.row["budget"]["subarrays"] == 5
    assert "prune_ratio" not in run_inputs(run)["compression"]


def test_filters_and_the_rows_they_feed_beside_every_choice() -> None:
    """Greedy: the best of all choices in most of 300 small networks, and never far from it."""
    first = Layer("first", "fc", IMAGE, 5, 4, 1, 1)
    second = Layer("second", "fc", "first", 4, 3, 1, 1, relu=False)
    network = Network("chain", "digits", 3, (first, second))
    counts = (KeptCounts(2, 3), KeptCounts(3, 2))
    generator, shares = torch.Generator().manual_seed(0), []
    for _ in range(300):
        weights = {
            layer.name: torch.randn(layer.n_filters, layer.n_rows, generator=generator) for layer in network.layers
        }
        masks = choose_masks(network, weights, counts)
        assert [(int(mask.filters.sum()), int(mask.rows.sum())) for mask in masks.values()] == [(2, 3), (3, 2)]
        energy = {name: weight**2 for name, weight in weights.items()}
        kept = sum(float(energy[name][mask.matrix].sum()) for name, mask in masks.items())
        best = max(
            float(energy["first"][list(filters)][:, list(rows)].sum() + energy["second"][:, list(filters)].sum())
            for filters in combinations(range(4), 2)
            for rows in combinations(range(5), 3)
        )
        shares.append(kept / best)
    assert max(shares) < 1 + 1e-6 and min(shares) > 0.87
    assert sum(share > 1 - 1e-6 for share in shares) == 263
