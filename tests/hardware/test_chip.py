"""The whole chip: sums that close, physics that must hold, published orders of magnitude, bad input."""

import tracemalloc
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.budget import planned_workload
from sotexplore.errors import InputError
from sotexplore.hardware import chip, constants, mapping, traffic
from sotexplore.hardware.cell import PRESETS
from sotexplore.hardware.chip import ChipFigures, HardwareTable
from sotexplore.hardware.counts import demand
from sotexplore.workload import Layer, LayerWorkload, Pool, WorkloadTable, dense_workload, workload_table

DEFAULT = {
    "compute_style": "and-count", "node_nm": 45, "cell": "sot-69f2", "subarray_rows": 256, "subarray_cols": 512,
    "columns_per_sense_amplifier": 1, "adc_bits": 5, "active_rows": 128, "operand": "streamed", "schedule": "pipelined",
    "area_budget_m2": None,
}  # fmt: skip
TILE = {"compute_style": "crossbar", "subarray_rows": 128, "subarray_cols": 128, "columns_per_sense_amplifier": 8}
BREAKDOWNS = (
    ("area_m2", "area_by_component", "area_m2"),
    ("energy_per_frame_j", "energy_by_component", "energy_j"),
    ("frame_latency_s", "latency_by_component", "latency_s"),
)
STYLES = [
    {},
    {"operand": "written"},
    {"columns_per_sense_amplifier": 4},
    {"compute_style": "crossbar"},
    TILE | {"active_rows": 32},
    {"schedule": "sequential", "cell": "sram-6t"},
]


def figures(workload: WorkloadTable, **hardware: Any) -> ChipFigures:
    return chip.evaluate(workload, HardwareTable.from_columns(DEFAULT | hardware, workload.n_designs))


def dense(network: str, weight_bits: int = 8, activation_bits: int = 8) -> WorkloadTable:
    net = catalogue.network(network)
    return workload_table([dense_workload(net, weight_bits=weight_bits, activation_bits=activation_bits)])


def pruned(network: str, ratio: float = 0.9, bits: int = 4) -> WorkloadTable:
    plan = planned_workload(
        catalogue.network(network), structure="filter+shape", prune_ratio=ratio, weight_bits=bits, activation_bits=bits
    )
    return workload_table([plan])


def every_array(found: ChipFigures) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for item in fields(found):
        value = getattr(found, item.name)
        arrays |= (
            {f"{item.name}.{key}": part for key, part in value.items()}
            if isinstance(value, dict)
            else {item.name: value}
        )
    return arrays


def random_designs(n_designs: int, seed: int = 0) -> tuple[WorkloadTable, HardwareTable]:
    rng = np.random.default_rng(seed)
    network = catalogue.network("resnet20-cifar10")
    plans = [
        planned_workload(
            network, structure="filter+shape", prune_ratio=ratio, weight_bits=bits, activation_bits=9 - bits
        )
        for ratio in (0.0, 0.5, 0.9)
        for bits in (1, 4, 8)
    ]
    columns = {
        "compute_style": ["and-count", "crossbar"], "node_nm": [22, 32, 45, 65], "cell": ["sot-69f2", "stt-54f2", "sram-6t"],
        "subarray_rows": [64, 128, 256, 100], "subarray_cols": [128, 256, 96], "columns_per_sense_amplifier": [1, 2, 8],
        "adc_bits": [3, 5, 8], "active_rows": [1, 16, 64], "operand": ["streamed", "written"],
        "schedule": ["sequential", "pipelined"], "area_budget_m2": [np.nan, 1e-6, 1e-4],
    }  # fmt: skip
    picked = {name: rng.choice(np.array(values), n_designs) for name, values in columns.items()}
    picked["packing"] = (picked["schedule"] == "sequential") & (rng.random(n_designs) < 0.3)
    workload = workload_table(plans).take(rng.integers(0, len(plans), n_designs))
    return workload, HardwareTable.from_columns(picked, n_designs)


def test_breakdowns_close() -> None:
    found = chip.evaluate(*random_designs(400))
    for metric, components, layer in BREAKDOWNS:
        total = getattr(found, metric)
        np.testing.assert_allclose(sum(getattr(found, components).values()), total, rtol=1e-12)
        np.testing.assert_allclose(found.by_layer[layer].sum(axis=1) + found.shared[layer], total, rtol=1e-12)
    held = found.by_layer["n_subarrays"].sum(axis=1) + found.shared["n_subarrays"]
    np.testing.assert_array_equal(held, found.n_subarrays)
    np.testing.assert_allclose(found.energy_per_frame_j * found.frames_per_s, found.power_w, rtol=1e-12)


def test_figures_are_numbers_and_positive() -> None:
    found = chip.evaluate(*random_designs(2000, seed=1))
    for name, values in every_array(found).items():
        assert not np.isnan(values).any(), name
        assert (values >= 0).all(), name
        assert name == "lifetime_s" or np.isfinite(values).all(), name
    for name in (
        "area_m2",
        "energy_per_frame_j",
        "frame_latency_s",
        "frames_per_s",
        "power_w",
        "standby_power_w",
        "leakage_w",
    ):
        assert (getattr(found, name) > 0).all(), name
    assert (found.utilization_ratio <= 1).all()
    assert (found.frame_latency_s * found.frames_per_s >= 1 - 1e-12).all()


def test_a_design_does_not_depend_on_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    workload, hardware = random_designs(60, seed=2)
    together = every_array(chip.evaluate(workload, hardware))
    monkeypatch.setattr(chip, "_CHUNK_VALUES", 100)
    monkeypatch.setattr(chip, "_BLOCK_DESIGNS", 17)
    in_pieces = every_array(chip.evaluate(workload, hardware))
    order = np.random.default_rng(3).permutation(60)
    shuffled = every_array(chip.evaluate(workload.take(order), hardware.take(order)))
    for name, values in together.items():
        np.testing.assert_allclose(in_pieces[name], values, rtol=1e-12, err_msg=name)
        np.testing.assert_allclose(shuffled[name], values[order], rtol=1e-12, err_msg=name)
    for index in range(0, 60, 7):
        place = np.array([index])
        alone = every_array(chip.evaluate(workload.take(place), hardware.take(place)))
        for name, values in together.items():
            np.testing.assert_allclose(alone[name][0], values[index], rtol=1e-12, err_msg=name)


def small_network(kept: tuple[tuple[int, int, int, int], ...]) -> WorkloadTable:
    layers = (
        Layer("conv", "conv", "image", 3, 24, 8, 8, kernel=3, padding=1, pool=Pool("max", 2, 2)),
        Layer("deep", "conv", "conv", 24, 24, 4, 4, kernel=3, padding=1, residual="conv"),
        Layer("fc", "fc", "deep", 384, 40, 1, 1, batch_norm=False, relu=False),
    )
    return workload_table([tuple(LayerWorkload(layer, *left) for layer, left in zip(layers, kept, strict=True))])


def test_a_finer_copy_for_a_residual_add_is_written_and_read_beside_the_output() -> None:
    """`conv` writes 24 x 4 x 4 values at 2 bits for `deep`, and as many at 8 bits that its residual add reads in place of 2."""
    plain = small_network(((24, 27, 4, 8), (24, 216, 4, 2), (40, 384, 4, 2)))
    finer = replace(plain, carried_bits=np.array([[8, 0, 0]]))
    shape = traffic.shapes(plain.layers)
    process: Any = {"score_bits": 16.0}
    before, after = (traffic.maps(demand(item), shape, process) for item in (plain, finer))
    values = 24 * 4 * 4
    assert (after.output_bits - before.output_bits)[:, 0].tolist() == [8 * values, 0, 0]
    assert (after.residual_bits - before.residual_bits)[:, 0].tolist() == [0, (8 - 2) * values, 0]
    assert np.array_equal(after.input_bits, before.input_bits)
    costs = [figures(item, **STYLES[0]) for item in (plain, finer)]
    assert costs[1].energy_per_frame_j[0] > costs[0].energy_per_frame_j[0]


@st.composite
def kept_and_less(draw: st.DrawFn) -> tuple[WorkloadTable, WorkloadTable]:
    def one(filters: int, rows: int) -> tuple[int, int, int, int]:
        bits = (draw(st.integers(1, 8)), draw(st.integers(1, 8)))
        return draw(st.integers(1, filters)), draw(st.integers(1, rows)), *bits

    more = (one(24, 27), one(24, 216), one(40, 384))
    less = tuple(tuple(draw(st.integers(1, value)) for value in layer) for layer in more)
    return small_network(more), small_network(less)


@settings(max_examples=150, deadline=None)
@given(kept_and_less(), st.sampled_from(STYLES))
def test_less_network_never_costs_more(pair: tuple[WorkloadTable, WorkloadTable], hardware: dict[str, Any]) -> None:
    """Fewer filters, rows, weight bits or activation bits: no more area, energy or sub-arrays."""
    more, less = (figures(workload, **hardware) for workload in pair)
    for name in (
        "n_subarrays",
        "area_m2",
        "energy_per_frame_j",
        "weight_load_energy_j",
        "leakage_w",
        "standby_power_w",
    ):
        assert getattr(less, name)[0] <= getattr(more, name)[0] * (1 + 1e-12), name


@st.composite
def any_hardware(draw: st.DrawFn) -> dict[str, Any]:
    shared, rows = draw(st.integers(1, 64)), draw(st.integers(32, 2048))
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
        "area_budget_m2": draw(st.none() | st.floats(1e-9, 1e-2)),
    }


@settings(max_examples=100, deadline=None)
@given(any_hardware(), kept_and_less())
def test_any_valid_design_gives_numbers_that_close(
    hardware: dict[str, Any], networks: tuple[WorkloadTable, Any]
) -> None:
    assume(not chip.invalid_reason(HardwareTable.from_columns(DEFAULT | hardware, 1))[0])
    found = figures(networks[0], **hardware)
    for name, values in every_array(found).items():
        assert not np.isnan(values).any(), name
        assert (values >= 0).all(), name
    for metric, components, layer in BREAKDOWNS:
        total = getattr(found, metric)
        np.testing.assert_allclose(sum(getattr(found, components).values()), total, rtol=1e-12)
        np.testing.assert_allclose(found.by_layer[layer].sum(axis=1) + found.shared[layer], total, rtol=1e-12)


@pytest.mark.parametrize("hardware", STYLES)
def test_a_pipeline_is_no_slower(hardware: dict[str, Any]) -> None:
    for workload in (dense("lenet5-mnist"), pruned("resnet20-cifar10")):
        pipelined = figures(workload, **hardware | {"schedule": "pipelined"})
        sequential = figures(workload, **hardware | {"schedule": "sequential"})
        assert (pipelined.frames_per_s >= sequential.frames_per_s).all()
        np.testing.assert_allclose(sequential.frames_per_s, 1 / sequential.frame_latency_s)
        np.testing.assert_allclose(pipelined.frames_per_s, 1 / pipelined.by_layer["latency_s"].max(axis=1))


@pytest.mark.parametrize("budget_m2", [1e-6, 4e-6, 2e-5, 1e-4])
def test_copies_fill_the_budget_and_no_more(budget_m2: float) -> None:
    workload = dense("lenet5-mnist")
    single, found = figures(workload), figures(workload, area_budget_m2=budget_m2)
    assert (found.by_layer["copies"] <= [layer.n_pixels for layer in workload.layers]).all()
    if budget_m2 < single.area_m2[0]:
        np.testing.assert_array_equal(found.by_layer["copies"], 1)
        assert found.area_m2[0] == single.area_m2[0]
    else:
        assert found.area_m2[0] <= budget_m2 * (1 + 1e-12)
        assert found.frames_per_s[0] > single.frames_per_s[0]
        assert found.n_subarrays[0] > single.n_subarrays[0]


def test_a_sequential_chip_is_not_replicated() -> None:
    assert (figures(dense("lenet5-mnist"), schedule="sequential", area_budget_m2=1e-4).by_layer["copies"] == 1).all()


@pytest.mark.parametrize(
    ("constant", "component", "hardware"),
    [
        ("sram_read_bit_energy_j", "buffers", {}),
        ("wire_bit_energy_j_m", "interconnect", {}),
        ("register_bit_energy_j", "operand_latches", {}),
        ("wordline_driver_power_w", "wordline_drivers", TILE),
        ("clock_energy_ratio", "clock", {}),
    ],
)
def test_a_components_energy_follows_its_constant(constant: str, component: str, hardware: dict[str, Any]) -> None:
    workload = dense("lenet5-mnist")
    table = HardwareTable.from_columns(DEFAULT | hardware, 1)
    before = chip.evaluate(workload, table)
    after = chip.evaluate(workload, table, values={constant: 2 * constants.TABLE[constant].value})
    ratio = after.energy_by_component[component] / before.energy_by_component[component]
    assert ratio == pytest.approx(2.0 if component != "wordline_drivers" else ratio)
    assert ratio > 1
    others = [name for name in before.energy_by_component if name not in (component, "clock")]
    for name in others:
        np.testing.assert_allclose(after.energy_by_component[name], before.energy_by_component[name], rtol=1e-12)


def test_adc_energy_follows_both_of_its_constants() -> None:
    names = ("adc_energy_linear_j", "adc_energy_exponential_j")
    workload, table = dense("lenet5-mnist"), HardwareTable.from_columns(DEFAULT | TILE, 1)
    doubled = {name: 2 * constants.TABLE[name].value for name in names}
    before = chip.evaluate(workload, table).energy_by_component["converters"]
    np.testing.assert_allclose(
        chip.evaluate(workload, table, values=doubled).energy_by_component["converters"], 2 * before
    )


def test_constants_may_differ_from_design_to_design() -> None:
    workload, hardware = random_designs(50, seed=4)
    scale = np.linspace(0.5, 2, 50) * constants.TABLE["full_adder_energy_j"].value
    together = chip.evaluate(workload, hardware, values={"full_adder_energy_j": scale})
    place = np.array([13])
    alone = chip.evaluate(workload.take(place), hardware.take(place), values={"full_adder_energy_j": float(scale[13])})
    np.testing.assert_allclose(together.energy_per_frame_j[13], alone.energy_per_frame_j[0], rtol=1e-12)


def test_hand_count_of_lenet5_convolutions() -> None:
    """W:A = 1:8, 256 x 256, 45 nm: (20 + 1) x 8 x 576 + (50 + 1) x 8 x 64 x 2 = 148,992 row operations."""
    whole = dense("lenet5-mnist", weight_bits=1)
    convolutions = WorkloadTable(whole.layers[:2], *(getattr(whole, item.name)[:, :2] for item in fields(whole)[1:]))
    found = figures(convolutions, subarray_cols=256, schedule="sequential")
    np.testing.assert_array_equal(found.by_layer["n_array_operations"], [[96_768, 52_224]])
    assert 0.85e-6 / 4 < found.energy_per_frame_j[0] < 0.85e-6 * 4, (
        "ISVLSI 2019, doi 10.1109/isvlsi.2019.00044: 0.85 uJ"
    )
    assert found.frame_latency_s[0] == pytest.approx(0.18e-3, rel=0.5), (
        "59,000 fully used rows of 3 ns by hand: 0.18 ms"
    )


def test_latency_of_the_slowest_layer_by_hand() -> None:
    """conv1 of dense LeNet-5 at 8 bits: 576 pixels of 20 x 8 rows x 8 planes, one array cycle each."""
    found = figures(dense("lenet5-mnist"))
    parts = found.latency_by_component
    cycles = 576 * 160 * 8 + 64 * 256 * 8 + 256 * 8 + 80 * 8
    cycle_s = (parts["word_lines"] + parts["bit_lines"] + parts["sense_amplifiers"]) / cycles
    assert 1 / found.frames_per_s[0] == pytest.approx(576 * 160 * 8 * cycle_s[0], rel=1e-3)


@pytest.mark.parametrize(("activation_bits", "low", "high"), [(1, 1 / 4, 1.0), (8, 1 / 2, 4.0)])
def test_alexnet_brackets_the_published_energy(activation_bits: int, low: float, high: float) -> None:
    """IMCE, ASP-DAC 2018: 785.25 uJ for a low bit-width AlexNet, somewhere between 1:1 and 1:8."""
    found = figures(dense("alexnet-imagenet", 1, activation_bits), subarray_cols=256)
    assert low < found.energy_per_frame_j[0] / 785.25e-6 < high


def test_vgg8_area_is_near_neurosims_parts() -> None:
    """DNN+NeuroSim 1.4, SRAM 22 nm, 128 x 128, W8A8, 5-bit ADC for 8 columns: parts sum to 76.3 mm2; within 2x."""
    found = figures(dense("vgg8-cifar10"), **TILE | {"node_nm": 22, "cell": "sram-6t"})
    assert 0.5 < found.area_m2[0] / 76.3e-6 < 2


def test_written_operands_wear_the_cells_out() -> None:
    streamed, written = (figures(dense("lenet5-mnist"), operand=operand) for operand in ("streamed", "written"))
    assert np.isinf(streamed.lifetime_s[0])
    assert streamed.operand_writes_per_cell_per_frame[0] == 0
    assert written.operand_writes_per_cell_per_frame[0] == 576
    assert written.energy_by_component["operand_writes"][0] > 0
    assert written.lifetime_s[0] == pytest.approx(1e12 / 576 / written.frames_per_s[0])


def test_sram_leaks_in_standby_and_sot_does_not() -> None:
    sot, sram = (figures(dense("lenet5-mnist"), cell=cell) for cell in ("sot-69f2", "sram-6t"))
    cells = sram.n_subarrays[0] * 256 * 512
    assert sram.standby_power_w[0] > cells * 27.5e-12
    assert sot.standby_power_w[0] < 0.05 * sot.leakage_w[0]


def test_subarrays_are_counted_apart_too() -> None:
    workload, hardware = random_designs(200, seed=5)
    apart = np.flatnonzero(~hardware.packing)
    workload, hardware = workload.take(apart), hardware.take(apart)
    found = chip.evaluate(workload, hardware)
    single = (found.by_layer["n_subarrays"] + found.by_layer["reloaded_subarrays"]) / found.by_layer["copies"]
    np.testing.assert_array_equal(mapping.n_subarrays(workload, hardware), single)


def test_grouped_layers_evaluate() -> None:
    layer = Layer("depthwise", "conv", "image", 32, 32, 8, 8, kernel=3, padding=1, groups=32)
    workload = workload_table([(LayerWorkload(layer, 32, 9, 4, 4),)])
    for hardware in STYLES:
        found = figures(workload, **hardware)
        assert found.operations_per_frame[0] == 2 * layer.n_macs
        assert found.n_subarrays[0] >= 1


@pytest.mark.parametrize(
    ("hardware", "message"),
    [
        (
            {"compute_style": "optical"},
            "hardware.compute_style: unknown value (got optical, allowed and-count, crossbar)",
        ),
        ({"node_nm": 28}, "hardware.node_nm: unknown value (got 28, allowed 22, 32, 45, 65)"),
        ({"cell": "unobtainium"}, "hardware.cell: unknown value (got unobtainium"),
        ({"subarray_rows": 0}, "hardware.subarray_rows: out of range (got 0, allowed 32..2048)"),
        ({"columns_per_sense_amplifier": 3}, "hardware.columns_per_sense_amplifier: must divide subarray_cols (got 3"),
        (TILE | {"active_rows": 256}, "hardware.active_rows: more rows than the sub-array has (got 256"),
        (TILE | {"adc_bits": 13}, "hardware.adc_bits: out of range (got 13, allowed 1..12)"),
        ({"operand": "guessed"}, "hardware.operand: unknown value (got guessed"),
        ({"schedule": "never"}, "hardware.schedule: unknown value (got never"),
        ({"area_budget_m2": -1.0}, "hardware.area_budget_m2: out of range (got -1.0, allowed above 0, or none)"),
    ],
)
def test_bad_hardware_is_refused(hardware: dict[str, Any], message: str) -> None:
    table = HardwareTable.from_columns(DEFAULT | hardware, 1)
    reason = str(chip.invalid_reason(table)[0])
    assert reason.startswith(message)
    with pytest.raises(InputError) as caught:
        chip.evaluate(dense("lenet5-mnist"), table)
    assert str(caught.value) == reason


def test_fields_of_the_other_style_are_not_looked_at() -> None:
    and_count = HardwareTable.from_columns(DEFAULT | {"active_rows": 2000, "adc_bits": 99}, 3)
    crossbar = HardwareTable.from_columns(DEFAULT | TILE | {"operand": "none of them"}, 3)
    assert (chip.invalid_reason(and_count) == "").all()
    assert (chip.invalid_reason(crossbar) == "").all()


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"subarray_rows": [256, 128]}, "hardware.subarray_rows"),
        ({"subarray_rows": 256.5}, "hardware.subarray_rows"),
        ({"adc_bits": "many"}, "hardware.adc_bits"),
        ({"colour": "red"}, "hardware.colour"),
    ],
)
def test_bad_columns_are_refused(columns: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        HardwareTable.from_columns(DEFAULT | columns, 3)
    assert caught.value.field == field


def test_missing_columns_are_refused() -> None:
    with pytest.raises(InputError, match=r"hardware\.cell: is missing"):
        HardwareTable.from_columns({name: value for name, value in DEFAULT.items() if name != "cell"}, 1)


def test_tables_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match="as many rows as the workload"):
        chip.evaluate(dense("lenet5-mnist"), HardwareTable.from_columns(DEFAULT, 2))


@pytest.mark.parametrize(
    ("values", "problem"), [({"phlogiston_j": 1.0}, "unknown"), ({"gate_area_m2": np.ones(3)}, "wrong shape")]
)
def test_bad_constants_are_refused(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        chip.evaluate(dense("lenet5-mnist"), HardwareTable.from_columns(DEFAULT, 1), values=values)


def test_working_memory_does_not_grow_with_the_designs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chip, "_BLOCK_DESIGNS", 2_000)
    monkeypatch.setattr(chip, "_CHUNK_VALUES", 8_000)

    def beyond_the_result(n_designs: int) -> int:
        workload, hardware = random_designs(n_designs, seed=6)
        tracemalloc.start()
        found = chip.evaluate(workload, hardware)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - sum(values.nbytes for values in every_array(found).values())

    assert beyond_the_result(24_000) < 1.5 * beyond_the_result(6_000)


def test_an_empty_table_gives_empty_figures() -> None:
    nothing = np.array([], dtype=np.int64)
    workload, hardware = random_designs(2)
    assert chip.evaluate(workload.take(nothing), hardware.take(nothing)).area_m2.shape == (0,)
