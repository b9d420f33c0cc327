"""Between the arrays: patches of input maps, and what follows the accumulators, in integers.

Maps have shape (n_images, channels, height, width).
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sotexplore.checkpoint import LayerCheckpoint
from sotexplore.workload import Layer, Pool

IntMap = NDArray[np.int64]
T = TypeVar("T", bound=np.generic)
_BELOW = np.iinfo(np.int64).min


def patches(values: NDArray[np.uint8], layer: Layer, rows: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The kept inputs of every dot product.

    Args:
        values: input map.
        layer: its shape.
        rows: kept rows of the weight matrix, the same in each group.

    Returns:
        Activations (groups * n_rows, n_images * pixels).
    """
    if layer.kind == "fc":
        flat = values.reshape(len(values), layer.groups, -1)
        return np.ascontiguousarray(flat[:, :, rows].transpose(1, 2, 0)).reshape(-1, len(values))
    padded = _padded(values, layer.padding, np.uint8(0)).transpose(1, 0, 2, 3)
    found = np.empty((layer.groups, len(rows), len(values), layer.out_height, layer.out_width), np.uint8)
    channels = layer.in_channels // layer.groups
    for group in range(layer.groups):
        for place, row in enumerate(rows.tolist()):
            channel, top, left = row // layer.kernel**2, row // layer.kernel % layer.kernel, row % layer.kernel
            window = padded[group * channels + channel, :, top:, left:]
            found[group, place] = _strided(window, layer.out_height, layer.out_width, layer.stride)
    return found.reshape(layer.groups * len(rows), -1)


def wide_map(sums: IntMap, layer: Layer, saved: LayerCheckpoint, residual: IntMap | None) -> IntMap:
    """Multiplier, bias and residual add on the sums of the kept filters (n_filters, n_images * pixels)."""
    kept = sums * saved.multiplier[:, None] + saved.bias[:, None]
    shape = (len(saved.filters), -1, layer.out_height, layer.out_width)
    by_image = kept.reshape(shape).transpose(1, 0, 2, 3)
    whole = np.zeros((len(by_image), layer.n_filters, *by_image.shape[2:]), np.int64)
    whole[:, saved.filters] = by_image
    if residual is not None:
        whole += residual * saved.residual_multiplier
    return whole


def requantized(wide: IntMap, layer: Layer, shift: int, bits: int) -> IntMap:
    """ReLU, pooling, rounding shift and clamp to `bits`."""
    values = np.maximum(wide, 0) if layer.relu else wide
    divisor = 1 << shift
    if layer.pool is not None and layer.pool.kind == "max":
        values = pooled(values, layer.pool)
    elif layer.pool is not None:
        values, divisor = pooled(values, layer.pool), divisor * layer.pool.kernel**2
    rounded = (values + divisor // 2) // divisor
    if layer.relu:
        return np.clip(rounded, 0, (1 << bits) - 1)
    half = 1 << (bits - 1)
    return np.clip(rounded, -half, half - 1)


def pooled(values: IntMap, pool: Pool) -> IntMap:
    """Maximum, or sum (the mean times the window's pixels, padding counted as zeros), of each window."""
    is_max = pool.kind == "max"
    padded = _padded(values, pool.padding, np.int64(_BELOW if is_max else 0))
    height, width = ((size - pool.kernel) // pool.stride + 1 for size in padded.shape[2:])
    result: IntMap | None = None
    for top in range(pool.kernel):
        for left in range(pool.kernel):
            part = _strided(padded[:, :, top:, left:], height, width, pool.stride)
            if result is None:
                result = part.copy()
            elif is_max:
                np.maximum(result, part, out=result)
            else:
                result += part
    assert result is not None
    return result


def _strided(values: NDArray[T], height: int, width: int, stride: int) -> NDArray[T]:
    return values[..., : (height - 1) * stride + 1 : stride, : (width - 1) * stride + 1 : stride]


def _padded(values: NDArray[T], padding: int, fill: T) -> NDArray[T]:
    if padding == 0:
        return values
    edges = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    return np.pad(values, edges, constant_values=fill)
