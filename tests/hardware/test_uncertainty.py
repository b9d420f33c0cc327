"""Bands around a design's figures, and the constants that matter most."""

import numpy as np
import pytest

from sotexplore import catalogue
from sotexplore.errors import InputError
from sotexplore.hardware import constants, reads, uncertainty
from sotexplore.hardware.cell import PRESETS, preset
from sotexplore.hardware.table import HardwareTable
from sotexplore.workload import WorkloadTable, dense_workload, workload_table

DEFAULT = {
    "compute_style": "and-count", "node_nm": 45, "cell": "sot-69f2", "subarray_rows": 256, "subarray_cols": 512,
    "columns_per_sense_amplifier": 1, "adc_bits": 5, "active_rows": 128, "operand": "streamed", "schedule": "pipelined",
    "area_budget_m2": None,
}  # fmt: skip


def workload() -> WorkloadTable:
    return workload_table([dense_workload(catalogue.network("lenet5-mnist"), weight_bits=4, activation_bits=4)])


def study(n_draws: int = 64, seed: int = 0, widen: object = 1.0, **hardware: object) -> uncertainty.Study:
    table = HardwareTable.from_columns(DEFAULT | hardware, 1)
    return uncertainty.study(workload(), table, n_draws=n_draws, seed=seed, widen=widen)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "hardware", [{}, {"operand": "written"}, {"compute_style": "crossbar", "columns_per_sense_amplifier": 8}], ids=str
)
@pytest.mark.parametrize("cell", ["sot-69f2", "reram-53f2", "sram-6t"])
def test_bands_hold_the_nominal_figures_and_are_finite(cell: str, hardware: dict[str, object]) -> None:
    found = study(cell=cell, **hardware)
    for name in uncertainty.METRICS:
        low, median, high = found.bands[name]
        assert 0 < low <= median <= high < np.inf
        assert low <= found.nominal[name] <= high, name
        assert (found.draws[name] > 0).all()


def test_the_nominal_figures_are_those_of_the_chip() -> None:
    from sotexplore.hardware import chip

    for change in ({}, {"operand": "written"}, {"compute_style": "crossbar"}):
        table = HardwareTable.from_columns(DEFAULT | change, 1)
        alone, found = chip.evaluate(workload(), table), study(n_draws=2, **change)
        for name in uncertainty.METRICS:
            expected = reads.read_error_ratio(table) if name == "read_error_ratio" else getattr(alone, name)
            assert found.nominal[name] == pytest.approx(expected[0], rel=1e-12)


def test_the_seed_decides() -> None:
    first, again, other = study(seed=3), study(seed=3), study(seed=4)
    assert first.bands == again.bands
    assert first.bands != other.bands


def test_a_wider_range_widens_the_band_and_none_closes_it() -> None:
    def width(widen: object) -> float:
        low, _, high = study(widen=widen).bands["energy_per_frame_j"]
        return high - low

    assert width(2.0) > width(1.0) > width(0.5) > 0
    assert width(0.0) == pytest.approx(0, abs=1e-20)
    strongest = study().sensitivities["energy_per_frame_j"][0].parameter.name
    assert width({strongest: 2.0}) > width(1.0)


def test_the_ranking_is_sorted_and_finds_what_must_matter() -> None:
    found = study()
    for name, ranked in found.sensitivities.items():
        swings = [item.swing_ratio for item in ranked]
        assert swings == sorted(swings, reverse=True)
        assert swings[0] > 0, name
        assert all(item.nominal == found.nominal[name] for item in ranked)
    crossbar = study(compute_style="crossbar", columns_per_sense_amplifier=8)
    names = [item.parameter.name for item in crossbar.sensitivities["energy_per_frame_j"][:8]]
    assert any(name.startswith("adc_energy") for name in names)


def test_one_constant_alone_moves_what_it_should() -> None:
    ranked = {item.parameter.name: item for item in study().sensitivities["energy_per_frame_j"]}
    item = ranked["full_adder_energy_j"]
    assert item.at_low < item.nominal < item.at_high
    assert ranked["gated_leakage_ratio"].swing_ratio == 0


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_constant_of_a_cell_can_be_drawn(name: str) -> None:
    known = uncertainty.parameters(preset(name), 45)
    assert {item.group for item in known} == {"circuit", "technology", "rule", "cell", "reading"}
    assert set(constants.TABLE) <= {item.name for item in known}
    for item in known:
        ends = item.at(np.array([-1.0, 0.0, 1.0]))
        np.testing.assert_allclose(ends, [item.low, item.value, item.high], rtol=1e-12)
    assert np.isfinite(study(n_draws=16, cell=name).bands["area_m2"]).all()


@pytest.mark.parametrize(
    ("change", "field"), [({"n_draws": 1}, "n_draws"), ({"widen": -1.0}, "widen"), ({"widen": float("nan")}, "widen")]
)
def test_what_is_wrong_is_refused(change: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as caught:
        study(**change)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_one_design_at_a_time() -> None:
    with pytest.raises(InputError, match="one design"):
        uncertainty.study(workload(), HardwareTable.from_columns(DEFAULT, 2))


@pytest.mark.parametrize("hardware", [{}, {"schedule": "sequential"}], ids=str)
def test_draws_keep_the_nominal_designs_copies_and_sub_arrays(hardware: dict[str, object]) -> None:
    """A chip is built once: a constant that makes its parts larger makes the chip larger, not its copies fewer."""
    from sotexplore.hardware import chip

    table = HardwareTable.from_columns(DEFAULT | hardware, 1)
    free = chip.evaluate(workload(), table).area_m2[0]
    budget = free * (0.5 if hardware else 3.0)
    nominal = chip.evaluate(workload(), HardwareTable.from_columns(DEFAULT | hardware | {"area_budget_m2": budget}, 1))
    assert (nominal.n_subarrays != nominal.needed_subarrays if hardware else nominal.by_layer["copies"].max() > 1).all()
    found = study(area_budget_m2=budget, **hardware)
    assert found.nominal["area_m2"] == pytest.approx(nominal.area_m2[0], rel=1e-12)
    ranked = {item.parameter.name: item for item in found.sensitivities["area_m2"]}
    item = ranked["area_f2"]
    assert item.at_low < item.nominal < item.at_high
    assert found.bands["area_m2"][2] > budget, "the draws may leave the budget, the design does not follow them"


def test_draws_of_a_packed_design_stay_packed() -> None:
    """The budget holds the packed network and not the other: no draw unpacks it, none writes weights again."""
    from sotexplore.hardware import chip

    sequential = DEFAULT | {"schedule": "sequential", "subarray_rows": 64, "subarray_cols": 64}
    apart, packed = (
        chip.evaluate(workload(), HardwareTable.from_columns(sequential | {"packing": packing}, 1))
        for packing in (False, True)
    )
    assert packed.n_subarrays[0] < apart.n_subarrays[0]
    budget = (packed.area_m2[0] + apart.area_m2[0]) / 2
    found = study(**(sequential | {"packing": True, "area_budget_m2": budget}))
    low, _, high = found.bands["frame_latency_s"]
    assert found.nominal["area_m2"] == pytest.approx(packed.area_m2[0], rel=1e-12)
    assert high < 2 * low, "a draw that reloads would take turns"
