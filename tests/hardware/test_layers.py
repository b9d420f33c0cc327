"""Layers counted by walking over them, and layers that do not map."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sotexplore.errors import InputError
from sotexplore.hardware import chip, traffic
from sotexplore.hardware.table import HardwareTable
from sotexplore.workload import Layer, LayerWorkload, Pool, workload_table

HARDWARE = {
    "compute_style": "and-count", "node_nm": 45, "cell": "sot-69f2", "subarray_rows": 64, "subarray_cols": 32,
    "columns_per_sense_amplifier": 1, "adc_bits": 5, "active_rows": 16, "operand": "streamed", "schedule": "sequential",
    "area_budget_m2": None,
}  # fmt: skip


@st.composite
def convolutions(draw: st.DrawFn) -> Layer:
    groups, width = draw(st.sampled_from([1, 1, 2, 3])), draw(st.integers(1, 4))
    depthwise = draw(st.booleans())
    channels = groups * width
    filters = channels if depthwise else groups * draw(st.integers(1, 4))
    size, kernel = draw(st.integers(2, 9)), draw(st.integers(1, 4))
    padding = draw(st.integers(0, 2))
    assume(kernel <= size + 2 * padding)
    pool = draw(st.sampled_from([None, Pool("max", 2, 2), Pool("average", 3, 1, 1)]))
    layer = Layer(
        "conv", "conv", "image", channels, filters, size, size, kernel, draw(st.integers(1, 3)), padding,
        channels if depthwise else groups, pool=pool,
    )  # fmt: skip
    assume(layer.pooled_height >= 1)
    return layer


def places(size: int, kernel: int, stride: int, padding: int) -> list[int]:
    """Where a window starts, by trying."""
    return [start for start in range(-padding, size + padding, stride) if start + kernel <= size + padding]


@settings(max_examples=100, deadline=None)
@given(convolutions(), st.integers(1, 4), st.integers(1, 4))
def test_a_convolution_counted_by_walking_over_it(layer: Layer, weight_bits: int, input_bits: int) -> None:
    """Pixels, multiply-accumulates, pooling reads and row operations of a frame, one by one."""
    rows = places(layer.in_height, layer.kernel, layer.stride, layer.padding)
    pixels = list(itertools.product(rows, rows))
    assert layer.n_pixels == len(pixels)
    inputs = layer.in_channels // layer.groups * layer.kernel**2
    assert (layer.n_filters, layer.n_rows) == (layer.out_channels, inputs)
    if layer.pool is not None:
        pooled = places(len(rows), layer.pool.kernel, layer.pool.stride, layer.pool.padding)
        assert layer.pooled_height == len(pooled)
        reads = sum(layer.pool.kernel**2 for _ in itertools.product(pooled, pooled))
        assert traffic.shapes((layer,)).pool_reads[0, 0] == reads
    operations = macs = 0
    for _ in pixels:
        for _ in range(layer.out_channels):
            macs += inputs
            planes = itertools.product(range(weight_bits), range(input_bits), range(0, inputs, 32))
            operations += sum(1 for _ in planes)
        if weight_bits == 1:
            operations += layer.groups * input_bits * len(range(0, inputs, 32))
    work = workload_table([(LayerWorkload(layer, layer.n_filters, layer.n_rows, weight_bits, input_bits),)])
    found = chip.evaluate(work, HardwareTable.from_columns(HARDWARE, 1))
    assert found.by_layer["n_array_operations"][0, 0] == operations
    assert found.operations_per_frame[0] == 2 * macs


@pytest.mark.parametrize(
    ("change", "field", "allowed"),
    [
        ({"kernel": 7}, "layers.conv.kernel", "1..6"),
        ({"groups": 5}, "layers.conv.groups", "a common divisor of 8 and 12"),
        ({"groups": 8}, "layers.conv.groups", "a common divisor of 8 and 12"),
        ({"kernel": 0}, "layers.conv.kernel", ""),
        ({"stride": 0}, "layers.conv.stride", ""),
    ],
)
def test_a_layer_that_does_not_map_is_refused_by_name(change: dict[str, int], field: str, allowed: str) -> None:
    given = {"in_channels": 8, "out_channels": 12, "in_height": 4, "in_width": 4, "kernel": 3, "padding": 1} | change
    with pytest.raises(InputError) as caught:
        Layer("conv", "conv", "image", **given)
    assert caught.value.field == field and allowed in caught.value.allowed


def test_a_sub_array_beyond_the_sense_margin_is_refused_with_the_number_that_is_allowed() -> None:
    """A contrast of 2.5 with 8 % spread does not bear an AND of two rows over the bit-line of 2,048."""
    work = workload_table([(LayerWorkload(Layer("fc", "fc", "image", 64, 16, 1, 1), 16, 64, 4, 4),)])
    table = HardwareTable.from_columns(HARDWARE | {"subarray_rows": 2048, "operand": "written", "node_nm": 22}, 1)
    with pytest.raises(InputError) as caught:
        chip.evaluate(work, table)
    assert caught.value.field == "hardware.subarray_rows" and "sense margin" in caught.value.problem
    most = int(caught.value.allowed.split("..")[1])
    smaller = HardwareTable.from_columns(HARDWARE | {"subarray_rows": most, "operand": "written", "node_nm": 22}, 1)
    assert np.isfinite(chip.evaluate(work, smaller).area_m2[0])
