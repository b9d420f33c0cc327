"""The dashboard in a real browser: what a user does, and what then stands on the screen."""

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(Path(__file__).resolve().parent))
from browsing import (
    ARTEFACTS,
    CHART,
    PLOT,
    browser,  # noqa: F401 (a fixture)
    control,
    dashboard,
    figures,
    open_page,
    plot,
    press,
    settle,
    slider_value,
    star,
    visitor,
)

pytestmark = pytest.mark.browser

PATIENCE_MS = 60_000
FIELDS = {"Weight bits": "weight_bits", "Pruning ratio": "prune_ratio"}


@pytest.fixture(scope="module")
def address(filled_cache: Path) -> Iterator[str]:
    with dashboard(filled_cache) as url:
        yield url


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:  # noqa: F811
    """A visitor's page; its last sight is kept."""
    with visitor(browser, patience_ms=PATIENCE_MS, reduced_motion="reduce", **getattr(request, "param", {})) as tab:
        yield tab
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        tab.screenshot(path=ARTEFACTS / f"{request.node.name}.png")


def front_point(page: Page, place: int) -> tuple[float, float, list[Any]]:
    """Where on the screen a point of the front lies, and what it carries."""
    x, y, data = page.evaluate(
        """([selector, place]) => {
          const plot = document.querySelector(selector);
          const trace = plot._fullData.find((item) => item.name.endsWith("on the front"));
          const box = plot.querySelector(".nsewdrag").getBoundingClientRect();
          const { xaxis, yaxis } = plot._fullLayout;
          return [box.x + xaxis.d2p(trace.x[place]), box.y + yaxis.d2p(trace.y[place]), trace.customdata[place]];
        }""",
        [PLOT, place],
    )
    return x, y, data


def drag(page: Page, places: list[tuple[float, float]]) -> None:
    """Drags over the plot through places given as shares of its width and height."""
    box = page.locator(f"{PLOT} .nsewdrag").first.bounding_box()
    assert box
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()


def test_the_first_page_shows_figures_and_a_chart_with_points(page: Page, address: str) -> None:
    open_page(page, address)
    shown = figures(page)
    assert len(shown) == 6
    assert shown["Chip area"].endswith("m²")
    chart = page.locator(".st-key-front_chart_frame .sotexplore-chart")
    expect(chart).to_have_attribute("role", "figure")
    assert "Pareto front" in str(chart.get_attribute("aria-label"))
    picture = Image.open(io.BytesIO(chart.screenshot())).convert("RGB")
    red, green, blue = np.moveaxis(np.asarray(picture, dtype=int), -1, 0)
    assert ((blue > red + 60) & (blue > green + 20)).sum() > 500, "the cloud of designs is not on the screen"


def test_a_slider_step_moves_figures_star_and_link_and_survives_a_reload(page: Page, address: str) -> None:
    open_page(page, address)
    before, place = figures(page), star(page)
    press(page, "Weight bits", "ArrowLeft")
    press(page, "Weight bits", "ArrowLeft")
    press(page, "Sub-array rows", "ArrowRight")
    expect(page).to_have_url(re.compile(r"\?(subarray_rows=512&weight_bits=2|weight_bits=2&subarray_rows=512)$"))
    settle(page)
    after = figures(page)
    assert after["Chip area"] != before["Chip area"]
    assert star(page) != place
    page.reload()
    page.wait_for_selector(CHART)
    settle(page)
    assert figures(page) == after
    assert slider_value(page, "Weight bits") == "2"
    assert slider_value(page, "Sub-array rows") == "512"


def test_a_step_of_the_current_design_alone_draws_no_point_again(page: Page, address: str) -> None:
    open_page(page, address)
    page.evaluate(
        """() => {
          window.drawings = 0;
          for (const name of ["react", "relayout", "restyle"]) {
            const original = Plotly[name];
            Plotly[name] = (...args) => { window.drawings += 1; return original(...args); };
          }
        }"""
    )
    place = star(page)
    press(page, "Activation bits", "ArrowLeft")
    page.wait_for_function("before => document.querySelector('.sotexplore-star').style.transform !== before", arg=place)
    settle(page)
    assert page.evaluate("window.drawings") == 0


def known_ahead(page: Page, slider: str) -> None:
    """Takes a slider up and waits until the browser knows the designs that it leads to."""
    control(page, slider).focus()
    page.wait_for_function("field => sotexploreCharts.ahead.found.field === field", arg=FIELDS[slider])
    settle(page)


@pytest.mark.parametrize(("slider", "key"), [("Weight bits", "ArrowLeft"), ("Pruning ratio", "ArrowRight")])
def test_a_step_shows_before_the_server_hears_of_it_and_its_answer_is_the_same(
    page: Page, address: str, slider: str, key: str
) -> None:
    open_page(page, address)
    known_ahead(page, slider)
    before, place = figures(page), star(page)
    page.evaluate("() => { window.sending = WebSocket.prototype.send; WebSocket.prototype.send = () => undefined; }")
    page.keyboard.press(key)
    page.wait_for_timeout(300)
    shown, moved = figures(page), star(page)
    assert shown != before
    assert moved != place
    page.evaluate("() => { WebSocket.prototype.send = window.sending; }")
    value = slider_value(page, slider)
    page.goto(f"{address}?{FIELDS[slider]}={value}")
    page.wait_for_selector(CHART)
    settle(page)
    assert (figures(page), star(page)) == (shown, moved)


def test_what_is_known_ahead_does_not_outlive_the_view(page: Page, address: str) -> None:
    open_page(page, address)
    known_ahead(page, "Weight bits")
    page.get_by_role("radio", name="32", exact=True).click()
    settle(page)
    before = figures(page)
    press(page, "Weight bits", "ArrowLeft")
    settle(page)
    after = figures(page)
    assert after != before
    page.reload()
    page.wait_for_selector(CHART)
    settle(page)
    assert figures(page) == after


def test_a_step_sends_neither_points_nor_tables(page: Page, address: str) -> None:
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))))
    open_page(page, address)
    assert sum(received) > 300_000, "the points came with the page"
    settle(page)
    before = figures(page)
    received.clear()
    press(page, "Weight bits", "ArrowLeft")
    settle(page)
    assert figures(page) != before
    assert 0 < sum(received) < 60_000


def test_steps_are_undone_and_redone_by_keyboard(page: Page, address: str) -> None:
    open_page(page, address)
    before, place = figures(page), star(page)
    press(page, "Weight bits", "ArrowLeft")
    settle(page)
    after = figures(page)
    assert after != before
    page.keyboard.press("Control+z")
    settle(page)
    assert (figures(page), star(page), slider_value(page, "Weight bits")) == (before, place, "4")
    page.keyboard.press("Control+y")
    settle(page)
    assert (figures(page), slider_value(page, "Weight bits")) == (after, "3")
    expect(page).to_have_url(f"{address}?weight_bits=3")


def test_the_knee_is_taken_and_the_parallel_coordinates_are_drawn(page: Page, address: str) -> None:
    open_page(page, address)
    place = star(page)
    page.get_by_text("Which one should I take?").click()
    page.get_by_role("button", name="Take this design").first.click()
    page.wait_for_function("before => document.querySelector('.sotexplore-star').style.transform !== before", arg=place)
    page.get_by_text("Parallel coordinates and ranges").click()
    page.wait_for_selector(".st-key-parallel_chart_frame .sotexplore-drawn")
    settle(page)
    chart = page.locator(".st-key-parallel_chart_frame .sotexplore-chart")
    chart.scroll_into_view_if_needed()
    picture = Image.open(io.BytesIO(chart.screenshot())).convert("RGB")
    red, green, blue = np.moveaxis(np.asarray(picture, dtype=int), -1, 0)
    assert ((blue > red + 60) & (blue > green + 20)).sum() > 200, "the lines of the front are not on the screen"


def test_zoom_survives_slider_steps_and_new_data(page: Page, address: str) -> None:
    open_page(page, address)
    drag(page, [(0.2, 0.1), (0.6, 0.6)])
    settle(page)
    zoomed = plot(page, "[plot.layout.xaxis.range, plot.layout.yaxis.range]")
    revision = plot(page, "plot.data.flatMap((trace) => trace.x.slice(0, 3))")
    press(page, "Weight bits", "ArrowLeft")
    settle(page)
    assert plot(page, "[plot.layout.xaxis.range, plot.layout.yaxis.range]") == zoomed
    page.get_by_role("radio", name="32", exact=True).click()
    settle(page)
    page.wait_for_timeout(500)
    assert plot(page, "plot.data.flatMap((trace) => trace.x.slice(0, 3))") != revision
    assert plot(page, "[plot.layout.xaxis.range, plot.layout.yaxis.range]") == zoomed
    page.locator(f"{PLOT} .modebar-btn[data-title='Reset axes and selection']").click()
    settle(page)
    assert plot(page, "[plot.layout.xaxis.range, plot.layout.yaxis.range]") != zoomed
    assert plot(
        page,
        "plot.data.flatMap((trace) => trace.x).every((x) => x === null || Math.log10(x) > plot.layout.xaxis.range[0])",
    )


def test_a_click_on_a_point_moves_the_sliders_there(page: Page, address: str) -> None:
    open_page(page, address)
    x, y, (_, structure, ratio, weight_bits, activation_bits, rows, cols, *_) = front_point(page, 2)
    page.mouse.click(x, y)
    settle(page)
    page.wait_for_timeout(500)
    assert slider_value(page, "Weight bits") == str(weight_bits)
    assert slider_value(page, "Activation bits") == str(activation_bits)
    assert slider_value(page, "Sub-array rows") == str(rows)
    assert slider_value(page, "Sub-array columns") == str(cols)
    assert structure == "none" or float(slider_value(page, "Pruning ratio")) == pytest.approx(ratio)
    assert figures(page)["Accuracy, measured"]
    assert star_arrives(page, 2)


def star_arrives(page: Page, place: int) -> bool:
    """Whether the star comes to lie on a point of the front, within the page's patience."""
    for _ in range(PATIENCE_MS // 250):
        x, y, _ = front_point(page, place)
        box = page.locator(".st-key-front_chart_frame .sotexplore-star").bounding_box()
        if box and abs(box["x"] + box["width"] / 2 - x) <= 2 and abs(box["y"] + box["height"] / 2 - y) <= 2:
            return True
        page.wait_for_timeout(250)
    return False


def test_a_click_on_a_crossbar_sets_its_active_rows_and_converter(page: Page, address: str) -> None:
    open_page(page, address)
    *_, active_rows, errors, origin, adc_bits = plot(
        page,
        """(() => {
          const data = plot.data.find((trace) => trace.name === "crossbar, measured").customdata[0];
          plot.emit("plotly_click", { points: [{ customdata: data }] });
          return data;
        })()""",
    )
    settle(page)
    page.wait_for_timeout(1500)
    settle(page)
    assert (active_rows, adc_bits) == ("3 active rows", 2)
    assert slider_value(page, "Active rows") == "3"
    assert slider_value(page, "ADC bits") == "2"
    assert "0.0" in errors
    assert "seed 0" in origin
    expect(page).to_have_url(re.compile("adc_bits=2&active_rows=3|active_rows=3&adc_bits=2"))


def test_a_narrower_sub_array_takes_the_shared_columns_along(page: Page, address: str) -> None:
    open_page(page, f"{address}?subarray_cols=32&columns_per_sense_amplifier=64")
    assert "columns_per_sense_amplifier: does not fit" in page.get_by_test_id("stAlert").inner_text()
    assert slider_value(page, "Columns per sense amplifier") == "32"
    expect(page).to_have_url(f"{address}?subarray_cols=32&columns_per_sense_amplifier=32")
    press(page, "Sub-array columns", "ArrowRight")
    settle(page)
    press(page, "Columns per sense amplifier", "ArrowRight")
    settle(page)
    assert slider_value(page, "Columns per sense amplifier") == "64"
    press(page, "Sub-array columns", "ArrowLeft")
    settle(page)
    assert slider_value(page, "Columns per sense amplifier") == "32"
    assert "–" not in figures(page).values()


def test_the_star_lies_below_the_box_of_what_is_pointed_at(page: Page, address: str) -> None:
    open_page(page, address)
    star_box = page.locator(".st-key-front_chart_frame .sotexplore-star").bounding_box()
    assert star_box
    over = page.evaluate(
        """([selector, x, y]) => {
          const paper = document.querySelector(`${selector} .main-svg:has(.hoverlayer)`);
          const star = document.querySelector(".st-key-front_chart_frame .sotexplore-star");
          paper.style.pointerEvents = star.style.pointerEvents = "all";
          return paper.contains(document.elementFromPoint(x, y));
        }""",
        [PLOT, star_box["x"] + star_box["width"] / 2, star_box["y"] + star_box["height"] / 2],
    )
    assert over


def test_a_lasso_lists_its_designs_and_survives_a_step(page: Page, address: str) -> None:
    open_page(page, address)
    page.locator(f"{PLOT} .modebar-btn[data-title='Lasso Select']").click()
    drag(page, [(0.05, 0.02), (0.5, 0.02), (0.5, 0.7), (0.05, 0.7), (0.05, 0.02)])
    heading = page.get_by_role("heading", name="Selection")
    expect(heading).to_be_visible()
    listed = heading.inner_text()
    press(page, "Weight bits", "ArrowLeft")
    settle(page)
    assert heading.inner_text() == listed
    assert plot(page, "plot.layout.selections.length") == 1
    page.get_by_role("radio", name="65", exact=True).click()
    settle(page)
    page.wait_for_timeout(800)
    inside = plot(
        page, "new Set(plot.data.flatMap((t) => (t.selectedpoints ?? []).map((i) => t.customdata?.[i][0]))).size"
    )
    assert heading.inner_text() == f"Selection: {inside:,} designs" != listed
    box = page.locator(f"{PLOT} .nsewdrag").first.bounding_box()
    assert box
    page.mouse.dblclick(box["x"] + 0.95 * box["width"], box["y"] + 0.95 * box["height"])
    expect(page.get_by_role("heading", name="Pareto front")).to_be_visible()


def test_a_row_of_the_table_moves_the_sliders_there(page: Page, address: str) -> None:
    open_page(page, f"{address}?front_only=true")
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box
    page.mouse.click(box["x"] + 20, box["y"] + 38 + 35 * 1.5)
    settle(page)
    page.wait_for_timeout(500)
    row = table.locator("tbody tr").nth(1).locator("td")
    assert slider_value(page, "Weight bits") == row.nth(2).inner_text()
    assert slider_value(page, "Sub-array rows") == row.nth(5).inner_text()
    assert "front_only=true" in page.url


def test_the_chart_can_be_saved_as_a_picture(page: Page, address: str) -> None:
    open_page(page, address)
    with page.expect_download() as waiting:
        page.locator(f"{PLOT} .modebar-btn[data-title='Save as picture']").click()
    picture = Image.open(waiting.value.path()).convert("RGB")
    picture.save(ARTEFACTS / "saved_picture.png")
    shades = np.asarray(picture, dtype=int).sum(axis=-1)
    assert picture.width > 1000
    assert (shades > 750).mean() > 0.5, "the background is not filled"
    assert (shades < 200).sum() > 500, "no text, no front, no star"


@pytest.mark.parametrize("form", ["json", "yaml", "csv"])
def test_the_design_can_be_downloaded(page: Page, address: str, form: str) -> None:
    open_page(page, f"{address}?weight_bits=2&subarray_rows=512")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Design as {form.upper()}").click()
    assert waiting.value.suggested_filename == f"lenet5-mnist-design.{form}"
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    if form == "csv":
        rows = {row["name"]: row["value"] for row in csv.DictReader(io.StringIO(text)) if row["group"] == "design"}
        assert rows["compression.weight_bits"] == "2"
    else:
        document = json.loads(text) if form == "json" else yaml.safe_load(text)
        design = document.get("design", document)
        assert design["compression"]["weight_bits"] == 2
        assert design["hardware"]["subarray_rows"] == 512


def test_constraints_take_designs_away(page: Page, address: str) -> None:
    open_page(page, address)
    before = plot(page, "plot.data.reduce((sum, trace) => sum + trace.x.length, 0)")
    page.get_by_role("button", name="Constraints").click()
    page.get_by_role("spinbutton", name="At least: Accuracy").fill("99.3")
    page.keyboard.press("Enter")
    settle(page)
    page.wait_for_timeout(500)
    assert plot(page, "plot.data.reduce((sum, trace) => sum + trace.x.length, 0)") < before
    assert "min_accuracy_percent=99.3" in page.url


def test_nonsense_in_the_address_is_told_and_the_page_works(page: Page, address: str) -> None:
    open_page(page, f"{address}?weight_bits=nine&subarray_rows=0&evil=%3Cscript%3Ealert(1)%3C/script%3E&prune_ratio=7")
    told = page.get_by_test_id("stAlert").inner_text()
    for name in ("weight_bits", "subarray_rows", "evil", "prune_ratio"):
        assert name in told
    assert slider_value(page, "Weight bits") == "4"
    assert len(figures(page)) == 6


def test_an_empty_cache_is_told_and_a_new_checkpoint_appears_by_itself(
    page: Page, tmp_path: Path, add_checkpoint: Callable[..., None]
) -> None:
    with dashboard(tmp_path) as url:
        open_page(page, url)
        alert = page.get_by_test_id("stAlert")
        assert "is empty" in alert.inner_text()
        page.screenshot(path=ARTEFACTS / "empty_cache.png")
        add_checkpoint(tmp_path, 0.9, 4, 4)
        expect(alert).to_have_count(0, timeout=20_000)
        settle(page)
        assert "Accuracy, measured" in figures(page)


@pytest.mark.parametrize("page", [{"color_scheme": "dark"}], indirect=True, ids=["dark"])
def test_the_dark_theme_reaches_the_chart(page: Page, address: str) -> None:
    open_page(page, address)
    assert plot(page, "plot._fullLayout.font.color") == page.evaluate("getComputedStyle(document.body).color") or (
        sum(int(plot(page, "plot._fullLayout.font.color")[place : place + 2], 16) for place in (1, 3, 5)) > 600
    )


def test_a_tablet_shows_the_page_without_sideways_scrolling(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 820, "height": 1180})
    open_page(page, address)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    width = page.locator(".st-key-front_chart_frame .sotexplore-chart").bounding_box()
    assert width
    assert plot(page, "plot._fullLayout.width") == pytest.approx(width["width"], abs=2)


def test_the_chart_follows_the_width_of_the_page(page: Page, address: str) -> None:
    open_page(page, address)
    page.set_viewport_size({"width": 1500, "height": 900})
    page.wait_for_timeout(800)
    chart = page.locator(".st-key-front_chart_frame .sotexplore-chart").bounding_box()
    assert chart
    assert plot(page, "plot._fullLayout.width") == pytest.approx(chart["width"], abs=2)


def test_where_things_go_is_drawn_on_demand(page: Page, address: str) -> None:
    open_page(page, address)
    page.get_by_text("Where area, energy and time go").click()
    page.wait_for_selector(".st-key-breakdown_frame_latency_s_frame .sotexplore-drawn")
    settle(page)
    bars = page.evaluate("document.querySelectorAll('[class*=st-key-breakdown_] .sotexplore-plot .bars .point').length")
    assert bars >= 6
    page.get_by_text("Where area, energy and time go").scroll_into_view_if_needed()
