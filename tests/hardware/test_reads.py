"""Error rates of the presets and of whole designs, and what the margin allows."""

import numpy as np
import pytest

from sotexplore.hardware import margin, readability, reads
from sotexplore.hardware.cell import PRESETS, from_fields, preset
from sotexplore.hardware.table import HardwareTable

ROWS = np.array([32.0, 128.0, 512.0, 2048.0])
WEAK = {
    "name": "weak", "kind": "sot", "area_f2": 69, "aspect_ratio": 1.34, "resistance_low_ohm": 6e3, "resistance_high_ohm": 6.6e3,
    "read_power_w": 1e-5, "write_current_a": 1e-4, "write_pulse_s": 1e-9, "write_energy_bit_j": 6e-14, "access_width_f": 4.5,
    "endurance_cycles": 1e12, "volatile": False, "standby_power_bit_w": 0, "resistance_spread_ratio": 0.08, "source": "a test",
}  # fmt: skip


def table(n_designs: int, **columns: object) -> HardwareTable:
    default = {
        "compute_style": "and-count", "node_nm": 45, "cell": "sot-69f2", "subarray_rows": 256, "subarray_cols": 512,
        "columns_per_sense_amplifier": 1, "adc_bits": 5, "active_rows": 128, "operand": "streamed", "schedule": "pipelined",
        "area_budget_m2": None,
    }  # fmt: skip
    return HardwareTable.from_columns(default | columns, n_designs)


@pytest.mark.parametrize("name", sorted(PRESETS))
@pytest.mark.parametrize("node_nm", [22, 45])
def test_errors_are_shares_and_grow_with_the_bit_line(name: str, node_nm: int) -> None:
    one, two = (readability.and_error_ratio(preset(name), node_nm, ROWS, two_row=flag) for flag in (False, True))
    for errors in (one, two):
        assert ((errors >= 0) & (errors <= 0.5)).all()
        assert (np.diff(errors) >= 0).all()
    assert (two >= one).all(), "two rows at once are harder to read than one"
    assert one[1] < 0.01, "every preset reads one row of 128"


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_what_is_allowed_is_the_most_that_is_within_the_limit(name: str) -> None:
    cell = preset(name)
    for two_row in (False, True):
        rows = readability.allowed_rows(cell, 22, two_row=two_row)
        around = readability.and_error_ratio(cell, 22, np.array([rows, rows + 1.0]), two_row=two_row)
        assert around[0] <= readability.AND_ERROR_LIMIT
        assert rows == 2048 or around[1] > readability.AND_ERROR_LIMIT
    assert readability.allowed_active_rows(cell, 45) >= 128


def test_a_cell_of_little_contrast_reads_nothing() -> None:
    cell = from_fields(WEAK)
    assert readability.allowed_rows(cell, 45, two_row=True) == 0
    assert readability.allowed_active_rows(cell, 45) < 32


def test_more_spread_allows_less() -> None:
    allowed = [
        readability.allowed_active_rows(
            from_fields(WEAK | {"resistance_high_ohm": 15e3, "resistance_spread_ratio": spread}), 45
        )
        for spread in (0.02, 0.08, 0.2, 0.4)
    ]
    assert allowed == sorted(allowed, reverse=True)


def test_designs_get_the_errors_of_their_own_reads() -> None:
    mixed = table(
        4,
        compute_style=["and-count", "and-count", "crossbar", "crossbar"],
        cell=["sot-69f2", "stt-54f2", "sot-69f2", "sram-6t"],
        operand=["streamed", "written", "streamed", "streamed"],
        node_nm=[45, 22, 45, 22],
    )
    found = reads.read_error_ratio(mixed)
    at = np.array([256.0])
    assert found[0] == readability.and_error_ratio(preset("sot-69f2"), 45, at, two_row=False)[0]
    assert found[1] == readability.and_error_ratio(preset("stt-54f2"), 22, at, two_row=True)[0]
    assert found[2] == readability.column_error_ratio(preset("sot-69f2"), 45, np.array([128.0]), np.array([5.0]))[0]
    assert found[3] == margin.clipped_ratio(128.0, 5.0) > 0.5  # no deviation, but 31 codes for 32 products on average
    losses = reads.column_loss_ratio(mixed)
    assert (losses[[0, 1, 3]] == 0).all() and 0 < losses[2] < 1


def test_fewer_bits_and_more_rows_both_cost_reads() -> None:
    by_bits = reads.read_error_ratio(table(4, compute_style="crossbar", adc_bits=[8, 6, 5, 3]))
    assert (np.diff(by_bits) >= 0).all() and by_bits[-1] > by_bits[0]
    by_rows = reads.read_error_ratio(table(4, compute_style="crossbar", adc_bits=8, active_rows=[128, 32, 8, 2]))
    assert (np.diff(by_rows) < 0).all()


def test_offsets_are_those_of_the_clamp_of_crossbars_alone() -> None:
    """By hand: 6 mV over 250 mV on a typical driven row, (g_low + g_high) / 2, in units of g_low - g_high, half driven."""
    found = reads.column_offset_counts(table(3, compute_style=["crossbar", "and-count", "crossbar"],
                                             cell=["sot-69f2", "sot-69f2", "sram-6t"]))  # fmt: skip
    series, _ = readability.wires(preset("sot-69f2"), 45, np.array([256.0]))
    low, high = 1 / (6e3 + series[0]), 1 / (15e3 + series[0])
    assert found[0] == pytest.approx(0.024 * 0.5 * (low + high) / 2 / (low - high))
    assert found[1] == found[2] == 0


def test_an_empty_table_has_no_errors() -> None:
    assert reads.read_error_ratio(table(1).take(np.array([], dtype=np.int64))).shape == (0,)


def test_a_large_write_current_needs_more_supply_over_a_longer_bit_line() -> None:
    found = reads.write_supply_v(
        table(4, cell=["sot-wafer-2024", "sot-wafer-2024", "sot-69f2", "stt-54f2"], subarray_rows=[64, 1024, 256, 256])
    )
    assert found[1] > found[0] > found[2] > found[3] == 0
    assert found[1] > 2.5
