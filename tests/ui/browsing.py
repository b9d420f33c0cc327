"""What the tests in a real browser share: the dashboard, a browser, visitors that may meet no error, and reading the page."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocket, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from sotexplore.ui.bench import BROWSERS, served

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "artefacts" / "ui"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PLOT = ".st-key-front_chart_frame .sotexplore-plot"
CHART = ".st-key-front_chart_frame .sotexplore-drawn"
"""The front once it is drawn."""
_IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_SLOWEST_ANSWER_S = 300.0
_LARGEST_NOTE = 100_000
"""Bytes of a message; those that carry data are not read."""
_OWED: dict[Page, bool] = {}
"""Whether a page still waits for an answer of its server."""


@contextmanager
def dashboard(cache: Path) -> Iterator[str]:
    """The dashboard on a free port of this machine, over that cache."""
    with served("app.py", cache) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.fail("Chromium is required and not installed")
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield instance
        instance.close()


@contextmanager
def visitor(browser: Browser, *, patience_ms: float, **options: Any) -> Iterator[Page]:
    """A fresh browser; it may raise no error and ask no other machine for anything."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    page = context.new_page()
    page.set_default_timeout(patience_ms)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda sent: None if _is_local(sent.url) else complaints.append(f"request to {sent.url}"))
    _follow(page)
    try:
        yield page
    except Exception as error:
        error.add_note(f"What the page reported: {complaints}")
        raise
    finally:
        del _OWED[page]
        context.close()
    assert not complaints


def _is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "file://"))


def _follow(page: Page) -> None:
    """Listens to what page and server tell each other: a run that is asked for or begun is owed until it is finished."""

    def sent(frame: bytes | str) -> None:
        if isinstance(frame, bytes) and BackMsg.FromString(frame).WhichOneof("type") == "rerun_script":
            _OWED[page] = True

    def received(frame: bytes | str) -> None:
        if not isinstance(frame, bytes) or len(frame) > _LARGEST_NOTE:
            return
        message = ForwardMsg.FromString(frame)
        if message.WhichOneof("type") == "new_session":
            _OWED[page] = True
        elif message.WhichOneof("type") == "script_finished":
            _OWED[page] = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def opened(talk: WebSocket) -> None:
        talk.on("framesent", sent)
        talk.on("framereceived", received)

    def loaded(_: Page) -> None:
        _OWED[page] = True

    _OWED[page] = False
    page.on("websocket", opened)
    page.on("domcontentloaded", loaded)


def settle(page: Page) -> None:
    """Waits until the server owes no answer and the page has drawn what came.

    A slider waits before it tells the server, and a busy machine answers late: that nothing runs at the moment says little.
    """
    deadline = time.monotonic() + _SLOWEST_ANSWER_S
    _wait_inside(page, 400)
    while True:
        while _OWED[page]:
            assert time.monotonic() < deadline, "the server does not answer"
            page.wait_for_timeout(50)
        page.wait_for_selector(_IDLE)
        _wait_inside(page, 150)
        if not _OWED[page]:
            return


def _wait_inside(page: Page, milliseconds: int) -> None:
    """By the page's own clock: what it has put off for less is done by then."""
    page.evaluate("time => new Promise((done) => setTimeout(() => requestAnimationFrame(done), time))", milliseconds)


def open_page(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(CHART)
    settle(page)


def figures(page: Page) -> dict[str, str]:
    """Label -> value of the page's figures, read at one moment: between two reads the page may have drawn others."""
    pairs = page.locator(".sotexplore-tile").evaluate_all(
        """tiles => tiles.map((tile) => ["label", "value"].map((part) => tile.querySelector(`.sotexplore-${part}`).innerText))"""
    )
    return dict(pairs)


def control(page: Page, slider: str) -> Locator:
    """A slider of the design; the range filters begin with another word."""
    return page.get_by_role("slider", name=re.compile(f"^{re.escape(slider)}"))


def press(page: Page, slider: str, key: str) -> None:
    control(page, slider).focus()
    page.keyboard.press(key)


def slider_value(page: Page, slider: str) -> str:
    found = control(page, slider)
    return str(found.get_attribute("aria-valuetext") or found.get_attribute("aria-valuenow") or found.input_value())


def plot(page: Page, expression: str) -> Any:
    return page.evaluate(f"(() => {{ const plot = document.querySelector('{PLOT}'); return {expression}; }})()")


def star(page: Page) -> str:
    return str(page.locator(".st-key-front_chart_frame .sotexplore-star").evaluate("star => star.style.transform"))
