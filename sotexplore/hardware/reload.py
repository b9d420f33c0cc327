"""Which sub-arrays a chip really has: all that its layers fill, fewer where layers share or weights are written again.

A sequential chip with an area budget that does not hold all N sub-arrays of its network has as many as fit, H. Layers run
one after another and come back in the same order, so the fewest writes are those of keeping H - 1 for good and streaming
the other N - H + 1 through the last one, in every frame. What is streamed belongs to the layers of fewest output pixels,
which use each weight least. The streamed sub-arrays of a layer take turns: with s of them the layer runs s times over its
pixels, those kept working in the first turn. Each turn reads its segment's operands again and adds to partial sums that
wait where the output map will lie, in the global buffer. Weights come from a memory outside the chip.

A pipeline works on all its layers at once and needs all its weights: over its budget, it is larger than asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sotexplore.hardware import circuits
from sotexplore.hardware.arrays import ArrayUnits
from sotexplore.hardware.constants import FloatArray, Process, Quantity
from sotexplore.hardware.counts import Counts


@dataclass(frozen=True)
class Plan:
    """Sub-arrays that are there."""

    own: FloatArray
    """Of each layer, for good, shape (n_layers, n_designs)."""
    shared: FloatArray
    """Of no one layer: packed ones, or the one that others stream through, shape (n_designs,)."""
    needed: FloatArray
    """What all weights together fill, shape (n_designs,)."""
    streamed: FloatArray | None = None
    """Written again in each frame, of each layer; None where no design does."""

    @cached_property
    def present(self) -> FloatArray:
        """Sub-arrays of the chip."""
        return np.asarray(self.own.sum(axis=0) + self.shared)

    @property
    def turns(self) -> Quantity:
        """Times that a layer runs over its pixels."""
        return 1.0 if self.streamed is None else np.maximum(self.streamed, 1.0)

    @property
    def reloaded(self) -> FloatArray:
        """Sub-arrays written again in each frame, shape (n_designs,)."""
        return np.zeros_like(self.shared) if self.streamed is None else np.asarray(self.streamed.sum(axis=0))


def whole(copies: FloatArray, n_subarrays: FloatArray) -> Plan:
    """Every layer with sub-arrays of its own.

    Args:
        copies: copies of each layer.
        n_subarrays: of one copy.
    """
    own = copies * n_subarrays
    total = own.sum(axis=0)
    return Plan(own, np.zeros_like(total), total)


def held_subarrays(needed: FloatArray, *, unit_m2: FloatArray, spare_m2: FloatArray) -> FloatArray:
    """Sub-arrays that fit, one at least; all where there is no budget.

    Args:
        needed: sub-arrays of all weights.
        unit_m2: area of one.
        spare_m2: budget less everything else; nan for no budget.
    """
    fit = np.floor(np.nan_to_num(spare_m2 / unit_m2, nan=np.inf, posinf=np.inf, neginf=1.0) * (1 + 1e-12))
    return np.asarray(np.clip(fit, 1.0, needed))


def reloading(plan: Plan, held: FloatArray, pixels: FloatArray) -> Plan:
    """The plan with so many sub-arrays.

    Args:
        plan: every layer with sub-arrays of its own.
        held: sub-arrays of the chip, shape (n_designs,); all where not fewer than needed.
        pixels: output pixels of each layer, shape (n_layers, 1).
    """
    short = held < plan.needed
    if not short.any():
        return plan
    again = np.where(short, plan.needed - held + 1, 0.0)
    order = np.argsort(pixels[:, 0], kind="stable")
    ordered = plan.own[order]
    before = np.cumsum(ordered, axis=0) - ordered
    streamed = np.empty_like(plan.own)
    streamed[order] = np.clip(again - before, 0.0, ordered)
    return Plan(plan.own - streamed, plan.shared + short, plan.needed, streamed)


@dataclass(frozen=True)
class Cost:
    """What reloading costs each layer per frame, shape (n_layers, n_designs)."""

    energy_j: FloatArray
    write_s: FloatArray


def cost(
    streamed: FloatArray, counts: Counts, array: ArrayUnits, process: Process, *, pixels: FloatArray,
    window_bits: FloatArray, capacity_bits: FloatArray,
) -> Cost:  # fmt: skip
    """Energy and time of writing sub-arrays again, and of the turns that they take.

    Equation, for s of a layer's n sub-arrays: E = s / n (accesses E_access + bits (E_bit + E_outside))
    + (s - 1) pixels (operand bits of a segment E_bank + 2 sums of a sub-array E_buffer), t = s / n accesses t_write.

    Args:
        streamed: s.
        counts: of one copy of each layer.
        array: bare sub-arrays.
        process: constants.
        pixels: output pixels, shape (n_layers, 1).
        window_bits: capacity of each bank buffer.
        capacity_bits: of the global buffer, shape (n_designs,).
    """
    share = streamed / counts.n_subarrays
    bit_j = array.write_bit_j + process["outside_read_bit_energy_j"]
    written = share * (counts.load_accesses * array.write_access_j + counts.stored_bits * bit_j)
    bank_j, buffer_j = (circuits.memory(bits, process).energy_j for bits in (window_bits, capacity_bits))
    sums = counts.merges / counts.n_subarrays * process["accumulator_bits"]
    again = np.maximum(streamed - 1, 0.0) * pixels * (counts.segment_bits * bank_j + 2 * sums * buffer_j)
    return Cost(written + again, share * counts.load_accesses * array.write_s)


def fixed(plan: Plan, held: FloatArray, pixels: FloatArray, pipelined: NDArray[np.bool_]) -> Plan:
    """The plan with sub-arrays as another evaluation chose them."""
    return reloading(plan, np.where(pipelined, plan.needed, held), pixels)
