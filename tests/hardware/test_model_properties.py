"""What must hold for any valid design: finite figures, exact scaling, monotone where physics says so."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sotexplore.hardware import chip, counts, mapping, reads
from sotexplore.hardware.cell import PRESETS
from sotexplore.hardware.counts import Geometry
from sotexplore.hardware.table import HardwareTable
from sotexplore.workload import Layer, LayerWorkload, Pool, WorkloadTable, workload_table

BASE = {
    "compute_style": "and-count", "node_nm": 45, "cell": "sot-69f2", "subarray_rows": 128, "subarray_cols": 128,
    "columns_per_sense_amplifier": 2, "adc_bits": 5, "active_rows": 64, "operand": "streamed", "schedule": "pipelined",
    "area_budget_m2": None,
}  # fmt: skip
CROSSBAR = {"compute_style": "crossbar", "columns_per_sense_amplifier": 8}


@st.composite
def hardware(draw: st.DrawFn) -> dict[str, Any]:
    shared = draw(st.integers(1, 64))
    rows = draw(st.integers(32, 2048))
    schedule = draw(st.sampled_from(["sequential", "pipelined"]))
    return {
        "compute_style": draw(st.sampled_from(["and-count", "crossbar"])),
        "node_nm": draw(st.sampled_from([22, 32, 45, 65])),
        "cell": draw(st.sampled_from(sorted(PRESETS))),
        "subarray_rows": rows,
        "subarray_cols": shared * draw(st.integers(-(-32 // shared), 2048 // shared)),
        "columns_per_sense_amplifier": shared,
        "adc_bits": draw(st.integers(1, 12)),
        "active_rows": draw(st.integers(1, rows)),
        "operand": draw(st.sampled_from(["streamed", "written"])),
        "schedule": schedule,
        "packing": schedule == "sequential" and draw(st.booleans()),
        "area_budget_m2": draw(st.sampled_from([None, 1e-7, 1e-5, 1e-3])),
    }


@st.composite
def networks(draw: st.DrawFn) -> WorkloadTable:
    """A convolution, perhaps grouped, perhaps with pooling, and a classifier, as compression may have left them."""
    groups = draw(st.sampled_from([1, 1, 2, 4]))
    channels, filters = groups * draw(st.integers(1, 24)), groups * draw(st.integers(1, 24))
    size, kernel = draw(st.integers(3, 12)), draw(st.sampled_from([1, 3]))
    stride, padding = draw(st.integers(1, 2)), draw(st.integers(0, 1))
    pool = draw(st.sampled_from([None, Pool("max", 2, 2)]))
    conv = Layer("conv", "conv", "image", channels, filters, size, size, kernel, stride, padding, groups, pool=pool)
    assume(conv.pooled_height >= 1)
    classifier = Layer("fc", "fc", "conv", filters * conv.pooled_height**2, 10, 1, 1, batch_norm=False, relu=False)

    def left(layer: Layer, whole: bool) -> LayerWorkload:
        bits = draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
        kept = layer.n_filters if whole else draw(st.integers(1, layer.n_filters))
        return LayerWorkload(layer, kept, draw(st.integers(1, layer.n_rows)), *bits)

    return workload_table([(left(conv, groups > 1), left(classifier, False))])


@settings(max_examples=150, deadline=None)
@given(networks(), hardware())
def test_any_valid_design_has_finite_figures_that_are_not_negative(
    network: WorkloadTable, columns: dict[str, Any]
) -> None:
    table = HardwareTable.from_columns(columns, 1)
    assume(not chip.invalid_reason(table)[0])
    found = chip.evaluate(network, table)
    for item in fields(found):
        value = getattr(found, item.name)
        for values in value.values() if isinstance(value, dict) else (value,):
            assert not np.isnan(values).any(), item.name
            assert (values >= 0).all(), item.name
            assert item.name == "lifetime_s" or np.isfinite(values).all(), item.name
    for metric, parts in (
        (found.area_m2, found.area_by_component),
        (found.energy_per_frame_j, found.energy_by_component),
        (found.frame_latency_s, found.latency_by_component),
    ):
        assert sum(parts.values())[0] == pytest.approx(metric[0], rel=1e-9)
    assert 0 <= reads.read_error_ratio(table)[0] <= 1
    assert 0 <= reads.column_loss_ratio(table)[0] <= 1


SCALING = (
    "stored_bits",
    "array_operations",
    "n_subarrays",
    "sensed_bits",
    "cell_reads",
    "accumulations",
    "load_accesses",
)


@pytest.mark.parametrize("style", ["and-count", "crossbar"])
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 8), st.integers(2, 5))
def test_scaling_all_channels_scales_the_counts_exactly(
    style: str, in_blocks: int, out_blocks: int, input_bits: int, factor: int
) -> None:
    """Channels k times as many, in whole sub-arrays before and after: every two-sided count is k^2 times as large."""
    geometry = Geometry(*(np.array([float(value)]) for value in (64, 64, 32, 16, 0)))

    def of(scale: int) -> counts.Counts:
        layer = Layer("layer", "fc", "image", 64 * in_blocks * scale, 16 * out_blocks * scale, 1, 1)
        work = LayerWorkload(layer, layer.n_filters, layer.n_rows, 4, input_bits)
        need = counts.demand(workload_table([(work,)]))
        return mapping.crossbar(need, geometry) if style == "crossbar" else mapping.and_count(need, geometry, group=8)

    one, more = of(1), of(factor)
    for name in SCALING:
        assert np.all(getattr(more, name) == factor**2 * getattr(one, name)), name
    assert np.all(more.operand_bits == factor * one.operand_bits)


def figures(columns: dict[str, Any], **change: Any) -> chip.ChipFigures:
    layers = (
        Layer("conv", "conv", "image", 16, 64, 8, 8, 3, padding=1, pool=Pool("max", 2, 2)),
        Layer("fc", "fc", "conv", 1024, 100, 1, 1, batch_norm=False, relu=False),
    )
    work = workload_table([tuple(LayerWorkload(layer, layer.n_filters, layer.n_rows, 4, 4) for layer in layers)])
    longest = max((len(value) for value in change.values() if isinstance(value, list)), default=1)
    table = HardwareTable.from_columns({**BASE, **columns, **change}, longest)
    return chip.evaluate(work.take(np.zeros(longest, dtype=np.int64)), table)


def rises(values: np.ndarray) -> bool:
    return bool((np.diff(values) >= -1e-12 * values[:-1]).all())


def test_a_finer_converter_costs_area_energy_and_time() -> None:
    found = figures(CROSSBAR, adc_bits=list(range(1, 13)))
    assert rises(found.area_m2) and rises(found.energy_per_frame_j) and rises(found.frame_latency_s)


def test_more_rows_at_once_take_no_more_time_or_conversions() -> None:
    found = figures(CROSSBAR, active_rows=[1, 2, 4, 8, 16, 32, 64, 128])
    assert rises(found.frame_latency_s[::-1])
    assert rises(found.energy_by_component["converters"][::-1])


@pytest.mark.parametrize("columns", [{}, CROSSBAR], ids=["and-count", "crossbar"])
def test_more_columns_for_each_sense_amplifier_take_less_area_and_more_time(columns: dict[str, Any]) -> None:
    found = figures(columns, columns_per_sense_amplifier=[1, 2, 4, 8, 16])
    assert rises(found.area_m2[::-1])
    assert rises(found.frame_latency_s)


@pytest.mark.parametrize("columns", [{}, CROSSBAR], ids=["and-count", "crossbar"])
def test_a_smaller_node_takes_less_area(columns: dict[str, Any]) -> None:
    assert rises(figures(columns, node_nm=[22, 32, 45, 65]).area_m2)


def test_a_larger_budget_is_never_slower() -> None:
    found = figures({}, area_budget_m2=[np.nan, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3])
    assert rises(found.frames_per_s)
