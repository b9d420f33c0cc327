"""Keys, atomic writes, and the checkpoint format: round trips, damage, listing by header."""

import os
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


def _full_disk(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_an_output_behind_a_link_goes_to_its_target(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    store.write_output(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"
