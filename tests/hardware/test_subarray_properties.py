"""Property: what holds for every sub-array, whatever its size, cell and node."""

import warnings
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore.errors import InputError
from sotexplore.hardware import subarray
from sotexplore.hardware.cell import FINGER_PITCH_F, PRESETS, Cell, preset
from sotexplore.hardware.technology import NODES_NM, technology

NAMES = [item.name for item in fields(subarray.SubarrayFigures)]
READ_ENERGIES = (
    "decoder_energy_j",
    "column_decoder_energy_j",
    "mux_energy_j",
    "bitline_energy_j",
    "cell_read_energy_j",
    "senseamp_energy_j",
    "precharge_energy_j",
)
WRITE_ENERGIES = ("decoder_energy_j", "column_decoder_energy_j", "mux_energy_j", "cell_write_energy_j")
AREAS = ("cell_array_area_m2", "senseamp_area_m2", "decoder_area_m2", "column_area_m2")
LEAKAGES = ("senseamp_leakage_w", "cell_leakage_w", "periphery_leakage_w")

names = st.sampled_from(sorted(PRESETS))
nodes = st.sampled_from(NODES_NM)
lines = st.integers(32, 2048)


@st.composite
def sizes(draw: st.DrawFn) -> tuple[int, int, int]:
    mux = draw(st.sampled_from([1, 2, 3, 4, 8, 16, 32]))
    return draw(lines), mux * draw(st.integers(-(-32 // mux), 2048 // mux)), mux


@st.composite
def resistive_cells(draw: st.DrawFn) -> Cell:
    area, aspect = draw(st.floats(24, 300)), draw(st.floats(0.4, 2.5))
    low = draw(st.floats(1e3, 1e6))
    room = (area / aspect) ** 0.5 * max(1.0, (area * aspect) ** 0.5 / FINGER_PITCH_F // 1)
    return replace(
        preset("sot-69f2"),
        area_f2=area,
        aspect_ratio=aspect,
        resistance_low_ohm=low,
        resistance_high_ohm=low * draw(st.floats(1.0, 100.0)),
        read_power_w=draw(st.floats(1e-7, 1e-4)),
        write_current_a=draw(st.floats(1e-6, 1e-3)),
        write_pulse_s=draw(st.floats(1e-10, 1e-7)),
        write_energy_bit_j=draw(st.floats(1e-15, 1e-11)),
        access_width_f=draw(st.floats(1.5, min(20.0, room * (1 - 1e-9)))),
    )


def _figures(cell: Cell, node_nm: int, rows: object, cols: object, mux: object) -> subarray.SubarrayFigures:
    return subarray.figures(
        cell=cell,
        node_nm=node_nm,
        rows=rows,
        cols=cols,
        columns_per_sense_amplifier=mux,  # type: ignore[arg-type]
    )


@given(resistive_cells(), nodes, sizes())
def test_every_figure_is_finite_and_not_negative(cell: Cell, node_nm: int, size: tuple[int, int, int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = _figures(cell, node_nm, *size)
    for name in NAMES:
        value = getattr(found, name)
        assert value.dtype == np.float64
        assert np.isfinite(value) and value >= 0, name
    assert found.area_m2 > 0 and found.read_latency_s > 0 and found.read_energy_j > 0


@given(names, nodes, sizes())
def test_parts_add_up(name: str, node_nm: int, size: tuple[int, int, int]) -> None:
    found = _figures(preset(name), node_nm, *size)
    for total, parts in (
        ("read_energy_j", READ_ENERGIES),
        ("write_energy_j", WRITE_ENERGIES),
        ("area_m2", AREAS),
        ("leakage_w", LEAKAGES),
    ):
        assert sum(getattr(found, part) for part in parts) == pytest.approx(getattr(found, total), rel=1e-9)


@given(names, nodes, sizes(), st.integers(1, 64))
def test_more_rows_or_columns_never_cost_less(name: str, node_nm: int, size: tuple[int, int, int], more: int) -> None:
    rows, cols, mux = size
    taller, wider = min(rows + more, 2048), min(cols + more * mux, 2048 // mux * mux)
    found = _figures(preset(name), node_nm, [rows, taller, rows], [cols, cols, wider], mux)
    for figure in ("area_m2", "read_energy_j", "write_energy_j", "leakage_w"):
        base, tall, wide = getattr(found, figure)
        assert tall >= base * (1 - 1e-12), figure
        assert wide >= base * (1 - 1e-12), figure


@given(names, nodes, st.sampled_from([64, 128, 256, 512, 1024]), st.sampled_from([64, 128, 256, 512, 1024]))
def test_doubling_a_side_makes_an_access_slower(name: str, node_nm: int, rows: int, cols: int) -> None:
    found = _figures(preset(name), node_nm, [rows, 2 * rows, rows], [cols, cols, 2 * cols], 1)
    for figure in ("read_latency_s", "write_latency_s"):
        base, tall, wide = getattr(found, figure)
        assert tall >= base and wide >= base


@given(names, nodes, sizes())
def test_sharing_sense_amplifiers_saves_read_energy_and_area(
    name: str, node_nm: int, size: tuple[int, int, int]
) -> None:
    rows, cols, mux = size
    found = _figures(preset(name), node_nm, rows, cols, [1, mux])
    if mux >= 4 and preset(name).kind != "sram":
        assert found.read_energy_j[1] < found.read_energy_j[0]
        assert found.senseamp_area_m2[1] <= found.senseamp_area_m2[0]


@settings(max_examples=20, deadline=None)
@given(names, nodes, st.lists(sizes(), min_size=2, max_size=6), st.randoms())
def test_a_batch_is_its_entries_in_any_order(name: str, node_nm: int, batch: list, random: object) -> None:
    random.shuffle(batch)  # type: ignore[attr-defined]
    rows, cols, mux = zip(*batch, strict=True)
    together = _figures(preset(name), node_nm, rows, cols, mux)
    for index, size in enumerate(batch):
        alone = _figures(preset(name), node_nm, *size)
        for figure in NAMES:
            assert getattr(alone, figure) == pytest.approx(getattr(together, figure)[index], rel=1e-12)


def test_shapes_broadcast() -> None:
    found = _figures(preset("sot-69f2"), 45, np.array([[64], [128]]), np.array([64, 256, 1024]), 8)
    assert {getattr(found, name).shape for name in NAMES} == {(2, 3)}
    assert _figures(preset("sot-69f2"), 45, 64, 64, 1).area_m2.shape == ()


def test_a_technology_of_draws_gives_a_figure_per_draw() -> None:
    base = technology(45)
    scale = np.array([0.9, 1.0, 1.1])
    drawn = replace(base, on_nmos_a_m=base.on_nmos_a_m * scale, wire_pitch_m=base.wire_pitch_m * scale)
    found = subarray.figures(
        cell=preset("sot-69f2"), node_nm=45, rows=256, cols=512, columns_per_sense_amplifier=8, tech=drawn
    )
    for index, factor in enumerate(scale):
        one = replace(base, on_nmos_a_m=base.on_nmos_a_m * factor, wire_pitch_m=base.wire_pitch_m * factor)
        alone = subarray.figures(
            cell=preset("sot-69f2"), node_nm=45, rows=256, cols=512, columns_per_sense_amplifier=8, tech=one
        )
        for name in NAMES:
            assert getattr(found, name)[index] == pytest.approx(float(getattr(alone, name)), rel=1e-12)


def test_a_cell_of_higher_resistance_waits_longer_and_one_of_more_power_reads_dearer() -> None:
    cell = preset("sot-69f2")
    base = _figures(cell, 45, 1024, 256, 8)
    assert (
        _figures(replace(cell, resistance_high_ohm=60e3), 45, 1024, 256, 8).bitline_latency_s > base.bitline_latency_s
    )
    dearer = _figures(replace(cell, read_power_w=2e-5), 45, 1024, 256, 8)
    assert dearer.cell_read_energy_j == pytest.approx(2 * base.cell_read_energy_j)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rows": 31}, "hardware.subarray_rows"),
        ({"rows": 2049}, "hardware.subarray_rows"),
        ({"rows": 64.5}, "hardware.subarray_rows"),
        ({"rows": True}, "hardware.subarray_rows"),
        ({"rows": "64"}, "hardware.subarray_rows"),
        ({"cols": [64, 16]}, "hardware.subarray_cols"),
        ({"cols": 4096}, "hardware.subarray_cols"),
        ({"columns_per_sense_amplifier": 0}, "hardware.columns_per_sense_amplifier"),
        ({"columns_per_sense_amplifier": 7}, "hardware.columns_per_sense_amplifier"),
        ({"columns_per_sense_amplifier": 128}, "hardware.columns_per_sense_amplifier"),
        ({"node_nm": 28}, "hardware.node_nm"),
        (
            {"cell": replace(preset("reram-53f2"), area_f2=4, access_width_f=1.5), "columns_per_sense_amplifier": 1},
            "hardware.columns_per_sense_amplifier",
        ),
        ({"rows": [64, 64], "cols": [64, 64, 64]}, "hardware.subarray_rows"),
    ],
)
def test_what_cannot_be_is_refused_by_name(change: dict, field: str) -> None:
    arguments = {
        "cell": preset("sot-69f2"),
        "node_nm": 45,
        "rows": 64,
        "cols": 64,
        "columns_per_sense_amplifier": 8,
    }
    with pytest.raises(InputError) as caught:
        subarray.figures(**(arguments | change))
    assert caught.value.field == field
