"""Records of the mapping: what compression left of each layer, and what it costs in integer counts.

Arrays have shape (n_layers, n_designs) and hold integers as float64, exact below 2^53.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sotexplore.errors import InputError
from sotexplore.hardware.constants import FloatArray, Quantity
from sotexplore.tiling import ceil_div
from sotexplore.workload import WorkloadTable

TWOS_COMPLEMENT: Final = "twos-complement"
OFFSET: Final = "offset"
DIFFERENTIAL: Final = "differential"
Coding = Literal["twos-complement", "offset", "differential"]
CODINGS: Final = (TWOS_COMPLEMENT, OFFSET, DIFFERENTIAL)
"""Of signed B-bit weights w. Two's complement: B bit-planes, the sign's subtracted. Offset: B bit-planes of
w + 2^(B-1), and 2^(B-1) times the plain sum of the activations subtracted. Differential: B bit-planes of the positive and
B of the negative part. 1-bit weights are +-1: two's complement stands for offset there."""


def check_coding(coding: str) -> None:
    """Refuse an unknown coding.

    Raises:
        InputError: with the list.
    """
    if coding not in CODINGS:
        raise InputError("hardware.coding", "unknown coding of weights", got=coding, allowed=", ".join(CODINGS))


@dataclass(frozen=True)
class Held:
    """Crossbars that hold layers pruned by tiles, and of which size; shape (n_layers, n_designs), 0 where not known."""

    tiles: FloatArray
    rows: FloatArray
    cols: FloatArray
    weights: FloatArray
    """That are left in them."""

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> "Held":
        """The layers of the designs at `index`."""
        return Held(self.tiles[:, index], self.rows[:, index], self.cols[:, index], self.weights[:, index])

    def lines_up(self, rows: FloatArray, cols: FloatArray) -> NDArray[np.bool_]:
        """Where tiles are as large as the crossbars, so that those without a weight are left out."""
        return np.asarray((self.tiles > 0) & (self.rows == rows) & (self.cols == cols))


@dataclass(frozen=True)
class Demand:
    """What compression left of each layer: shape (n_layers, n_designs); `groups` (n_layers, 1)."""

    filters: FloatArray
    rows: FloatArray
    weight_bits: FloatArray
    input_bits: FloatArray
    groups: FloatArray
    coding: Coding = TWOS_COMPLEMENT
    held: Held | None = None
    """Of layers pruned by tiles; None where there is none."""
    carried_bits: FloatArray | None = None
    """Of the copies of outputs that residual adds read; None where there is none."""

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> "Demand":
        """The layers of the designs at `index`."""
        return Demand(
            self.filters[:, index], self.rows[:, index], self.weight_bits[:, index], self.input_bits[:, index],
            self.groups, self.coding, None if self.held is None else self.held.take(index),
            None if self.carried_bits is None else self.carried_bits[:, index],
        )  # fmt: skip

    @property
    def planes_of_filter(self) -> FloatArray:
        """Bit-planes, or columns, of one filter."""
        return np.asarray(2 * self.weight_bits) if self.coding == DIFFERENTIAL else self.weight_bits

    @property
    def is_grouped(self) -> bool:
        """Whether any layer has more than one group."""
        return bool((self.groups > 1).any())

    @property
    def planes_of_group(self) -> FloatArray:
        """Bit-planes of one group's filters."""
        filters = ceil_div(self.filters, self.groups) if self.is_grouped else self.filters
        return np.asarray(filters * self.planes_of_filter)

    @property
    def needs_sum(self) -> FloatArray:
        """1 where the coding needs the plain sum of the activations, else 0."""
        if self.coding == TWOS_COMPLEMENT:
            return np.asarray(self.weight_bits == 1, dtype=np.float64)
        return np.asarray(np.full_like(self.weight_bits, float(self.coding == OFFSET)))


@dataclass(frozen=True)
class Geometry:
    """Sizes of the sub-arrays; arrays of shape (n_designs,)."""

    rows: FloatArray
    """R."""
    cols: FloatArray
    """C."""
    sensed: FloatArray
    """S: sense amplifiers, or ADCs in a crossbar."""
    active_rows: FloatArray
    """Rows driven at once in a crossbar."""
    written: FloatArray
    """1 where operands are written into and-count sub-arrays, else 0."""


@dataclass(frozen=True)
class Counts:
    """Integer counts of each layer: per copy of the layer, and per output pixel where it says so."""

    n_subarrays: FloatArray
    segments: FloatArray
    """Pieces that the K inputs are cut into."""
    filter_tiles: FloatArray
    """Sub-arrays that share one segment of one group."""
    stored_bits: FloatArray
    """Weight bits held."""
    array_operations: FloatArray
    """Per pixel, over all sub-arrays."""
    cycles: FloatArray
    """Per pixel, one after another in the fullest sub-array."""
    conversion_steps: Quantity
    """Conversions one after another in a cycle (crossbar; 0 in and-count)."""
    sensed_bits: FloatArray
    """Per pixel: bits sensed (and-count) or columns converted (crossbar)."""
    driven_rows: Quantity
    """Per pixel: rows driven, over all sub-arrays (crossbar)."""
    cell_reads: FloatArray
    """Per pixel: cells that carry read current."""
    accumulations: FloatArray
    """Per pixel: shifted values added beside the sub-arrays."""
    scratch_accesses: FloatArray
    """Per pixel: partial sums read and written back."""
    merges: FloatArray
    """Per pixel: partial sums added in the bank."""
    summed_bits: Quantity
    """Per pixel: activation bits added up on their way into a crossbar of 1-bit weights."""
    operand_bits: FloatArray
    """Per pixel: activation bits that the layer reads."""
    segment_bits: FloatArray
    """Per pixel: activation bits that the fullest sub-array reads."""
    latched_bits: FloatArray
    """Per pixel: operand bits loaded into latches or drivers, over all sub-arrays."""
    operand_steps: Quantity
    """Per pixel: operand write accesses one after another (written operand)."""
    operand_write_accesses: Quantity
    """Per pixel: operand write accesses over all sub-arrays (written operand)."""
    operand_written_bits: Quantity
    """Per pixel: operand bits written over all sub-arrays (written operand)."""
    operand_rewrites: Quantity
    """Per pixel: writes of one operand cell (written operand)."""
    load_accesses: FloatArray
    """Write accesses that load the weights of one copy."""


def demand(
    workload: WorkloadTable, index: NDArray[np.int64] | slice = slice(None), coding: Coding = TWOS_COMPLEMENT
) -> Demand:
    """The workload's rows at `index`, transposed to (n_layers, n_designs)."""

    def column(values: NDArray[np.int64]) -> FloatArray:
        return np.ascontiguousarray(values[index].T, dtype=np.float64)

    groups = np.array([[layer.groups] for layer in workload.layers], dtype=np.float64)
    return Demand(
        column(workload.kept_filters), column(workload.kept_rows), column(workload.weight_bits),
        column(workload.input_bits), groups, coding, _held(workload, column),
        column(workload.carried_bits) if workload.carried_bits.any() else None,
    )  # fmt: skip


def _held(workload: WorkloadTable, column: Callable[[NDArray[np.int64]], FloatArray]) -> Held | None:
    if not workload.held_tiles.any():
        return None
    return Held(
        *(column(item) for item in (workload.held_tiles, workload.tile_rows, workload.tile_cols, workload.n_nonzero))
    )
