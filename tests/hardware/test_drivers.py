"""Driver chains: logical effort against brute force."""

import numpy as np
import pytest

from sotexplore.hardware import drivers, logic
from sotexplore.hardware.technology import technology

TECH = technology(45)
UNIT_F = float(logic.gate_capacitance_f(1.5 * TECH.feature_m * (1 + TECH.width_ratio), TECH))


def _chain(load_f: object) -> drivers.Chain:
    return drivers.fastest(load_f=load_f, input_f=UNIT_F, effort=1.0, tech=TECH)  # type: ignore[arg-type]


@pytest.mark.parametrize("fanout", [1, 5, 30, 100, 400])
def test_a_chain_is_inverting_and_within_its_widths(fanout: float) -> None:
    widths = _chain(fanout * UNIT_F).widths_m
    present = widths[widths > 0]
    assert present.size % 2 == 1
    assert (present >= 1.5 * TECH.feature_m * (1 - 1e-12)).all() and (present <= 100 * TECH.feature_m).all()


def _path_s(chain: drivers.Chain) -> float:
    """Delay of a minimum inverter and the chain that it drives."""
    width, load = 1.5 * TECH.feature_m, drivers.input_capacitance_f(chain, TECH)
    first = logic.stage_delay_s(width_m=width, stack=1, load_f=load, wire_s=0.0, input_rise_s=0.0, tech=TECH)
    rest, _ = drivers.delay_s(chain, 2 * first, TECH)
    return float(first + rest)


@pytest.mark.parametrize("fanout", [10, 30, 100])
def test_a_chain_is_about_as_fast_as_the_best_of_all(fanout: float) -> None:
    """Brute force over the ratio of neighbouring widths of one and three stages, behind the same gate."""
    load, unit = fanout * UNIT_F, 1.5 * TECH.feature_m
    best = min(
        _path_s(drivers.Chain(np.array(widths), load, 0.0))
        for ratio in np.linspace(1.0, 8.0, 141)
        for widths in ([unit * ratio], [unit * ratio**3, unit * ratio**2, unit * ratio])
    )
    assert best * (1 - 1e-9) <= _path_s(_chain(load)) <= 1.25 * best


def test_more_load_is_slower_and_dearer() -> None:
    chain = _chain(np.array([10.0, 20.0, 40.0, 80.0]) * UNIT_F)
    delay, _ = drivers.delay_s(chain, 0.0, TECH)
    assert (np.diff(delay) > 0).all()
    assert (np.diff(drivers.energy_j(chain, TECH)) > 0).all()


def test_chains_of_different_length_go_together() -> None:
    loads = np.array([1.0, 50.0, 400.0]) * UNIT_F
    together, _ = drivers.delay_s(_chain(loads), 0.0, TECH)
    alone = [float(drivers.delay_s(_chain(load), 0.0, TECH)[0]) for load in loads]
    np.testing.assert_allclose(together, alone, rtol=1e-12)
