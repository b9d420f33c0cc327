"""Golden: NVSim's equations worked out again, line by line, for a cell and a size that no run of its holds.

Nothing of the model's modules is used for the expected values: devices and wires of 45 nm are written out here as MASTAR and
CACTI tabulate them, and each equation in one line.
"""

import math

import numpy as np
import pytest

from sotexplore.hardware import subarray
from sotexplore.hardware.cell import from_fields

F = 45e-9
CELL = {
    "name": "third", "kind": "sot", "area_f2": 40.0, "aspect_ratio": 0.9, "resistance_low_ohm": 3.3e3,
    "resistance_high_ohm": 8.6e3, "read_power_w": 17e-6, "write_current_a": 63e-6, "write_pulse_s": 3.7e-9,
    "write_energy_bit_j": 88e-15, "access_width_f": 5.2, "endurance_cycles": 1.0, "volatile": False,
    "standby_power_bit_w": 0.0, "resistance_spread_ratio": 0.0, "source": "a test",
}  # fmt: skip
SIZES = [(96, 1440, 1), (1536, 96, 1), (333, 777, 1), (2048, 32, 1)]
V, V_TH, I_ON, LENGTH = 0.7, 0.28894, 682.1, 22e-9
GATE_F_M = 1.2 * 6.13e-10 + 3 * 2.0e-10
WIRE_W = 102e-9 / 2
WIRE_T = 1.8 * WIRE_W
WIRE_OHM_M = 4.08e-8 * (1 + 0.0039 * 7) / (WIRE_W * WIRE_T)
WIRE_F_M = 2 * 8.85e-12 * 3.9 * WIRE_W / 91.8e-9 + 2 * 8.85e-12 * 1.5 * 2.6 * WIRE_T / WIRE_W + 1.15e-10
CELL_W, CELL_H = math.sqrt(40 / 0.9) * F, math.sqrt(40 * 0.9) * F


def drain_f(width_m: float, region_m: float) -> float:
    """Junction of one transistor that fits its region: one finger, contact on one side."""
    assert width_m < region_m
    length, bias = (1 + 2 * 0.75) * F, 1 + V / 0.9
    junction, side, edge = 1e-3 / bias**0.5, 2.5e-10 / bias**0.33, 0.5e-10 / bias**0.33
    return length * width_m * junction + (2 * length + width_m) * side + width_m * edge


def line_ohm_of(rows: int) -> float:
    return rows * CELL_H * WIRE_OHM_M


def line_f_of(rows: int) -> float:
    return rows * CELL_H * WIRE_F_M + rows * drain_f(5.2 * F, CELL_W) / 2


ACCESS_OHM = 1.76 * V / (I_ON * 5.2 * F)


@pytest.mark.parametrize(("rows", "cols", "mux"), SIZES)
def test_bit_line_cells_and_sense_amplifier(rows: int, cols: int, mux: int) -> None:
    found = subarray.figures(cell=from_fields(CELL), node_nm=45, rows=rows, cols=cols, columns_per_sense_amplifier=mux)
    line_ohm, line_f = line_ohm_of(rows), line_f_of(rows)
    cell_ohm = ACCESS_OHM + 8.6e3
    tau = line_ohm * line_f / 2 * (cell_ohm + line_ohm / 3) / (cell_ohm + line_ohm)
    assert found.bitline_latency_s == pytest.approx(math.log(2) * tau, rel=1e-9)
    assert found.cell_array_area_m2 == pytest.approx(rows * cols * 40 * F**2, rel=1e-12)
    written = cols * (88e-15 + (drain_f(5.2 * F, CELL_W) + line_f) * V**2)
    assert found.cell_write_energy_j == pytest.approx(written, rel=1e-9)
    per_bit = found.senseamp_energy_j / cols
    assert 102.6e-15 < per_bit < 102.6e-15 + 20e-15 * V**2, "the current-to-voltage stage and a latch of femtofarads"
    cells = cols * 2 * 17e-6 * found.senseamp_latency_s
    assert found.cell_read_energy_j == pytest.approx(float(cells), rel=1e-12)


@pytest.mark.parametrize(("rows", "cols", "mux"), SIZES)
def test_word_line_and_its_driver_of_least_width(rows: int, cols: int, mux: int) -> None:
    """NAND and one inverter, each as Horowitz delays it; NVSim's way of driving a line."""
    found = subarray.figures(cell=from_fields(CELL), node_nm=45, rows=rows, cols=cols, columns_per_sense_amplifier=mux)
    line_f = cols * (CELL_W * WIRE_F_M + GATE_F_M * 5.2 * F)
    line_s = line_f * cols * CELL_W * WIRE_OHM_M / 2
    unit = 1.5 * F
    ohm = 1.76 * V / (I_ON * unit)
    alone = math.log(2) * (ohm * line_f + line_s)
    assert found.row_decoder_latency_s > alone, "the inverter's own drains and the slope before it come on top"
    assert found.row_decoder_latency_s < 1.6 * alone + 60e-12
    assert found.decoder_energy_j == pytest.approx(line_f * V**2, rel=0.25)
    charge_s = math.log(2) * line_ohm_of(rows) * line_f_of(rows) / 2
    ready_s = max(float(found.row_decoder_latency_s), float(found.column_decoder_latency_s) + charge_s)
    assert found.write_latency_s == pytest.approx(float(found.predecoder_latency_s) + ready_s + 3.7e-9, rel=1e-9)


def test_a_table_of_the_third_cell_gives_the_same() -> None:
    rows, cols, mux = (np.array(column) for column in zip(*SIZES, strict=True))
    together = subarray.figures(
        cell=from_fields(CELL), node_nm=45, rows=rows, cols=cols, columns_per_sense_amplifier=mux
    )
    for index, (n_rows, n_cols, ways) in enumerate(SIZES):
        alone = subarray.figures(
            cell=from_fields(CELL), node_nm=45, rows=n_rows, cols=n_cols, columns_per_sense_amplifier=ways
        )
        assert together.read_latency_s[index] == alone.read_latency_s
        assert together.area_m2[index] == alone.area_m2
