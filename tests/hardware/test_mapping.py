"""Counts of the mapping against enumeration cell by cell, and against published counts."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.errors import InputError
from sotexplore.hardware import counts, mapping
from sotexplore.hardware.counts import Counts, Geometry
from sotexplore.hardware.table import HardwareTable
from sotexplore.workload import Layer, LayerWorkload, WorkloadTable, dense_workload, workload_table

GROUP = 32
HARDWARE = {
    "compute_style": "and-count", "node_nm": 45, "cell": "sot-69f2", "subarray_rows": 256, "subarray_cols": 512,
    "columns_per_sense_amplifier": 1, "adc_bits": 5, "active_rows": 32, "operand": "streamed", "schedule": "pipelined",
    "area_budget_m2": None,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A small layer on small sub-arrays."""

    filters: int
    rows: int
    weight_bits: int
    input_bits: int
    groups: int
    array_rows: int
    array_cols: int
    shared: int
    active: int
    written: bool

    @property
    def sensed(self) -> int:
        return self.array_cols // self.shared

    @property
    def planes_of_group(self) -> int:
        """Bit-planes of a group's filters."""
        return self.filters // self.groups * self.weight_bits

    def workload(self) -> WorkloadTable:
        layer = Layer("layer", "fc", "image", self.rows * self.groups, self.filters, 1, 1, groups=self.groups)
        return workload_table([(LayerWorkload(layer, self.filters, self.rows, self.weight_bits, self.input_bits),)])

    def geometry(self) -> Geometry:
        sizes = (self.array_rows, self.array_cols, self.sensed, self.active, self.written)
        return Geometry(*(np.array([float(size)]) for size in sizes))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    groups = draw(st.sampled_from([1, 1, 2, 3, 5]))
    shared = draw(st.sampled_from([1, 2, 4]))
    rows = draw(st.integers(10, 40))
    return Case(
        filters=groups * draw(st.integers(1, 12)),
        rows=draw(st.integers(1, 90)),
        weight_bits=draw(st.integers(1, 8)),
        input_bits=draw(st.integers(1, 8)),
        groups=groups,
        array_rows=rows,
        array_cols=shared * draw(st.integers(3, 20)),
        shared=shared,
        active=draw(st.integers(1, rows)),
        written=draw(st.booleans()),
    )


def value(figures: Counts, name: str) -> int:
    return int(np.asarray(getattr(figures, name)).reshape(-1)[0])


def and_count_cells(case: Case) -> Iterator[tuple[tuple[int, int], int, int, int, int]]:
    """(sub-array, row), segment, group, row's plane, inputs of the segment; one entry per row segment."""
    free = case.array_rows - case.written * case.input_bits
    n_segments = -(-case.rows // case.array_cols)
    for segment in range(n_segments):
        inputs = min(case.array_cols, case.rows - segment * case.array_cols)
        array, row = segment * 10_000, 0
        for group in range(case.groups):
            if row and (row + case.planes_of_group > free):
                array, row = array + 1, 0
            for plane in range(case.planes_of_group):
                if row == free:
                    array, row = array + 1, 0
                yield (array, row), segment, group, plane, inputs
                row += 1


@settings(max_examples=300, deadline=None)
@given(cases())
def test_and_count_equals_enumeration(case: Case) -> None:
    figures = mapping.and_count(counts.demand(case.workload()), case.geometry(), group=GROUP)
    cycles: dict[int, int] = defaultdict(int)
    sensed = operations = 0
    tiles: dict[tuple[int, int], set[int]] = defaultdict(set)
    inputs_of = {}
    for (array, _), segment, group, _, inputs in and_count_cells(case):
        first = not tiles[segment, group]
        n_reads = 2 if first and case.weight_bits == 1 else 1  # the all-ones row of the group's first sub-array
        for _ in range(case.input_bits * n_reads):
            for start in range(0, inputs, case.sensed):
                used = min(case.sensed, inputs - start)
                operations += 1
                cycles[array] += 1
                sensed += min(case.sensed, -(-used // GROUP) * GROUP)
        tiles[segment, group].add(array)
        inputs_of[segment] = inputs
    assert value(figures, "n_subarrays") == len(cycles)
    assert value(figures, "array_operations") == operations
    assert value(figures, "cycles") == max(cycles.values())
    assert value(figures, "sensed_bits") == sensed
    latched = sum(len(arrays) * inputs_of[segment] for (segment, _), arrays in tiles.items()) * case.input_bits
    steps = (
        sum(len(arrays) * -(-inputs_of[segment] // case.sensed) for (segment, _), arrays in tiles.items())
        * case.input_bits
    )
    assert value(figures, "latched_bits") == (0 if case.written else latched)
    assert value(figures, "operand_written_bits") == (latched if case.written else 0)
    assert value(figures, "operand_write_accesses") == (steps if case.written else 0)
    groups_in = defaultdict(set)
    for (array, _), _, group, _, _ in and_count_cells(case):
        groups_in[array].add(group)
    assert value(figures, "operand_rewrites") == (max(map(len, groups_in.values())) if case.written else 0)
    assert value(figures, "operand_bits") == case.groups * case.rows * case.input_bits


def crossbar_arrays(case: Case) -> list[tuple[int, int, bool]]:
    """(rows, columns, first of its block) of every sub-array, groups along the diagonal while they fit."""
    fit = min(case.array_rows // case.rows, case.array_cols // case.planes_of_group)
    together = max(1, min(fit, case.groups))
    arrays = []
    for first in range(0, case.groups, together):
        here = min(together, case.groups - first)
        rows, columns = case.rows * here, case.planes_of_group * here
        for top in range(0, rows, case.array_rows):
            for left in range(0, columns, case.array_cols):
                arrays.append((min(case.array_rows, rows - top), min(case.array_cols, columns - left), left == 0))
    return arrays


@settings(max_examples=300, deadline=None)
@given(cases())
def test_crossbar_equals_enumeration(case: Case) -> None:
    figures = mapping.crossbar(counts.demand(case.workload()), case.geometry())
    operations = conversions = driven = longest = most = reads = 0
    for rows, columns, _ in crossbar_arrays(case):
        cycles = 0
        for _ in range(case.input_bits):
            for start in range(0, rows, case.active):
                operations += 1
                cycles += 1
                conversions += columns
                driven += min(case.active, rows - start)
                reads += min(case.active, rows - start) * columns
        longest = max(longest, cycles)
        most = max(most, -(-columns // case.sensed))
    assert value(figures, "n_subarrays") == len(crossbar_arrays(case))
    assert value(figures, "array_operations") == operations
    assert value(figures, "sensed_bits") == conversions
    assert value(figures, "driven_rows") == driven
    assert value(figures, "cell_reads") == reads
    assert value(figures, "cycles") == longest
    assert value(figures, "conversion_steps") == most
    latched = sum(rows for rows, _, _ in crossbar_arrays(case)) * case.input_bits
    assert value(figures, "latched_bits") == latched
    operand = sum(rows for rows, _, first in crossbar_arrays(case) if first) * case.input_bits
    assert value(figures, "operand_bits") == operand


@settings(max_examples=100, deadline=None)
@given(cases(), st.sampled_from(["and-count", "crossbar"]))
def test_n_subarrays_is_that_of_the_counts(case: Case, style: str) -> None:
    workload = case.workload()
    columns = HARDWARE | {
        "compute_style": style, "subarray_rows": case.array_rows, "subarray_cols": case.array_cols,
        "operand": "written" if case.written else "streamed",
    }  # fmt: skip
    alone = mapping.n_subarrays(workload, HardwareTable.from_columns(columns, 1))
    need = counts.demand(workload)
    figures = (
        mapping.crossbar(need, case.geometry())
        if style == "crossbar"
        else mapping.and_count(need, case.geometry(), group=GROUP)
    )
    assert alone[0, 0] == value(figures, "n_subarrays")


def n_subarrays(network: str, weight_bits: int = 8, **hardware: object) -> list[int]:
    workload = workload_table([dense_workload(catalogue.network(network), weight_bits=weight_bits, activation_bits=8)])
    return mapping.n_subarrays(workload, HardwareTable.from_columns(HARDWARE | hardware, 1))[0].tolist()


def test_dense_lenet5_on_128_crossbars() -> None:
    """Golden: two's complement, 8 columns per filter, a layer takes whole arrays.

    conv1 25 x 160: 1 x 2; conv2 500 x 400: 4 x 4; fc1 800 x 4000: 7 x 32; fc2 500 x 80: 4 x 1; 246 in all. A
    differential pair of columns per bit would take 2 B columns per filter.
    """
    layers = n_subarrays("lenet5-mnist", compute_style="crossbar", subarray_rows=128, subarray_cols=128)
    assert layers == [2, 16, 224, 4]
    assert sum(layers) == 246


def test_dense_resnet18_convolutions_of_one_cell_per_weight() -> None:
    """Golden: 694 tiles of 128 x 128 for the convolutions; the classifier takes another ceil(512 / 128) = 4."""
    layers = n_subarrays("resnet18-cifar10", 1, compute_style="crossbar", subarray_rows=128, subarray_cols=128)
    assert sum(layers[:-1]) == 694
    assert layers[-1] == 4


def test_written_operands_take_rows_from_the_weights() -> None:
    """conv2 of LeNet-5: 400 bit-planes of 500 inputs; 256 rows hold them in 2, 256 - 8 rows in 2, 128 - 8 in 4."""
    assert n_subarrays("lenet5-mnist")[1] == 2
    assert n_subarrays("lenet5-mnist", operand="written")[1] == 2
    assert n_subarrays("lenet5-mnist", operand="written", subarray_rows=128)[1] == 4


def test_written_operands_that_leave_no_row_are_refused() -> None:
    layer = Layer("layer", "fc", "image", 4, 4, 1, 1)
    workload = workload_table([(LayerWorkload(layer, 4, 4, 8, 32),)])
    table = HardwareTable.from_columns(HARDWARE | {"operand": "written", "subarray_rows": 32}, 1)
    with pytest.raises(InputError, match=r"hardware\.subarray_rows"):
        mapping.n_subarrays(workload, table)


@pytest.mark.parametrize("weight_bits", [1, 2, 4, 8])
def test_bit_planes_give_the_product(weight_bits: int) -> None:
    """The sum that the counted operations compute is the layer's, for both codings of weights."""
    rng = np.random.default_rng(weight_bits)
    activations = rng.integers(0, 16, 37)
    low = -(2 ** (weight_bits - 1))
    weights = rng.choice([-1, 1], 37) if weight_bits == 1 else rng.integers(low, -low, 37)
    stored = (weights + 1) // 2 if weight_bits == 1 else weights
    ones = np.ones(37, dtype=int)

    def counted(plane: np.ndarray) -> int:
        return sum(int((plane & (activations >> bit & 1)).sum()) << bit for bit in range(4))

    planes = [counted(stored >> bit & 1) << bit for bit in range(weight_bits)]
    product = 2 * planes[0] - counted(ones) if weight_bits == 1 else sum(planes[:-1]) - planes[-1]
    assert product == int(activations @ weights)
