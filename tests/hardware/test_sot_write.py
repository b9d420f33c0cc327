"""SOT writes: the path through the channel."""

from dataclasses import replace

import numpy as np
import pytest

from sotexplore.errors import InputError
from sotexplore.hardware import subarray
from sotexplore.hardware.cell import Cell, preset
from sotexplore.hardware.technology import NODES_NM

SOT = ("sot-69f2", "sot-wafer-2024", "sot-scope-100f2", "sot-freepdk45-2t")


def _write(cell: Cell, rows: object = 256, cols: object = 512, n_bits: object = 64, node_nm: int = 45) -> object:
    return subarray.sot_write(cell=cell, node_nm=node_nm, rows=rows, cols=cols, n_bits=n_bits)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SOT)
@pytest.mark.parametrize("node_nm", NODES_NM)
def test_a_write_adds_up_and_is_at_least_its_channel_and_its_pulse(name: str, node_nm: int) -> None:
    cell = preset(name)
    found = _write(cell, rows=[64, 1024], node_nm=node_nm)
    total = found.current_energy_j + found.bitline_energy_j + found.decoder_energy_j
    np.testing.assert_allclose(found.energy_j, total, rtol=1e-12)
    channel = 64 * cell.write_current_a**2 * cell.channel_resistance_ohm * cell.write_pulse_s
    np.testing.assert_allclose(found.channel_energy_j, channel, rtol=1e-12)
    assert (found.current_energy_j > found.channel_energy_j).all()
    assert (found.latency_s > cell.write_pulse_s + found.settle_s).all()
    assert (np.diff(found.energy_j) > 0).all() and (np.diff(found.supply_v) >= 0).all()


def test_it_is_written_by_bits_and_shapes_broadcast() -> None:
    found = _write(preset("sot-69f2"), rows=[[64], [256]], n_bits=[1, 2, 4])
    assert found.energy_j.shape == (2, 3)
    per_bit = found.energy_j - found.decoder_energy_j
    np.testing.assert_allclose(per_bit[:, 1], 2 * per_bit[:, 0], rtol=1e-12)
    np.testing.assert_allclose(found.latency_s[:, 0], found.latency_s[:, 2], rtol=1e-12)


def test_golden_the_channel_of_the_wafer_device_takes_0_94_picojoule() -> None:
    """Yang et al., EDL 2024: (780 uA)^2 x 776 ohm x 2 ns."""
    found = _write(preset("sot-wafer-2024"), n_bits=1)
    assert found.channel_energy_j == pytest.approx(0.944e-12, rel=1e-3)


def test_the_current_of_the_wafer_device_is_too_much_for_long_fine_lines() -> None:
    found = _write(preset("sot-wafer-2024"), rows=[64, 2048], node_nm=22)
    assert found.feasible.tolist() == [True, False]
    assert _write(preset("sot-69f2"), rows=[64, 512]).feasible.all()


@pytest.mark.parametrize(
    ("size", "read_s", "write_s"),
    [((64, 64), 2.05e-9, 2.35e-9), ((128, 128), 3.05e-9, 2.55e-9), ((256, 128), 4.0e-9, 3.05e-9)],
)
def test_golden_opennvram_totals_are_within_a_factor_of_two_and_a_half(
    size: tuple[int, int], read_s: float, write_s: float
) -> None:
    """OpenNVRAM, 2T-1MTJ in FreePDK45: its totals include control timing that a sub-array does not have."""
    cell = preset("sot-freepdk45-2t")
    rows, cols = size
    read = subarray.figures(cell=cell, node_nm=45, rows=rows, cols=cols, columns_per_sense_amplifier=1).read_latency_s
    assert 1 / 2.5 < read / read_s < 1
    assert 1 / 2.5 < _write(cell, rows, cols, cols).latency_s / write_s < 1


@pytest.mark.parametrize(
    ("cell", "change", "field"),
    [
        (preset("stt-54f2"), {}, "hardware.cell"),
        (replace(preset("sot-69f2"), channel_resistance_ohm=0.0), {}, "hardware.cell"),
        (preset("sot-69f2"), {"n_bits": 0}, "hardware.n_bits"),
        (preset("sot-69f2"), {"n_bits": 513}, "hardware.n_bits"),
        (preset("sot-69f2"), {"n_bits": 1.5}, "hardware.n_bits"),
        (preset("sot-69f2"), {"rows": 16}, "hardware.subarray_rows"),
        (preset("sot-69f2"), {"node_nm": 28}, "hardware.node_nm"),
    ],
)
def test_what_cannot_be_is_refused(cell: Cell, change: dict, field: str) -> None:
    with pytest.raises(InputError) as caught:
        _write(cell, **change)
    assert caught.value.field == field
