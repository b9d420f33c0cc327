"""Training from the dashboard in a real browser: start a run, go away, come back; two browsers at one queue."""

import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sotexplore.compression.plan import run_key
from sotexplore.jobs import queue

sys.path.insert(0, str(Path(__file__).resolve().parent))
from browsing import (
    ARTEFACTS,
    browser,  # noqa: F401 (a fixture)
    dashboard,
    figures,
    open_page,
    plot,
    settle,
    visitor,
)

pytestmark = pytest.mark.browser
PATIENCE_MS = 300_000
STAGES = ("Dense training", "Pruning (ADMM)", "Retraining under masks", "Quantization (ADMM)", "Fine-tuning")


def open_compress(page: Page, url: str, *, epochs: int) -> None:
    """The page with a short run on the digits set up."""
    page.goto(f"{url}compress")
    page.get_by_role("heading", name="Compress networks").wait_for()
    settle(page)
    page.get_by_role("combobox", name="Network").click()
    page.get_by_role("option", name="digits-cnn").click()
    settle(page)
    page.get_by_text("Epochs of each stage").click()
    for stage in STAGES:
        control = page.get_by_role("spinbutton", name=stage)
        control.fill(str(epochs))
        control.press("Enter")
        settle(page)
    expect(page.get_by_text(f"{9 * epochs:,} epochs")).to_be_visible(timeout=PATIENCE_MS)


def card(page: Page, state: str) -> Locator:
    """The entry of a job in that state."""
    return page.locator('[class*="st-key-job_"]').filter(has_text=state)


def keep_sight(page: Page, name: str) -> None:
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)


def test_a_run_is_started_left_alone_and_found_finished_on_the_front(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    with dashboard(tmp_path) as url, visitor(browser, patience_ms=PATIENCE_MS) as page:
        open_compress(page, url, epochs=3)
        expect(page.get_by_role("link", name="Explore")).to_be_visible()
        page.get_by_role("button", name="Start run").click()
        expect(card(page, "running")).to_be_visible(timeout=PATIENCE_MS)
        keep_sight(page, "compress_started")
    (job,) = queue.read(tmp_path).jobs
    assert job.state in ("running", "finished"), "the worker ended with the browser or the dashboard"
    with dashboard(tmp_path) as url, visitor(browser, patience_ms=PATIENCE_MS) as page:
        page.goto(f"{url}compress")
        expect(card(page, "finished")).to_be_visible(timeout=PATIENCE_MS)
        page.wait_for_selector(".st-key-training_chart_frame .sotexplore-drawn")
        keep_sight(page, "compress_finished")
        open_page(page, f"{url}?network=digits-cnn")
        shown = figures(page)
        assert "Accuracy, measured" in shown
        (job,) = queue.read(tmp_path).jobs
        assert job.state == "finished"
        front = plot(
            page,
            "plot.data.filter((trace) => trace.name.endsWith('on the front')).flatMap((trace) => trace.customdata)",
        )
        assert any(run_key(job.run) in str(point) for point in front), "its checkpoint is not on the front"
        keep_sight(page, "compress_on_the_front")


def test_two_browsers_see_one_queue_and_either_cancels(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    with (
        dashboard(tmp_path) as url,
        visitor(browser, patience_ms=PATIENCE_MS) as first,
        visitor(browser, patience_ms=PATIENCE_MS) as second,
    ):
        open_compress(first, url, epochs=300)
        first.get_by_role("button", name="Start run").click()
        second.goto(f"{url}compress")
        expect(card(second, "running")).to_be_visible(timeout=PATIENCE_MS)
        expect(second.get_by_text(re.compile(r"dense \d+/300 · epoch"))).to_be_visible(timeout=PATIENCE_MS)
        chart = second.locator(".st-key-training_chart_frame .sotexplore-chart")
        expect(chart).to_have_attribute(
            "aria-label", re.compile("Loss, accuracy and residuals over"), timeout=PATIENCE_MS
        )
        second.get_by_role("button", name="Cancel").click()
        for page in (first, second):
            expect(card(page, "cancelled")).to_be_visible(timeout=PATIENCE_MS)
        assert [job.state for job in queue.read(tmp_path).jobs] == ["cancelled"]
        keep_sight(second, "compress_cancelled")
