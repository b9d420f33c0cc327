"""Curves of a duty-cycled device."""

import numpy as np

from sotexplore import catalogue
from sotexplore.design import Hardware
from sotexplore.explorer.duty_curves import CELLS, POINTS, duty_curves
from sotexplore.workload import dense_workload


def test_curves_of_four_technologies() -> None:
    work = dense_workload(catalogue.network("lenet5-mnist"), weight_bits=4, activation_bits=4)
    frame = duty_curves(work, Hardware().model_dump())
    assert len(frame) == POINTS * len(CELLS)
    assert np.isfinite(frame.select_dtypes("number")).all().all()
    slow = frame[frame["frames_per_hour"] == 1.0].set_index("cell")
    assert slow["hold_power_w"].idxmax() == "sram-6t"
    assert slow["reloads"].to_dict() == {name: name == "sram-6t" for name in CELLS}
    for _, curve in frame.groupby("cell"):
        assert curve["power_w"].is_monotonic_increasing
        assert curve["battery_life_s"].is_monotonic_decreasing
