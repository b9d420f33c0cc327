"""What the cells of a sub-array hold after writing, storing and reading, and which cells are stuck."""

import numpy as np
from numpy.typing import NDArray

from sotexplore.simulation.faults import Faults

Bits = NDArray[np.uint8]
_SPARSE_RATIO = 0.05
"""Share of hits below which gaps between them are drawn instead of every trial."""


def held_bits(bits: Bits, faults: Faults, *, reads_per_frame: float, rng: np.random.Generator) -> Bits:
    """Bits of weight cells as they are found when a frame begins: written, lost, disturbed, stuck; same shape."""
    for ratio in (
        faults.weight_write_error_ratio, faults.retention_loss_ratio, faults.disturbed_ratio(reads_per_frame)
    ):  # fmt: skip
        bits = flipped(bits, ratio, rng)
    return stuck(bits, *stuck_cells(bits.shape, faults, rng))


def flipped(bits: Bits, ratio: float, rng: np.random.Generator) -> Bits:
    """Bits of which each is turned over with a chance of `ratio`."""
    if ratio == 0:
        return bits
    result = bits.copy()
    result.reshape(-1)[hits(bits.size, ratio, rng)] ^= 1
    return result


def stuck_cells(shape: tuple[int, ...], faults: Faults, rng: np.random.Generator) -> tuple[Bits, Bits]:
    """Masks of cells: 0 where stuck at zero, else 1; and 1 where stuck at one, else 0."""
    able, forced = np.ones(shape, np.uint8), np.zeros(shape, np.uint8)
    if faults.stuck_at_zero_ratio or faults.stuck_at_one_ratio:
        draw = rng.random(shape)
        able[draw < faults.stuck_at_zero_ratio] = 0
        forced[draw > 1 - faults.stuck_at_one_ratio] = 1
    return able, forced


def stuck(bits: Bits, able: Bits, forced: Bits) -> Bits:
    """Bits in cells of which some are stuck; masks broadcast."""
    return np.asarray(bits & able | forced)


def hits(n_trials: int, ratio: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Places of the hits among independent trials, ascending."""
    if ratio == 0:
        return np.zeros(0, np.int64)
    if ratio > _SPARSE_RATIO:
        return np.flatnonzero(rng.random(n_trials) < ratio)
    found: list[NDArray[np.int64]] = []
    last = -1
    while last < n_trials:
        expected = (n_trials - last) * ratio
        gaps = np.minimum(rng.geometric(ratio, int(expected + 4 * expected**0.5) + 8), n_trials + 1)
        places = last + np.cumsum(gaps)
        found.append(places)
        last = int(places[-1])
    every = np.concatenate(found)
    return every[every < n_trials]
