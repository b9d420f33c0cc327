"""Pooling, rounding and patches against plain loops."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from sotexplore.simulation import maps
from sotexplore.simulation.planes import activation_plane, plane_weights, stored_bits
from sotexplore.workload import IMAGE, Layer, Pool


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (3, 1, 1), (2, 3, 1)])
def test_pooling_of_signed_values(kernel: int, stride: int, padding: int) -> None:
    values = np.random.default_rng(0).integers(-1000, 100, (2, 3, 7, 8))
    tensor = torch.from_numpy(values).double()
    largest = maps.pooled(values, Pool("max", kernel, stride, padding))
    assert np.array_equal(largest, functional.max_pool2d(tensor, kernel, stride, padding).numpy())
    summed = maps.pooled(values, Pool("average", kernel, stride, padding))
    np.testing.assert_allclose(summed / kernel**2, functional.avg_pool2d(tensor, kernel, stride, padding).numpy())


def test_patches_are_the_windows_of_the_kept_rows() -> None:
    values = np.random.default_rng(1).integers(0, 256, (2, 4, 5, 6)).astype(np.uint8)
    layer = Layer("layer", "conv", IMAGE, 4, 6, 5, 6, 3, 2, 1, groups=2)
    rows = np.array([0, 5, 13], np.uint16)
    found = maps.patches(values, layer, rows).reshape(2, 3, 2, layer.out_height, layer.out_width)
    padded = np.pad(values, ((0, 0), (0, 0), (1, 1), (1, 1)))
    for group, place, image, y, x in np.ndindex(found.shape):
        channel, top, left = group * 2 + rows[place] // 9, rows[place] // 3 % 3, rows[place] % 3
        assert found[group, place, image, y, x] == padded[image, channel, 2 * y + top, 2 * x + left]


@pytest.mark.parametrize("coding", ["twos-complement", "offset", "differential"])
@pytest.mark.parametrize("bits", range(1, 9))
def test_planes_add_up_to_the_weights(bits: int, coding: str) -> None:
    half = 2 ** (bits - 1)
    levels = np.array([[-1, 1]] if bits == 1 else [range(-half, half)], np.int8)
    weights = plane_weights(bits, coding)
    planes = stored_bits(levels, bits, coding).astype(np.int64)
    assert set(np.unique(planes)) <= {0, 1}
    assert np.array_equal(np.array(weights.of_planes) @ planes - weights.of_sum, levels[0])


def test_planes_add_up_to_the_activations() -> None:
    values = np.arange(256, dtype=np.uint8)
    assert np.array_equal(sum(activation_plane(values, bit) * 2**bit for bit in range(8)), values)
