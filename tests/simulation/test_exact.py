"""Ideal arrays give the integer reference's class scores to the last bit, in any tiling, and as many events as charged."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import (
    Case,
    and_count_arrays,
    cases,
    check_counts,
    crossbar_arrays,
    images_for,
    plain_case,
    saved_layer,
)  # fmt: skip

from sotexplore import catalogue
from sotexplore.checkpoint import LayerCheckpoint
from sotexplore.hardware import chip
from sotexplore.hardware.table import HardwareTable
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.command import parse_arrays
from sotexplore.simulation.run import simulate
from sotexplore.workload import IMAGE, Layer, Network

EXAMPLES = 200


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases(), and_count_arrays())
def test_and_count_equals_the_reference_and_the_model(case: Case, arrays: Arrays) -> None:
    result = simulate(case.network, case.layers, case.images, arrays)
    assert np.array_equal(result.scores, case.reference())
    check_counts(case, arrays, result)


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases(), crossbar_arrays())
def test_crossbar_equals_the_reference_and_the_model(case: Case, arrays: Arrays) -> None:
    result = simulate(case.network, case.layers, case.images, arrays)
    assert np.array_equal(result.scores, case.reference())
    check_counts(case, arrays, result)


def test_batches_do_not_matter() -> None:
    case = plain_case()
    whole = simulate(case.network, case.layers, case.images, Arrays(), batch_images=100)
    parts = simulate(case.network, case.layers, case.images, Arrays(), batch_images=3)
    assert np.array_equal(whole.scores, parts.scores)
    assert [item.to_dict() for item in whole.tallies] == [item.to_dict() for item in parts.tallies]


def test_the_run_does_not_just_give_zeros() -> None:
    """Guards the tests above: the random networks' scores differ from image to image."""
    scores = plain_case().reference()
    assert len(np.unique(scores, axis=0)) == len(scores)


@pytest.mark.parametrize("weight_bits", range(1, 9))
@pytest.mark.parametrize("style", ["and-count", "crossbar"])
def test_every_weight_width(weight_bits: int, style: str) -> None:
    case = plain_case(weight_bits=weight_bits, activation_bits=weight_bits)
    arrays = Arrays(compute_style=style, subarray_rows=64, subarray_cols=48, active_rows=31)
    assert np.array_equal(simulate(case.network, case.layers, case.images, arrays).scores, case.reference())


def test_too_few_adc_bits_change_the_scores() -> None:
    case = plain_case()
    errors = []
    for adc_bits in (7, 5, 4, 3):
        arrays = Arrays(compute_style="crossbar", adc_bits=adc_bits, active_rows=100)
        scores = simulate(case.network, case.layers, case.images, arrays).scores
        errors.append(np.abs(scores - case.reference()).mean())
    assert errors[0] == 0
    assert min(errors[1:]) > 0


@pytest.mark.parametrize("style", ["and-count", "crossbar"])
@pytest.mark.parametrize("operand", ["streamed", "written"])
def test_layer_figures_of_a_chip_are_what_is_counted(style: str, operand: str) -> None:
    """Sub-arrays and array operations that the chip model reports for each layer."""
    case = plain_case(weight_bits=5, filters=16)
    fields: dict[str, Any] = {
        "compute_style": style, "operand": operand, "subarray_rows": 64, "subarray_cols": 64, "active_rows": 32,
        "columns_per_sense_amplifier": 4, "cell": "sot-69f2", "node_nm": 45, "adc_bits": 6, "schedule": "pipelined",
        "area_budget_m2": None,
    }  # fmt: skip
    figures = chip.evaluate(case.workload(), HardwareTable.from_columns(fields, 1))
    arrays, _ = parse_arrays({name: value for name, value in fields.items() if name != "area_budget_m2"})
    result = simulate(case.network, case.layers, case.images, arrays)
    for place, found in enumerate(result.counts_per_image()):
        assert found["n_subarrays"] == figures.by_layer["n_subarrays"][0, place]
        assert found["array_operations"] == figures.by_layer["n_array_operations"][0, place]


def carrying(network: Network, layers: tuple[LayerCheckpoint, ...], bits: int) -> tuple[LayerCheckpoint, ...]:
    """The layers with finer copies of their outputs where residual adds read these."""
    joined = {layer.residual for layer in network.layers if layer.residual and network.layer(layer.residual).relu}
    return tuple(
        replace(saved, carried_bits=bits, shift=max(saved.shift, bits)) if saved.name in joined else saved
        for saved in layers
    )


@pytest.mark.parametrize("style", ["and-count", "crossbar"])
@pytest.mark.parametrize(
    ("name", "carried_bits"), [("lenet5-mnist", 0), ("resnet20-cifar10", 0), ("resnet20-cifar10", 8)]
)
def test_networks_of_the_catalogue(name: str, carried_bits: int, style: str) -> None:
    """Whole networks with random weights, pruned: residual adds, strided shortcuts, average pooling, edge bits."""
    network, rng = catalogue.network(name), np.random.default_rng(3)
    layers = tuple(
        saved_layer(
            layer, rng, weight_bits=network.weight_bits(place, 4), input_bits=network.input_bits(place, 4),
            output_bits=4, prune=place % 2 == 1 and layer.residual is None,
        )
        for place, layer in enumerate(network.layers)
    )  # fmt: skip
    images = images_for(network, rng, 3)
    if carried_bits:
        plain, layers = layers, carrying(network, layers, carried_bits)
        assert not np.array_equal(*(Case(network, item, images).reference() for item in (plain, layers)))
    case = Case(network, layers, images)
    arrays = Arrays(compute_style=style, subarray_rows=128, subarray_cols=128, active_rows=63, adc_bits=6)
    result = simulate(network, layers, case.images, arrays)
    assert np.array_equal(result.scores, case.reference())
    check_counts(case, arrays, result)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 24), st.integers(1, 5), st.integers(1, 8), st.integers(0, 2**32))
def test_a_clipping_crossbar_is_what_plain_loops_give(
    inputs: int, rows: int, adc_bits: int, weight_bits: int, seed: int
) -> None:
    """One layer, two's complement: every drive of every bit-plane clipped at the ADC's highest code, then shifted and added."""
    rng = np.random.default_rng(seed)
    layer = Layer("scores", "fc", IMAGE, inputs, 3, 1, 1, batch_norm=False, relu=False)
    saved = saved_layer(layer, rng, weight_bits=weight_bits, input_bits=8, output_bits=8, prune=False)
    network = Network("one", "none", 3, (layer,))
    images = images_for(network, rng, 2)
    active = int(rng.integers(1, rows + 1))
    arrays = Arrays(
        compute_style="crossbar", subarray_rows=rows, subarray_cols=7, adc_bits=adc_bits, active_rows=active
    )  # fmt: skip
    found = simulate(network, (saved,), images, arrays).scores
    for image, name in np.ndindex(2, 3):
        pixels, levels = images[image].reshape(-1).tolist(), saved.levels[name].tolist()
        expected = int(saved.bias[name]) + int(saved.multiplier[name]) * clipped_sum(
            pixels, levels, weight_bits, arrays
        )
        assert found[image, name] == expected


def clipped_sum(pixels: list[int], levels: list[int], weight_bits: int, arrays: Arrays) -> int:
    top, total = min(2**arrays.adc_bits - 1, arrays.active_rows), 0
    for start in range(0, len(pixels), arrays.subarray_rows):
        tile = range(start, min(start + arrays.subarray_rows, len(pixels)))
        for first in range(tile.start, tile.stop, arrays.active_rows):
            drive = range(first, min(first + arrays.active_rows, tile.stop))
            for bit in range(8):
                for plane in range(weight_bits):
                    ones = sum((pixels[k] >> bit & 1) * stored(levels[k], weight_bits, plane) for k in drive)
                    sign = -1 if weight_bits > 1 and plane == weight_bits - 1 else 1
                    total += sign * min(ones, top) * 2 ** (bit + plane) * (2 if weight_bits == 1 else 1)
    return total - (sum(pixels) if weight_bits == 1 else 0)


def stored(level: int, weight_bits: int, plane: int) -> int:
    return int(level > 0) if weight_bits == 1 else level >> plane & 1
