"""Activations between layers: maps, buffers, H-tree, and the work behind the accumulators.

Feature maps live in one global buffer at the root of the chip's H-tree; each layer reads its input map from it once
per frame into a bank buffer that holds the rows of the map under the kernel, and writes its pooled output map back.
Every output pixel reads its whole window from the bank buffer (no reuse between windows), led by an index of the kept rows
of the dense weight matrix, one bit each; a second one of the kept filters leads the outputs back to their channels. Each
bank holds both, whether its layer is pruned or not. Pixels of the network's
input are written into the global buffer once; what brings them to the chip is not counted.

Arrays have shape (n_layers, n_designs) unless said otherwise.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sotexplore.hardware import circuits
from sotexplore.hardware.constants import FloatArray, Process
from sotexplore.hardware.counts import Counts, Demand
from sotexplore.workload import IMAGE, Layer


@dataclass(frozen=True)
class Shapes:
    """What does not depend on compression; arrays of shape (n_layers, 1); `source`, `reader`, `joined` of (n_layers,)."""

    pixels: FloatArray
    """Output pixels before pooling."""
    map_values: FloatArray
    """Values of the input map per source filter."""
    window_values: FloatArray
    """Values of the bank buffer per source filter: the map's rows under the kernel."""
    out_pixels: FloatArray
    """Output pixels after pooling."""
    pool_reads: FloatArray
    """Values that pooling compares or adds, per filter."""
    residual_pixels: FloatArray
    """Pixels of the tensor added before the activation, 0 without one."""
    index_rows: FloatArray
    """Rows of the dense weight matrix: a bit each says whether it is kept."""
    index_filters: FloatArray
    """Filters of the dense weight matrix, the same."""
    source: NDArray[np.int64]
    """Place of the layer that feeds this one, -1 for the image."""
    reader: NDArray[np.int64]
    """Place of the first layer that reads this one's output, -1 for none."""
    joined: NDArray[np.int64]
    """Place of the layer whose output is added before the activation, -1 for none."""


@lru_cache(maxsize=64)
def shapes(layers: tuple[Layer, ...]) -> Shapes:
    """Shapes of a network's layers."""
    place = {layer.name: index for index, layer in enumerate(layers)}

    def column(values: list[float]) -> FloatArray:
        return np.array(values, dtype=np.float64)[:, None]

    per_filter = [_channels_per_filter(layer, layers, place) for layer in layers]
    return Shapes(
        pixels=column([layer.n_pixels for layer in layers]),
        map_values=column(
            [each * layer.in_height * layer.in_width for each, layer in zip(per_filter, layers, strict=True)]
        ),
        window_values=column(
            [
                each * min(layer.kernel, layer.in_height) * layer.in_width
                for each, layer in zip(per_filter, layers, strict=True)
            ]
        ),
        out_pixels=column([layer.pooled_height * layer.pooled_width for layer in layers]),
        pool_reads=column([_pool_reads(layer) for layer in layers]),
        residual_pixels=column([layer.n_pixels if layer.residual else 0 for layer in layers]),
        index_rows=column([layer.n_rows for layer in layers]),
        index_filters=column([layer.n_filters for layer in layers]),
        source=np.array([place.get(layer.source, -1) for layer in layers]),
        reader=np.array([_reader(layer, layers) for layer in layers]),
        joined=np.array([place.get(layer.residual or "", -1) for layer in layers]),
    )


def _channels_per_filter(layer: Layer, layers: tuple[Layer, ...], place: dict[str, int]) -> float:
    """Input values per pixel for each filter of the source (for a flattened map: its pixels); all for the image."""
    if layer.source == IMAGE:
        return float(layer.in_channels)
    return layer.in_channels / layers[place[layer.source]].out_channels


def _pool_reads(layer: Layer) -> float:
    return 0.0 if layer.pool is None else float(layer.pooled_height * layer.pooled_width * layer.pool.kernel**2)


def _reader(layer: Layer, layers: tuple[Layer, ...]) -> int:
    readers = [index for index, other in enumerate(layers) if layer.name in (other.source, other.residual)]
    return readers[0] if readers else -1


@dataclass(frozen=True)
class Maps:
    """Activation bits of each layer, per frame."""

    input_bits: FloatArray
    window_bits: FloatArray
    """Capacity of the bank buffer."""
    output_bits: FloatArray
    residual_bits: FloatArray

    @property
    def moved_bits(self) -> FloatArray:
        """Bits that travel between the global buffer and the layer's bank, (n_layers, n_designs)."""
        return np.asarray(self.input_bits + self.output_bits + self.residual_bits)

    def capacity_bits(self, pipelined: NDArray[np.bool_]) -> FloatArray:
        """Global buffer [bit], shape (n_designs,).

        Sequential: the largest input, output and residual map of one layer. Pipelined: every layer's input and
        residual map twice, one being written while the other is read.
        """
        held = self.input_bits + self.residual_bits
        largest = (held + self.output_bits).max(axis=0)
        return np.asarray(np.where(pipelined, 2 * held.sum(axis=0), largest))


def maps(need: Demand, shape: Shapes, process: Process) -> Maps:
    """Activation maps of the kept filters."""
    sources = need.filters[shape.source]
    sources[shape.source < 0] = 1.0
    read_bits = need.input_bits[shape.reader]
    read_bits[shape.reader < 0] = process["score_bits"]
    written_bits, added_bits = read_bits, read_bits
    if need.carried_bits is not None:
        carried = np.where(shape.joined[:, None] < 0, 0.0, need.carried_bits[shape.joined])
        written_bits, added_bits = read_bits + need.carried_bits, np.where(carried > 0, carried, read_bits)
    return Maps(
        input_bits=shape.map_values * sources * need.input_bits,
        window_bits=shape.window_values * sources * need.input_bits,
        output_bits=shape.out_pixels * need.filters * written_bits,
        residual_bits=shape.residual_pixels * need.filters * added_bits,
    )


def buffer_energy_j(
    moved: Maps, counts: Counts, shape: Shapes, *, capacity_bits: FloatArray, process: Process
) -> FloatArray:
    """Energy per frame [J] of the global buffer, the bank buffers and their indices, by layer."""
    pixels = shape.pixels
    shared = circuits.memory(capacity_bits, process).energy_j
    bank = circuits.memory(moved.window_bits, process).energy_j
    bits = moved.moved_bits
    bits[0] += moved.input_bits[0]  # the image is written before it is read
    index = circuits.memory(index_bits(shape), process).energy_j * index_bits(shape) * pixels
    return np.asarray(bits * shared + (moved.input_bits + counts.operand_bits * pixels) * bank + index)


def index_bits(shape: Shapes) -> FloatArray:
    """Capacity of a bank's indices [bit], (n_layers, 1); all of it is read for each pixel."""
    return np.asarray(shape.index_rows + shape.index_filters)


def interconnect_energy_j(
    moved: Maps, counts: Counts, need: Demand, *, pixels: FloatArray, chip_side_m: FloatArray, pitch_m: FloatArray,
    process: Process,
) -> FloatArray:  # fmt: skip
    """Energy per frame [J] of the H-trees, by layer.

    Maps travel the chip's side between root and bank. In a bank each operand bit travels the bank's side and spreads
    over the sub-arrays that share its segment; the partial sums of a filter's segments are merged at the nodes of
    their tree and travel the side back.
    """
    side = pitch_m * np.sqrt(counts.n_subarrays)
    spread = circuits.multicast_length_m(counts.filter_tiles, pitch_m)
    gather = circuits.multicast_length_m(counts.segments, pitch_m)
    sums = need.filters * process["accumulator_bits"]
    per_pixel = counts.operand_bits * (side + spread) + sums * (side + gather)
    return np.asarray(process["wire_bit_energy_j_m"] * (moved.moved_bits * chip_side_m + per_pixel * pixels))
