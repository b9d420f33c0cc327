"""The checkpoint format: a compressed network as integers, scales and kept indices, in one safetensors file.

The header holds the row that listings show; tensors hold surviving weights only, packed to their bit-width. No
framework is needed to read it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from sotexplore import catalogue
from sotexplore.errors import InputError
from sotexplore.ratios import operations_ratio, storage_ratio, weights_ratio
from sotexplore.store import write_cached
from sotexplore.workload import HeldTiles, LayerWorkload, Network

FORMAT_VERSION = 1
FLOAT_BITS = 32
SUFFIX = ".safetensors"
_HEADER_KEY = "sotexplore"


@dataclass(frozen=True)
class LayerCheckpoint:
    """One layer's compacted, integer weights and the arithmetic behind them.

    With integer activations a (n_rows kept) the layer computes, in integers,
        v_n = multiplier_n * sum_k levels_nk a_k + bias_n + residual_multiplier * r_n,
    then ReLU, pooling on v, and (v + 2^(shift-1)) >> shift clamped to 0..2^output_bits - 1 (nothing of that
    on the last layer, whose v are the class scores). Where carried_bits is not 0, residual adds read a finer copy:
    the same with carried_shift and carried_bits.
    """

    name: str
    filters: NDArray[np.uint16]
    """Kept filters, ascending, shape (kept_filters,)."""
    rows: NDArray[np.uint16]
    """Kept rows, ascending, shape (kept_rows,)."""
    levels: NDArray[np.int8] | NDArray[np.float32]
    """Integer weights, shape (kept_filters, kept_rows); float weights where weight_bits is 32 (dense network)."""
    weight_bits: int
    input_bits: int
    output_bits: int
    shift: int
    residual_multiplier: int
    weight_step: NDArray[np.float32]
    """Weight per level, shape (kept_filters,)."""
    activation_step: float
    """Activation per level at the output (after pooling)."""
    multiplier: NDArray[np.int64]
    bias: NDArray[np.int64]
    norm: NDArray[np.float32]
    """Batch-norm's weight, bias, running mean and variance, shape (4, kept_filters), to go on training from; without
    batch-norm: 1, bias, 0, 1."""
    kept: NDArray[np.bool_] | None = None
    """Weights of the compacted matrix that stay, shape of `levels`; the others are zero. None: all stay."""
    carried_bits: int = 0
    """Of the copy of the output that residual adds read; 0: they read the output itself."""

    @property
    def carried_shift(self) -> int:
        """Bits that the finer copy of the output is shifted by."""
        return self.shift - self.carried_bits + self.output_bits


@dataclass(frozen=True)
class Checkpoint:
    """A compressed network and the row of facts that listings show."""

    key: str
    row: Mapping[str, Any]
    layers: tuple[LayerCheckpoint, ...]
    history: Mapping[str, Any] = field(default_factory=dict)
    """Inputs of the run and its residuals, for the record."""

    @property
    def network(self) -> Network:
        """The catalogue's network."""
        return catalogue.network(self.row["network"])


@dataclass(frozen=True)
class Listing:
    """What a cache holds: one row per readable checkpoint, one sentence per unreadable file."""

    rows: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]


def workloads(row: Mapping[str, Any]) -> tuple[LayerWorkload, ...]:
    """The workload records of a checkpoint, from its header row alone."""
    network = catalogue.network(row["network"])
    return tuple(
        LayerWorkload(
            network.layer(item["name"]),
            item["kept_filters"],
            item["kept_rows"],
            item["weight_bits"],
            item["input_bits"],
            item.get("n_nonzero"),
            _held(row, item),
            item.get("carried_bits", 0),
            item.get("fragment_rows", 0),
            item.get("planes", 0),
        )
        for item in row["layers"]
    )


def residual_bits(row: Mapping[str, Any]) -> int:
    """Bits of the activations that residual adds read where these have more than the others, else 0; from a header row."""
    return max((item.get("carried_bits", 0) for item in row["layers"]), default=0)


def _held(row: Mapping[str, Any], item: Mapping[str, Any]) -> HeldTiles | None:
    """What a layer's crossbars are where it was pruned by tiles; other styles do not tell."""
    if "held_tiles" not in item or row["tile"]["compute_style"] != "crossbar":
        return None
    return HeldTiles(row["tile"]["subarray_rows"], row["tile"]["subarray_cols"], item["held_tiles"])


def layer_rows(layers: tuple[LayerCheckpoint, ...]) -> list[dict[str, Any]]:
    """The per-layer part of a header row; `n_nonzero` only where weights inside the compacted matrix are pruned."""
    return [
        {
            "name": item.name,
            "kept_filters": len(item.filters),
            "kept_rows": len(item.rows),
            "weight_bits": item.weight_bits,
            "input_bits": item.input_bits,
        }
        | ({} if item.kept is None else {"n_nonzero": int(item.kept.sum())})
        | ({"carried_bits": item.carried_bits} if item.carried_bits else {})
        for item in layers
    ]


def ratio_row(items: tuple[LayerWorkload, ...]) -> dict[str, float]:
    """The ratios of a header row that need no hardware."""
    return {
        "weights_ratio": weights_ratio(items),
        "storage_ratio": storage_ratio(items),
        "operations_ratio": operations_ratio(items),
    }


def path_of(cache: Path, key: str) -> Path:
    """Where the checkpoint of that key lies."""
    return cache / "checkpoints" / f"{key}{SUFFIX}"


def save_checkpoint(cache: Path, checkpoint: Checkpoint) -> Path:
    """Writes a checkpoint into the cache, whole or not at all."""
    tensors: dict[str, NDArray[Any]] = {}
    meta = []
    for item in checkpoint.layers:
        tensors |= _tensors(item)
        carried = {"carried_bits": item.carried_bits} if item.carried_bits else {}
        meta.append({key: getattr(item, key) for key in _SCALARS} | {"shape": list(item.levels.shape)} | carried)
    header = {
        "format_version": FORMAT_VERSION,
        "key": checkpoint.key,
        "row": dict(checkpoint.row),
        "layers": meta,
        "history": dict(checkpoint.history),
        "tensors_sha256": _digest(tensors),
    }
    path = path_of(cache, checkpoint.key)
    write_cached(path, save(tensors, metadata={_HEADER_KEY: json.dumps(header, sort_keys=True)}))
    return path


def load_checkpoint(cache: Path, key: str) -> Checkpoint:
    """Reads a checkpoint whole and checks its digest.

    Raises:
        InputError: no such key, or the file is damaged.
    """
    path = path_of(cache, key)
    if not path.is_file():
        raise InputError(
            "checkpoint", "not in the cache", got=key, allowed=f"a key listed by `sotexplore checkpoints` in {cache}"
        )
    header = read_header(path)
    with safe_open(path, framework="numpy") as handle:
        tensors = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118 (no mapping)
    if _digest(tensors) != header["tensors_sha256"]:
        raise _damaged(path, "its tensors do not match their digest")
    layers = tuple(_layer(meta, tensors) for meta in header["layers"])
    return Checkpoint(header["key"], header["row"], layers, header["history"])


def read_header(path: Path) -> dict[str, Any]:
    """The header of a checkpoint file, without its tensors.

    Raises:
        InputError: not a checkpoint of this product, or truncated.
    """
    try:
        with safe_open(path, framework="numpy") as handle:
            header = json.loads((handle.metadata() or {})[_HEADER_KEY])
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise _damaged(path, str(error)) from None
    if header.get("format_version") != FORMAT_VERSION:
        raise _damaged(path, f"its format version is {header.get('format_version')}")
    if path_of(path.parent.parent, header["key"]).name != path.name:
        raise _damaged(path, "its name is not its key")
    return header  # type: ignore[no-any-return]


def list_checkpoints(cache: Path) -> Listing:
    """The rows of all checkpoints in the cache, by header only, ordered by network, ratio and bits."""
    rows, problems = [], []
    for path in sorted((cache / "checkpoints").glob(f"*{SUFFIX}")):
        try:
            header = read_header(path)
            rows.append({"key": header["key"]} | header["row"])
        except InputError as error:
            problems.append(str(error))
    rows.sort(
        key=lambda row: (
            row["network"],
            row["structure"],
            row["prune_ratio"],
            -row["weight_bits"],
            -row["activation_bits"],
        )
    )
    return Listing(tuple(rows), tuple(problems))


_SCALARS = ("name", "weight_bits", "input_bits", "output_bits", "shift", "residual_multiplier", "activation_step")
_PLAIN = ("filters", "rows", "weight_step", "multiplier", "bias", "norm")


def _tensors(item: LayerCheckpoint) -> dict[str, NDArray[Any]]:
    plain = {f"{item.name}.{name}": np.ascontiguousarray(getattr(item, name)) for name in _PLAIN}
    if item.kept is None:
        return plain | {f"{item.name}.levels": pack_levels(item.levels, item.weight_bits)}
    packed = pack_levels(item.levels[item.kept], item.weight_bits)
    return plain | {f"{item.name}.levels": packed, f"{item.name}.kept": np.packbits(item.kept)}


def _layer(meta: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> LayerCheckpoint:
    name, bits = meta["name"], meta["weight_bits"]
    values: dict[str, Any] = {key: meta[key] for key in _SCALARS} | {"carried_bits": meta.get("carried_bits", 0)}
    values |= {field_name: tensors[f"{name}.{field_name}"] for field_name in _PLAIN}
    shape = (int(meta["shape"][0]), int(meta["shape"][1]))
    packed = tensors[f"{name}.levels"]
    if f"{name}.kept" not in tensors:
        return LayerCheckpoint(**values, levels=unpack_levels(packed, bits, shape))
    kept = np.unpackbits(tensors[f"{name}.kept"], count=shape[0] * shape[1]).reshape(shape).astype(bool)
    surviving = unpack_levels(packed, bits, (1, int(kept.sum())))
    levels = np.zeros(shape, surviving.dtype)
    levels[kept] = surviving[0]
    return LayerCheckpoint(**values, levels=levels, kept=kept)


def pack_levels(levels: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Integer weights as packed bits, `bits` each (1 bit: +1 as 1, -1 as 0), float32 as it is; any shape to flat bytes."""
    if bits == FLOAT_BITS:
        return np.ascontiguousarray(levels, np.float32).reshape(-1).view(np.uint8)
    codes = (levels > 0) if bits == 1 else levels
    planes = np.unpackbits(codes.astype(np.uint8).reshape(-1, 1), axis=1)[:, 8 - bits :]
    return np.packbits(planes)


def unpack_levels(packed: NDArray[np.uint8], bits: int, shape: tuple[int, int]) -> NDArray[Any]:
    """The inverse of `pack_levels`."""
    if bits == FLOAT_BITS:
        return packed.view(np.float32).reshape(shape)
    count = shape[0] * shape[1]
    planes = np.unpackbits(packed, count=count * bits).reshape(count, bits)
    codes = np.zeros((count, 8), np.uint8)
    codes[:, 8 - bits :] = planes
    if bits > 1:
        codes[:, : 8 - bits] = planes[:, :1]
    values = np.packbits(codes, axis=1).reshape(shape).astype(np.int8)
    return (2 * values - 1).astype(np.int8) if bits == 1 else values


def _digest(tensors: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensors[name]).tobytes())
    return digest.hexdigest()


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        "checkpoint", f"{path.name} is damaged or of another format: {why}", got=path, allowed="a whole checkpoint file"
    )
