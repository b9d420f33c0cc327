"""The trainable network: the catalogue's layer records executed by torch, with masks and fake quantization.

A layer computes, in this order: weighted sum, batch-norm, residual add, ReLU, pooling, activation quantizer. Pruned
filters are silenced in the batch-norm, so that a removed filter's shift cannot leak into the layers that follow.
"""

from collections.abc import Iterator, Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from sotexplore.compression import quantizers
from sotexplore.compression.allowed_levels import AllowedLevels, OneSign, OnPlanes
from sotexplore.compression.masks import LayerMask
from sotexplore.workload import IMAGE, PIXEL_BITS, Layer, Network, Pool


class WeightLayer(nn.Module):
    """One convolution or fully-connected layer.

    `weight` is a matrix (n_filters, n_rows). `filter_mask` (n_filters,), `row_mask` (n_rows,) and, within them,
    `weight_mask` (n_filters, n_rows) say what is kept.
    `positive` (n_filters, n_rows) says which sign a weight is held to, `plane_levels` (n_filters, n_values) the levels of a filter that
    is held to few bit-planes; None: neither.
    `weight_bits` None means float weights; the same for `activation_bits` and the output.
    """

    filter_mask: Tensor
    row_mask: Tensor
    weight_mask: Tensor
    positive: Tensor | None
    plane_levels: Tensor | None

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer = layer
        self.weight = nn.Parameter(torch.empty(layer.n_filters, layer.n_rows))
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")
        self.norm = nn.BatchNorm2d(layer.n_filters) if layer.batch_norm else None
        self.bias = None if layer.batch_norm else nn.Parameter(torch.zeros(layer.n_filters))
        self.weight_step = nn.Parameter(torch.ones(layer.n_filters, 1), requires_grad=False)
        self.activation_step = nn.Parameter(torch.ones(()), requires_grad=False)
        self.register_buffer("filter_mask", torch.ones(layer.n_filters))
        self.register_buffer("row_mask", torch.ones(layer.n_rows))
        self.register_buffer("weight_mask", torch.ones(layer.n_filters, layer.n_rows, dtype=torch.bool))
        self.register_buffer("positive", None)
        self.register_buffer("plane_levels", None)
        self.weight_bits: int | None = None
        self.activation_bits: int | None = None
        self.carried_bits = 0
        """Of the copy of the output that residual adds read; 0: they read the output itself."""
        self.bit_errors: Tensor | None = None
        """Which stored bits are wrong in training, see `quantizers.with_bit_errors`."""

    @property
    def mask(self) -> Tensor:
        """Surviving weights, (n_filters, n_rows) of 0 and 1."""
        return self.filter_mask[:, None] * self.row_mask * self.weight_mask

    @property
    def allowed(self) -> AllowedLevels | None:
        """Levels that quantized weights may take; None: all that their bits hold."""
        if self.positive is not None and self.weight_bits is not None:
            return OneSign(self.positive, self.weight_bits)
        return None if self.plane_levels is None else OnPlanes(self.plane_levels)

    def effective_weight(self) -> Tensor:
        """The weight matrix that the layer computes with: quantized, then masked."""
        if self.weight_bits is None:
            return self.weight * self.mask
        weight = quantizers.learned_weight(self.weight, self.weight_step, self.weight_bits, self.allowed)
        if self.bit_errors is not None and self.training:
            step = quantizers.positive(self.weight_step)
            weight = quantizers.with_bit_errors(weight, step, self.weight_bits, self.bit_errors)
        return weight * self.mask

    def forward(self, inputs: Tensor, residual: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Activations (n, channels, height, width) to pooled, quantized ones: for the next layer, and for residual adds."""
        outputs = pooled(self.before_pool(inputs, residual), self.layer.pool)
        if self.activation_bits is None or not self.layer.relu:
            return outputs, outputs
        return self.quantized(outputs, self.activation_bits)

    def quantized(self, outputs: Tensor, bits: int) -> tuple[Tensor, Tensor]:
        """Outputs at their bits, and the copy that residual adds read."""
        read = quantizers.learned_activation(outputs, self.activation_step, bits)
        if not self.carried_bits:
            return read, read
        finer = self.activation_step / 2 ** (self.carried_bits - bits)
        return read, quantizers.learned_activation(outputs, finer, self.carried_bits)

    def before_pool(self, inputs: Tensor, residual: Tensor | None) -> Tensor:
        """Activations before pooling and quantization, behind the ReLU unless the quantizer does its work."""
        outputs = weighted_sum(inputs, self.effective_weight(), self.layer)
        outputs = self._normalized(outputs)
        if residual is not None:
            outputs = outputs + residual
        return functional.relu(outputs) if self.layer.relu and not self._quantizer_clamps(outputs) else outputs

    def _quantizer_clamps(self, outputs: Tensor) -> bool:
        """Whether the quantizer does the ReLU's work: it comes next, but for a maximum, and passes nothing below zero."""
        averaged = self.layer.pool is not None and self.layer.pool.kind != "max"
        return self.activation_bits is not None and outputs.dtype is quantizers.FUSED and not averaged

    def _normalized(self, outputs: Tensor) -> Tensor:
        """Batch-norm with its scale and shift masked: filters that are gone stay silent, and no pass over the outputs more."""
        if self.norm is None:
            return outputs + _per_channel(self.bias)
        affine = {"weight": self.norm.weight * self.filter_mask, "bias": self.norm.bias * self.filter_mask}
        normalized: Tensor = torch.func.functional_call(self.norm, affine, (outputs,))
        return normalized


class CatalogueNetwork(nn.Module):
    """A network of the catalogue as a torch module; images (n, channels, height, width) in 0..1 to class scores."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.layers = nn.ModuleList(WeightLayer(layer) for layer in network.layers)

    def __iter__(self) -> Iterator[WeightLayer]:
        return iter(cast(list[WeightLayer], self.layers))

    def forward(self, images: Tensor) -> Tensor:
        """Class scores (n, n_classes)."""
        tensors, carried = {IMAGE: images}, {IMAGE: images}
        for module in self:
            layer = module.layer
            residual = None if layer.residual is None else carried[layer.residual]
            tensors[layer.name], carried[layer.name] = module(tensors[layer.source], residual)
        return tensors[self.network.layers[-1].name].flatten(1)

    def set_bits(self, weight_bits: int | Mapping[str, int] | None, activation_bits: int | None) -> None:
        """Sets the bits of every layer; the network's edges keep the bits that the network fixes for them.

        Args:
            weight_bits: of all layers, or of each by name; None leaves weights float.
            activation_bits: of all activations; None leaves them float.
        """
        for index, module in enumerate(self):
            if isinstance(weight_bits, Mapping):
                module.weight_bits = weight_bits[module.layer.name]
            else:
                module.weight_bits = None if weight_bits is None else self.network.weight_bits(index, weight_bits)
            module.activation_bits = activation_bits

    def carry(self, bits: int) -> None:
        """Has residual adds read activations at so many bits, where these are more than the activations' own; 0: at theirs."""
        for index, module in enumerate(self):
            own = module.activation_bits
            module.carried_bits = 0 if own is None else self.network.carried_bits(index, own, bits)

    def fit_weight_steps(self) -> None:
        """Sets each weight step to the closed-form optimum for the present weights and bits, and lets it learn."""
        for module in self:
            if module.weight_bits is not None:
                step = quantizers.fit_weight_step(
                    module.weight.detach(), module.weight_bits, module.mask, module.allowed
                )
                module.weight_step.data.copy_(step)
                module.weight_step.requires_grad_(True)

    @torch.no_grad()
    def bound_weight_steps(self) -> None:
        """Keeps each learned weight step in reach of its filter's weights, see `quantizers.bound_weight_step`."""
        for module in self:
            if module.weight_bits is not None:
                weight = module.weight * module.mask
                step = quantizers.bound_weight_step(weight, module.weight_step, module.weight_bits, module.allowed)
                module.weight_step.copy_(step)

    @torch.no_grad()
    def fit_activation_steps(self, images: Tensor) -> None:
        """Sets each activation step from the activations of `images`, layer after layer, and lets it learn."""
        tensors, carried = {IMAGE: images}, {IMAGE: images}
        for module in self:
            layer = module.layer
            residual = None if layer.residual is None else carried[layer.residual]
            outputs = pooled(module.before_pool(tensors[layer.source], residual), layer.pool)
            if module.activation_bits is not None and layer.relu:
                step = quantizers.fit_activation_step(outputs, module.activation_bits)
                module.activation_step.data.copy_(step)
                module.activation_step.requires_grad_(True)
                tensors[layer.name], carried[layer.name] = module.quantized(outputs, module.activation_bits)
            else:
                tensors[layer.name] = carried[layer.name] = outputs

    def weights(self) -> dict[str, nn.Parameter]:
        """Weight matrix of each layer, by name."""
        return {module.layer.name: module.weight for module in self}

    def masks(self) -> dict[str, LayerMask]:
        """What each layer keeps, by name."""
        return {
            module.layer.name: LayerMask(
                module.filter_mask.bool(),
                module.row_mask.bool(),
                None if module.weight_mask.all() else module.weight_mask.clone(),
            )
            for module in self
        }

    @torch.no_grad()
    def apply_masks(self, masks: Mapping[str, LayerMask]) -> None:
        """Sets the masks and zeroes what they remove: one decision for both."""
        self.set_masks(masks)
        for module in self:
            module.weight.mul_(module.mask)

    @torch.no_grad()
    def set_masks(self, masks: Mapping[str, LayerMask]) -> None:
        """Sets the masks and leaves the weights beneath, so that others may be tried."""
        for module in self:
            mask = masks[module.layer.name]
            module.filter_mask.copy_(mask.filters.float())
            module.row_mask.copy_(mask.rows.float())
            module.weight_mask.copy_(torch.ones_like(module.weight_mask) if mask.weights is None else mask.weights)


def weighted_sum(inputs: Tensor, weight: Tensor, layer: Layer) -> Tensor:
    """The layer's dot products: activations (n, channels, height, width) by a matrix (n_filters, n_rows)."""
    if layer.kind == "fc":
        return functional.linear(inputs.flatten(1), weight)[:, :, None, None]
    kernel = weight.view(layer.n_filters, -1, layer.kernel, layer.kernel)
    return functional.conv2d(inputs, kernel, stride=layer.stride, padding=layer.padding, groups=layer.groups)


def pooled(outputs: Tensor, pool: Pool | None) -> Tensor:
    """Pooling as the layer record says."""
    if pool is None:
        return outputs
    function = functional.max_pool2d if pool.kind == "max" else functional.avg_pool2d
    result: Tensor = function(outputs, pool.kernel, pool.stride, pool.padding)
    return result


def quantized_pixels(images: Tensor) -> Tensor:
    """uint8 images to floats in 0..1: the 8-bit activations that the first layer reads."""
    return images.float() / float((1 << PIXEL_BITS) - 1)


def _per_channel(values: Tensor | None) -> Tensor:
    assert values is not None
    return values[:, None, None]
