"""The current design, seen from several pages of one session."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from sotexplore.design import Design
from sotexplore.ui import state

APP = """
import streamlit as st
st.navigation([st.Page("with_controls.py", default=True), st.Page("without.py"), st.Page("more_controls.py")]).run()
"""
WITH_CONTROLS = """
import streamlit as st
from sotexplore.checkpoint import Listing
from sotexplore.ui import current, sidebar
sidebar.draw(Listing((), ()))
st.text(current.design().to_json())
"""
WITHOUT = """
import streamlit as st
from sotexplore.ui import current
st.button("Move", on_click=current.move_to, args=({"weight_bits": 2, "compute_style": "crossbar", "adc_bits": 7},))
st.text(current.design().to_json())
"""


@pytest.fixture
def app(tmp_path: Path) -> AppTest:
    for name, text in (
        ("app", APP),
        ("with_controls", WITH_CONTROLS),
        ("more_controls", WITH_CONTROLS),
        ("without", WITHOUT),
    ):
        (tmp_path / f"{name}.py").write_text(text)
    page = AppTest.from_file(str(tmp_path / "app.py"), default_timeout=60).run()
    assert not page.exception
    return page


def shown(page: AppTest) -> Design:
    assert not page.exception
    return Design.model_validate_json(page.text[0].value)


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def test_the_controls_keep_their_values_over_another_page(app: AppTest) -> None:
    app.slider(key="weight_bits").set_value(2).run()
    app.segmented_control(key="compute_style").set_value("crossbar").run()
    app.slider(key="adc_bits").set_value(9).run()
    design = shown(app)
    assert (design.compression.weight_bits, design.hardware.adc_bits) == (2, 9)
    assert shown(app.switch_page("without.py").run()) == design
    assert shown(app.switch_page("more_controls.py").run()) == design
    assert shown(app.switch_page("with_controls.py").run()) == design
    assert app.slider(key="adc_bits").value == 9


def test_another_page_moves_the_controls(app: AppTest) -> None:
    app.slider(key="activation_bits").set_value(8).run()
    app.switch_page("without.py").run()
    moved = shown(press(app, "Move"))
    assert (moved.compression.weight_bits, moved.compression.activation_bits, moved.hardware.adc_bits) == (2, 8, 7)
    assert shown(app.switch_page("with_controls.py").run()) == moved
    assert app.slider(key="weight_bits").value == 2
    assert app.slider(key="adc_bits").value == 7


def test_changes_are_undone_and_redone(app: AppTest) -> None:
    first = shown(app)
    app.slider(key="weight_bits").set_value(2).run()
    second = shown(app)
    app.segmented_control(key="compute_style").set_value("crossbar").run()
    third = shown(app)
    assert shown(press(app, "Undo")) == second
    assert shown(press(app, "Undo")) == first
    assert app.button(key="undo").disabled
    assert shown(press(app, "Redo")) == second
    assert shown(press(app, "Redo")) == third
    assert app.button(key="redo").disabled
    assert app.segmented_control(key="compute_style").value == "crossbar"


def test_reset_and_baseline(app: AppTest) -> None:
    app.select_slider(key="subarray_rows").set_value(64).run()
    app.slider(key="weight_bits").set_value(2).run()
    dense = shown(press(app, "Dense baseline"))
    assert dense.compression.model_dump() == {
        "structure": "none", "prune_ratio": 0.0, "weight_bits": 8, "activation_bits": 8,
    }  # fmt: skip
    assert dense.hardware.subarray_rows == 64
    assert state.values_of(shown(press(app, "Reset design"))) == state.values_of(Design())
    assert shown(press(app, "Undo")) == dense
