"""Technology: the table of constants is complete, and a few numbers are what their sources print."""

from dataclasses import fields

import pytest

from sotexplore.errors import InputError
from sotexplore.hardware import logic, wires
from sotexplore.hardware.rules import TABLE, Rules
from sotexplore.hardware.technology import CONSTANTS, NODES_NM, Technology, technology

KINDS = {"measured", "simulated", "stated", "fitted", "assumed", "textbook"}


@pytest.mark.parametrize("node_nm", NODES_NM)
def test_every_constant_has_unit_kind_source_and_a_range_around_it(node_nm: int) -> None:
    assert {item.name for item in fields(Technology)} == {"node_nm", "rules", *CONSTANTS[node_nm]}
    assert {item.name for item in fields(Rules)} == set(TABLE)
    for name, constant in CONSTANTS[node_nm].items():
        assert constant.unit and constant.source and constant.kind in KINDS, name
        assert 0 < constant.low <= constant.value <= constant.high, name


def test_no_constant_is_fitted() -> None:
    assert not [name for table in CONSTANTS.values() for name, item in table.items() if item.kind == "fitted"]


def test_a_node_without_a_table_is_refused() -> None:
    with pytest.raises(InputError, match=r"hardware\.node_nm: .*got 28, allowed 22, 32, 45, 65"):
        technology(28)


def test_golden_supply_of_low_operating_power_devices() -> None:
    assert [technology(node).supply_v for node in NODES_NM] == [0.5, 0.7, 0.7, 0.8]


@pytest.mark.parametrize("node_nm", NODES_NM)
def test_a_local_wire_has_the_usual_capacitance_and_more_resistance_when_finer(node_nm: int) -> None:
    """Textbook: 0.15 to 0.3 fF/um whatever the node (Ho, Mai, Horowitz 2001)."""
    assert 0.15e-9 < wires.capacitance_f_m(technology(node_nm)) < 0.35e-9
    resistances = [wires.resistance_ohm_m(technology(node)) for node in NODES_NM]
    assert resistances == sorted(resistances, reverse=True)


def test_a_wider_wire_has_less_resistance_and_more_capacitance() -> None:
    tech = technology(45)
    assert wires.resistance_ohm_m(tech, 4.0) == pytest.approx(wires.resistance_ohm_m(tech) / 4)
    assert wires.capacitance_f_m(tech) < wires.capacitance_f_m(tech, 4.0) < 4 * wires.capacitance_f_m(tech)


def test_a_step_into_a_stage_takes_69_percent_of_its_time_constant() -> None:
    assert logic.horowitz_s(1e-12, 0.5, 0.0) == pytest.approx(0.6931e-12, rel=1e-4)
    assert logic.horowitz_s(1e-12, 0.5, 4e-12) > logic.horowitz_s(1e-12, 0.5, 0.0)


@pytest.mark.parametrize("node_nm", NODES_NM)
def test_folding_a_transistor_keeps_its_height_and_widens_it(node_nm: int) -> None:
    tech = technology(node_nm)
    region = 40 * tech.feature_m
    narrow = logic.transistor_layout(width_m=20 * tech.feature_m, region_m=region, tech=tech)
    folded = logic.transistor_layout(width_m=100 * tech.feature_m, region_m=region, tech=tech)
    assert narrow.height_m == pytest.approx(20 * tech.feature_m)
    assert folded.height_m == pytest.approx(region)
    assert folded.width_m > narrow.width_m
