"""Energy of a frame by component and by layer: every thing counted times its unit energy."""

import numpy as np

from sotexplore.hardware import circuits, periphery, traffic
from sotexplore.hardware.constants import FloatArray
from sotexplore.hardware.frame import Breakdown, Chip
from sotexplore.hardware.periphery import EnergyTerm


def energy(chip: Chip, *, area_m2: FloatArray, period_s: FloatArray, leakage_w: FloatArray) -> Breakdown:
    """Energy per frame [J]; leakage lasts for a frame period, in which the controller steps once per array cycle.

    Args:
        chip: the chips.
        area_m2: their area.
        period_s: time between frames.
        leakage_w: their leakage.
    """
    zero = np.zeros(chip.copies.shape[1])
    parts = dict.fromkeys(periphery.ENERGY_COMPONENTS, zero)
    layers = np.zeros_like(chip.copies)
    for name, terms in _by_count(chip).items():
        count = _per_frame(chip, name)
        if isinstance(count, float):
            continue
        layers += count * sum(term.unit_j for term in terms)
        total = count.sum(axis=0)
        for term in terms:
            parts[term.component] = parts[term.component] + total * term.unit_j
    moved = {"buffers": _buffers_j(chip), "interconnect": _interconnect_j(chip, area_m2)}
    for component, of_layers in moved.items():
        parts[component] = of_layers.sum(axis=0)
        layers += of_layers
    cost = chip.reload_cost
    if cost is not None:
        parts["reload"] = cost.energy_j.sum(axis=0)
        layers += cost.energy_j
    control_j = circuits.controller(chip.process).energy_j * period_s / chip.unit.cycle_s
    parts["controller"] = parts["controller"] + control_j
    parts["leakage"] = leakage_w * period_s
    return Breakdown(parts, layers, parts["leakage"] + control_j)


def _by_count(chip: Chip) -> dict[str, list[EnergyTerm]]:
    process = chip.process
    post = (
        EnergyTerm("post_processing", "outputs", chip.lane.energy_j),
        EnergyTerm("post_processing", "pool_reads", process["add_8bit_energy_j"]),
        EnergyTerm("post_processing", "residual_adds", process["add_16bit_energy_j"]),
    )
    grouped: dict[str, list[EnergyTerm]] = {}
    for term in chip.unit.terms + periphery.with_clock(post, process):
        grouped.setdefault(term.count, []).append(term)
    return grouped


def _per_frame(chip: Chip, name: str) -> FloatArray | float:
    """A count per frame; a number where the compute style has none."""
    of_filter = {
        "outputs": chip.shape.pixels,
        "pool_reads": chip.shape.pool_reads,
        "residual_adds": chip.shape.residual_pixels,
    }
    if name in of_filter:
        return chip.need.filters * of_filter[name]
    count: FloatArray | float = getattr(chip.counts, name)
    return count if isinstance(count, float) else count * chip.shape.pixels


def _buffers_j(chip: Chip) -> FloatArray:
    return traffic.buffer_energy_j(
        chip.moved, chip.counts, chip.shape, capacity_bits=chip.capacity_bits, process=chip.process
    )


def _interconnect_j(chip: Chip, area_m2: FloatArray) -> FloatArray:
    return traffic.interconnect_energy_j(
        chip.moved, chip.counts, chip.need, pixels=chip.shape.pixels, chip_side_m=np.sqrt(area_m2),
        pitch_m=chip.unit.pitch_m, process=chip.process,
    )  # fmt: skip
