"""Layers that share sub-arrays, and chips that do not hold all weights."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.budget import planned_workload
from sotexplore.errors import InputError
from sotexplore.hardware import chip, constants, mapping, packing
from sotexplore.hardware.table import HardwareTable
from sotexplore.workload import Layer, LayerWorkload, WorkloadTable, dense_workload, workload_table

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


def least_bins(pieces: list[packing.Pieces], size: tuple[int, int]) -> int:
    """By enumeration of every assignment that keeps pieces of one layer apart."""
    single = [piece for piece in pieces for _ in range(piece.number)]
    for count in range(1, len(single) + 1):
        for places in itertools.product(range(count), repeat=len(single)):
            sums = np.zeros((count, 2))
            held: list[set[int]] = [set() for _ in range(count)]
            apart = True
            for place, piece in zip(places, single, strict=True):
                sums[place] += (piece.rows, piece.cols)
                apart = apart and piece.layer not in held[place]
                held[place].add(piece.layer)
            if apart and (sums <= size).all():
                return count
    return 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 2), st.integers(1, 10), st.integers(1, 10)), max_size=4))
def test_first_fit_is_near_the_least_number(items: list[tuple[int, int, int]]) -> None:
    for flat in (False, True):
        pieces = [
            packing.Pieces(layer, number, rows, 0 if flat else cols) for layer, (number, rows, cols) in enumerate(items)
        ][: 3 if flat else 4]
        total = sum(piece.number for piece in pieces)
        if total > 6:
            continue
        size = (10, 0 if flat else 10)
        least = least_bins(pieces, size)
        found = packing.first_fit(pieces, size)
        assert least <= found <= total
        if flat:
            assert found <= least + 1


@pytest.mark.parametrize("columns", STYLES, ids=str)
def test_pieces_are_the_mappings_sub_arrays(columns: dict[str, str]) -> None:
    """Packing of a network of one layer changes nothing: pieces of a layer never share."""
    for layer in (
        Layer("conv", "conv", "image", 20, 50, 12, 12, kernel=3),
        Layer("grouped", "conv", "image", 40, 60, 9, 9, kernel=3, groups=10),
        Layer("depthwise", "conv", "image", 70, 70, 9, 9, kernel=3, groups=70),
        Layer("fc", "fc", "image", 900, 300, 1, 1),
    ):  # fmt: skip
        work = workload_table(
            [(LayerWorkload(layer, layer.n_filters, layer.n_rows, 4, 4, layer.n_filters * layer.n_rows),)]
        )
        assert packing.packed_subarrays(work, table(**columns))[0] == mapping.n_subarrays(work, table(**columns)).sum()


@pytest.mark.parametrize("columns", STYLES, ids=str)
def test_a_packed_chip_is_smaller_and_as_fast(columns: dict[str, str]) -> None:
    work = pruned(0.9)
    apart = chip.evaluate(work, table(**columns))
    packed = chip.evaluate(work, table(packing=True, **columns))
    assert packed.n_subarrays[0] == packing.packed_subarrays(work, table(**columns))[0] < apart.n_subarrays[0]
    assert packed.area_m2[0] < apart.area_m2[0]
    assert packed.leakage_w[0] < apart.leakage_w[0]
    assert packed.frame_latency_s[0] <= apart.frame_latency_s[0]
    assert packed.utilization_ratio[0] > apart.utilization_ratio[0]
    closes(packed)


def test_packing_in_a_pipeline_is_refused() -> None:
    with pytest.raises(InputError, match=r"hardware\.packing"):
        chip.evaluate(pruned(0.9), table(packing=True, schedule="pipelined"))
    with pytest.raises(InputError, match=r"hardware\.packing: is not a column of truth values"):
        table(packing="yes")


def closes(figures: chip.ChipFigures) -> None:
    """Components, and layers with the shared row, sum to the metric."""
    for metric, layer in (("area_m2", "area_m2"), ("energy_per_frame_j", "energy_j"), ("frame_latency_s", "latency_s")):
        total = getattr(figures, metric)
        components = {"area_m2": "area", "energy_per_frame_j": "energy", "frame_latency_s": "latency"}[metric]
        np.testing.assert_allclose(sum(getattr(figures, f"{components}_by_component").values()), total, rtol=1e-9)
        np.testing.assert_allclose(figures.by_layer[layer].sum(axis=1) + figures.shared[layer], total, rtol=1e-9)
    held = figures.by_layer["n_subarrays"].sum(axis=1) + figures.shared["n_subarrays"]
    np.testing.assert_array_equal(held, figures.n_subarrays)
    np.testing.assert_array_equal(figures.by_layer["reloaded_subarrays"].sum(axis=1), figures.reloaded_subarrays)


def on_budgets(budgets: list[float], **columns: object) -> chip.ChipFigures:
    work = workload_table([dense_workload(catalogue.network("lenet5-mnist"), weight_bits=8, activation_bits=8)])
    same = np.zeros(len(budgets), dtype=np.int64)
    return chip.evaluate(work.take(same), table(len(budgets), area_budget_m2=budgets, **columns))


@pytest.mark.parametrize("columns", STYLES, ids=str)
def test_a_smaller_budget_has_fewer_sub_arrays_and_costs_time_and_energy(columns: dict[str, str]) -> None:
    free = on_budgets([float("nan")], **columns)
    budgets = [free.area_m2[0] * share for share in (1.001, 0.9, 0.6, 0.3, 0.1, 1e-6)]
    found = on_budgets(budgets, **columns)
    assert found.n_subarrays[0] == free.n_subarrays[0] and found.reloaded_subarrays[0] == 0
    np.testing.assert_allclose(found.energy_per_frame_j[0], free.energy_per_frame_j[0], rtol=1e-12)
    kept = np.array(budgets) > found.area_m2[-1]
    assert kept[:4].all() and (found.area_m2[kept] <= np.array(budgets)[kept] * (1 + 1e-9)).all()
    assert found.n_subarrays[-1] == 1, "one sub-array: everything, every frame"
    short = found.n_subarrays < found.needed_subarrays
    np.testing.assert_array_equal(
        found.reloaded_subarrays, np.where(short, found.needed_subarrays - found.n_subarrays + 1, 0)
    )
    for name in ("energy_per_frame_j", "frame_latency_s"):
        assert (np.diff(getattr(found, name)[[0, 1, 2, 3]]) > 0).all(), name
    assert (np.diff(found.leakage_w[:4]) < 0).all(), "sub-arrays that are not there do not leak"
    np.testing.assert_allclose(found.power_w, found.energy_per_frame_j * found.frames_per_s)
    np.testing.assert_allclose(found.frames_per_s * found.frame_latency_s, 1.0)
    closes(found)


def test_reloading_by_hand() -> None:
    """All of one fully-connected layer through one sub-array: every weight is read outside and written once a frame."""
    layer = Layer("fc", "fc", "image", 256, 64, 1, 1)
    work = workload_table([(LayerWorkload(layer, 64, 256, 8, 8, 64 * 256),)])
    free = chip.evaluate(work, table())
    assert free.n_subarrays[0] == 2 * 4
    found = chip.evaluate(work, table(area_budget_m2=[1e-12]))
    assert (found.n_subarrays[0], found.reloaded_subarrays[0], found.needed_subarrays[0]) == (1, 8, 8)
    bits = 64 * 256 * 8
    outside = bits * constants.TABLE["outside_read_bit_energy_j"].value
    least = free.weight_load_energy_j[0] + outside
    again = found.energy_by_component["reload"][0] - least
    assert 0 < again < 0.2 * least, "the rest: operands read again, partial sums in the buffer"
    assert found.latency_by_component["reload"][0] == pytest.approx(free.weight_load_latency_s[0], rel=1e-12)
    turns = found.latency_by_component["sense_amplifiers"][0] / free.latency_by_component["sense_amplifiers"][0]
    assert turns == pytest.approx(8), "eight sub-arrays take turns"
    assert found.lifetime_s[0] == pytest.approx(1e12 / 8 * found.frame_latency_s[0])


def test_the_layers_of_fewest_pixels_are_written_again() -> None:
    free = on_budgets([float("nan")])
    found = on_budgets([free.area_m2[0] * 0.8])
    again = found.by_layer["reloaded_subarrays"][0]
    assert again[:2].tolist() == [0, 0] and again[2:].sum() == found.reloaded_subarrays[0] > 1


def test_a_pipeline_over_its_budget_keeps_all_its_weights() -> None:
    free = on_budgets([float("nan")], schedule="pipelined")
    found = on_budgets([free.area_m2[0] / 2], schedule="pipelined")
    assert found.area_m2[0] == free.area_m2[0] and found.reloaded_subarrays[0] == 0


def test_packing_comes_before_reloading() -> None:
    """A budget that holds the packed network but not the unpacked one: nothing is written again."""
    work = pruned(0.9)
    apart, packed = chip.evaluate(work, table()), chip.evaluate(work, table(packing=True))
    between = [(apart.area_m2[0] + packed.area_m2[0]) / 2]
    assert chip.evaluate(work, table(area_budget_m2=between)).reloaded_subarrays[0] > 0
    found = chip.evaluate(work, table(area_budget_m2=between, packing=True))
    assert found.reloaded_subarrays[0] == 0 and found.area_m2[0] == pytest.approx(packed.area_m2[0])
