"""Integer export, and inference with integers only: the accuracy that a checkpoint reports."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sotexplore.checkpoint import FLOAT_BITS, Checkpoint, LayerCheckpoint
from sotexplore.compression import quantizers
from sotexplore.compression.data import Dataset, fitting
from sotexplore.compression.masks import LayerMask
from sotexplore.compression.model import CatalogueNetwork, WeightLayer, weighted_sum
from sotexplore.errors import InputError
from sotexplore.workload import IMAGE, PIXEL_BITS, Layer, Network

MULTIPLIER_BITS = 20
WIDE_BITS = 24
"""Signed bits of a tensor that has no ReLU and only feeds a residual add."""
_WIDE_FRACTION_BITS = 14
_EXACT_FLOAT32 = 2**24
_MOST_VALUES = 2**22
"""Of the images of a batch, which integers of 64 bits follow."""


def export_layers(model: CatalogueNetwork, masks: Mapping[str, LayerMask]) -> tuple[LayerCheckpoint, ...]:
    """The trained network as integers.

    Batch-norm (running statistics), weight steps and activation steps fold into one integer multiplier and bias per
    filter, on MULTIPLIER_BITS bits.
    """
    network = model.network
    steps = {IMAGE: 1.0 / (2**PIXEL_BITS - 1)}
    outputs = {module.layer.name: module for module in model}
    for module in model:
        steps[module.layer.name] = _output_step(network, module, outputs)
    carried = {module.layer.name: _carried_step(module, steps[module.layer.name]) for module in model}
    return tuple(
        _export_layer(network, index, module, masks[module.layer.name], steps, carried_steps=carried)
        for index, module in enumerate(model)
    )


def export_float_layers(model: CatalogueNetwork) -> tuple[LayerCheckpoint, ...]:
    """The dense float network in the same format: float weights, no integer arithmetic."""
    return tuple(_float_layer(model.network, index, module) for index, module in enumerate(model))


def restore(checkpoint: Checkpoint) -> CatalogueNetwork:
    """The trainable network that a checkpoint holds: weights, masks, batch-norm and activation steps."""
    model = CatalogueNetwork(checkpoint.network)
    for module, saved in zip(model, checkpoint.layers, strict=True):
        filters, rows = torch.from_numpy(saved.filters.astype(np.int64)), torch.from_numpy(saved.rows.astype(np.int64))
        block = torch.from_numpy(saved.levels.astype(np.float32)) * torch.from_numpy(saved.weight_step)[:, None]
        module.weight.data.zero_()
        module.weight.data[filters[:, None], rows] = block
        module.filter_mask.copy_(torch.zeros_like(module.filter_mask).index_fill_(0, filters, 1.0))
        module.row_mask.copy_(torch.zeros_like(module.row_mask).index_fill_(0, rows, 1.0))
        if saved.kept is not None:
            module.weight_mask[filters[:, None], rows] = torch.from_numpy(saved.kept)
        module.activation_step.data.fill_(saved.activation_step)
        _restore_norm(module, torch.from_numpy(saved.norm), filters)
    return model


@torch.no_grad()
def scores(checkpoint: Checkpoint, images: Tensor) -> Tensor:
    """Class scores of a checkpoint computed in integers.

    Args:
        checkpoint: a quantized checkpoint.
        images: uint8 tensor (n, channels, height, width).

    Returns:
        int64 tensor (n, n_classes).
    """
    tensors = {IMAGE: images.to(torch.int64)}
    carried: dict[str, Tensor] = {}
    network = checkpoint.network
    last = network.layers[-1].name
    for layer, saved in zip(network.layers, checkpoint.layers, strict=True):
        sums = _integer_sums(tensors[layer.source], layer, saved)
        wide = sums * _column(network, saved, saved.multiplier) + _column(network, saved, saved.bias)
        if layer.residual is not None:
            wide = wide + carried[layer.residual] * saved.residual_multiplier
        tensors[layer.name] = wide if layer.name == last else _requantized(wide, layer, saved.shift, saved.output_bits)
        carried[layer.name] = (
            _requantized(wide, layer, saved.carried_shift, saved.carried_bits)
            if saved.carried_bits
            else tensors[layer.name]
        )
    return tensors[last].flatten(1)


def accuracy(checkpoint: Checkpoint, dataset: Dataset, *, batch_size: int = 1000) -> float:
    """Share of the whole test set that the integer network gets right."""
    right, batch_size = 0, fitting(dataset.test_images, batch_size, _MOST_VALUES)
    for start in range(0, len(dataset.test_labels), batch_size):
        part = slice(start, start + batch_size)
        right += int(
            (scores(checkpoint, dataset.test_images[part].cpu()).argmax(1) == dataset.test_labels[part].cpu()).sum()
        )
    return right / len(dataset.test_labels)


def _integer_sums(inputs: Tensor, layer: Layer, saved: LayerCheckpoint) -> Tensor:
    levels = torch.zeros(layer.n_filters, layer.n_rows, dtype=torch.float64)
    filters, rows = torch.from_numpy(saved.filters.astype(np.int64)), torch.from_numpy(saved.rows.astype(np.int64))
    levels[filters[:, None], rows] = torch.from_numpy(saved.levels.astype(np.float64))
    largest_sum = float(levels.abs().sum(1).max()) * float(inputs.abs().max())
    dtype = torch.float32 if largest_sum < _EXACT_FLOAT32 else torch.float64
    return weighted_sum(inputs.to(dtype), levels.to(dtype), layer).to(torch.int64)


def _requantized(wide: Tensor, layer: Layer, shift: int, bits: int) -> Tensor:
    divisor = 2**shift
    if layer.relu:
        wide = wide.clamp(min=0)
    if layer.pool is not None and layer.pool.kind == "max":
        pool = layer.pool
        wide = functional.max_pool2d(wide.to(torch.float64), pool.kernel, pool.stride, pool.padding).to(torch.int64)
    elif layer.pool is not None:
        area = layer.pool.kernel**2
        summed = functional.avg_pool2d(wide.to(torch.float64), layer.pool.kernel, layer.pool.stride, layer.pool.padding)
        wide, divisor = (summed * area).round().to(torch.int64), divisor * area
    rounded = torch.div(wide + divisor // 2, divisor, rounding_mode="floor")
    low = 0 if layer.relu else -(2 ** (bits - 1))
    high = 2**bits - 1 if layer.relu else 2 ** (bits - 1) - 1
    return rounded.clamp(low, high)


def _column(network: Network, saved: LayerCheckpoint, values: np.ndarray) -> Tensor:
    full = torch.zeros(network.layer(saved.name).n_filters, dtype=torch.int64)
    full[torch.from_numpy(saved.filters.astype(np.int64))] = torch.from_numpy(values)
    return full[:, None, None]


def _output_step(network: Network, module: WeightLayer, modules: Mapping[str, WeightLayer]) -> float:
    layer = module.layer
    if layer.relu:
        return float(quantizers.positive(module.activation_step.detach()))
    reader = next((item.name for item in network.layers if item.residual == layer.name), None)
    return 1.0 if reader is None else float(modules[reader].activation_step.detach()) / 2**_WIDE_FRACTION_BITS


def _carried_step(module: WeightLayer, step: float) -> float:
    """Step of what residual adds read, as fine as its bits are more than the output's."""
    if not module.carried_bits:
        return step
    assert module.activation_bits is not None
    return step / 2.0 ** (module.carried_bits - module.activation_bits)


def _export_layer(
    network: Network, index: int, module: WeightLayer, mask: LayerMask, steps: Mapping[str, float], *,
    carried_steps: Mapping[str, float],
) -> LayerCheckpoint:  # fmt: skip
    layer = module.layer
    assert module.weight_bits is not None and module.activation_bits is not None
    filters, rows = mask.filters.nonzero().flatten(), mask.rows.nonzero().flatten()
    weight_step = quantizers.positive(module.weight_step.detach())[filters]
    allowed = None if module.allowed is None else module.allowed.of(filters, rows)
    weights = module.weight.detach()[filters[:, None], rows]
    levels = quantizers.weight_levels(weights, weight_step, module.weight_bits, allowed)
    inner = mask.matrix[filters[:, None], rows]
    kept = None if inner.all() else inner
    if kept is not None:
        _check_zero(layer, module.weight_bits)
        levels = levels * kept
    norm = _norm_table(module)[:, filters]
    gain = norm[0] / torch.sqrt(norm[3] + _epsilon(module))
    out_step = steps[layer.name]
    real_multiplier = weight_step[:, 0].double() * steps[layer.source] * gain.double() / out_step
    alive = levels.any(1)
    if alive.any():  # a filter of zeros has no use for a multiplier, and must not set the others' shift
        real_multiplier = torch.where(alive, real_multiplier, 0.0)
    real_bias = (norm[1] - norm[2] * gain).double() / out_step
    shift = MULTIPLIER_BITS - math.ceil(math.log2(max(float(real_multiplier.abs().max()), 1e-12)))
    residual = 0.0 if layer.residual is None else carried_steps[layer.residual] / out_step
    return LayerCheckpoint(
        name=layer.name,
        filters=filters.numpy().astype(np.uint16),
        rows=rows.numpy().astype(np.uint16),
        levels=levels.numpy().astype(np.int8),
        weight_bits=module.weight_bits,
        input_bits=network.input_bits(index, module.activation_bits),
        output_bits=module.activation_bits if layer.relu else WIDE_BITS,
        shift=shift,
        residual_multiplier=round(residual * 2.0**shift),
        weight_step=weight_step[:, 0].numpy().astype(np.float32),
        activation_step=out_step,
        multiplier=torch.round(real_multiplier * 2.0**shift).to(torch.int64).numpy(),
        bias=torch.round(real_bias * 2.0**shift).to(torch.int64).numpy(),
        norm=norm.numpy().astype(np.float32),
        kept=None if kept is None else kept.numpy(),
        carried_bits=module.carried_bits,
    )


def _check_zero(layer: Layer, weight_bits: int) -> None:
    """Refuses pruned weights among those of one bit, which are +1 or -1."""
    if weight_bits == 1:
        raise InputError(
            "compression.weight_bits",
            f"leaves no zero for the weights pruned inside {layer.name}",
            got=1,
            allowed="2..8",
        )


def _float_layer(network: Network, index: int, module: WeightLayer) -> LayerCheckpoint:
    layer = module.layer
    empty = np.zeros(layer.n_filters, np.int64)
    return LayerCheckpoint(
        name=layer.name,
        filters=np.arange(layer.n_filters, dtype=np.uint16),
        rows=np.arange(layer.n_rows, dtype=np.uint16),
        levels=module.weight.detach().numpy().astype(np.float32),
        weight_bits=FLOAT_BITS,
        input_bits=network.input_bits(index, FLOAT_BITS),
        output_bits=FLOAT_BITS,
        shift=0,
        residual_multiplier=0,
        weight_step=np.ones(layer.n_filters, np.float32),
        activation_step=1.0,
        multiplier=empty,
        bias=empty,
        norm=_norm_table(module).numpy().astype(np.float32),
    )


def _norm_table(module: WeightLayer) -> Tensor:
    """Batch-norm's weight, bias, mean, variance as (4, n_filters); a plain bias in the same form."""
    if module.norm is None:
        assert module.bias is not None
        ones = torch.ones(module.layer.n_filters)
        return torch.stack([ones, module.bias.detach(), torch.zeros_like(ones), ones])
    norm = module.norm
    assert norm.running_mean is not None and norm.running_var is not None
    return torch.stack([norm.weight.detach(), norm.bias.detach(), norm.running_mean, norm.running_var])


def _epsilon(module: WeightLayer) -> float:
    return 0.0 if module.norm is None else module.norm.eps


def _restore_norm(module: WeightLayer, table: Tensor, filters: Tensor) -> None:
    if module.norm is None:
        assert module.bias is not None
        module.bias.data[filters] = table[1]
        return
    assert module.norm.running_mean is not None and module.norm.running_var is not None
    for target, values in zip(
        (module.norm.weight.data, module.norm.bias.data, module.norm.running_mean, module.norm.running_var),
        table,
        strict=True,
    ):
        target[filters] = values
