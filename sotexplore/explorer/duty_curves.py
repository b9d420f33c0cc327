"""Average power and battery life against frames per hour for several memory technologies: data for a page."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from sotexplore.hardware import chip, duty
from sotexplore.hardware.table import HardwareTable
from sotexplore.workload import LayerWorkload, workload_table

CELLS: Final = ("sot-69f2", "stt-54f2", "reram-53f2", "sram-6t")
POINTS: Final = 61


def duty_curves(
    workload: tuple[LayerWorkload, ...],
    hardware: dict[str, Any],
    *,
    cells: Sequence[str] = CELLS,
    frames_per_hour: Sequence[float] | None = None,
    battery_j: float = duty.COIN_CELL_J.value,
) -> pd.DataFrame:
    """One row for each cell and rate.

    Args:
        workload: a compressed network.
        hardware: fields of a design's hardware; its cell is replaced by each of `cells`.
        cells: names of presets or of the user's own.
        frames_per_hour: rates; from one an hour to the fastest that all of them reach where not given.
        battery_j: energy of the battery.

    Returns:
        cell, frames_per_hour, power_w, hold_power_w, reload_power_w, reloads (whether volatile cells are better cut and
        loaded again), battery_life_s.

    Raises:
        InputError: see `duty.duty_cycle` and `chip.evaluate`.
    """
    n_cells = len(cells)
    table = HardwareTable.from_columns(hardware | {"cell": list(cells)}, n_cells)
    figures = chip.evaluate(workload_table([workload] * n_cells), table)
    rates = _rates(figures) if frames_per_hour is None else np.asarray(frames_per_hour, dtype=np.float64)
    bits = float(sum(item.kept_filters * item.kept_rows * item.weight_bits for item in workload))
    found = duty.duty_cycle(figures, rates, stored_bits=np.full(n_cells, bits))
    return pd.DataFrame(
        {
            "cell": np.repeat(list(cells), len(rates)),
            "frames_per_hour": np.tile(rates, n_cells),
            "power_w": found.power_w.ravel(),
            "hold_power_w": found.hold_power_w.ravel(),
            "reload_power_w": found.reload_power_w.ravel(),
            "reloads": found.reloads.ravel() > 0,
            "battery_life_s": found.battery_life_s(battery_j).ravel(),
        }
    )


def _rates(figures: chip.ChipFigures) -> np.ndarray[Any, np.dtype[np.float64]]:
    slowest = float(np.max(figures.frame_latency_s + figures.weight_load_latency_s))
    return np.geomspace(1.0, duty.SECONDS_PER_HOUR / slowest * (1 - 1e-9), POINTS)
