"""Stories in a real browser: the smallest chip within limits, sent as a link; exports that open; pins that survive."""

import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(Path(__file__).resolve().parent))
from browsing import (
    ARTEFACTS,
    browser,  # noqa: F401 (a fixture)
    dashboard,
    figures,
    open_page,
    plot,
    settle,
    star,
    visitor,
)

from sotexplore.design import Design
from sotexplore.hardware import cell_files
from sotexplore.ui import permalink
from sotexplore.ui.permalink import Pin

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "cache"
PATIENCE_MS = 240_000


@dataclass(frozen=True)
class Story:
    """What the architect asks for."""

    network: str
    accuracy_percent: float
    frames_per_s: float


STORIES = [
    pytest.param(Story("resnet20-cifar10", 90, 1000), id="resnet20-cifar10"),
    pytest.param(Story("lenet5-mnist", 99, 1000), id="lenet5-mnist", marks=pytest.mark.slow),
]
SCHEMES = ["light", pytest.param("dark", marks=pytest.mark.slow)]
WRITE_CURRENT_UA = 4000
MOST_CLICKS = 3


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard over the shipped checkpoints, with an empty folder for cells of one's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cell_files.FOLDER_VARIABLE, str(tmp_path_factory.mktemp("cells")))
        with dashboard(SHIPPED) as url:
            yield url


def keep(page: Page, name: str) -> None:
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png")


def limit(page: Page, label: str, value: float) -> None:
    control = page.get_by_role("spinbutton", name=label)
    control.fill(f"{value:g}")
    control.press("Enter")
    settle(page)


def smallest_on_the_front(page: Page) -> int:
    """Clicks the smallest chip of the front, on the axes area and accuracy; returns the points of the front."""
    x, y, count = plot(
        page,
        """(() => {
          const traces = plot._fullData.filter((item) => item.name.endsWith("on the front"));
          const points = traces.flatMap((trace) => [...trace.x].map((x, place) => [x, trace.y[place]]));
          points.sort((a, b) => a[0] - b[0]);
          const box = plot.querySelector(".nsewdrag").getBoundingClientRect();
          const { xaxis, yaxis } = plot._fullLayout;
          return [box.x + xaxis.d2p(points[0][0]), box.y + yaxis.d2p(points[0][1]), points.length];
        })()""",
    )
    page.mouse.click(x, y)
    settle(page)
    page.wait_for_timeout(800)
    settle(page)
    return int(count)


def shown_areas(page: Page, *, without: str = "none") -> list[float]:
    """Areas [mm²] of the designs that are drawn, but for those of traces with `without` in their name."""
    points = f"t.type.startsWith('scatter') && t.customdata && !t.name.includes('{without}')"
    found: list[float] = plot(page, f"plot._fullData.filter((t) => {points}).flatMap((t) => [...t.x])")
    return found


def number(text: str) -> float:
    """The number of a figure, in the unit without prefix."""
    found = re.match(r"([\d.,]+) ?([a-zµ]?)(m²|FPS|%|W|J|$)", text)
    assert found, text
    return float(found[1].replace(",", "")) * {"k": 1e3, "M": 1e6}.get(found[2], 1)


@pytest.mark.parametrize("story", STORIES)
def test_the_smallest_chip_within_limits_is_found_sent_and_seen(browser: Browser, address: str, story: Story) -> None:  # noqa: F811
    with visitor(browser, patience_ms=PATIENCE_MS) as architect:
        open_page(architect, f"{address}?network={story.network}")
        architect.get_by_role("button", name="Constraints").click()
        limit(architect, "At least: Accuracy", story.accuracy_percent)
        limit(architect, "At least: Frame rate", story.frames_per_s)
        architect.keyboard.press("Escape")
        settle(architect)
        for _ in range(
            MOST_CLICKS
        ):  # the space is that of the current design's hardware: a move may show a smaller chip
            assert smallest_on_the_front(architect) >= 1
            smallest = min(shown_areas(architect, without="reads unreliable"))
            if _area_mm2(figures(architect)["Chip area"]) == pytest.approx(smallest, rel=0.01):
                break
        chosen = figures(architect)
        assert number(chosen["Accuracy, measured"]) >= story.accuracy_percent
        assert number(chosen["Frame rate"]) >= story.frames_per_s
        expect(architect.get_by_role("radio", name="45", exact=True)).to_be_checked()
        keep(architect, f"story_1_{story.network}_architect")
        areas = shown_areas(architect)
        reliable = shown_areas(architect, without="reads unreliable")
        assert 0 < len(reliable) < len(areas)
        assert min(reliable) == pytest.approx(_area_mm2(chosen["Chip area"]), rel=0.01), (
            "a smaller chip keeps the limits"
        )
        architect.get_by_role("button", name="Pin", exact=True).click()
        settle(architect)
        architect.get_by_role("link", name="Share").click()
        architect.get_by_role("heading", name="Share and export").wait_for()
        settle(architect)
        sent = architect.locator("[data-testid=stCode] code").inner_text()
        keep(architect, f"story_1_{story.network}_share")
    assert len(sent) < 250
    with visitor(browser, patience_ms=PATIENCE_MS) as colleague:
        open_page(colleague, sent.replace("localhost", "127.0.0.1"))
        colleague.wait_for_timeout(1500)
        settle(colleague)
        assert figures(colleague) == chosen
        assert star(colleague)
        for name, value in (("min_accuracy_percent", story.accuracy_percent), ("min_frames_per_s", story.frames_per_s)):
            assert f"{name}={value:g}" in colleague.url
        assert not re.search(r"[?&]s=", colleague.url)
        assert sorted(shown_areas(colleague)) == sorted(areas)
        keep(colleague, f"story_1_{story.network}_colleague")
        colleague.get_by_role("link", name="Compare").click()
        colleague.wait_for_selector(".st-key-compare_components_frame .sotexplore-drawn")
        settle(colleague)
        assert colleague.locator(".st-key-pin_0 input").input_value()


def _area_mm2(text: str) -> float:
    found = re.match(r"([\d.,]+) (mm|µm)²", text)
    assert found
    return float(found[1].replace(",", "")) * (1 if found[2] == "mm" else 1e-6)


def download(page: Page, label: str, target: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label).click()
    waiting.value.save_as(target / waiting.value.suggested_filename)
    return target / waiting.value.suggested_filename


def edit_write_current(page: Page, cell: str, *, name: str) -> int:
    """Edits a copy of the cell, says how many designs leave the front with it, and makes it the current design's cell."""
    page.get_by_role("spinbutton", name="Write current [µA]").fill(str(WRITE_CURRENT_UA))
    page.keyboard.press("Enter")
    page.wait_for_selector(".st-key-tech_front_frame .sotexplore-drawn")
    settle(page)
    said = page.get_by_text("left the front").inner_text()
    crosses = page.locator(".st-key-tech_front_frame .sotexplore-plot .scatterlayer .trace .point")
    assert crosses.count() > 0, "the designs that leave are not marked"
    page.get_by_text("left the front").scroll_into_view_if_needed()
    keep(page, f"story_3_{name}_leavers")
    page.get_by_role("textbox", name="Name of the copy").fill(cell)
    page.keyboard.press("Enter")
    settle(page)
    page.get_by_role("button", name="Save as my cell").click()
    page.get_by_role("button", name="Use it in the current design").click()
    settle(page)
    expect(page).to_have_url(re.compile(f"cell={cell}"))
    return int(re.findall(r"(\d+) designs? left", said)[0])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_write_current_is_edited_its_leavers_seen_and_the_design_handed_over(
    browser: Browser,  # noqa: F811
    address: str,
    tmp_path: Path,
    scheme: str,
) -> None:
    cell = f"strong-write-{scheme}"
    with visitor(browser, patience_ms=PATIENCE_MS, color_scheme=scheme, accept_downloads=True) as designer:
        designer.goto(f"{address}technology?weight_bits=2")
        designer.wait_for_selector(".st-key-tech_life_frame .sotexplore-drawn")
        settle(designer)
        assert edit_write_current(designer, cell, name=scheme) > 0
        designer.get_by_role("link", name="Share").click()
        designer.get_by_role("heading", name="Export designs").wait_for()
        settle(designer)
        keep(designer, f"story_3_{scheme}_share")
        package = download(designer, "SystemVerilog package", tmp_path).read_text(encoding="ascii")
        report = download(designer, "HTML report", tmp_path)
    assert re.search(r"^package (\w+);", package, re.M)
    assert re.search(r"^endpackage", package, re.M)
    assert re.search(r"LAYER_WEIGHT_BITS = \{32'd2", package)
    assert package.count("\n") > 50
    assert cell in report.read_text(encoding="utf-8"), "the report is of another cell"
    with visitor(browser, patience_ms=PATIENCE_MS, color_scheme=scheme, offline=True) as reader:
        reader.goto(report.as_uri())
        reader.wait_for_selector(".chart .bars .point path")
        reader.wait_for_timeout(500)
        charts = reader.locator(".chart")
        assert charts.count() == 4
        for place in range(4):
            assert charts.nth(place).locator(".bars .point path").count() >= 4
        charts.first.scroll_into_view_if_needed()
        picture = Image.open(io.BytesIO(charts.first.screenshot())).convert("RGB")
        red, green, blue = np.moveaxis(np.asarray(picture, dtype=int), -1, 0)
        assert ((blue > red + 60) & (blue > green + 20)).sum() > 1000, "the bars are not on the screen"
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        reader.screenshot(path=ARTEFACTS / f"story_3_{scheme}_report.png", full_page=True)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pins_of_a_link_open_on_a_new_server_and_survive_a_reload(browser: Browser, scheme: str) -> None:  # noqa: F811
    designs = [Design(), Design(network="digits-cnn")]
    text = permalink.encode(
        design={}, view={}, pins=[Pin(f"design {place}", item) for place, item in enumerate(designs)]
    )
    with dashboard(SHIPPED) as url, visitor(browser, patience_ms=PATIENCE_MS, color_scheme=scheme) as page:
        page.goto(f"{url}compare?{permalink.PINS}={text}")
        for _ in range(2):
            page.wait_for_selector(".st-key-compare_components_frame .sotexplore-drawn")
            page.wait_for_selector(".st-key-compare_profile_frame .sotexplore-drawn")
            settle(page)
            assert [page.locator(f".st-key-pin_{place} input").input_value() for place in range(2)] == [
                "design 0",
                "design 1",
            ]
            expect(page).to_have_url(re.compile(f"pins={text}"))
            page.reload()
        page.wait_for_selector(".st-key-compare_components_frame .sotexplore-drawn")
        settle(page)
        lines = page.locator(".st-key-compare_profile_frame .sotexplore-plot .scatterlayer .trace")
        assert lines.count() == 2
        bars = page.locator(".st-key-compare_components_frame .sotexplore-plot .bars .point")
        assert bars.count() >= 8
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": 1280, "height": height})
        settle(page)
        keep(page, f"compare_{scheme}")
