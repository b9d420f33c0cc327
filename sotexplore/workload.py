"""Layer and network records: shapes, bits, kept rows and columns, without any framework.

A `Layer` is the shape of one convolution or fully-connected layer with what hangs on it (batch-norm, activation,
pooling, residual add). A `LayerWorkload` adds what compression decided. Hardware reads these records, compression
writes them; neither imports the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sotexplore.errors import InputError

IMAGE = "image"
PIXEL_BITS = 8


@dataclass(frozen=True)
class Pool:
    """Pooling after the activation; `kernel` and `stride` in pixels, square."""

    kind: Literal["max", "average"]
    kernel: int
    stride: int
    padding: int = 0

    def __post_init__(self) -> None:
        for field, value in (("kernel", self.kernel), ("stride", self.stride)):
            if not isinstance(value, int) or value < 1:
                raise InputError(f"pool.{field}", "is no size", got=value, allowed="whole numbers from 1")


_SIZES = ("in_channels", "out_channels", "in_height", "in_width", "kernel", "stride", "padding", "groups")


@dataclass(frozen=True)
class Layer:
    """One weight layer of a network.

    The weight is seen as a matrix of `n_filters` x `n_rows`, one column of the crossbar (or row of the AND
    sub-array) per filter and one crossbar row per input of the dot product.
    """

    name: str
    kind: Literal["conv", "fc"]
    source: str
    """Layer whose output feeds this one; `image` for the network's input."""
    in_channels: int
    out_channels: int
    in_height: int
    in_width: int
    kernel: int = 1
    stride: int = 1
    padding: int = 0
    groups: int = 1
    batch_norm: bool = True
    relu: bool = True
    residual: str | None = None
    """Layer whose output is added before the activation."""
    pool: Pool | None = None

    def __post_init__(self) -> None:
        self._check_sizes()
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise InputError(
                f"layers.{self.name}.groups",
                "must divide the input and output channels",
                got=self.groups,
                allowed=f"a common divisor of {self.in_channels} and {self.out_channels}",
            )
        if min(self.in_height, self.in_width) + 2 * self.padding < self.kernel:
            raise InputError(
                f"layers.{self.name}.kernel",
                "is larger than the padded input",
                got=self.kernel,
                allowed=f"1..{min(self.in_height, self.in_width) + 2 * self.padding}",
            )

    def _check_sizes(self) -> None:
        if self.kind not in ("conv", "fc"):
            raise InputError(f"layers.{self.name}.kind", "unknown kind", got=self.kind, allowed="conv, fc")
        for field in _SIZES:
            value, least = getattr(self, field), 0 if field == "padding" else 1
            if not isinstance(value, int) or value < least:
                raise InputError(
                    f"layers.{self.name}.{field}", "is no size", got=value, allowed=f"whole numbers from {least}"
                )

    @property
    def out_height(self) -> int:
        """Output height before pooling, in pixels."""
        return (self.in_height + 2 * self.padding - self.kernel) // self.stride + 1

    @property
    def out_width(self) -> int:
        """Output width before pooling, in pixels."""
        return (self.in_width + 2 * self.padding - self.kernel) // self.stride + 1

    @property
    def n_pixels(self) -> int:
        """Dot products per filter and frame."""
        return self.out_height * self.out_width

    @property
    def pooled_height(self) -> int:
        """Output height after pooling, in pixels."""
        return _pooled(self.out_height, self.pool)

    @property
    def pooled_width(self) -> int:
        """Output width after pooling, in pixels."""
        return _pooled(self.out_width, self.pool)

    @property
    def n_filters(self) -> int:
        """Filters N of the weight matrix."""
        return self.out_channels

    @property
    def n_rows(self) -> int:
        """Inputs K = C_in / groups * kernel^2 of one dot product."""
        return self.in_channels // self.groups * self.kernel**2

    @property
    def n_weights(self) -> int:
        """Weights N * K, without bias."""
        return self.n_filters * self.n_rows

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates per frame."""
        return self.n_weights * self.n_pixels


@dataclass(frozen=True)
class Network:
    """A network as layers in order of execution.

    `edge_weight_bits` fixes the weight bits of the first and last layer where the published works do so
    (None: they follow the rest).
    """

    name: str
    dataset: str
    n_classes: int
    layers: tuple[Layer, ...]
    edge_weight_bits: int | None = None

    def layer(self, name: str) -> Layer:
        """The layer of that name."""
        return self.layers[self.index(name)]

    def index(self, name: str) -> int:
        """Place of the layer of that name, from 0."""
        return next(place for place, layer in enumerate(self.layers) if layer.name == name)

    @property
    def n_weights(self) -> int:
        """Weights of all layers, without biases."""
        return sum(layer.n_weights for layer in self.layers)

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates per frame."""
        return sum(layer.n_macs for layer in self.layers)

    def weight_bits(self, index: int, weight_bits: int) -> int:
        """Weight bits of layer `index` when the design asks for `weight_bits`."""
        is_edge = index in (0, len(self.layers) - 1)
        return max(weight_bits, self.edge_weight_bits or 0) if is_edge else weight_bits

    def input_bits(self, index: int, activation_bits: int) -> int:
        """Activation bits that layer `index` reads: 8-bit pixels at the image, `activation_bits` elsewhere."""
        return PIXEL_BITS if self.layers[index].source == IMAGE else activation_bits

    def carried_bits(self, index: int, activation_bits: int, residual_bits: int) -> int:
        """Bits at which residual adds read the outputs of layer `index` when the design asks for `residual_bits`; 0: at its own."""
        layer = self.layers[index]
        added = layer.relu and layer.name in {item.residual for item in self.layers}
        return residual_bits if added and residual_bits > activation_bits else 0

    def prunable_filters(self, index: int) -> bool:
        """Whether removing filters of layer `index` frees anything.

        Not the class scores, and not a tensor that a residual add joins: there both sides must stay.
        """
        layer = self.layers[index]
        joined = {item.residual for item in self.layers} | {item.name for item in self.layers if item.residual}
        return index != len(self.layers) - 1 and layer.name not in joined and layer.groups == 1


@dataclass(frozen=True)
class HeldTiles:
    """Crossbars that hold a layer whose other tiles have no weight, each tile where it lies in the whole matrix."""

    subarray_rows: int
    subarray_cols: int
    n_tiles: int


@dataclass(frozen=True)
class LayerWorkload:
    """A layer with what compression left of it: the record that hardware reads.

    `kept_filters` and `kept_rows` count the compacted weight matrix; `n_nonzero` counts the surviving weights
    in it (smaller for irregular structures). `input_bits` are the bits of the activations it reads.
    """

    layer: Layer
    kept_filters: int
    kept_rows: int
    weight_bits: int
    input_bits: int
    n_nonzero: int | None = None
    held: HeldTiles | None = None
    """Of a layer with zeros inside, on crossbars of the size that its tiles were cut for."""
    carried_bits: int = 0
    """Of the copy of its output that residual adds read; 0: they read what the next layer reads."""
    fragment_rows: int = 0
    """Kept rows of a fragment whose weights share one sign; 0: each has its own. Storage counts it, hardware does not."""
    planes: int = 0
    """Bit-planes that each filter uses; 0: all. Storage counts it, hardware does not."""

    def __post_init__(self) -> None:
        for field, value, high in (
            ("kept_filters", self.kept_filters, self.layer.n_filters),
            ("kept_rows", self.kept_rows, self.layer.n_rows),
            ("weight_bits", self.weight_bits, 32),
            ("input_bits", self.input_bits, 32),
        ):
            self._check(field, value, high)
        if self.carried_bits:
            self._check("carried_bits", self.carried_bits, PIXEL_BITS)
        if self.planes:
            self._check("planes", self.planes, self.weight_bits - 1)
        if self.n_nonzero is not None:
            self._check("n_nonzero", self.n_nonzero, self.kept_filters * self.kept_rows)

    def _check(self, field: str, value: int, high: int) -> None:
        if not 1 <= value <= high:
            raise InputError(f"layers.{self.layer.name}.{field}", "out of range", got=value, allowed=f"1..{high}")

    @property
    def surviving_weights(self) -> int:
        """Weights that are left."""
        return self.kept_filters * self.kept_rows if self.n_nonzero is None else self.n_nonzero


@dataclass(frozen=True)
class WorkloadTable:
    """Workloads of many compressed versions of one network: arrays of shape (n_designs, n_layers)."""

    layers: tuple[Layer, ...]
    kept_filters: NDArray[np.int64]
    kept_rows: NDArray[np.int64]
    weight_bits: NDArray[np.int64]
    input_bits: NDArray[np.int64]
    n_nonzero: NDArray[np.int64]
    held_tiles: NDArray[np.int64]
    """Crossbars of `tile_rows` x `tile_cols` that hold a layer; 0 where that is not known."""
    tile_rows: NDArray[np.int64]
    tile_cols: NDArray[np.int64]
    carried_bits: NDArray[np.int64]

    @property
    def n_designs(self) -> int:
        """Rows of the table."""
        return int(self.kept_filters.shape[0])

    def take(self, index: NDArray[np.int64]) -> "WorkloadTable":
        """The rows at `index`, in that order."""
        return WorkloadTable(
            self.layers,
            self.kept_filters[index],
            self.kept_rows[index],
            self.weight_bits[index],
            self.input_bits[index],
            self.n_nonzero[index],
            self.held_tiles[index],
            self.tile_rows[index],
            self.tile_cols[index],
            self.carried_bits[index],
        )


def workload_table(workloads: Sequence[tuple[LayerWorkload, ...]]) -> WorkloadTable:
    """Stacks workloads of one network into a table, one row each."""

    def column(field: str) -> NDArray[np.int64]:
        return np.array([[getattr(item, field) for item in workload] for workload in workloads], dtype=np.int64)

    def held(field: str) -> NDArray[np.int64]:
        values = [
            [0 if item.held is None else getattr(item.held, field) for item in workload] for workload in workloads
        ]
        return np.array(values, dtype=np.int64)

    return WorkloadTable(
        layers=tuple(item.layer for item in workloads[0]),
        kept_filters=column("kept_filters"),
        kept_rows=column("kept_rows"),
        weight_bits=column("weight_bits"),
        input_bits=column("input_bits"),
        n_nonzero=column("surviving_weights"),
        held_tiles=held("n_tiles"),
        tile_rows=held("subarray_rows"),
        tile_cols=held("subarray_cols"),
        carried_bits=column("carried_bits"),
    )


def dense_workload(network: Network, *, weight_bits: int, activation_bits: int) -> tuple[LayerWorkload, ...]:
    """The unpruned network at uniform bits (every layer, edges included)."""
    return tuple(
        LayerWorkload(
            layer=layer,
            kept_filters=layer.n_filters,
            kept_rows=layer.n_rows,
            weight_bits=weight_bits,
            input_bits=network.input_bits(index, activation_bits),
        )
        for index, layer in enumerate(network.layers)
    )


def _pooled(size: int, pool: Pool | None) -> int:
    if pool is None:
        return size
    return (size + 2 * pool.padding - pool.kernel) // pool.stride + 1
