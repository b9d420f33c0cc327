"""The Design, Technology and Validation pages, run without a browser."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from sotexplore.design import Design
from sotexplore.explorer.evaluate import evaluate_design
from sotexplore.explorer.next_steps import next_steps
from sotexplore.hardware import cell_files, constants, margin, rules
from sotexplore.hardware.cell import LIMITS, PRESETS
from sotexplore.ui import technology_data
from sotexplore.ui.design_data import knob_metrics, knob_rows
from sotexplore.ui.formatting import quantity_text

ROOT = Path(__file__).resolve().parents[2]
CURRENT = "tech_sot-69f2_write_current_a"
NO_TORCH = """
import sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("app.py", default_timeout=120).run()
for name in ("design", "technology", "validation"):
    page.switch_page(f"pages/{name}.py").run()
    assert not page.exception, (name, page.exception)
loaded = [name for name in sys.modules if name.split(".")[0] in ("torch", "torchvision")]
assert not loaded, loaded
"""


@pytest.fixture
def cache(filled_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOTEXPLORE_CACHE", str(filled_cache))
    monkeypatch.setenv(cell_files.FOLDER_VARIABLE, str(tmp_path))
    return filled_cache


def open_page(name: str, **values: Any) -> AppTest:
    """A page with the current design's controls at some values."""
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    page.switch_page(f"pages/{name}.py").run()
    for field, value in values.items():
        page.session_state[field] = value
    if values:
        page.run()
    assert not page.exception
    return page


def text_of(page: AppTest) -> str:
    return "\n".join(item.value for item in (*page.markdown, *page.caption)).replace("\\", "")


def titles(elements: Any) -> list[str]:
    return [element.proto.title for element in elements]


def test_the_design_page_says_what_limits_the_design_that_explore_left(cache: Path) -> None:
    page = open_page("design", weight_bits=2, subarray_rows=512)
    evaluation = evaluate_design(
        Design.model_validate({"compression": {"weight_bits": 2}, "hardware": {"subarray_rows": 512}}), cache
    )
    told = text_of(page)
    assert "W2 A4" in told
    assert "512 × 512 sub-arrays" in told
    slowest = max(evaluation.layers[:-1], key=lambda layer: layer["latency_s"])["name"]
    assert f"the slowest stage is **{slowest}**" in told
    for word in (
        "**Area**",
        "**Energy**",
        "**Sub-arrays**",
        "**Smaller**",
        "**Less energy**",
        "**Faster**",
        "Fill: the first result",
    ):
        assert word in told, word


def test_the_layers_of_the_table_sum_to_the_design(cache: Path) -> None:
    page = open_page("design")
    metrics = evaluate_design(Design(), cache).metrics
    layers, compared = page.dataframe[0].value, page.dataframe[1].value
    assert layers["Area [mm²]"].sum() == pytest.approx(1e6 * metrics["area_m2"])
    assert layers["Energy [µJ]"].sum() == pytest.approx(1e6 * metrics["energy_per_frame_j"])
    assert layers["Time [µs]"].sum() == pytest.approx(1e6 * metrics["frame_latency_s"])
    assert layers["Sub-arrays"].sum() == metrics["n_subarrays"]
    area = compared.set_index("Figure").loc["Chip area"]
    assert area["This design"] == quantity_text("area_m2", metrics["area_m2"])
    assert area[""] == "better"


def test_controls_of_the_design_page_move_the_design(cache: Path) -> None:
    page = open_page("design")
    before = page.dataframe[0].value["Area [mm²]"].sum()
    page.slider(key="weight_bits").set_value(8).run()
    assert not page.exception
    assert page.dataframe[0].value["Area [mm²]"].sum() > before
    for metric in ("accuracy_ratio", "frames_per_s", "standby_power_w"):
        page.segmented_control(key="knob_metric").set_value(metric).run()
        assert not page.exception, metric
    steps = next_steps(Design(), cache)
    for metric in knob_metrics(evaluate_design(Design(), cache).metrics, steps):
        assert len(knob_rows(steps, metric)) > 5, metric
    page.segmented_control(key="constant_metric").set_value("power_w").run()
    assert "Average power" in text_of(page)
    page.selectbox(key="floor_layer").select("conv2").run()
    assert not page.exception


def test_a_design_without_accuracy_says_so_and_has_the_rest(empty_cache: Path) -> None:
    page = open_page("design")
    assert "accuracy unknown" in text_of(page)
    row = page.dataframe[1].value.set_index("Figure").loc["Accuracy"]
    assert (row["This design"], row["Change"]) == ("–", "–")


def test_a_large_network_has_its_depth_too(cache: Path) -> None:
    page = open_page("design", network="resnet50-imagenet")
    assert not page.error
    assert len(page.dataframe[0].value) == 55
    assert "One square stands for up to" in text_of(page)


@pytest.mark.parametrize("name", ["design", "technology"])
def test_a_design_that_cannot_be_built_is_said(cache: Path, name: str) -> None:
    page = open_page(name, compute_style="crossbar", subarray_rows=2048, active_rows=2048)
    told = " ".join(item.value.replace("\\", "") for item in (*page.error, *page.warning))
    assert "active_rows" in told


def test_an_edited_write_current_shows_who_leaves_the_front(cache: Path) -> None:
    page = open_page("technology")
    assert any("Change a number of the cell" in item.value for item in page.info)
    page.number_input(key=CURRENT).set_value(4000.0).run()
    assert not page.exception
    assert not page.error
    table = page.dataframe[1].value
    assert "leaves" in set(table["Front"])
    assert "writes need more voltage than transistors stand" in set(table["Why"])
    gone = int((table["Front"] == "leaves").sum())
    assert f"**{gone} design" in text_of(page)
    assert "edited copy" in page.dataframe[0].value.columns
    next(item for item in page.button if item.label == "Back to the preset").click().run()
    assert page.number_input(key=CURRENT).value == technology_data.shown_value(
        PRESETS["sot-69f2"], technology_data.FORM[0]
    )
    assert "edited copy" not in page.dataframe[0].value.columns


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("write_current_a", 1e9, "Write current: out of range (got 1e+09 µA, allowed 0 to"),
        ("write_current_a", 0.0, "Write current: nothing to write with (got 0 µA, allowed above 0 µA)"),
        (
            "resistance_high_ohm",
            1.0,
            "High resistance: resistance ratio, high over low, below 1 (got 1 kΩ, allowed 6 kΩ or more)",
        ),
        ("sense_voltage_v", 390.0, "Sense voltage: not below the read voltage (got 390 mV, allowed below"),
    ],
)
def test_a_cell_that_cannot_be_is_refused_in_the_products_words(
    cache: Path, field: str, value: float, message: str
) -> None:
    page = open_page("technology")
    page.number_input(key=f"tech_sot-69f2_{field}").set_value(value).run()
    assert not page.exception
    assert titles(page.error) == ["No cell can be like this"]
    assert message in page.error[0].value.replace("\\", "")
    assert "hardware.cell" not in page.error[0].value.replace("\\", "")
    assert len(page.dataframe[0].value), "the preset's figures stay"
    assert not any("Change a number" in item.value for item in page.info)
    assert any("what is wrong stands above" in item.value for item in page.info)


def test_an_edited_cell_is_saved_offered_and_used(cache: Path, tmp_path: Path) -> None:
    page = open_page("technology")
    page.number_input(key="tech_sot-69f2_write_pulse_s").set_value(2.5).run()
    page.text_input(key="tech_name_sot-69f2").set_value("slow-sot").run()
    next(item for item in page.button if item.label == "Save as my cell").click().run()
    assert not page.exception
    data = yaml.safe_load((tmp_path / "slow-sot.yaml").read_text(encoding="utf-8"))
    assert data["write_pulse_s"]["value"] == pytest.approx(2.5e-9)
    assert cell_files.load(tmp_path / "slow-sot.yaml").write_pulse_s == pytest.approx(2.5e-9)
    next(item for item in page.button if item.label == "Use it in the current design").click().run()
    assert not page.exception
    assert page.selectbox(key="cell").value == "slow-sot"
    next(item for item in page.button if item.label == "Save as my cell").click().run()
    assert (tmp_path / "slow-sot.yaml").is_file()


def test_a_name_that_is_taken_is_refused_and_nothing_written(cache: Path, tmp_path: Path) -> None:
    page = open_page("technology")
    page.text_input(key="tech_name_sot-69f2").set_value("sot-69f2").run()
    assert titles(page.error) == ["Not a name for a cell"]
    assert list(tmp_path.iterdir()) == []


def test_battery_and_rate_move_the_table_and_a_rate_too_fast_is_said(cache: Path) -> None:
    page = open_page("technology")
    before = page.dataframe[1].value
    page.number_input(key="tech_mah").set_value(2250.0).run()
    assert not before.equals(page.dataframe[1].value)
    page.number_input(key="tech_rate").set_value(1e9).run()
    assert not page.exception
    assert "faster than a design wakes" in page.warning[0].value


def test_constants_are_found_by_word_and_kind(cache: Path) -> None:
    page = open_page("technology")
    everything = page.dataframe[-1].value
    assert list(everything.columns) == ["Group", "Name", "Value", "Least", "Most", "Kind", "Source", "Derivation"]
    assert everything["Source"].str.len().gt(0).all()
    assert (
        not everything[["Value", "Least", "Most"]].apply(lambda column: column.str.contains(r"\de[+-]")).any(axis=None)
    )
    frame = technology_data.constants_frame(45, "sot-69f2")
    known = [*constants.TABLE, *constants.SCALING, *rules.TABLE, *rules.ORGANISATION, *margin.TABLE]
    assert set(known) <= set(frame["name"])
    assert len(everything) == len(frame)
    page.text_input(key="tech_search").set_value("horowitz").run()
    found = page.dataframe[-1].value
    assert 0 < len(found) < len(everything)
    page.text_input(key="tech_search").set_value("").run()
    page.session_state["tech_kinds"] = ["assumed"]
    page.run()
    assert set(page.dataframe[-1].value["Kind"]) == {"assumed"}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3.75e-15, "J", "3.75 fJ"), (4.5e-12, "m2", "4.50 µm²"), (15000.0, "ohm", "15.0 kΩ"), (0.0279, "F/m2", "0.0279 F/m²"),
        (1e12, "1", "10¹²"), (2.5e-7, "1", "2.5·10⁻⁷"), (-0.1582, "1/V", "-0.1582 1/V"), (69.0, "F2", "69 F²"),
        (0.5, "F", "0.5 F"), (2e-15, "F", "2.00 fF"), (5.0, "FO4", "5 FO4"), (None, "J", ""),
    ],
)  # fmt: skip
def test_constants_are_told_with_the_prefix_of_their_unit(value: float | None, unit: str, text: str) -> None:
    assert technology_data.constant_text(value, unit) == text


def test_the_form_has_every_number_of_the_schema_once() -> None:
    assert sorted(item.field for item in technology_data.FORM) == sorted(LIMITS)
    for cell in PRESETS.values():
        assert technology_data.changed_fields(cell, {}) == {}
        shown = {item.field: technology_data.shown_value(cell, item) for item in technology_data.FORM}
        assert technology_data.changed_fields(cell, shown) == {}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "0.50 seconds"),
        (3600.0, "1.0 hours"),
        (86_400.0 * 3, "3.0 days"),
        (3.156e7 * 12, "12 years"),
        (1e30, "over a million years"),
        (None, "unlimited"),
    ],
)
def test_times_are_said_as_people_do(seconds: float | None, text: str) -> None:
    assert technology_data.duration(seconds) == text


def test_the_validation_page_counts_and_lists_its_misses(cache: Path) -> None:
    page = open_page("validation")
    counts = {item.label: int(item.value) for item in page.metric}
    parts = [counts[name] for name in ("Within 1.5×", "1.5× to 2×", "Beyond 2×", "Not modelled")]
    assert sum(parts) == counts["Comparisons"]
    missed = page.dataframe[0].value
    assert len(missed) == sum(parts[1:])
    assert missed["Why"].str.len().gt(0).all()
    assert f"Misses: {len(missed)}" in [item.value for item in page.subheader]
    assert missed["Off by"].dropna().is_monotonic_decreasing


def test_all_comparisons_are_listed_on_demand(cache: Path) -> None:
    page = open_page("validation")
    page.session_state["validation_open"] = True
    page.run()
    everything = len(page.dataframe[1].value)
    page.text_input(key="validation_search").set_value("ISAAC tile").run()
    assert not page.exception
    found = page.dataframe[1].value
    assert 0 < len(found) < everything
    assert all("isaac" in line and "tile" in line for line in found.map(str).agg(" ".join, axis=1).str.lower())


def test_published_results_have_ours_beside_them_or_say_that_there_is_none(
    cache: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("validation")
    assert "The cache holds no checkpoint" in text_of(page)
    monkeypatch.setenv("SOTEXPLORE_CACHE", str(cache))
    page = open_page("validation")
    table = page.dataframe[-1].value
    lenet = table[table["Network"] == "LeNet-5"]
    assert lenet["Our checkpoint"].notna().any()
    other = table[table["Network"] == "ResNet-56"]
    assert set(other["Our accuracy"]) == {"no checkpoint"}
    for network in ("vgg16-cifar10", "resnet18-cifar10", "resnet20-cifar10"):
        page.selectbox(key="published_network").select(network).run()
        for ratio in ("weights_ratio", "storage_ratio", "operations_ratio", "subarrays_ratio"):
            page.segmented_control(key="published_ratio").set_value(ratio).run()
            assert not page.exception, (network, ratio)


def test_fault_curves_are_drawn_where_there_are_any_and_else_said_to_be_none(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("validation")
    assert any("No fault curves in the cache yet" in item.value for item in page.info)
    assert "fault_family" not in {item.key for item in page.selectbox}
    monkeypatch.setenv("SOTEXPLORE_CACHE", str(ROOT / "cache"))
    page = open_page("validation")
    families = page.selectbox(key="fault_family").options
    assert families
    assert not any("No fault curves" in item.value for item in page.info)
    assert "Measured by simulation" in text_of(page)


def test_the_pages_never_load_torch(filled_cache: Path) -> None:
    environment = {**os.environ, "SOTEXPLORE_CACHE": str(filled_cache), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", NO_TORCH],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
