"""Cells: presets against their sources, cells of the user's own, and what is refused."""

from dataclasses import FrozenInstanceError, fields

import pytest

from sotexplore.errors import InputError
from sotexplore.hardware import subarray
from sotexplore.hardware.cell import KINDS, LIMITS, PRESETS, Cell, from_fields, preset
from sotexplore.hardware.cell_area import at_node
from sotexplore.hardware.presets import PRESET_DATA

SOURCE_KINDS = {"measured", "secondary", "simulated", "stated", "fitted", "assumed", "textbook"}
OWN = {
    "name": "mine",
    "kind": "sot",
    "area_f2": 60,
    "aspect_ratio": 1.2,
    "resistance_low_ohm": 5e3,
    "resistance_high_ohm": 12e3,
    "read_power_w": 1e-5,
    "write_current_a": 8e-5,
    "write_pulse_s": 1e-9,
    "write_energy_bit_j": 5e-14,
    "access_width_f": 4,
    "endurance_cycles": 1e12,
    "volatile": False,
    "standby_power_bit_w": 0,
    "resistance_spread_ratio": 0.05,
    "source": "a test",
}


def test_there_are_presets_of_every_technology_and_three_sot_cells_one_from_silicon() -> None:
    kinds = [cell.kind for cell in PRESETS.values()]
    assert {"sot", "stt", "reram", "sram"} <= set(kinds) <= set(KINDS)
    assert kinds.count("sot") >= 3
    silicon = PRESET_DATA["sot-wafer-2024"].fields["resistance_low_ohm"]
    assert silicon.kind == "secondary" and "measured on 300 mm wafers" in silicon.source


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_number_of_a_preset_has_a_kind_a_source_and_a_range_around_it(name: str) -> None:
    cell = preset(name)
    assert cell.name == name and cell.source
    assert cell.volatile == (cell.kind == "sram")
    for item in fields(Cell):
        if item.name in LIMITS and item.default is item.default_factory:
            assert item.name in cell.provenance, item.name
    for field, known in cell.provenance.items():
        assert getattr(cell, field) == known.value
        assert known.kind in SOURCE_KINDS and known.source
        if known.low is not None and known.high is not None:
            assert known.low <= known.value <= known.high, field


def test_golden_the_wafer_cell_is_the_published_one() -> None:
    """Yang et al., EDL 2024: 10.89 and 23.85 kohm, TMR 119 %, channel 776 ohm, 680 to 880 uA at 2 ns."""
    cell = preset("sot-wafer-2024")
    assert (cell.resistance_low_ohm, cell.resistance_high_ohm) == (10.89e3, 23.85e3)
    assert cell.resistance_high_ohm / cell.resistance_low_ohm - 1 == pytest.approx(1.19, abs=0.005)
    assert cell.channel_resistance_ohm == 776
    assert 680e-6 <= cell.write_current_a <= 880e-6
    assert cell.write_pulse_s == 2e-9


def test_golden_the_scope_cell_is_the_published_one() -> None:
    cell = preset("sot-scope-100f2")
    assert (cell.area_f2, cell.resistance_low_ohm, cell.resistance_high_ohm) == (100, 6e3, 12e3)
    assert (cell.write_pulse_s, cell.write_energy_bit_j, cell.endurance_cycles) == (10e-9, 102e-15, 1e14)


def test_an_unknown_preset_is_refused_with_the_list() -> None:
    with pytest.raises(InputError, match=r"hardware\.cell: .*sot-69f2") as caught:
        preset("flash")
    assert caught.value.field == "hardware.cell"


def test_a_cell_cannot_be_changed_and_can_be_a_key() -> None:
    cell = preset("sot-69f2")
    with pytest.raises(FrozenInstanceError):
        cell.area_f2 = 1.0  # type: ignore[misc]
    assert {cell: 1}[preset("sot-69f2")] == 1


def test_a_cell_from_the_fields_of_a_file() -> None:
    cell = from_fields(OWN)
    assert (cell.name, cell.area_f2, cell.channel_resistance_ohm) == ("mine", 60, 0)
    assert from_fields(OWN | {"channel_resistance_ohm": 500.0}).channel_resistance_ohm == 500


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "flash"}, "kind"),
        ({"kind": 3}, "kind"),
        ({"area_f2": 2}, "area_f2"),
        ({"area_f2": float("nan")}, "area_f2"),
        ({"area_f2": True}, "area_f2"),
        ({"area_f2": "69"}, "area_f2"),
        ({"resistance_high_ohm": 4e3}, "resistance_high_ohm"),
        ({"resistance_low_ohm": 0}, "resistance_low_ohm"),
        ({"write_pulse_s": -1e-9}, "write_pulse_s"),
        ({"volatile": "no"}, "volatile"),
        ({"separate_write_port": 1}, "separate_write_port"),
        ({"colour": "blue"}, "colour"),
        ({"area_f2": 8, "access_width_f": 6}, "access_width_f"),
        ({"access_width_f": 40}, "access_width_f"),
        ({"channel_resistance_ohm": 500.0, "write_access_width_f": 40.0}, "write_access_width_f"),
        ({"write_pulse_s": 0}, "write_pulse_s"),
        ({"write_current_a": 0}, "write_current_a"),
        ({"sense_voltage_v": 0.3}, "sense_voltage_v"),
        ({"area_node_nm": 28}, "area_node_nm"),
        ({"area_node_nm": True}, "area_node_nm"),
        ({"kind": "dram"}, "kind"),
        ({"kind": "sram"}, "volatile"),
        ({"channel_resistance_ohm": 9e4, "write_current_a": 1e-3}, "channel_resistance_ohm"),
    ],
)
def test_a_field_out_of_range_is_refused_by_name(change: dict, field: str) -> None:
    with pytest.raises(InputError) as caught:
        from_fields(OWN | change)
    assert caught.value.field == f"hardware.cell.{field}"


@pytest.mark.parametrize("field", list(OWN))
def test_a_missing_field_is_refused_by_name(field: str) -> None:
    with pytest.raises(InputError, match="missing") as caught:
        from_fields({name: value for name, value in OWN.items() if name != field})
    assert caught.value.field == f"hardware.cell.{field}"
    if field in LIMITS:
        assert caught.value.allowed.startswith(f"{LIMITS[field][1]:g} to {LIMITS[field][2]:g}")


def test_a_resistance_ratio_just_below_one_is_told_as_it_is() -> None:
    with pytest.raises(InputError, match=r"below 1 \(got 0\.9999") as caught:
        from_fields(OWN | {"resistance_low_ohm": 10_000, "resistance_high_ohm": 9_999.9})
    assert not str(caught.value.got).startswith("1")


def test_a_channel_implies_a_write_port_of_its_own() -> None:
    """The write current of a three-terminal cell does not pass the column mux, and does not size it."""
    through_bit_line = from_fields(OWN)
    channel = from_fields(OWN | {"channel_resistance_ohm": 500.0})
    assert through_bit_line.mux_current_a == 8e-5
    assert channel.has_channel and channel.mux_current_a == 0
    more = from_fields(OWN | {"channel_resistance_ohm": 500.0, "write_current_a": 8e-4})
    size = {"node_nm": 22, "rows": 256, "cols": 512, "columns_per_sense_amplifier": 8}
    assert subarray.figures(cell=channel, **size).read_latency_s == subarray.figures(cell=more, **size).read_latency_s


def test_the_area_of_the_wafer_cell_follows_its_write_transistor() -> None:
    """780 uA through twice its least width: 51 F at 45 nm, 99 F at 22 nm; 3 (W + 1) F2 with 4.5 F for the read."""
    cell = preset("sot-wafer-2024")
    assert at_node(cell, 45).area_f2 == 172
    width_f = 2 * 780e-6 / 716.1 / 22e-9
    assert at_node(cell, 22).area_f2 == pytest.approx(3 * (width_f + 1 + 4.5 + 1), rel=0.005)
    assert at_node(cell, 22).area_f2 > at_node(cell, 32).area_f2 > 172 > at_node(cell, 65).area_f2
    known = at_node(cell, 22).provenance["area_f2"]
    assert known.low is not None and known.high is not None and known.low < known.value < known.high
    assert at_node(preset("sot-69f2"), 22) is preset("sot-69f2")
