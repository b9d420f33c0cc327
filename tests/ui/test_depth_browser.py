"""The Design, Technology and Validation pages in a real browser, light and dark; what they look like is kept."""
# ruff: noqa: F811 (a fixture has the name of the function that it comes from)

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from sotexplore.hardware import cell_files

sys.path.insert(0, str(Path(__file__).resolve().parent))
from browsing import ARTEFACTS, browser, dashboard, settle, visitor  # noqa: F401 (browser is a fixture)

pytestmark = pytest.mark.browser
PATIENCE_MS = 90_000
CHARTS = {
    "Design": [
        "knobs",
        "area_map",
        "squares",
        "floor",
        "timeline",
        "energy_per_frame_j_component",
        "frame_latency_s_layer",
        "constants",
    ],
    "Technology": ["tech_bars", "tech_power", "tech_battery", "tech_life"],
    "Validation": ["parity", "published"],
}
LEAST_INK = 400
"""Pixels of a chart that must differ from its background."""


@pytest.fixture(scope="module")
def address(filled_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cell_files.FOLDER_VARIABLE, str(tmp_path_factory.mktemp("cells")))
        with dashboard(filled_cache) as url:
            yield url


def settle_charts(page: Page) -> None:
    settle(page)
    page.wait_for_function(
        "document.querySelectorAll('.sotexplore-chart').length === document.querySelectorAll('.sotexplore-drawn').length"
    )
    page.wait_for_timeout(300)


@contextmanager
def opened(browser: Browser, address: str, name: str, scheme: str, width: int = 1280) -> Iterator[Page]:
    """A page of the dashboard, gone to by its link, with its charts drawn."""
    view = {"width": width, "height": 900}
    with visitor(browser, patience_ms=PATIENCE_MS, viewport=view, color_scheme=scheme) as page:
        page.goto(address)
        page.get_by_role("link", name=name, exact=False).first.wait_for()
        settle_charts(page)
        page.get_by_role("link", name=name, exact=False).first.click()
        page.wait_for_selector(f".st-key-{CHARTS[name][-1]}_frame .sotexplore-drawn")
        settle_charts(page)
        yield page


def keep(page: Page, name: str) -> None:
    """A picture of the whole page among the artefacts."""
    height = page.evaluate(
        "Math.max(...[...document.querySelectorAll('[data-testid=stMain]')].map((item) => item.scrollHeight))"
    )
    size = page.viewport_size
    assert size
    page.set_viewport_size({"width": size["width"], "height": int(height) + 40})
    page.wait_for_timeout(1200)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png")


def ink(page: Page, key: str) -> int:
    """Pixels of a chart that are not its background."""
    chart = page.locator(f".st-key-{key}_frame .sotexplore-chart")
    chart.scroll_into_view_if_needed()
    shades = np.asarray(Image.open(io.BytesIO(chart.screenshot())).convert("RGB"), dtype=int)
    return int((np.abs(shades - shades[1, 1]).sum(axis=-1) > 60).sum())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", list(CHARTS))
def test_every_chart_of_a_page_has_ink_in_either_theme(
    browser: Browser,
    address: str,
    name: str,
    scheme: str,
) -> None:
    with opened(browser, address, name, scheme) as page:
        assert page.get_by_test_id("stException").count() == 0
        empty = {key: found for key in CHARTS[name] if (found := ink(page, key)) < LEAST_INK}
        assert not empty
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        keep(page, f"{name.lower()}_{scheme}")


def test_an_edited_write_current_shows_the_designs_that_leave(browser: Browser, address: str) -> None:
    with opened(browser, address, "Technology", "light") as page:
        page.get_by_role("spinbutton", name="Write current [µA]").fill("4000")
        page.keyboard.press("Enter")
        page.wait_for_selector(".st-key-tech_front_frame .sotexplore-drawn")
        settle_charts(page)
        expect(page.get_by_text("left the front")).to_be_visible()
        assert ink(page, "tech_front") > LEAST_INK
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download YAML").click()
        cell = cell_files.load(waiting.value.path().rename(ARTEFACTS / "edited-cell.yaml"))
        assert cell.write_current_a == pytest.approx(4e-3)
        keep(page, "technology_edited")


def test_a_click_opens_a_layer_of_the_area_map(browser: Browser, address: str) -> None:
    with opened(browser, address, "Design", "light", width=1600) as page:
        slices = page.locator(".st-key-area_map_frame .slice")
        before = slices.count()
        head = page.locator(".st-key-area_map_frame .slicetext", has_text="fc1").first
        head.evaluate("item => item.scrollIntoView({ block: 'center' })")
        page.wait_for_timeout(300)
        box = head.bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(1500)
        assert 0 < slices.count() < before
