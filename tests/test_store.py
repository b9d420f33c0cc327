"""Keys, atomic writes, and the checkpoint format: round trips, damage, listing by header."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore import store
from sotexplore.checkpoint import (
    Checkpoint,
    LayerCheckpoint,
    layer_rows,
    list_checkpoints,
    load_checkpoint,
    pack_levels,
    path_of,
    ratio_row,
    save_checkpoint,
    unpack_levels,
    workloads,
)
from sotexplore.errors import InputError
from sotexplore.workload import Layer, LayerWorkload


def layer(name: str, filters: int, rows: int, bits: int = 4) -> LayerCheckpoint:
    random = np.random.default_rng(0)
    return LayerCheckpoint(
        name=name,
        filters=np.arange(filters, dtype=np.uint16),
        rows=np.arange(rows, dtype=np.uint16),
        levels=random.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (filters, rows)).astype(np.int8),
        weight_bits=bits,
        input_bits=4,
        output_bits=4,
        shift=20,
        residual_multiplier=0,
        weight_step=np.full(filters, 0.1, np.float32),
        activation_step=0.25,
        multiplier=np.arange(filters, dtype=np.int64),
        bias=np.arange(filters, dtype=np.int64) - 3,
        norm=np.ones((4, filters), np.float32),
    )


def checkpoint(key: str = "0123456789abcdef") -> Checkpoint:
    layers = (layer("conv1", 10, 25), layer("conv2", 30, 250), layer("fc1", 100, 480), layer("fc2", 10, 100))
    row = {
        "network": "lenet5-mnist", "structure": "filter", "prune_ratio": 0.8, "weight_bits": 4, "activation_bits": 4, "seed": 0,
        "accuracy_ratio": 0.99, "dense_accuracy_ratio": 0.995, "test_images": 10000, "layers": layer_rows(layers),
    }  # fmt: skip
    return Checkpoint(key, row | ratio_row(workloads(row)), layers, {"inputs": {"seed": 0}})


def test_a_finer_copy_for_residual_adds_survives_and_nothing_is_written_without(tmp_path: Path) -> None:
    plain = checkpoint()
    finer = replace(plain, layers=(replace(plain.layers[0], carried_bits=8), *plain.layers[1:]))
    save_checkpoint(tmp_path, finer)
    back = load_checkpoint(tmp_path, plain.key)
    assert [item.carried_bits for item in back.layers] == [8, 0, 0, 0]
    assert back.layers[0].carried_shift == 16
    assert [item.get("carried_bits") for item in layer_rows(finer.layers)] == [8, None, None, None]
    assert workloads({"network": "lenet5-mnist", "layers": layer_rows(finer.layers)})[0].carried_bits == 8
    assert b"carried_bits" not in save_checkpoint(tmp_path, plain).read_bytes()


@given(st.integers(1, 8), st.integers(1, 7), st.integers(1, 9), st.integers(0, 1000))
def test_levels_survive_packing(bits: int, filters: int, rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    if bits == 1:
        levels = random.choice([-1, 1], (filters, rows)).astype(np.int8)
    else:
        levels = random.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (filters, rows)).astype(np.int8)
    packed = pack_levels(levels, bits)
    assert packed.nbytes == -(-filters * rows * bits // 8)
    assert np.array_equal(unpack_levels(packed, bits, (filters, rows)), levels)


def test_float_weights_survive_packing() -> None:
    levels = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    assert np.array_equal(unpack_levels(pack_levels(levels, 32), 32, (3, 4)), levels)


def test_a_checkpoint_survives_the_cache(tmp_path: Path) -> None:
    saved = checkpoint()
    save_checkpoint(tmp_path, saved)
    loaded = load_checkpoint(tmp_path, saved.key)
    assert loaded.row == saved.row
    for first, second in zip(saved.layers, loaded.layers, strict=True):
        for name in LayerCheckpoint.__dataclass_fields__:
            assert np.array_equal(getattr(first, name), getattr(second, name)), name


def test_the_listing_reads_headers_only(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, checkpoint())
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 255]))
    listing = list_checkpoints(tmp_path)
    assert [row["key"] for row in listing.rows] == ["0123456789abcdef"]
    assert not listing.problems
    with pytest.raises(InputError, match="digest"):
        load_checkpoint(tmp_path, "0123456789abcdef")


@pytest.mark.parametrize("length", [0, 5, 200, -100])
def test_a_truncated_checkpoint_is_named_and_the_others_stay(tmp_path: Path, length: int) -> None:
    whole = save_checkpoint(tmp_path, checkpoint()).read_bytes()
    save_checkpoint(tmp_path, checkpoint("fedcba9876543210"))
    path_of(tmp_path, "0123456789abcdef").write_bytes(whole[:length])
    listing = list_checkpoints(tmp_path)
    assert [row["key"] for row in listing.rows] == ["fedcba9876543210"]
    assert len(listing.problems) == 1 and "0123456789abcdef" in listing.problems[0]
    with pytest.raises(InputError, match=r"^checkpoint: .*damaged"):
        load_checkpoint(tmp_path, "0123456789abcdef")


def test_a_renamed_checkpoint_is_refused(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, checkpoint())
    path.rename(path_of(tmp_path, "ffffffffffffffff"))
    assert "name is not its key" in list_checkpoints(tmp_path).problems[0]


def test_an_empty_cache_lists_nothing(tmp_path: Path) -> None:
    assert list_checkpoints(tmp_path / "none").rows == ()
    with pytest.raises(InputError, match=r"^checkpoint: not in the cache"):
        load_checkpoint(tmp_path, "0" * 16)


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    store.write_atomic(path, b"old")
    monkeypatch.setattr(os, "fsync", _full_disk)
    with pytest.raises(OSError, match="No space"):
        store.write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


@given(
    st.dictionaries(
        st.text(max_size=5), st.integers() | st.text(max_size=5) | st.floats(allow_nan=False, allow_infinity=False)
    )
)
def test_the_key_does_not_depend_on_order(inputs: dict[str, object]) -> None:
    assert store.content_key(inputs) == store.content_key(dict(reversed(inputs.items())))
    assert store.content_key(inputs) != store.content_key(inputs | {"longer key": 1})


def test_ratios_by_hand() -> None:
    row = checkpoint().row
    kept = 10 * 25 + 30 * 250 + 100 * 480 + 10 * 100
    assert row["weights_ratio"] == pytest.approx(430_500 / kept)
    # Bitmaps: 20 filters of conv1; 50 + 500 of conv2; 500 + 800 of fc1; 500 rows of fc2.
    assert row["storage_ratio"] == pytest.approx(32 * 430_500 / (4 * kept + 20 + 550 + 1300 + 500))
    assert row["operations_ratio"] == pytest.approx(2_293_000 / (250 * 576 + 7500 * 64 + 48_000 + 1000))


def with_holes(bits: int, share: float = 0.25) -> Checkpoint:
    """A checkpoint whose second layer is pruned weight by weight."""
    whole = checkpoint()
    conv2 = layer("conv2", 30, 250, bits)
    kept = np.random.default_rng(1).random((30, 250)) < share
    levels = np.where(conv2.levels == 0, 1, conv2.levels) if bits > 1 else np.where(conv2.levels < 0, -1, 1)
    conv2 = replace(conv2, levels=np.where(kept, levels, 0).astype(np.int8), kept=kept)
    layers = (whole.layers[0], conv2, *whole.layers[2:])
    row = dict(whole.row) | {"layers": layer_rows(layers)}
    return Checkpoint(whole.key, row | ratio_row(workloads(row)), layers)


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_pruned_weights_inside_a_matrix_survive_the_cache(tmp_path: Path, bits: int) -> None:
    saved = with_holes(bits)
    save_checkpoint(tmp_path, saved)
    loaded = load_checkpoint(tmp_path, saved.key)
    assert loaded.layers[1].kept is not None
    assert np.array_equal(loaded.layers[1].kept, saved.layers[1].kept)
    assert np.array_equal(loaded.layers[1].levels, saved.layers[1].levels)
    assert loaded.layers[1].levels.dtype == np.int8
    assert loaded.layers[0].kept is None
    assert "n_nonzero" not in loaded.row["layers"][0]


def test_pruned_weights_inside_a_matrix_are_neither_stored_nor_counted(tmp_path: Path) -> None:
    saved = with_holes(8)
    inner = int(saved.layers[1].kept.sum())
    assert saved.row["layers"][1]["n_nonzero"] == inner
    assert workloads(saved.row)[1].surviving_weights == inner
    others = 10 * 25 + 100 * 480 + 10 * 100
    assert saved.row["weights_ratio"] == pytest.approx(430_500 / (others + inner))
    bits = 4 * others + 8 * inner + 30 * 250 + 20 + 550 + 1300 + 500
    assert saved.row["storage_ratio"] == pytest.approx(32 * 430_500 / bits)
    assert saved.row["operations_ratio"] == pytest.approx(2_293_000 / (250 * 576 + inner * 64 + 48_000 + 1000))
    few, many = (
        save_checkpoint(tmp_path, saved).stat().st_size,
        save_checkpoint(tmp_path, with_holes(8, 1.0)).stat().st_size,
    )
    assert many - few == pytest.approx(30 * 250 - inner, abs=64)


@pytest.mark.parametrize("n_nonzero", [0, 7])
def test_a_matrix_holds_no_more_weights_than_it_has(n_nonzero: int) -> None:
    shape = Layer("fc", "fc", "image", 4, 4, 1, 1)
    with pytest.raises(InputError, match=r"layers\.fc\.n_nonzero: out of range .*allowed 1\.\.6"):
        LayerWorkload(shape, 2, 3, 4, 4, n_nonzero)


def _full_disk(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_an_output_behind_a_link_goes_to_its_target(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    store.write_output(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"
