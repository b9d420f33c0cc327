"""A second evaluator of checkpoints: reads the files by itself and computes in float64, sharing no code with the product's.

Only the network's layer records are the product's: which layer reads which, and its shape.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor
from torch.nn import functional

from sotexplore import catalogue
from sotexplore.workload import IMAGE, Layer

_LARGEST_EXACT = 2**53


def class_scores(path: Path, images: Tensor) -> Tensor:
    """Class scores (n, n_classes) of uint8 images (n, channels, height, width), by the format that docs/compression.md gives."""
    with safe_open(path, "np") as handle:
        header = json.loads(handle.metadata()["sotexplore"])
        tensors = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118 (no mapping)
    network = catalogue.network(header["row"]["network"])
    read, added = {IMAGE: images.double()}, {}
    value = read[IMAGE]
    for layer, facts in zip(network.layers, header["layers"], strict=True):
        weight, multiplier, bias = (torch.tensor(part) for part in _matrix(layer, facts, tensors))
        value = _sums(layer, read[layer.source], weight) * multiplier[:, None, None] + bias[:, None, None]
        if layer.residual is not None:
            value = value + added[layer.residual] * facts["residual_multiplier"]
        assert value.abs().max() < _LARGEST_EXACT
        if layer is network.layers[-1]:
            break
        bits, shift, carried = facts["output_bits"], facts["shift"], facts.get("carried_bits", 0)
        read[layer.name] = _requantized(layer, value, bits, shift)
        added[layer.name] = _requantized(layer, value, carried, shift - carried + bits) if carried else read[layer.name]
    return value.flatten(1)


def _matrix(layer: Layer, facts: dict[str, Any], tensors: dict[str, Any]) -> tuple[NDArray[np.float64], ...]:
    """Levels (n_filters, n_rows), multiplier and bias (n_filters,) of the whole layer, zero where nothing is kept."""
    name, shape = facts["name"], facts["shape"]
    count = int(np.prod(shape))
    kept = np.ones(count, bool)
    if f"{name}.kept" in tensors:
        kept = np.unpackbits(tensors[f"{name}.kept"])[:count].astype(bool)
    inner = np.zeros(count)
    inner[kept] = _unpacked(tensors[f"{name}.levels"], facts["weight_bits"], int(kept.sum()))
    filters, rows = tensors[f"{name}.filters"], tensors[f"{name}.rows"]
    weight, multiplier, bias = (
        np.zeros((layer.n_filters, layer.n_rows)),
        np.zeros(layer.n_filters),
        np.zeros(layer.n_filters),
    )
    weight[np.ix_(filters, rows)] = inner.reshape(shape)
    multiplier[filters], bias[filters] = tensors[f"{name}.multiplier"], tensors[f"{name}.bias"]
    return weight, multiplier, bias


def _unpacked(packed: NDArray[np.uint8], bits: int, count: int) -> NDArray[np.int64]:
    planes = np.unpackbits(packed)[: count * bits].reshape(count, bits).astype(np.int64)
    if bits == 1:
        return np.asarray(2 * planes[:, 0] - 1)
    worth = 2 ** np.arange(bits - 1, -1, -1)
    worth[0] *= -1
    return np.asarray(planes @ worth)


def _sums(layer: Layer, inputs: Tensor, weight: Tensor) -> Tensor:
    if layer.kind == "fc":
        return (inputs.flatten(1) @ weight.T)[:, :, None, None]
    kernels = weight.view(layer.n_filters, -1, layer.kernel, layer.kernel)
    return functional.conv2d(inputs, kernels, stride=layer.stride, padding=layer.padding, groups=layer.groups)


def _requantized(layer: Layer, value: Tensor, bits: int, shift: int) -> Tensor:
    divisor = 2**shift
    if layer.relu:
        value = value.clamp(min=0)
    if layer.pool is not None and layer.pool.kind == "max":
        value = functional.max_pool2d(value, layer.pool.kernel, layer.pool.stride, layer.pool.padding)
    elif layer.pool is not None:
        size = layer.pool.kernel**2
        value = (functional.avg_pool2d(value, layer.pool.kernel, layer.pool.stride, layer.pool.padding) * size).round()
        divisor *= size
    levels = torch.floor((value + divisor // 2) / divisor)
    return levels.clamp(0, 2**bits - 1) if layer.relu else levels.clamp(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
