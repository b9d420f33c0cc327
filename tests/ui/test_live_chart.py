"""The live chart's parts that Python holds; what it does in a browser is tested there."""

import json
import tomllib
from importlib.resources import files
from pathlib import Path

import plotly
import pytest
from streamlit.testing.v1 import AppTest

from sotexplore.ui.components import live_chart
from sotexplore.ui.figures.figure import pack

ROOT = Path(__file__).resolve().parents[2]


def page_with_a_chart() -> None:
    from sotexplore.ui.components.live_chart import live_chart, selected
    from sotexplore.ui.figures.figure import Figure, pack

    live_chart(Figure(points=pack([{"x": [1], "y": [2]}]), layout={}), key="chart", label="a chart")
    assert selected("chart") == []


def test_points_travel_as_channel_revision_turn_and_traces() -> None:
    points = pack([{"x": [1, 2], "customdata": [[7], [8]]}])
    channel, revision, turn, traces = live_chart._message("front", points, 3).split(b"\n")
    assert channel == b"front"
    assert revision.decode() == points.revision
    assert turn == b"3"
    assert json.loads(traces) == points.traces


def test_the_assets_ship_with_the_package() -> None:
    folder = files("sotexplore.ui.components")
    script = folder.joinpath("live_chart.js").read_text(encoding="utf-8")
    assert "export default function" in script
    assert ".sotexplore-chart" in folder.joinpath("live_chart.css").read_text(encoding="utf-8")
    assert "innerHTML" not in script
    icons = files("sotexplore.ui").joinpath("assets")
    assert all(icons.joinpath(name).read_text().startswith("<svg") for name in ("icon.svg", "logo.svg"))


def test_plotly_js_is_that_of_the_installed_wheel() -> None:
    assert "plotly.js v" in live_chart._library()[:200]
    assert live_chart._library().rstrip().endswith("export default function () {}")
    assert plotly.__version__


def test_a_page_may_draw_a_chart() -> None:
    page = AppTest.from_function(page_with_a_chart, default_timeout=60).run()
    assert not page.exception


def page_with_a_renewed_chart() -> None:
    import streamlit as st

    from sotexplore.ui.components.live_chart import live_chart, send_library
    from sotexplore.ui.figures.figure import Figure, pack

    figure = Figure(points=pack([{"x": [1], "y": [2]}]), layout={})
    send_library()
    with st.container():
        live_chart(figure, key="chart", label="a chart", renewed=st.session_state["renewed"])


@pytest.mark.parametrize("renewed", [True, False])
def test_a_renewed_chart_is_never_a_message_that_the_browser_has(renewed: bool) -> None:
    """A message that is the same as one before may be sent as a reference, which Streamlit keeps where it drops the rest."""
    page = AppTest.from_function(page_with_a_renewed_chart, default_timeout=60)
    page.session_state["renewed"] = renewed
    first, second = ([part.proto.SerializeToString() for part in page.run().get("bidi_component")] for _ in range(2))
    assert len(first) == len(second) == 3
    library, *chart = zip(first, second, strict=True)
    assert library[0] == library[1], "plotly.js stands outside the fragment, once"
    assert all((before != after) == renewed for before, after in chart)


def test_the_server_is_closed_to_others_by_default() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert config["server"]["enableCORS"]
    assert config["server"]["enableXsrfProtection"]
    assert config["server"]["maxUploadSize"] <= 5
    assert set(config["server"]["allowedHosts"]) == {"localhost", "127.0.0.1"}
    assert not config["browser"]["gatherUsageStats"]
    assert config["client"]["showErrorDetails"] == "none"


def test_both_themes_tell_colours_apart_from_the_background() -> None:
    themes = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    for name in ("light", "dark"):
        theme = themes[name]
        assert contrast(theme["textColor"], theme["backgroundColor"]) > 7
        assert contrast(theme["grayTextColor"], theme["backgroundColor"]) > 4.5
        assert contrast(theme["primaryColor"], theme["backgroundColor"]) > 4.5
        assert all(contrast(colour, theme["backgroundColor"]) > 2 for colour in theme["chartCategoricalColors"])


def contrast(colour: str, background: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    high, low = sorted((luminance(colour), luminance(background)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
