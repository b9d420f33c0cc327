"""Random small networks with random integer weights, for tests."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray

from sotexplore.checkpoint import Checkpoint, LayerCheckpoint
from sotexplore.compression import integer
from sotexplore.hardware import counts, mapping, traffic
from sotexplore.hardware.constants import nominal
from sotexplore.hardware.counts import CODINGS, Counts, Geometry
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.run import Simulation
from sotexplore.simulation.tally import FULLEST, SUMMED
from sotexplore.workload import IMAGE, Layer, LayerWorkload, Network, Pool, WorkloadTable, workload_table

WIDE_BITS = 24


@dataclass(frozen=True)
class Case:
    """A network with weights, and images for it."""

    network: Network
    layers: tuple[LayerCheckpoint, ...]
    images: NDArray[np.uint8]

    def reference(self) -> NDArray[np.int64]:
        """Class scores of the integer reference."""
        checkpoint = cast(Checkpoint, SimpleNamespace(network=self.network, layers=self.layers))
        return integer.scores(checkpoint, torch.from_numpy(self.images)).numpy()

    def workload(self) -> WorkloadTable:
        """What the hardware model reads."""
        return workload_table(
            [
                tuple(
                    LayerWorkload(layer, len(saved.filters), len(saved.rows), saved.weight_bits, saved.input_bits)
                    for layer, saved in zip(self.network.layers, self.layers, strict=True)
                )
            ]
        )


def saved_layer(
    layer: Layer, rng: np.random.Generator, *, weight_bits: int, input_bits: int, output_bits: int, prune: bool = True
) -> LayerCheckpoint:
    """Random weights of every level, random multipliers of both signs, on some of the filters and rows."""
    filters = _kept(layer.n_filters, rng, prune and layer.groups == 1)
    rows = _kept(layer.n_rows, rng, prune)
    half = 2 ** (weight_bits - 1)
    shape = (len(filters), len(rows))
    levels = rng.choice([-1, 1], shape) if weight_bits == 1 else rng.integers(-half, half, shape)
    shift = int(rng.integers(0, 24))
    peak = max(1, int(2.0 ** (shift + output_bits) / (len(rows) ** 0.5 * half * 2**input_bits)))
    return LayerCheckpoint(
        name=layer.name, filters=filters, rows=rows, levels=levels.astype(np.int8), weight_bits=weight_bits,
        input_bits=input_bits, output_bits=output_bits if layer.relu else WIDE_BITS, shift=shift,
        residual_multiplier=int(rng.integers(1, 2**shift + 2)) if layer.residual else 0,
        weight_step=np.ones(shape[0], np.float32), activation_step=1.0,
        multiplier=rng.integers(-peak, 2 * peak + 1, shape[0]), bias=rng.integers(-(2**shift), 2 ** (shift + 2), shape[0]),
        norm=np.zeros((4, shape[0]), np.float32),
    )  # fmt: skip


def _kept(total: int, rng: np.random.Generator, prune: bool) -> NDArray[np.uint16]:
    count = int(rng.integers(1, total + 1)) if prune else total
    return np.sort(rng.permutation(total)[:count]).astype(np.uint16)


def model_counts(case: Case, arrays: Arrays) -> Counts:
    """What the hardware model charges for, per pixel."""
    geometry = Geometry(
        *(
            np.array([float(value)])
            for value in (
                arrays.subarray_rows, arrays.subarray_cols, arrays.sensed, arrays.active_rows, arrays.is_written
            )
        )
    )  # fmt: skip
    need = counts.demand(case.workload(), coding=cast(Any, arrays.coding))
    if arrays.is_crossbar:
        return mapping.crossbar(need, geometry)
    return mapping.and_count(need, geometry, group=nominal()["sense_group_columns"])


def check_counts(case: Case, arrays: Arrays, result: Simulation) -> None:
    """Every count of every layer is what the hardware model charges for."""
    model, shapes = model_counts(case, arrays), traffic.shapes(case.network.layers)
    for place, tally in enumerate(result.tallies):
        layer, found = case.network.layers[place], tally.to_dict()
        events = layer.n_pixels * result.n_images

        def charged(name: str, place: int = place) -> int:
            return int(np.broadcast_to(getattr(model, name), model.n_subarrays.shape)[place, 0])

        for name in ("n_subarrays", "stored_bits", "load_accesses"):
            assert found[name] == charged(name), (layer.name, name)
        for name in SUMMED + FULLEST:
            assert found[name] == charged(name) * events, (layer.name, name)
        filters = len(case.layers[place].filters) * result.n_images
        assert found["outputs"] == filters * shapes.pixels[place, 0]
        assert found["pool_reads"] == filters * shapes.pool_reads[place, 0]
        assert found["residual_adds"] == filters * shapes.residual_pixels[place, 0]


@st.composite
def pools(draw: st.DrawFn, size: int) -> Pool | None:
    kind = draw(st.sampled_from([None, "max", "average"]))
    if kind is None or size < 2:
        return None
    kernel = draw(st.integers(1, min(size, 3)))
    return Pool(cast(Any, kind), kernel, draw(st.integers(1, 3)), draw(st.integers(0, kernel // 2)))


@st.composite
def convolutions(draw: st.DrawFn, name: str, source: str, channels: int, size: int) -> Layer:
    padding = draw(st.integers(0, 2))
    kernel = draw(st.integers(1, min(4, size + 2 * padding)))
    stride = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([group for group in (1, 1, 2, 3) if channels % group == 0]))
    filters = groups * draw(st.integers(1, 6))
    out = (size + 2 * padding - kernel) // stride + 1
    return Layer(
        name, "conv", source, channels, filters, size, size, kernel, stride, padding, groups, pool=draw(pools(out))
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Two convolutions, some grouped; a residual block with a signed or unsigned shortcut; a classifier."""
    size, channels = draw(st.integers(4, 9)), draw(st.integers(1, 3))
    first = draw(convolutions("first", IMAGE, channels, size))
    second = draw(convolutions("second", "first", first.out_channels, first.pooled_height))
    layers = [first, second]
    filters, width = second.out_channels, second.pooled_height
    source = second.name
    if draw(st.booleans()):
        stride = draw(st.integers(1, 2))
        wide = draw(st.integers(1, 5))
        signed = draw(st.booleans())
        layers.append(Layer("down", "conv", source, filters, wide, width, width, 1, stride, relu=not signed))
        out = (width - 1) // stride + 1
        layers.append(Layer("up", "conv", source, filters, wide, width, width, 3, stride, 1, residual="down",
                            pool=draw(pools(out))))  # fmt: skip
        source, filters, width = "up", wide, layers[-1].pooled_height
    features = filters * width**2
    classes = draw(st.integers(1, 5))
    layers.append(Layer("scores", "fc", source, features, classes, 1, 1, batch_norm=False, relu=False))
    network = Network("random", "none", classes, tuple(layers))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return Case(network, _saved(draw, network, rng), images_for(network, rng))


def _saved(draw: st.DrawFn, network: Network, rng: np.random.Generator) -> tuple[LayerCheckpoint, ...]:
    activation_bits = draw(st.integers(1, 8))
    found = []
    for layer in network.layers:
        bits = 8 if layer.source == IMAGE else activation_bits
        prune = draw(st.booleans())
        found.append(
            saved_layer(
                layer,
                rng,
                weight_bits=draw(st.integers(1, 8)),
                input_bits=bits,
                output_bits=activation_bits,
                prune=prune,
            )
        )
    return tuple(found)


def images_for(network: Network, rng: np.random.Generator, count: int = 3) -> NDArray[np.uint8]:
    """Random pixels."""
    first = network.layers[0]
    return rng.integers(0, 256, (count, first.in_channels, first.in_height, first.in_width)).astype(np.uint8)


@st.composite
def and_count_arrays(draw: st.DrawFn) -> Arrays:
    shared = draw(st.sampled_from([1, 2, 3]))
    return Arrays(
        compute_style="and-count",
        subarray_rows=draw(st.integers(9, 60)),
        subarray_cols=shared * draw(st.integers(2, 40)),
        columns_per_sense_amplifier=shared,
        operand=draw(st.sampled_from(["streamed", "written"])),
        coding=draw(st.sampled_from(CODINGS)),
    )


@st.composite
def crossbar_arrays(draw: st.DrawFn) -> Arrays:
    """Crossbars whose ADCs resolve every sum."""
    shared = draw(st.sampled_from([1, 2, 3]))
    rows = draw(st.integers(5, 60))
    active = draw(st.integers(1, rows))
    return Arrays(
        compute_style="crossbar",
        subarray_rows=rows,
        subarray_cols=shared * draw(st.integers(2, 40)),
        columns_per_sense_amplifier=shared,
        adc_bits=draw(st.integers(max(1, int(active).bit_length()), 12)),
        active_rows=active,
        coding=draw(st.sampled_from(CODINGS)),
    )


def plain_case(
    *, seed: int = 0, weight_bits: int = 4, activation_bits: int = 4, count: int = 8, filters: int = 12
) -> Case:
    """A fixed small network: two convolutions and a classifier, nothing pruned."""
    rng = np.random.default_rng(seed)
    network = Network(
        "plain", "none", 6,
        (
            Layer("first", "conv", IMAGE, 1, filters, 10, 10, 3, pool=Pool("max", 2, 2)),
            Layer("second", "conv", "first", filters, 2 * filters, 4, 4, 3, padding=1),
            Layer("scores", "fc", "second", 32 * filters, 6, 1, 1, batch_norm=False, relu=False),
        ),
    )  # fmt: skip
    saved = tuple(
        saved_layer(
            layer, rng, weight_bits=weight_bits, input_bits=8 if layer.source == IMAGE else activation_bits,
            output_bits=activation_bits, prune=False,
        )
        for layer in network.layers
    )  # fmt: skip
    return Case(network, saved, images_for(network, rng, count))
