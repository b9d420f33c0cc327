"""Power between frames, loading the weights, and wear of the cells that operands are written to.

Standby: between frames the supply of everything but the cells and a wake-up timer is cut; a share of the cut blocks'
leakage stays. Non-volatile cells hold their weights at no power; volatile cells keep their full leakage, because
without it the weights would have to be loaded again.
"""

import numpy as np

from sotexplore.hardware.constants import FloatArray, Quantity
from sotexplore.hardware.frame import Chip


def power_w(chip: Chip, cell_leakage_w: FloatArray, other_leakage_w: FloatArray) -> FloatArray:
    """Standby power [W], shape (n_designs,)."""
    held = np.where(chip.array.volatile > 0, cell_leakage_w, 0.0)
    return np.asarray(held + sleep_power_w(chip, 0.0, other_leakage_w))


def sleep_power_w(chip: Chip, cell_leakage_w: Quantity, other_leakage_w: FloatArray) -> FloatArray:
    """Standby power [W] with volatile cells cut too, shape (n_designs,)."""
    gated = chip.process["gated_leakage_ratio"]
    cells = np.where(chip.array.volatile > 0, cell_leakage_w, 0.0)
    return np.asarray(gated * (cells + other_leakage_w) + chip.process["always_on_power_w"])


def weight_load(chip: Chip) -> tuple[FloatArray, FloatArray]:
    """Energy [J] and time [s] to write all weights once, one write access at a time on the whole chip."""
    accesses = (chip.copies * chip.counts.load_accesses).sum(axis=0)
    bits = (chip.copies * chip.counts.stored_bits).sum(axis=0)
    energy = accesses * chip.array.write_access_j + bits * chip.array.write_bit_j
    return np.asarray(energy), np.asarray(accesses * chip.array.write_s)


def operand_writes(chip: Chip) -> FloatArray:
    """Writes per frame of the most written operand cell, shape (n_designs,)."""
    rewrites = chip.counts.operand_rewrites
    if isinstance(rewrites, float):
        return np.full(chip.copies.shape[1], rewrites)
    return np.asarray((chip.waves * rewrites).max(axis=0))


def cell_writes(chip: Chip) -> FloatArray:
    """Writes per frame of the most written cell: an operand's, or one that weights stream through."""
    return np.maximum(operand_writes(chip), chip.plan.reloaded)


def lifetime_s(chip: Chip, writes_per_frame: FloatArray, period_s: FloatArray) -> FloatArray:
    """Time [s] until that cell has used up its endurance, frames following one another; inf without writes."""
    with np.errstate(divide="ignore"):
        return np.asarray(chip.array.endurance_cycles * period_s / writes_per_frame)
