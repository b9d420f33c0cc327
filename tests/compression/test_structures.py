"""Every structure from a run file to a checkpoint: what the mask keeps is held to the end, and the integers compute what is reported."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from sotexplore import catalogue
from sotexplore.checkpoint import Checkpoint, list_checkpoints, load_checkpoint, workloads
from sotexplore.compression import data
from sotexplore.compression.bit_chain import predecessor
from sotexplore.compression.held_levels import violations
from sotexplore.compression.level_rules import LayerRule
from sotexplore.compression.pipeline import compress
from sotexplore.compression.plan import chain
from sotexplore.compression.projections import Block, block_sums
from sotexplore.compression.reach import check_reach
from sotexplore.compression.recipe import Recipe
from sotexplore.compression.run import Run, layer_bits, rules_of
from sotexplore.compression.run_files import parse_run
from sotexplore.compression.run_key import run_inputs
from sotexplore.design import INNER_STRUCTURES, Compression, Design, Hardware, Tile
from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import evaluate_design
from sotexplore.explorer.listing import checkpoint_records
from sotexplore.pruning_shares import SHARED_OUT, layer_shares, share_of, tile_size
from sotexplore.store import content_key
from sotexplore.subarray_budget import dense_subarrays, layer_subarrays
from sotexplore.workload import Layer

EPOCHS = {"dense": 6, "prune": 4, "retrain": 4, "quantize": 1, "finetune": 1}
TILE = {"subarray_rows": 32, "subarray_cols": 32}


def run(structure: str, ratio: float = 0.6, *, bits: int = 8, **more: object) -> Run:
    tile = {"tile": TILE} if structure in INNER_STRUCTURES and structure != "irregular" else {}
    point = {"structure": structure, "weight_bits": bits, "activation_bits": 8} | (
        {} if structure == "mixed" else {"prune_ratio": ratio}
    )
    return parse_run({"network": "digits-cnn", "compression": point, "epochs": EPOCHS} | tile | more)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all, so that the dense network is trained once."""
    return tmp_path_factory.mktemp("cache")


def matrices(checkpoint: Checkpoint) -> dict[str, NDArray[np.int64]]:
    """Whole integer weight matrices, zeros where nothing is kept."""
    found = {}
    for layer, saved in zip(checkpoint.network.layers, checkpoint.layers, strict=True):
        matrix = np.zeros((layer.n_filters, layer.n_rows), np.int64)
        matrix[np.ix_(saved.filters.astype(int), saved.rows.astype(int))] = saved.levels
        found[layer.name] = matrix
    return found


def accuracy_in_integers(checkpoint: Checkpoint) -> float:
    """The checkpoint on the digits' test images, in NumPy integers and from the file format's words alone."""
    digits = data.load("digits")
    values, weights = digits.test_images.numpy().astype(np.int64), matrices(checkpoint)
    for layer, saved in zip(checkpoint.network.layers, checkpoint.layers, strict=True):
        sums = _patches(values, layer) @ weights[layer.name].T
        multiplier, bias = np.zeros((2, layer.n_filters), np.int64)
        multiplier[saved.filters], bias[saved.filters] = saved.multiplier, saved.bias
        wide = np.moveaxis(sums * multiplier + bias, -1, 1)
        if layer.relu:
            wide = np.maximum(wide, 0)
            if layer.pool is not None:
                n, channels, height, width = wide.shape
                wide = wide.reshape(n, channels, height // 2, 2, width // 2, 2).max((3, 5))
            wide = np.clip((wide + (1 << (saved.shift - 1))) >> saved.shift, 0, 2**saved.output_bits - 1)
        values = wide
    return float((values.reshape(len(values), -1).argmax(1) == digits.test_labels.numpy()).mean())


def _patches(values: NDArray[np.int64], layer: Layer) -> NDArray[np.int64]:
    """Inputs of each dot product, (n, height, width, n_rows)."""
    if layer.kind == "fc":
        return values.reshape(len(values), 1, 1, -1)
    padded = np.pad(values, ((0, 0), (0, 0), (layer.padding,) * 2, (layer.padding,) * 2))
    windows = sliding_window_view(padded, (layer.kernel, layer.kernel), axis=(2, 3))
    return np.moveaxis(windows, 1, 3).reshape(*windows.shape[:1], *windows.shape[2:4], -1)


@pytest.mark.parametrize("structure", SHARED_OUT)
def test_a_structure_goes_through_the_whole_chain(cache: Path, structure: str) -> None:
    asked = run(structure, 0.4 if structure == "tile" else 0.6)
    made = load_checkpoint(cache, compress(asked, cache).key)
    assert made.row["structure"] == structure and made.row["accuracy_ratio"] > 0.85
    assert accuracy_in_integers(made) == made.row["accuracy_ratio"]
    assert set(made.history["stages"]) == {"prune", "retrain", "quantize", "finetune"}
    residuals = [item["primal_residual_ratio"] for item in made.history["stages"]["prune"]]
    assert residuals[-1] < residuals[0]

    items = workloads(made.row)
    left = sum(item.surviving_weights for item in items)
    assert left <= (1 - asked.compression.prune_ratio) * made.network.n_weights
    assert made.row["weights_ratio"] == pytest.approx(made.network.n_weights / left)
    assert made.row["operations_ratio"] > 1 and made.row["storage_ratio"] > 4
    (listed,) = (item for item in checkpoint_records(cache)[0] if item["key"] == made.key)
    assert listed["structure"] == structure and listed["subarrays_ratio"] >= 1

    shares = layer_shares(made.network, structure, asked.compression.prune_ratio, asked.tile or Tile())  # type: ignore[arg-type]
    for index, (layer, item, share) in enumerate(zip(made.network.layers, items, shares, strict=True)):
        assert item.surviving_weights <= share.n_weights
        _check_groups(structure, made, index, layer, share.keep_ratio)


def _check_groups(structure: str, made: Checkpoint, index: int, layer: Layer, ratio: float) -> None:
    """No group of the layer holds a weight that its structure takes away."""
    alive = torch.from_numpy(matrices(made)[layer.name] != 0).double()
    filters, rows = tile_size(layer, Tile(**TILE), made.network.weight_bits(index, Tile().weight_bits))
    if structure == "tile":
        held = block_sums(alive, Block(filters, rows)) > 0
        assert int(held.sum()) <= np.ceil(ratio * held.numel() - 1e-9)
    if structure == "tile-rows":
        assert block_sums((block_sums(alive, Block(filters, 1)) > 0).double(), Block(1, rows)).max() <= np.ceil(
            ratio * rows
        )
    if structure == "tile-columns":
        assert block_sums((block_sums(alive, Block(1, rows)) > 0).double(), Block(filters, 1)).max() <= np.ceil(
            ratio * filters
        )
    if structure == "column-proportional":
        assert block_sums(alive, Block(1, rows)).max() <= np.ceil(ratio * rows)


def test_fewer_bits_stay_under_the_frozen_mask(cache: Path) -> None:
    above = compress(run("tile-rows"), cache)
    below = load_checkpoint(cache, compress(run("tile-rows", bits=4), cache).key)
    assert accuracy_in_integers(below) == below.row["accuracy_ratio"] > 0.85
    for before, after in zip(above.layers, below.layers, strict=True):
        assert np.array_equal(before.filters, after.filters) and np.array_equal(before.rows, after.rows)
        assert (before.kept is None) == (after.kept is None)
        assert before.kept is None or np.array_equal(before.kept, after.kept)  # type: ignore[arg-type]


def test_the_hardware_model_says_that_inner_zeros_are_counted_as_weights(cache: Path) -> None:
    made = compress(run("irregular"), cache)
    found = evaluate_design(Design(network="digits-cnn", checkpoint=made.key), cache)
    assert any("counted as if they were full" in note for note in found.notes)
    assert found.metrics["weights_ratio"] == made.row["weights_ratio"]
    matching = Compression(structure="irregular", prune_ratio=0.6, weight_bits=8, activation_bits=8)
    assert evaluate_design(Design(network="digits-cnn", compression=matching), cache).checkpoint["key"] == made.key  # type: ignore[index]
    other = matching.model_copy(update={"structure": "column-proportional"})
    assert evaluate_design(Design(network="digits-cnn", compression=other), cache).metrics["accuracy_kind"] == "unknown"


def test_crossbars_of_the_tiles_size_without_a_weight_are_left_out(cache: Path) -> None:
    made = load_checkpoint(cache, compress(run("tile", 0.4), cache).key)
    held = []
    for layer, saved in zip(made.network.layers, made.layers, strict=True):
        filters, rows = 32 // 8, 32
        alive = torch.from_numpy(matrices(made)[layer.name] != 0).double()
        full = -(-len(saved.filters) // filters) * -(-len(saved.rows) // rows)
        held.append(full if saved.kept is None else min(full, int((block_sums(alive, Block(filters, rows)) > 0).sum())))
    size = {"compute_style": "crossbar", "subarray_rows": 32, "subarray_cols": 32, "active_rows": 32}
    found = evaluate_design(Design(network="digits-cnn", checkpoint=made.key, hardware=Hardware(**size)), cache)
    assert [row["n_subarrays"] for row in found.layers[:-1]] == held
    assert found.metrics["n_subarrays"] == sum(held) < 1 + 8 * 5 + 16 * 16 + 3 * 2
    assert found.metrics["utilization_ratio"] <= 1
    assert any("crossbars of 32x32, for which tiles were cut, are left out" in note for note in found.notes)
    for other in (size | {"subarray_cols": 64}, size | {"compute_style": "and-count"}):
        found = evaluate_design(Design(network="digits-cnn", checkpoint=made.key, hardware=Hardware(**other)), cache)
        plain = [replace(item, held=None, n_nonzero=None) for item in workloads(made.row)]
        assert found.metrics["n_subarrays"] == sum(layer_subarrays(plain, Hardware(**other)))


def test_layers_may_differ(cache: Path) -> None:
    own = {
        "conv2": {"structure": "tile-rows", "prune_ratio": 0.5},
        "fc1": {"structure": "irregular", "prune_ratio": 0.75, "weight_bits": 3},
    }
    asked = run("mixed", per_layer=own, tile=TILE)
    made = load_checkpoint(cache, compress(asked, cache).key)
    assert accuracy_in_integers(made) == made.row["accuracy_ratio"] > 0.85
    conv1, conv2, fc1, fc2 = workloads(made.row)
    assert (conv1.n_nonzero, fc2.n_nonzero) == (None, None)
    rows = 4 * 16 + 16
    assert conv2.surviving_weights == 32 * rows, "half of the rows of four tiles, and a cut one of as many"
    assert fc1.surviving_weights == 0.25 * 64 * 512
    assert [item.weight_bits for item in (conv1, conv2, fc1, fc2)] == [8, 8, 3, 8]
    assert made.row["prune_ratio"] == pytest.approx(1 - 1 / made.row["weights_ratio"], abs=5e-4)
    assert made.row["per_layer"] == own and made.row["structure"] == "mixed"
    assert (
        evaluate_design(Design(network="digits-cnn", checkpoint=made.key), cache).metrics["accuracy_kind"] == "measured"
    )
    assert parse_run(asked.model_dump(exclude={"compression": {"prune_ratio"}})) == asked


def test_a_layers_bits_come_down_with_the_last_step() -> None:
    asked = run("filter", bits=4, per_layer={"fc1": {"weight_bits": 2}, "conv1": {"weight_bits": 6}})
    network = catalogue.network("digits-cnn")
    steps = chain(asked)
    assert [layer_bits(item, network) for item in steps] == [
        {"conv1": 8, "conv2": 8, "fc1": 8, "fc2": 8},
        {"conv1": 8, "conv2": 8, "fc1": 4, "fc2": 8},
        {"conv1": 6, "conv2": 4, "fc1": 2, "fc2": 4},
    ]
    assert steps[0].per_layer is None
    assert content_key(run_inputs(steps[0])) == content_key(run_inputs(run("filter")))
    single = chain(run("filter", per_layer={"fc1": {"weight_bits": 1}}))
    assert [layer_bits(item, network)["fc1"] for item in single] == [8, 4, 2, 1]
    last = {"last_step": {"epochs": 2, "rate": 0.01}}
    *_, four, two = chain(run("filter", bits=2, per_layer={"fc1": {"weight_bits": 1}}, recipe=last))
    assert layer_bits(four, network) == dict.fromkeys(layer_bits(two, network), 4) and four.per_layer is None


def test_layers_combine_structures_with_rules_for_their_levels(cache: Path) -> None:
    own = {
        "conv2": {"structure": "filter+shape", "prune_ratio": 0.5, "levels": {"fragment_rows": 8}},
        "fc1": {"structure": "column-proportional", "prune_ratio": 0.75, "levels": {"planes": 2}},
        "fc2": {"structure": "filter+shape", "prune_ratio": 0.5},
    }
    asked = run("mixed", bits=4, per_layer=own, tile=TILE, train_images=256)
    network = catalogue.network("digits-cnn")
    free, held = chain(asked)[-2:]
    assert rules_of(held, network) == {"conv2": LayerRule(fragment_rows=8), "fc1": LayerRule(planes=2)}
    assert rules_of(free, network) == {"conv2": LayerRule(fragment_rows=8)}, "planes are the last step"
    assert free.compression == held.compression
    made = load_checkpoint(cache, compress(asked, cache).key)
    assert accuracy_in_integers(made) == made.row["accuracy_ratio"]
    assert violations(made, rules_of(asked, network)) == {"conv2": 0, "fc1": 0}
    conv1, conv2, fc1, fc2 = workloads(made.row)
    assert (conv1.n_nonzero, conv2.n_nonzero, fc2.n_nonzero) == (None, None, None), "whole filters and rows only"
    assert conv2.surviving_weights <= share_of(32, 0.5**0.5) * share_of(144, 0.5**0.5)
    assert (fc2.kept_filters, fc2.kept_rows) == (10, 32), "class scores stay, and their rows give the whole share"
    assert fc1.n_nonzero is not None and made.row["per_layer"] == own


def test_a_budget_of_tiles_is_kept_and_counted_by_the_hardware_model(cache: Path) -> None:
    size = {"subarray_rows": 32, "subarray_cols": 32}
    asked = parse_run(
        {"network": "digits-cnn", "compression": {"structure": "tile", "weight_bits": 8, "activation_bits": 8},
         "budget": {"subarrays": 120, "floors": {"conv1": 1.0}, **size}, "epochs": EPOCHS}
    )  # fmt: skip
    assert asked.tile == Tile(weight_bits=8, **size)
    check_reach(asked)
    made = load_checkpoint(cache, compress(asked, cache).key)
    assert accuracy_in_integers(made) == made.row["accuracy_ratio"]
    hardware = Hardware(compute_style="crossbar", active_rows=32, **size)
    found = evaluate_design(Design(network="digits-cnn", checkpoint=made.key, hardware=hardware), cache)
    assert 110 < found.metrics["n_subarrays"] <= 120 < dense_subarrays(catalogue.network("digits-cnn"), hardware)
    conv1 = made.row["layers"][0]
    assert "held_tiles" not in conv1 and workloads(made.row)[0].kept_rows == 9, "its floor"
    few = parse_run(
        asked.model_dump(exclude={"compression": {"prune_ratio"}, "tile": True}) | {"budget": {"subarrays": 3, **size}}
    )
    with pytest.raises(
        InputError, match=r"^budget\.subarrays: is less than the layers' floors take .*allowed 4 or more"
    ):
        check_reach(few)


def finer_adds(activation_bits: int, residual_bits: int) -> dict[str, object]:
    last = {"epochs": 2, "rate": 0.1, "residual_bits": residual_bits}
    point = {"activation_bits": activation_bits}
    return {"network": "resnet20-cifar10", "compression": point, "recipe": {"last_step": last}}


def mixed(layer: str, structure: str, ratio: float) -> dict[str, object]:
    own = {layer: {"structure": structure, "prune_ratio": ratio}}
    return {"compression": {"structure": "mixed"}, "per_layer": own}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"per_layer": {"conv9": {"weight_bits": 4}}}, "per_layer"),
        ({"per_layer": {"conv1": {"weight_bits": 9}}}, r"per_layer\.conv1\.weight_bits"),
        ({"per_layer": {"conv1": {"structure": "filter", "prune_ratio": 0.5}}}, r"compression\.structure"),
        ({"per_layer": {"conv1": {"structure": "filter+shape", "prune_ratio": 0.5}}}, r"compression\.structure"),
        ({"per_layer": {"conv1": {"structure": "mixed", "prune_ratio": 0.5}}}, r"per_layer\.conv1\.structure"),
        ({"per_layer": {"conv1": {"prune_ratio": 0.5}}}, r"per_layer\.conv1\.structure"),
        ({"per_layer": {"conv1": {"levels": {"rows": 2}}}}, r"per_layer\.conv1\.levels\.rows"),
        ({"per_layer": {"conv1": {"levels": {}}}}, r"per_layer\.conv1\.levels\.fragment_rows"),
        ({"per_layer": {"conv1": {"levels": {"planes": 4}}}}, r"per_layer\.conv1\.levels\.planes"),
        ({"per_layer": {"conv1": {"weight_bits": 1, "levels": {"fragment_rows": 8}}}}, r"per_layer\.conv1\.levels\.fragment_rows"),
        (mixed("fc2", "filter", 0.9), r"per_layer\.fc2\.structure"),
        (mixed("conv1", "channel", 0.5), r"per_layer\.conv1\.structure"),
        (mixed("conv1", "filter", 0.94), r"per_layer\.conv1\.prune_ratio"),
        (mixed("fc1", "tile", 0.9), r"per_layer\.fc1\.prune_ratio"),
        (mixed("fc2", "filter+shape", 0.985), r"per_layer\.fc2\.prune_ratio"),
        (mixed("conv1", "filter+shape", 0.99), r"per_layer\.conv1\.prune_ratio"),
        (mixed("conv1", "filter", 0.9) | {"network": "resnet20-cifar10"}, r"per_layer\.conv1\.structure"),
        ({"compression": {"structure": "filter"}, "budget": {"subarrays": 9, "floors": {"conv9": 0.5}}}, r"budget\.floors"),
        ({"compression": {"structure": "filter"}, "budget": {"subarrays": 9, "floors": {"conv1": 1.5}}}, r"budget\.floors\.conv1"),
        ({"recipe": {"method": "post-training", "last_step": {"epochs": 2, "rate": 0.1}}}, r"recipe\.last_step"),
        ({"compression": {"structure": "tile"}, "budget": {"subarrays": 9, "compute_style": "and-count"}}, r"budget\.compute_style"),
        ({"compression": {"structure": "tile"}, "budget": {"subarrays": 9}, "tile": TILE}, "tile"),
        ({"compression": {"structure": "filter"}, "budget": {"subarrays": 9}, "per_layer": {"fc1": {"weight_bits": 8}}}, r"per_layer\.fc1\.weight_bits"),
        ({"compression": {"structure": "tile"}, "budget": {"subarrays": 9}, "per_layer": {"fc1": {"weight_bits": 8}}}, r"per_layer\.fc1\.weight_bits"),
        ({"compression": {"structure": "tile", "weight_bits": 3}, "budget": {"subarrays": 9, "weight_bits": 4}}, r"compression\.weight_bits"),
        ({"recipe": {"method": "post-training", "bit_error_ratio": 0.1}}, r"recipe\.bit_error_ratio"),
        ({"recipe": {"last_step": {"epochs": 2, "rate": 0.1, "residual_bits": 8}}}, r"recipe\.last_step\.residual_bits"),
        (finer_adds(8, 8), r"recipe\.last_step\.residual_bits"),
        (finer_adds(4, 3), r"recipe\.last_step\.residual_bits"),
        ({"levels": {"planes": 2}, "recipe": {"last_step": {"epochs": 2, "rate": 0.1, "admm": False}}}, r"recipe\.last_step\.admm"),
        ({"compression": {"structure": "mixed"}}, r"compression\.structure"),
        ({"compression": {"structure": "mixed", "prune_ratio": 0.5}, "per_layer": {"fc1": {"structure": "irregular"}}}, "per_layer"),
        ({"compression": {"structure": "filter"}, "tile": TILE}, "tile"),
        ({"compression": {"structure": "tile"}, "tile": {"subarray_rows": 8}}, r"tile\.subarray_rows"),
        ({"compression": {"structure": "irregular", "weight_bits": 1}}, r"compression\.weight_bits"),
        ({"compression": {"structure": "tile"}, "recipe": {"method": "group-lasso"}}, r"recipe\.method"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_named(more: dict[str, object], field: str) -> None:
    with pytest.raises(InputError, match=f"^{field}: "):
        parse_run({"network": "digits-cnn"} | more)


def test_zeros_inside_a_matrix_and_one_bit() -> None:
    with pytest.raises(
        InputError, match=r"leaves no zero for the weights that tile prunes inside conv1: they are \+1 or -1"
    ):
        run("tile", 0.3, bits=1)
    assert run("channel", bits=1).compression.weight_bits == 1


def test_quantization_behind_training_goes_to_its_bits_at_once(cache: Path) -> None:
    asked = run("filter+shape", bits=4, recipe=Recipe(method="post-training").model_dump())
    assert predecessor(asked) is None
    made = load_checkpoint(cache, compress(asked, cache).key)
    assert set(made.history["stages"]) == {"prune", "retrain"} and made.row["method"] == "post-training"
    assert accuracy_in_integers(made) == made.row["accuracy_ratio"] > 0.5
    trained = compress(run("filter+shape", bits=8), cache)
    assert made.row["weights_ratio"] == trained.row["weights_ratio"], "pruned alike"
    assert {row["weight_bits"] for row in list_checkpoints(cache).rows if row.get("method") == "post-training"} == {4}
