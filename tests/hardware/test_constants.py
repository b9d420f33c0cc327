"""The table of circuit constants: complete, ordered, and brought to other nodes by the stated rules."""

import numpy as np
import pytest

from sotexplore.hardware import constants
from sotexplore.hardware.constants import TABLE, Process

KINDS = {"measured", "simulated", "stated", "fitted", "textbook", "assumed"}


@pytest.mark.parametrize("constant", TABLE.values(), ids=lambda constant: constant.name)
def test_every_constant_is_complete(constant: constants.CircuitConstant) -> None:
    assert constant.kind in KINDS
    assert constant.source.strip()
    assert constant.derivation.strip()
    assert constant.unit
    assert 0 < constant.low <= constant.value <= constant.high


@pytest.mark.parametrize("name", TABLE)
def test_a_constant_keeps_its_value_at_the_node_of_its_source(name: str) -> None:
    constant = TABLE[name]
    assert Process(float(constant.node_nm), constants.nominal())[name] == pytest.approx(constant.value, rel=1e-12)


def test_area_follows_the_printed_table_of_stillmaker_and_baas() -> None:
    np.testing.assert_allclose(constants.area_factor(np.array([65.0, 45.0, 32.0])), [1.5, 1.0, 0.46])
    assert 0.21 < constants.area_factor(22.0) < 0.46


def test_energy_follows_the_polynomials_of_stillmaker_and_baas() -> None:
    """By hand at 0.9 V: 45 nm 1.018 x 0.81 - 0.3107 x 0.9 + 0.1539 = 0.6989; 32 nm 0.4571; 65 nm 1.0584."""
    expected = [1.0584 / 0.6989, 1.0, 0.4571 / 0.6989]
    np.testing.assert_allclose(constants.energy_factor(np.array([65.0, 45.0, 32.0])), expected, rtol=1e-3)


def test_smaller_nodes_are_smaller_and_take_less_energy() -> None:
    nodes = np.array([22.0, 32.0, 45.0, 65.0])
    for factor in (constants.area_factor, constants.energy_factor, constants.delay_factor):
        assert (np.diff(factor(nodes)) > 0).all()


def test_the_clock_is_isaacs_at_its_node() -> None:
    assert Process(32.0, constants.nominal()).clock_period_s == pytest.approx(1 / 1.2e9, rel=0.01)
