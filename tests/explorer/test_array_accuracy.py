"""Accuracy on arrays: exact where sums are, as simulated where that was run, between runs bounded by them, else unknown."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore.checkpoint import list_checkpoints
from sotexplore.design import parse_design
from sotexplore.explorer.array_accuracy import ArrayModel, conditions
from sotexplore.explorer.evaluate import evaluate_design, evaluate_space
from sotexplore.explorer.kept_share import AdcStudy, spread_of_errors
from sotexplore.explorer.resolve import Resolver
from sotexplore.explorer.space import parse_space
from sotexplore.fault_study import Study, StudyPoint, list_studies
from sotexplore.hardware.table import HardwareTable
from sotexplore.simulation.command import simulate_checkpoint

CACHE = Path(__file__).resolve().parents[2] / "cache"
ROWS = list_checkpoints(CACHE).rows
STUDIES = list_studies(CACHE)
CROSSBAR = {"compute_style": "crossbar", "subarray_rows": 512, "subarray_cols": 512}


def studied(network: str, family: str) -> list[tuple[dict[str, Any], Study]]:
    rows = {row["key"]: row for row in ROWS if row["network"] == network}
    return [(rows[item.checkpoint], item) for item in STUDIES if item.family == family and item.checkpoint in rows]


WHOLE = [(row, study) for row, study in studied("digits-cnn", "adc") if study.images == row["test_images"]]


def metrics(cache: Path = CACHE, **design: Any) -> dict[str, Any]:
    return evaluate_design(parse_design(design), cache).metrics


def on(key: str, network: str = "digits-cnn", **hardware: Any) -> dict[str, Any]:
    return metrics(network=network, checkpoint=key, hardware=CROSSBAR | hardware)


def test_the_cache_ships_studies_that_were_run() -> None:
    assert WHOLE
    assert len(studied("lenet5-mnist", "adc")) >= 5
    assert {study.family for study in STUDIES} >= {"adc", "crossbar-cells", "read-errors", "weight-errors"}


@pytest.mark.parametrize("style", ["and-count", "crossbar"])
def test_exact_sums_keep_the_measured_accuracy(style: str) -> None:
    row, _ = WHOLE[0]
    found = on(row["key"], compute_style=style, active_rows=31, adc_bits=5)
    assert found["accuracy_kind"] == "measured"
    assert found["accuracy_ratio"] == found["ideal_accuracy_ratio"] == row["accuracy_ratio"]
    assert found["accuracy_error_ratio"] is None


@pytest.mark.parametrize(("row", "study"), WHOLE[:3], ids=lambda item: "")
def test_a_setting_that_was_run_on_the_whole_test_set_is_measured(row: dict[str, Any], study: Study) -> None:
    """And the simulation says the same again."""
    lossy = [point for point in study.points if point.setting["active_rows"] <= 64]
    point = min(lossy, key=lambda item: abs(item.mean_ratio - 0.8))
    hardware = {name: int(value) for name, value in point.setting.items()}
    found = on(row["key"], **hardware)
    assert found["accuracy_kind"] == "measured"
    assert found["accuracy_ratio"] == point.mean_ratio < row["accuracy_ratio"]
    again = simulate_checkpoint(CACHE, row["key"], hardware=CROSSBAR | hardware)
    assert again.accuracy_ratio == pytest.approx(point.mean_ratio, abs=1e-12)


def test_fewer_bits_cost_accuracy_and_say_estimated() -> None:
    row, _ = studied("lenet5-mnist", "adc")[0]
    found = [on(row["key"], "lenet5-mnist", active_rows=128, adc_bits=bits) for bits in (7, 5, 4, 3)]
    ratios = [item["accuracy_ratio"] for item in found]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] - ratios[-1] > 0.2
    assert [item["accuracy_kind"] for item in found[1:]] == ["estimated"] * 3
    assert all(0 < item["accuracy_error_ratio"] < 0.5 for item in found[1:])


def test_estimates_of_other_checkpoints_are_as_good_as_they_say() -> None:
    """Checkpoints are taken out of the model in turn; nine in ten settings come out within the stated error."""
    within = []
    for row, study in studied("lenet5-mnist", "adc"):
        others = [item for item in STUDIES if item.checkpoint != row["key"]]
        model = ArrayModel(others, ROWS, n_classes=10)
        point = Resolver("lenet5-mnist", ROWS).of(row["key"])
        columns = {name: [point.setting[name] for point in study.points] for name in ("active_rows", "adc_bits")}
        found = model.of(point, *_conditions(columns))
        drop = row["accuracy_ratio"] - study.ideal_accuracy_ratio
        actual = np.array([item.mean_ratio for item in study.points]) + drop
        lossy = found.kind != "measured"
        assert (found.kind[lossy] == "estimated").all()
        within.append((np.abs(found.ratio - actual) <= found.error_ratio + 2 / study.images)[lossy])
    assert np.concatenate(within).mean() >= 0.85


def _conditions(columns: dict[str, list[float]]) -> tuple[Any]:
    fields = parse_design({"hardware": CROSSBAR}).hardware.model_dump() | {"area_budget_m2": np.nan}
    chips = HardwareTable.from_columns(fields | {name: np.array(item, int) for name, item in columns.items()},
                                       len(columns["adc_bits"]))  # fmt: skip
    different, index = conditions(chips)
    order = np.argsort(index)
    assert (index[order] == np.arange(len(order))).all()

    class InOrder:
        n = different.n

        def __getattr__(self, name: str) -> Any:
            return getattr(different, name)[index]

    return (InOrder(),)


def test_without_a_study_a_clipping_crossbar_is_unknown(tmp_path: Path) -> None:
    row, _ = WHOLE[0]
    (tmp_path / "checkpoints").symlink_to(CACHE / "checkpoints")
    design = {"network": "digits-cnn", "checkpoint": row["key"], "hardware": CROSSBAR | {"adc_bits": 2}}
    found = evaluate_design(parse_design(design), tmp_path)
    assert found.metrics["accuracy_ratio"] is None
    assert found.metrics["accuracy_kind"] == "unknown"
    assert "sotexplore faults" in found.notes[0]
    assert metrics(tmp_path, **design | {"hardware": {}})["accuracy_kind"] == "measured"


def test_faults_cost_a_crossbar_with_offset_its_accuracy_and_a_streamed_sub_array_nothing() -> None:
    row, _ = studied("lenet5-mnist", "crossbar-cells")[0]
    crossbar = on(row["key"], "lenet5-mnist", active_rows=128, adc_bits=8)
    few = on(row["key"], "lenet5-mnist", active_rows=4, adc_bits=8)
    counted = metrics(network="lenet5-mnist", checkpoint=row["key"])
    assert crossbar["accuracy_with_faults_ratio"] < 0.5 < few["accuracy_with_faults_ratio"]
    assert counted["accuracy_with_faults_ratio"] > counted["accuracy_ratio"] - 0.01
    for item in (crossbar, few, counted):
        assert item["accuracy_with_faults_ratio"] <= item["accuracy_ratio"]
        assert item["accuracy_with_faults_error_ratio"] >= 0


def test_a_space_says_what_each_design_says() -> None:
    keys = [row["key"] for row, _ in WHOLE[:2]]
    hardware = {
        "compute_style": ["and-count", "crossbar"],
        "adc_bits": [3, 5],
        "active_rows": [16, 100],
        "cell": "sot-69f2",
    }
    frame = evaluate_space(parse_space({"network": "digits-cnn", "checkpoint": keys, "hardware": hardware}), CACHE)
    assert set(frame["accuracy_kind"]) >= {"measured", "estimated"}
    names = ("accuracy_ratio", "accuracy_error_ratio", "accuracy_with_faults_ratio", "ideal_accuracy_ratio")
    for _, row in frame.iterrows():
        fields = {name: row[name] for name in ("compute_style", "adc_bits", "active_rows")}
        alone = metrics(network="digits-cnn", checkpoint=row["checkpoint"], hardware=fields)
        assert alone["accuracy_kind"] == row["accuracy_kind"]
        for name in names:
            assert row[name] == pytest.approx(np.nan if alone[name] is None else alone[name], nan_ok=True)


def made_up(shares: dict[tuple[int, int], float]) -> AdcStudy:
    points = tuple(
        StudyPoint({"active_rows": rows, "adc_bits": bits}, (0.1 + 0.8 * share,), None)
        for (rows, bits), share in shares.items()
    )
    row = {"layers": [{"kept_rows": 300}], "prune_ratio": 0.0}
    return AdcStudy(Study("k", "adc", "c", 1000, 0.9, {}, points), row, 0.1)


@given(st.integers(1, 600), st.integers(1, 12))
def test_shares_lie_between_the_runs_around_them(rows: int, bits: int) -> None:
    study = made_up({(16, 3): 0.9, (16, 2): 0.5, (64, 4): 0.8, (64, 3): 0.3, (256, 5): 0.7, (256, 4): 0.2})
    share = float(study.kept((np.array([float(rows)]), np.array([float(bits)])))[0])
    assert 0.2 - 1e-12 <= share <= 1
    if rows <= 2**bits - 1:
        assert share == 1
    more = float(study.kept((np.array([float(rows)]), np.array([bits + 1.0 if bits < 12 else 12.0])))[0])
    assert more >= share - 1e-12


def test_errors_are_stated_by_band() -> None:
    guesses = np.array([0.99, 0.98, 0.7, 0.2])
    errors = np.array([0.01, 0.01, 0.1, 0.3])
    assert spread_of_errors(guesses, errors, np.array([0.97, 0.6, 0.1, np.nan])) == pytest.approx(
        [0.01, 0.1, 0.3, np.nan], nan_ok=True
    )


@pytest.mark.parametrize(
    "hardware",
    [{"active_rows": 16, "adc_bits": 3}, {"active_rows": 8, "adc_bits": 4}, {"active_rows": 128, "adc_bits": 5}],
)
def test_accuracy_with_faults_is_about_that_of_sampled_cells(hardware: dict[str, int]) -> None:
    """ADC and reads taken as independent, beside both simulated together, three chips."""
    key = "4193f6497443ce3b"
    chips = [
        simulate_checkpoint(
            CACHE, key, n_images=100, hardware=CROSSBAR | hardware, faults=[f"seed={seed}"], sample_cells=True
        ).accuracy_ratio
        for seed in (7, 8, 9)
    ]
    found = on(key, **hardware)
    away = abs(found["accuracy_with_faults_ratio"] - np.mean(chips))
    assert away <= found["accuracy_with_faults_error_ratio"] + 4.303 * np.std(chips, ddof=1) / 3**0.5 + 0.02


def test_two_row_reads_cost_what_sampled_cells_lose() -> None:
    """The preset's own contrast is one of the points of the study over contrast."""
    row, study = studied("lenet5-mnist", "tmr")[0]
    point = next(point for point in study.points if point.setting["tmr_ratio"] == 1.5)
    found = metrics(network="lenet5-mnist", checkpoint=row["key"], hardware={"operand": "written"})
    lost = study.ideal_accuracy_ratio - point.mean_ratio
    stated = found["accuracy_ratio"] - found["accuracy_with_faults_ratio"]
    assert abs(stated - lost) <= found["accuracy_with_faults_error_ratio"] + point.half_width_ratio
