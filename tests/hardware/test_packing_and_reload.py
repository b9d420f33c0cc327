"""Layers that share sub-arrays, and chips that do not hold all weights."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.budget import planned_workload
from sotexplore.errors import InputError
from sotexplore.hardware import chip, mapping, packing
from sotexplore.hardware.reload import with_reload
from sotexplore.hardware.table import HardwareTable
from sotexplore.workload import WorkloadTable, dense_workload, workload_table

BASE = {
    "compute_style": "and-count", "node_nm": 45, "cell": "sot-69f2", "subarray_rows": 128, "subarray_cols": 128,
    "columns_per_sense_amplifier": 8, "adc_bits": 5, "active_rows": 64, "operand": "streamed", "schedule": "sequential",
    "area_budget_m2": None,
}  # fmt: skip
STYLES = [{}, {"operand": "written"}, {"compute_style": "crossbar"}]


def table(n_designs: int = 1, **columns: object) -> HardwareTable:
    return HardwareTable.from_columns(BASE | columns, n_designs)


def pruned(ratio: float, network: str = "resnet20-cifar10") -> WorkloadTable:
    plan = planned_workload(
        catalogue.network(network), structure="filter+shape", prune_ratio=ratio, weight_bits=2, activation_bits=4
    )
    return workload_table([plan])


@pytest.mark.parametrize("columns", STYLES, ids=str)
@pytest.mark.parametrize("ratio", [0.0, 0.5, 0.9])
def test_packing_takes_no_more_and_holds_every_bit(columns: dict[str, str], ratio: float) -> None:
    work = pruned(ratio)
    packed = packing.packed_subarrays(work, table(**columns))[0]
    apart = mapping.n_subarrays(work, table(**columns)).sum()
    bits = (work.kept_filters * work.kept_rows * work.weight_bits).sum()
    assert -(-bits // (128 * 128)) <= packed <= apart
    if ratio == 0.9:
        assert packed < apart, "small layers share"


def least_bins(items: list[tuple[int, int]], size: tuple[int, int]) -> int:
    """By enumeration of every assignment."""
    for count in range(1, len(items) + 1):
        for places in itertools.product(range(count), repeat=len(items)):
            sums = np.zeros((count, 2))
            for place, item in zip(places, items, strict=True):
                sums[place] += item
            if (sums <= size).all():
                return count
    return 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10), st.integers(1, 10)), max_size=5))
def test_first_fit_is_near_the_least_number(items: list[tuple[int, int]]) -> None:
    found = packing.first_fit(items, (10, 10))
    assert least_bins(items, (10, 10)) <= found <= len(items)
    rows_only = [(rows, 0) for rows, _ in items]
    least = least_bins(rows_only, (10, 0))
    assert least <= packing.first_fit(rows_only, (10, 0)) <= 11 / 9 * least + 1


def lenet() -> tuple[WorkloadTable, chip.ChipFigures]:
    work = workload_table([dense_workload(catalogue.network("lenet5-mnist"), weight_bits=8, activation_bits=8)])
    return work, chip.evaluate(work, table())


def test_what_fits_is_not_written_again() -> None:
    _, figures = lenet()
    found = with_reload(figures, figures.n_subarrays, stored_bits=np.array([430_500 * 8.0]))
    for name in ("area_m2", "energy_per_frame_j", "frame_latency_s", "power_w"):
        np.testing.assert_allclose(getattr(found, name), getattr(figures, name), rtol=1e-12)
    assert found.reloaded_subarrays[0] == 0


def test_fewer_sub_arrays_cost_time_and_energy_and_save_area() -> None:
    work, _ = lenet()
    needed = int(mapping.n_subarrays(work, table()).sum())
    held = np.array([needed, needed - 1, needed // 2, 2, 1])
    same = np.zeros(len(held), dtype=np.int64)
    figures = chip.evaluate(work.take(same), table(len(held)))
    found = with_reload(figures, held, stored_bits=np.full(len(held), 430_500 * 8.0))
    assert found.reloaded_subarrays.tolist() == [0, *(needed - count + 1 for count in held[1:])]
    for name in ("energy_per_frame_j", "frame_latency_s"):
        assert (np.diff(getattr(found, name)) > 0).all()
    assert (np.diff(found.area_m2) < 0).all()
    assert found.reload_energy_j[-1] > figures.weight_load_energy_j[-1], "one sub-array: everything, every frame"
    np.testing.assert_allclose(found.power_w, found.energy_per_frame_j * found.frames_per_s)


@pytest.mark.parametrize("held", [0, -1, 1.5, float("nan")])
def test_a_number_of_sub_arrays_that_is_none_is_refused(held: float) -> None:
    with pytest.raises(InputError, match="held_subarrays"):
        with_reload(lenet()[1], held, stored_bits=np.array([1.0]))


def test_a_pipeline_does_not_reload() -> None:
    work, _ = lenet()
    with pytest.raises(InputError, match=r"hardware\.schedule"):
        with_reload(chip.evaluate(work, table(schedule="pipelined")), 3, stored_bits=np.array([1.0]))
