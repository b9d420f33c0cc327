"""A chip with fewer sub-arrays than its network needs: what does not fit is written again in every frame.

Layers run one after another and come back in the same order, so the best is to keep all sub-arrays but one for good and to
stream the rest through that one: with H held of N needed, N - H + 1 of them are written per frame (none where H >= N).
Weights come from outside the chip; each written sub-array costs its share of writing all weights, and its write time is
not hidden. Of the chip's area the sub-arrays' part shrinks to H / N; buffers and lanes stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sotexplore.errors import InputError
from sotexplore.hardware.chip import ChipFigures
from sotexplore.hardware.constants import FloatArray, Quantity
from sotexplore.hardware.duty import OUTSIDE_READ_BIT_J

_STAYS = ("buffers", "post_processing", "controller")


@dataclass(frozen=True)
class Reloaded:
    """Figures of chips that reload; arrays of shape (n_designs,)."""

    reloaded_subarrays: FloatArray
    """Written per frame."""
    reload_energy_j: FloatArray
    """Per frame: writes, and reading the weights outside the chip."""
    reload_latency_s: FloatArray
    """Per frame."""
    area_m2: FloatArray
    energy_per_frame_j: FloatArray
    frame_latency_s: FloatArray
    frames_per_s: FloatArray
    power_w: FloatArray
    cell_writes_per_frame: FloatArray
    """Of the cells that others stream through."""


def with_reload(
    figures: ChipFigures, held_subarrays: ArrayLike, *, stored_bits: FloatArray, outside_read_bit_j: Quantity = OUTSIDE_READ_BIT_J.value
) -> Reloaded:  # fmt: skip
    """Sequential designs, one copy a layer, on chips with so many sub-arrays.

    Args:
        figures: the designs on chips that hold everything.
        held_subarrays: H, whole, 1 or more; one number or one per design.
        stored_bits: weight bits of each network, shape (n_designs,).
        outside_read_bit_j: energy of reading one of them outside the chip.

    Raises:
        InputError: no sub-array, a fraction of one, a pipeline, or copies of layers.
    """
    held = np.broadcast_to(np.asarray(held_subarrays, dtype=np.float64), figures.area_m2.shape)
    if not (np.isfinite(held) & (held >= 1) & (held == np.floor(held))).all():
        raise InputError("held_subarrays", "not a number of sub-arrays", got=held_subarrays, allowed="1 or more, whole")
    if not np.allclose(figures.frames_per_s * figures.frame_latency_s, 1.0, rtol=1e-9):
        raise InputError(
            "hardware.schedule", "layers of a pipeline work at once", got="pipelined", allowed="sequential"
        )
    if (figures.by_layer["copies"] > 1).any():
        raise InputError("hardware.area_budget_m2", "copies need what does not fit", got="copies", allowed="none")
    needed = figures.n_subarrays
    written = np.where(held >= needed, 0.0, needed - held + 1)
    share = written / needed
    energy = share * (figures.weight_load_energy_j + np.asarray(stored_bits) * outside_read_bit_j)
    latency = share * figures.weight_load_latency_s
    stays = np.sum([figures.area_by_component[name] for name in _STAYS], axis=0)
    leaks = figures.energy_by_component["leakage"] * latency / figures.frame_latency_s
    total_s, total_j = figures.frame_latency_s + latency, figures.energy_per_frame_j + energy + leaks
    return Reloaded(
        reloaded_subarrays=written,
        reload_energy_j=energy,
        reload_latency_s=latency,
        area_m2=stays + (figures.area_m2 - stays) * np.minimum(held / needed, 1.0),
        energy_per_frame_j=total_j,
        frame_latency_s=total_s,
        frames_per_s=1 / total_s,
        power_w=total_j / total_s,
        cell_writes_per_frame=written,
    )
