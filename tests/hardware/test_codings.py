"""Signed weights in three codings: each gives the product, each costs what it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.errors import InputError
from sotexplore.hardware import chip, counts, mapping
from sotexplore.hardware.counts import CODINGS, DIFFERENTIAL, OFFSET, TWOS_COMPLEMENT
from sotexplore.hardware.table import HardwareTable
from sotexplore.workload import WorkloadTable, dense_workload, workload_table

COLUMNS = {
    "compute_style": "crossbar", "node_nm": 45, "cell": "sot-69f2", "subarray_rows": 128, "subarray_cols": 128,
    "columns_per_sense_amplifier": 8, "adc_bits": 5, "active_rows": 32, "operand": "streamed", "schedule": "sequential",
    "area_budget_m2": None,
}  # fmt: skip


def lenet(weight_bits: int) -> WorkloadTable:
    network = catalogue.network("lenet5-mnist")
    return workload_table([dense_workload(network, weight_bits=weight_bits, activation_bits=8)])


def planes(values: np.ndarray, n_bits: int) -> list[np.ndarray]:
    return [values >> bit & 1 for bit in range(n_bits)]


def dot(activations: np.ndarray, weight_plane: np.ndarray) -> int:
    """What the array counts: ones of the AND with each bit-plane of the activations, shifted and added."""
    return sum(int((weight_plane & plane).sum()) << bit for bit, plane in enumerate(planes(activations, 8)))


@given(st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_every_coding_gives_the_product(weight_bits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    activations = rng.integers(0, 256, 40)
    half = 2 ** (weight_bits - 1)
    weights = rng.choice([-1, 1], 40) if weight_bits == 1 else rng.integers(-half, half, 40)
    product = int(activations @ weights)
    plain_sum = dot(activations, np.ones(40, dtype=np.int64))
    if weight_bits > 1:
        two = planes(weights & (2**weight_bits - 1), weight_bits)
        parts = [dot(activations, plane) << bit for bit, plane in enumerate(two)]
        assert sum(parts[:-1]) - parts[-1] == product
        offset = sum(dot(activations, plane) << bit for bit, plane in enumerate(planes(weights + half, weight_bits)))
        assert offset - half * plain_sum == product
    else:
        assert 2 * dot(activations, (weights + 1) // 2) - plain_sum == product
    positive, negative = np.maximum(weights, 0), np.maximum(-weights, 0)
    apart = [
        sum(dot(activations, plane) << bit for bit, plane in enumerate(planes(part, weight_bits)))
        for part in (positive, negative)
    ]
    assert apart[0] - apart[1] == product


@pytest.mark.parametrize("weight_bits", [1, 4, 8])
def test_planes_and_plain_sums(weight_bits: int) -> None:
    need = {coding: counts.demand(lenet(weight_bits), coding=coding) for coding in CODINGS}
    for coding, factor in ((TWOS_COMPLEMENT, 1), (OFFSET, 1), (DIFFERENTIAL, 2)):
        np.testing.assert_array_equal(need[coding].planes_of_filter, factor * weight_bits)
    assert (need[OFFSET].needs_sum == 1).all()
    assert (need[DIFFERENTIAL].needs_sum == 0).all()
    assert (need[TWOS_COMPLEMENT].needs_sum == (weight_bits == 1)).all()


def test_dense_lenet5_on_128_crossbars_in_differential_pairs() -> None:
    """conv1 25 x 320: 1 x 3; conv2 500 x 800: 4 x 7; fc1 800 x 8000: 7 x 63; fc2 500 x 160: 4 x 2."""
    table = HardwareTable.from_columns(COLUMNS, 1)
    assert mapping.n_subarrays(lenet(8), table, coding=DIFFERENTIAL)[0].tolist() == [3, 28, 441, 8]
    assert mapping.n_subarrays(lenet(8), table, coding=OFFSET)[0].tolist() == [2, 16, 224, 4]


@pytest.mark.parametrize("style", ["and-count", "crossbar"])
def test_what_a_coding_costs(style: str) -> None:
    table = HardwareTable.from_columns(COLUMNS | {"compute_style": style}, 1)
    two, offset, pairs = (chip.evaluate(lenet(4), table, coding=coding) for coding in CODINGS)
    assert two.n_subarrays[0] == offset.n_subarrays[0] < pairs.n_subarrays[0]
    assert two.energy_per_frame_j[0] < offset.energy_per_frame_j[0] < pairs.energy_per_frame_j[0]
    assert two.area_m2[0] <= offset.area_m2[0] < pairs.area_m2[0]
    binary = [
        chip.evaluate(lenet(1), table, coding=coding).energy_per_frame_j[0] for coding in (TWOS_COMPLEMENT, OFFSET)
    ]
    assert binary[0] == binary[1], "1-bit weights are the same in both"


def test_an_unknown_coding_is_refused() -> None:
    table = HardwareTable.from_columns(COLUMNS, 1)
    for call in (mapping.n_subarrays, chip.evaluate):
        with pytest.raises(InputError, match="twos-complement, offset, differential"):
            call(lenet(4), table, coding="gray")  # type: ignore[arg-type,operator]
