"""What an area budget and packing make of chips: layers packed together, sub-arrays that are left out, copies of layers."""

from dataclasses import dataclass, replace

import numpy as np

from sotexplore.hardware import frame, packing, reload, schedule
from sotexplore.hardware.constants import FloatArray
from sotexplore.hardware.frame import Chip, Columns


@dataclass(frozen=True)
class Chosen:
    """Copies and sub-arrays as another evaluation chose them, in place of a plan."""

    copies: FloatArray
    """Shape (n_layers, n_designs)."""
    held: FloatArray
    """Sub-arrays of the chip, shape (n_designs,)."""


def planned(chip: Chip, columns: Columns, *, is_crossbar: bool, chosen: Chosen | None = None) -> Chip:
    """The chips with the sub-arrays that they get.

    Args:
        chip: one copy of each layer, all with sub-arrays of their own.
        columns: budget_m2 (nan for none), packing (0 or 1), and the sizes of the sub-arrays.
        is_crossbar: compute style of all of them.
        chosen: copies and sub-arrays, where they are not to be planned.
    """
    budget_m2 = columns["budget_m2"]
    if chosen is not None:
        chip = replace(chip, copies=chosen.copies, plan=reload.whole(chosen.copies, chip.counts.n_subarrays))
        chip = _packed(chip, columns, is_crossbar, held=chosen.held)
        return replace(chip, plan=reload.fixed(chip.plan, chosen.held, chip.shape.pixels, chip.pipelined))
    chip = _packed(chip, columns, is_crossbar, held=None)
    return _with_copies(_reloading(chip, budget_m2), budget_m2)


def _spare_m2(chip: Chip, budget_m2: FloatArray) -> FloatArray:
    """Budget less everything but sub-arrays [m2]."""
    return np.asarray(budget_m2 - (frame.area(chip).total - chip.plan.present * chip.unit.total_area_m2))


def _packed(chip: Chip, columns: Columns, is_crossbar: bool, held: FloatArray | None) -> Chip:
    """The chip with layers packed together where that is asked for and keeps the budget, or the sub-arrays `held`."""
    where = np.flatnonzero((columns["packing"] > 0) & ~chip.pipelined)
    if where.size == 0:
        return chip
    picked = {name: values[where] for name, values in columns.items()}
    found = packing.pack(chip.need.take(where), frame.geometry_of(picked), is_crossbar=is_crossbar)
    total = found.own.sum(axis=0) + found.together
    if held is None:
        unit_m2 = np.broadcast_to(chip.unit.total_area_m2, chip.pipelined.shape)[where]
        spare_m2 = _spare_m2(chip, columns["budget_m2"])[where]
        good = reload.held_subarrays(total, unit_m2=unit_m2, spare_m2=spare_m2) >= total
    else:
        good = held[where] >= total
    good &= total <= chip.plan.needed[where]
    own, shared, needed = chip.plan.own.copy(), chip.plan.shared.copy(), chip.plan.needed.copy()
    kept = where[good]
    own[:, kept], shared[kept], needed[kept] = found.own[:, good], found.together[good], total[good]
    return replace(chip, plan=reload.Plan(own, shared, needed))


def _reloading(chip: Chip, budget_m2: FloatArray) -> Chip:
    """The chip with as many sub-arrays as its budget allows, where it is sequential."""
    if (np.isnan(budget_m2) | chip.pipelined).all():
        return chip
    spare_m2 = _spare_m2(chip, np.where(chip.pipelined, np.nan, budget_m2))
    held = reload.held_subarrays(chip.plan.needed, unit_m2=chip.unit.total_area_m2, spare_m2=spare_m2)
    return replace(chip, plan=reload.reloading(chip.plan, held, chip.shape.pixels))


def _with_copies(chip: Chip, budget_m2: FloatArray) -> Chip:
    """The chip with as many copies as its budget allows, where it is a pipeline with one."""
    where = np.flatnonzero(chip.pipelined & ~np.isnan(budget_m2))
    if where.size == 0:
        return chip
    copy_area = chip.counts.n_subarrays * chip.unit.total_area_m2 + chip.lanes * frame.lane_area_m2(chip)
    stages = schedule.Stages(
        chip.shape.pixels, chip.pixel.total_s[:, where], chip.fill.total_s[:, where], copy_area[:, where]
    )
    copies = np.ones_like(chip.copies)
    copies[:, where] = schedule.copies(stages, (budget_m2 - frame.area(chip).total)[where])
    piped = reload.whole(copies, chip.counts.n_subarrays)
    plan = reload.Plan(
        np.where(chip.pipelined, piped.own, chip.plan.own),
        np.where(chip.pipelined, piped.shared, chip.plan.shared),
        np.where(chip.pipelined, piped.needed, chip.plan.needed),
        chip.plan.streamed,
    )
    return replace(chip, copies=copies, plan=plan)
