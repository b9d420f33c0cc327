"""The Explore page, run without a browser."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from sotexplore.design import Design
from sotexplore.ui import engine, state
from sotexplore.ui.controls import offered

ROOT = Path(__file__).resolve().parents[2]
NO_TORCH = """
import sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("app.py", default_timeout=60).run()
assert not page.exception, page.exception
assert any(item.proto.component_name == "sotexplore_figure_row" for item in page.get("bidi_component"))
loaded = [name for name in sys.modules if name.split(".")[0] in ("torch", "torchvision")]
assert not loaded, loaded
"""


@pytest.fixture
def cache(filled_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOTEXPLORE_CACHE", str(filled_cache))
    return filled_cache


def open_page(**query: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, text in query.items():
        page.query_params[name] = text
    page.run()
    assert not page.exception
    return page


def page_with_layers() -> None:
    from types import SimpleNamespace

    from sotexplore.ui.panels import show_layers

    layers = [
        {"name": "conv1", "kind": "conv", "rows": 25, "n_subarrays": 1.0, "utilization_ratio": 0.5, "area_m2": 1e-7},
        {
            "name": "shared",
            "kind": "shared",
            "rows": None,
            "n_subarrays": None,
            "utilization_ratio": None,
            "area_m2": 1e-8,
        },
    ]
    show_layers(SimpleNamespace(layers=layers))  # type: ignore[arg-type]


def row(page: AppTest) -> Any:
    """The row of figures as the browser gets it."""
    (item,) = (item for item in page.get("bidi_component") if item.proto.component_name == "sotexplore_figure_row")
    return json.loads(item.proto.json)


def figures(page: AppTest) -> dict[str, str]:
    return {tile["label"]: tile["value"] for tile in row(page)["tiles"]}


def titles(elements: Any) -> list[str]:
    return [element.proto.title for element in elements]


def test_the_page_shows_the_figures_with_units_and_changes(cache: Path) -> None:
    page = open_page()
    shown = figures(page)
    assert list(shown) == [
        "Accuracy, measured",
        "Chip area",
        "Average power",
        "Frame rate",
        "Energy per frame",
        "Sub-arrays",
    ]
    for label, unit in (("Accuracy, measured", "%"), ("Chip area", "m²"), ("Average power", "W"), ("Frame rate", "FPS"),
                        ("Energy per frame", "J")):  # fmt: skip
        assert shown[label].endswith(unit), shown
    assert all(tile["change"] for tile in row(page)["tiles"])
    assert not page.warning
    assert not page.error


def test_a_slider_changes_the_figures(cache: Path) -> None:
    page = open_page()
    before = figures(page)
    page.slider(key="weight_bits").set_value(2).run()
    after = figures(page)
    assert not page.exception
    assert before["Chip area"] != after["Chip area"] or before["Energy per frame"] != after["Energy per frame"]


def test_a_design_between_checkpoints_is_estimated_and_says_so(cache: Path) -> None:
    page = open_page(prune_ratio="0.87")
    shown = figures(page)
    assert "±" in shown["Accuracy, estimated"]
    assert "interpolated" in row(page)["note"]


def test_structures_with_zeros_inside_are_offered_where_they_are_trained_or_linked(cache: Path) -> None:
    offered_here = open_page().selectbox(key="structure").options
    assert offered_here == ["none", "filter", "shape", "filter+shape", "channel"]
    page = open_page(structure="irregular", prune_ratio="0.5")
    assert page.selectbox(key="structure").value == "irregular"
    assert not page.exception
    assert figures(page)["Accuracy, unknown"] == "–"


def test_every_control_moves_the_design_to_a_page_that_works(cache: Path) -> None:
    page = open_page()
    page.selectbox(key="structure").select("none").run()
    assert page.slider(key="prune_ratio").disabled
    page.selectbox(key="structure").select("filter").run()
    page.slider(key="activation_bits").set_value(8).run()
    for key in ("subarray_rows", "subarray_cols", "columns_per_sense_amplifier"):
        page.select_slider(key=key).set_value(64).run()
        assert not page.exception, key
    for key, value in (("compute_style", "crossbar"), ("node_nm", 22), ("schedule", "sequential")):
        page.segmented_control(key=key).set_value(value).run()
        assert not page.exception, key
    page.selectbox(key="cell").select(offered()["cell"][-1]).run()
    assert not page.exception


def test_controls_of_a_compute_style_are_shown_with_it(cache: Path) -> None:
    page = open_page()
    keys = {item.key for item in page.slider} | {item.key for item in page.select_slider}
    assert not {"adc_bits", "active_rows"} & keys
    page.segmented_control(key="compute_style").set_value("crossbar").run()
    keys = {item.key for item in page.slider} | {item.key for item in page.select_slider}
    assert {"adc_bits", "active_rows"} <= keys
    assert "operand" not in {item.key for item in page.segmented_control}


def test_a_link_opens_the_same_design(cache: Path) -> None:
    page = open_page(
        weight_bits="2", prune_ratio="0.8", compute_style="crossbar", subarray_rows="512", x="Power", log_y="true"
    )
    assert page.slider(key="weight_bits").value == 2
    assert page.slider(key="prune_ratio").value == 0.8
    assert page.segmented_control(key="compute_style").value == "crossbar"
    assert page.select_slider(key="subarray_rows").value == 512
    assert page.selectbox(key="x").value == "Power"
    assert page.toggle(key="log_y").value
    assert not page.warning


def test_nonsense_in_the_link_leaves_working_defaults(cache: Path) -> None:
    page = open_page(weight_bits="nine", prune_ratio="7", evil="[x](http://a.b)", network="foo", subarray_rows="0")
    (warning,) = page.warning
    for name in ("weight\\_bits", "prune\\_ratio", "evil", "network", "subarray\\_rows"):
        assert name in warning.value, name
    assert "://" not in warning.value
    default = state.values_of(Design())
    assert page.slider(key="weight_bits").value == default["weight_bits"]
    assert page.selectbox(key="network").value == default["network"]
    assert len(figures(page)) == 6
    next(button for button in page.button if button.label == "Dismiss").click().run()
    assert not page.warning


def test_an_empty_cache_is_said_and_hardware_figures_stay(empty_cache: Path) -> None:
    page = open_page()
    assert "is empty" in titles(page.info)[0]
    shown = figures(page)
    assert shown["Accuracy, unknown"] == "–"
    assert shown["Chip area"].endswith("m²")
    assert any("axes are" in caption.value for caption in page.caption)


def test_a_network_without_checkpoints_is_said(cache: Path) -> None:
    page = open_page(network="resnet20-cifar10")
    assert "No checkpoint of" in titles(page.info)[0]
    assert not page.error


def test_a_damaged_checkpoint_is_said_and_left_out(empty_cache: Path) -> None:
    folder = empty_cache / "checkpoints"
    folder.mkdir()
    (folder / "0123456789abcdef.safetensors").write_bytes(b"truncated")
    page = open_page()
    assert "1 unreadable" in titles(page.warning)[0]
    assert "damaged" in page.warning[0].value


def test_a_combination_that_cannot_be_built_is_said(cache: Path) -> None:
    page = open_page(compute_style="crossbar", subarray_rows="2048", active_rows="2048")
    assert titles(page.error) == ["This combination cannot be built"]
    assert "active\\_rows" in page.error[0].value
    assert set(figures(page).values()) == {"–"}


def test_active_rows_follow_a_smaller_sub_array(cache: Path) -> None:
    page = open_page(compute_style="crossbar")
    page.select_slider(key="subarray_rows").set_value(64).run()
    assert not page.error
    assert page.select_slider(key="active_rows").value == 64


def test_columns_of_an_amplifier_follow_a_narrower_sub_array(cache: Path) -> None:
    page = open_page(columns_per_sense_amplifier="64")
    page.select_slider(key="subarray_cols").set_value(32).run()
    assert not page.error
    control = page.select_slider(key="columns_per_sense_amplifier")
    assert control.value == 32
    assert control.options[-1] == "32"
    page.select_slider(key="subarray_cols").set_value(512).run()
    control = page.select_slider(key="columns_per_sense_amplifier")
    assert control.value == 32
    assert control.options[-1] == "64"


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ({"subarray_cols": "32", "columns_per_sense_amplifier": "64"}, "columns_per_sense_amplifier", 32),
        ({"compute_style": "crossbar", "subarray_rows": "64", "active_rows": "512"}, "active_rows", 64),
        ({"compute_style": "crossbar", "active_rows": "2048"}, "active_rows", 256),
    ],
)
def test_a_link_beyond_the_sub_array_takes_the_nearest_value_and_says_so(
    cache: Path, query: dict[str, str], name: str, value: int
) -> None:
    page = open_page(**query)
    assert page.select_slider(key=name).value == value
    (warning,) = page.warning
    assert f"{name}: does not fit" in warning.value.replace("\\", "")
    assert not page.error
    assert [name for name, shown in figures(page).items() if shown == "–"] in ([], ["Accuracy, unknown"])


def test_a_design_from_the_chart_may_sit_beyond_what_another_style_shows(cache: Path) -> None:
    page = open_page(subarray_rows="64")
    page.session_state["active_rows"] = 128
    page.segmented_control(key="compute_style").set_value("crossbar").run()
    assert not page.exception
    assert page.select_slider(key="active_rows").value == 64


def test_crossbars_that_resolve_every_sum_can_be_set(cache: Path) -> None:
    page = open_page(compute_style="crossbar", active_rows="3", adc_bits="2")
    assert page.select_slider(key="active_rows").value == 3
    assert not page.warning
    assert not any("ideal array reads" in text and "share" in text for text in row(page)["cautions"])


def test_unreliable_designs_join_the_front_on_demand(cache: Path) -> None:
    table = open_page(x="Energy").dataframe[0].value
    assert (table["read_error_ratio"] <= 0.1).all()
    joined = open_page(x="Energy", unreliable="true").dataframe[0].value
    assert (joined["read_error_ratio"] > 0.1).any()


def test_no_reliable_design_is_said_in_the_place_of_the_front(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sotexplore.ui.figures.front_data.READ_ERROR_CAUTION_RATIO", -1.0)
    engine.front.clear()
    try:
        for query in ({}, {"front_only": "true"}):
            page = open_page(**query)
            assert titles(page.info) == ["No Pareto front: no shown design reads reliably"]
            assert not page.dataframe
    finally:
        engine.front.clear()


def test_an_imagenet_network_says_that_its_accuracy_is_unknown_and_what_training_it_takes(cache: Path) -> None:
    page = open_page(network="vgg16-imagenet")
    assert titles(page.info)[0].startswith("No checkpoint of vgg16")
    text = page.info[0].value.replace("\\", "")
    assert "Accuracy is unknown" in text
    assert "For vgg16-imagenet that takes a folder with ImageNet's images" in text


def test_limits_that_no_design_keeps_are_counted(cache: Path) -> None:
    page = open_page(max_area_mm2="0.000001", min_accuracy_percent="90")
    assert titles(page.info) == ["No design keeps all limits"]
    assert "Chip area: 0 of" in page.info[0].value
    assert not page.dataframe


def test_limits_act_on_the_table(cache: Path) -> None:
    free, bound = open_page(), open_page(min_accuracy_percent="99.2")
    assert free.dataframe[0].value["accuracy_ratio"].min() < 99.2
    assert bound.dataframe[0].value["accuracy_ratio"].min() >= 99.2


def test_reset_goes_back_to_the_default_design(cache: Path) -> None:
    page = open_page(weight_bits="2", subarray_rows="512")
    next(button for button in page.button if button.label == "Reset design").click().run()
    assert page.slider(key="weight_bits").value == state.values_of(Design())["weight_bits"]
    assert page.select_slider(key="subarray_rows").value == 256


def test_where_things_go_is_shown_on_demand(cache: Path) -> None:
    page = open_page()
    tables = len(page.dataframe)
    page.session_state["breakdown_open"] = True
    page.run()
    assert not page.exception
    layers = page.dataframe[tables].value
    assert list(layers["name"])[:4] == ["conv1", "conv2", "fc1", "fc2"]


def test_a_row_of_the_layers_without_a_shape_has_blanks(cache: Path) -> None:
    page = AppTest.from_function(page_with_layers, default_timeout=60).run()
    assert not page.exception
    (table,) = page.dataframe
    assert table.value["rows"].isna().tolist() == [False, True]
    assert table.value["rows"].iloc[0] == 25
    assert table.proto.placeholder == ""


def test_the_dashboard_never_loads_torch(filled_cache: Path) -> None:
    environment = {**os.environ, "SOTEXPLORE_CACHE": str(filled_cache), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", NO_TORCH],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def opened(panel: str, **query: str) -> AppTest:
    page = open_page(**query)
    page.session_state[panel] = True
    page.run()
    assert not page.exception
    return page


def markdown(page: AppTest) -> str:
    return "\n".join(item.value for item in page.markdown)


def test_which_one_to_take_is_answered_with_the_reason_and_moves_the_sliders(cache: Path) -> None:
    page = opened("choice_open")
    text = "\n".join(caption.value for caption in page.caption).replace("\\", "")
    assert "From the design with the best" in text
    assert "Hypervolume: the front dominates" in text
    assert "reference point (" in text
    assert "Score 0." in text
    bold = markdown(page).replace("\\", "")
    before = page.slider(key="prune_ratio").value, page.slider(key="weight_bits").value
    page.button(key="take_knee").click().run()
    after = page.slider(key="prune_ratio").value, page.slider(key="weight_bits").value
    assert f"{100 * after[0]:.1f} %, W{after[1]} " in bold
    assert before != after


def test_the_weights_decide_and_travel_in_the_link(cache: Path) -> None:
    accurate = opened("choice_open", weight_accuracy="10", weight_area="0", weight_power="0", weight_fps="0")
    accurate.button(key="take_weighted").click().run()
    small = opened("choice_open", weight_accuracy="0", weight_area="10", weight_power="0", weight_fps="0")
    small.button(key="take_weighted").click().run()
    best = open_page(y="Accuracy").dataframe[0].value["accuracy_ratio"].max()
    assert figures(accurate)["Accuracy, measured"] == f"{best:.2f} %"
    assert float(figures(small)["Chip area"].split()[0]) < float(figures(accurate)["Chip area"].split()[0])


def test_without_any_weight_nothing_is_chosen(cache: Path) -> None:
    zeros = dict.fromkeys(("weight_accuracy", "weight_area", "weight_power", "weight_fps"), "0")
    page = opened("choice_open", **zeros)
    assert any("All weights are 0" in caption.value for caption in page.caption)
    assert "take_weighted" not in {button.key for button in page.button}


def test_a_range_acts_on_the_table_and_every_other_view(cache: Path) -> None:
    page = open_page()
    assert set(page.dataframe[0].value["weight_bits"]) != {2}
    page.select_slider(key="only_weight_bits").set_range(2, 2).run()
    assert not page.exception
    assert set(page.dataframe[0].value["weight_bits"]) == {2}
    assert any("outside the constraints" in caption.value for caption in page.caption)


def test_a_range_keeps_its_meaning_when_the_steps_change(cache: Path) -> None:
    page = open_page()
    low, high = page.select_slider(key="only_area_mm2").value
    middle = page.select_slider(key="only_area_mm2").options
    chosen = float(middle[len(middle) // 2])
    page.select_slider(key="only_area_mm2").set_range(low, chosen).run()
    page.segmented_control(key="node_nm").set_value(22).run()
    assert not page.exception
    assert page.select_slider(key="only_area_mm2").value[1] == pytest.approx(chosen, rel=0.3)
    assert page.select_slider(key="only_area_mm2").value[1] < high


def test_networks_and_styles_are_overlaid(cache: Path) -> None:
    page = open_page(more_networks="digits-cnn", by_style="true", x="Energy", y="Area")
    frame = page.dataframe[0].value
    assert set(frame["network"]) == {"lenet5-mnist", "digits-cnn"}
    assert set(frame["compute_style"]) == {"and-count", "crossbar"}


def test_a_hundred_thousand_designs_stand_behind_the_chart(cache: Path) -> None:
    page = open_page(space="All sliders", front_only="true")
    (caption,) = (item.value for item in page.caption if "on the front" in item.value)
    assert int(caption.split(" ")[0].replace(",", "")) > 30_000
    assert "hidden by Front only" in caption


def test_error_bands_are_shown_on_demand(cache: Path) -> None:
    page = open_page(bands="true", min_accuracy_percent="99.3")
    assert not page.error
    assert len(figures(page)) == 6


def test_no_feasible_design_says_so_in_every_view(cache: Path) -> None:
    page = opened("choice_open", min_frames_per_s="1e12")
    assert titles(page.info) == ["No design keeps all limits"]
    assert not page.dataframe
    assert not page.error


def ahead_page() -> None:
    import json

    import streamlit as st

    from sotexplore.design import Design
    from sotexplore.store import cache_directory
    from sotexplore.ui import design_step, engine, state

    cache = cache_directory()
    known = engine.signature(cache)
    values = {**state.values_of(Design()), **st.session_state.get("values", {})}
    found = design_step.designs_ahead(
        st.session_state["field"], values, None, state.view_of({}), cache=cache, cache_state=known
    )
    st.text(json.dumps({"base": found.base, "entries": found.entries}, default=vars))


def designs_ahead(field: str, **values: Any) -> Any:
    page = AppTest.from_function(ahead_page, default_timeout=60)
    page.session_state["field"], page.session_state["values"] = field, values
    page.run()
    assert not page.exception
    return json.loads(page.text[0].value)


def test_the_designs_ahead_are_those_of_the_page(cache: Path) -> None:
    found = designs_ahead("weight_bits")
    assert list(found["entries"]) == [f"{bits}.000" for bits in range(1, 9)]
    assert found["base"] == {
        "prune_ratio": "0.900", "weight_bits": "4.000", "activation_bits": "4.000", "subarray_rows": "3.000",
        "subarray_cols": "4.000",
    }  # fmt: skip
    page = open_page(weight_bits="2")
    assert found["entries"]["2.000"]["tiles"] == row(page)["tiles"]
    assert found["entries"]["2.000"]["note"] == row(page)["note"]


def test_the_designs_ahead_end_where_the_slider_does(cache: Path) -> None:
    entries = designs_ahead("prune_ratio", prune_ratio=0.98)["entries"]
    assert (min(entries), max(entries)) == ("0.940", "0.995")
    assert [place for place, entry in entries.items() if entry["last"]] == ["0.995"]
    assert not any(entry["first"] for entry in entries.values())
