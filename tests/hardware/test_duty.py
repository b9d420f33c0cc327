"""Duty-cycled devices: average power and battery life against frames per hour."""

import numpy as np
import pytest

from sotexplore import catalogue
from sotexplore.errors import InputError
from sotexplore.hardware import chip, duty
from sotexplore.hardware.table import HardwareTable
from sotexplore.workload import dense_workload, workload_table

CELLS = ["sot-69f2", "stt-54f2", "reram-53f2", "sram-6t"]
RATES = np.geomspace(1.0, 5e5, 13)


@pytest.fixture(scope="module")
def cycle() -> duty.DutyCycle:
    """Dense LeNet-5 on one chip of each technology."""
    work = workload_table([dense_workload(catalogue.network("lenet5-mnist"), weight_bits=8, activation_bits=8)])
    columns = {
        "compute_style": "and-count", "node_nm": 45, "cell": CELLS, "subarray_rows": 256, "subarray_cols": 512,
        "columns_per_sense_amplifier": 1, "adc_bits": 5, "active_rows": 128, "operand": "streamed", "schedule": "sequential",
        "area_budget_m2": None,
    }  # fmt: skip
    found = chip.evaluate(work.take(np.zeros(4, dtype=np.int64)), HardwareTable.from_columns(columns, 4))
    return duty.duty_cycle(found, RATES, stored_bits=np.full(4, 430_500 * 8.0))


def test_power_rises_with_the_rate_and_battery_life_falls(cycle: duty.DutyCycle) -> None:
    assert cycle.power_w.shape == (4, len(RATES))
    assert (np.diff(cycle.power_w, axis=1) > 0).all()
    life = cycle.battery_life_s()
    assert (np.diff(life, axis=1) < 0).all()
    np.testing.assert_allclose(life * cycle.power_w, duty.COIN_CELL_J.value)


def test_sleeping_sram_costs_more_than_any_non_volatile_cell(cycle: duty.DutyCycle) -> None:
    sram = CELLS.index("sram-6t")
    others = [index for index in range(4) if index != sram]
    assert (cycle.hold_power_w[sram, 0] > 3 * cycle.hold_power_w[others, 0]).all()


def test_reloading_pays_for_sram_alone_and_only_at_low_rates(cycle: duty.DutyCycle) -> None:
    sram = CELLS.index("sram-6t")
    assert (cycle.reloads[[index for index in range(4) if index != sram]] == 0).all()
    assert cycle.reloads[sram, 0] == 1 and cycle.reloads[sram, -1] == 0
    assert (np.diff(cycle.reloads[sram]) <= 0).all()
    assert (cycle.power_w <= cycle.hold_power_w).all()


def test_average_power_by_hand() -> None:
    """One 2 mJ frame of 1 s every 10 s, 1 uW asleep: 0.2 mW and 0.9 uW."""
    power = duty.average_power_w(frames_per_s=0.1, frame_energy_j=2e-3, awake_s=1.0, standby_power_w=1e-6)
    assert power == pytest.approx(2e-4 + 0.9e-6)


@pytest.mark.parametrize("rates", [[0.0], [-1.0], [float("nan")], [[1.0]], [1e12]])
def test_rates_that_are_none_are_refused(rates: list[float]) -> None:
    work = workload_table([dense_workload(catalogue.network("digits-cnn"), weight_bits=4, activation_bits=4)])
    columns = {
        "compute_style": "and-count", "node_nm": 45, "cell": "sot-69f2", "subarray_rows": 256, "subarray_cols": 512,
        "columns_per_sense_amplifier": 1, "adc_bits": 5, "active_rows": 128, "operand": "streamed", "schedule": "sequential",
        "area_budget_m2": None,
    }  # fmt: skip
    found = chip.evaluate(work, HardwareTable.from_columns(columns, 1))
    with pytest.raises(InputError, match="frames_per_hour"):
        duty.duty_cycle(found, np.array(rates), stored_bits=np.array([1e5]))
