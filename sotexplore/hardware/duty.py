"""A device that wakes for a frame and sleeps in between: average power and battery life against frames per hour.

Awake, the chip runs one frame at full speed and leaks for its latency. Asleep, it takes its standby power. Non-volatile
cells keep their weights for nothing. Volatile cells either stay powered (`hold`) or are cut too and loaded again at
each wake from a memory outside the chip (`reload`); the cheaper of both is what a careful design does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sotexplore.errors import InputError
from sotexplore.hardware.chip import ChipFigures
from sotexplore.hardware.constants import TABLE
from sotexplore.hardware.technology import Constant, FloatArray, Quantity

SECONDS_PER_HOUR: Final = 3600.0
OUTSIDE_READ_BIT_J: Final = TABLE["outside_read_bit_energy_j"].value
"""Reading one weight bit from outside the chip; that memory's own standby is not counted."""
COIN_CELL_J: Final = Constant(
    0.225 * 3.0 * SECONDS_PER_HOUR, "J", "textbook", "CR2032 lithium cell: 225 mAh at 3 V nominal",
    0.2 * 2.8 * SECONDS_PER_HOUR, 0.24 * 3.0 * SECONDS_PER_HOUR,
)  # fmt: skip


@dataclass(frozen=True)
class DutyCycle:
    """Average power of designs at frame rates; arrays of shape (n_designs, n_rates)."""

    frames_per_hour: FloatArray
    """Shape (n_rates,)."""
    hold_power_w: FloatArray
    """Cells of volatile designs stay powered."""
    reload_power_w: FloatArray
    """Weights are loaded again at each wake; for non-volatile cells that only costs."""
    power_w: FloatArray
    """The lower of both."""
    reloads: FloatArray
    """1 where reloading is the lower, else 0."""

    def battery_life_s(self, capacity_j: Quantity = COIN_CELL_J.value) -> FloatArray:
        """Time [s] that a battery of that energy lasts; self-discharge is not counted."""
        return np.asarray(capacity_j / self.power_w)


def average_power_w(
    *, frames_per_s: Quantity, frame_energy_j: Quantity, awake_s: Quantity, standby_power_w: Quantity
) -> FloatArray:
    """Average power [W] of waking, working, sleeping.

    Equation: P = f E + (1 - f t) P_standby, f t at most 1.

    Args:
        frames_per_s: f.
        frame_energy_j: E, all that one wake takes.
        awake_s: t.
        standby_power_w: P_standby.
    """
    asleep = np.maximum(1 - np.multiply(frames_per_s, awake_s), 0.0)
    return np.asarray(np.multiply(frames_per_s, frame_energy_j) + asleep * standby_power_w)


def duty_cycle(
    figures: ChipFigures, frames_per_hour: FloatArray, *, stored_bits: FloatArray, outside_read_bit_j: Quantity = OUTSIDE_READ_BIT_J
) -> DutyCycle:  # fmt: skip
    """Designs at every frame rate.

    Args:
        figures: the designs.
        frames_per_hour: rates, shape (n_rates,), above 0.
        stored_bits: weight bits that a reload fetches, shape (n_designs,).
        outside_read_bit_j: energy of reading one of them outside the chip.

    Raises:
        InputError: a rate that is none, or beyond what a design reaches with a reload at each wake.
    """
    rates = np.asarray(frames_per_hour, dtype=np.float64)
    if rates.ndim != 1 or not (np.isfinite(rates) & (rates > 0)).all():
        raise InputError("frames_per_hour", "not a list of rates", got=frames_per_hour, allowed="numbers above 0")
    latency, load_s = _column(figures.frame_latency_s), _column(figures.weight_load_latency_s)
    fastest = SECONDS_PER_HOUR / float(np.max(latency + load_s, initial=0.0)) if latency.size else np.inf
    if rates.size and rates.max() > fastest:
        raise InputError(
            "frames_per_hour", "faster than a design wakes", got=rates.max(), allowed=f"up to {fastest:.4g}"
        )
    leakage = _column(figures.leakage_w)
    running = _column(figures.energy_per_frame_j - figures.energy_by_component["leakage"]) + leakage * latency
    fetched = _column(figures.weight_load_energy_j + np.asarray(stored_bits) * outside_read_bit_j)
    per_s = rates / SECONDS_PER_HOUR
    hold = average_power_w(
        frames_per_s=per_s, frame_energy_j=running, awake_s=latency, standby_power_w=_column(figures.standby_power_w)
    )
    reload = average_power_w(
        frames_per_s=per_s, frame_energy_j=running + fetched + leakage * load_s, awake_s=latency + load_s,
        standby_power_w=_column(figures.sleep_power_w),
    )  # fmt: skip
    return DutyCycle(rates, hold, reload, np.minimum(hold, reload), (reload < hold).astype(np.float64))


def _column(values: FloatArray) -> FloatArray:
    return np.asarray(values)[:, None]
