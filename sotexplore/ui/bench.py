"""How long opening and a slider step take in a real browser, the step also on a plain page with the same designs.

From the press of a key to the last paint: notes are taken of everything that is drawn (elements that change, calls that
draw on a canvas), and each is followed by the frame that shows it. Both pages run in turns in the same browser, so that
whatever else the machine does slows both.
"""

import contextlib
import importlib.util
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import Any, Final

from sotexplore.store import CACHE_VARIABLE, cache_directory, dashboard_directory

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
CASES: Final = (
    {"network": "digits-cnn", "space": "Sub-array sizes", "points": 3_000, "drawing": "svg"},
    {"network": "lenet5-mnist", "space": "All sliders", "points": 50_000, "drawing": "webgl"},
)
SLIDER: Final = re.compile("^Weight bits")
OPENINGS: Final = ("a new server's first browser", "a second browser")
Steps = list[dict[str, float]]
_QUIET_MS, _LONGEST_MS, _BUDGET_S = 700, 120_000, 120
_FIGURES: Final = '.sotexplore-value, [data-testid="stMetricValue"]'
_IDLE: Final = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_WATCH = """
(() => {
  const watch = (window.sotexploreWatch = { pressed: 0, sent: 0, received: 0, heard: 0, painted: 0, sends: 0 });
  const note = () => requestAnimationFrame(() => setTimeout(() => (watch.painted = performance.now())));
  addEventListener("keydown", () => { watch.pressed = watch.painted = performance.now(); watch.sent = watch.received = watch.sends = 0; }, true);
  for (const name of ["drawArrays", "drawElements"]) {
    for (const kind of [window.WebGLRenderingContext, window.WebGL2RenderingContext]) {
      const draw = kind?.prototype[name];
      if (draw) kind.prototype[name] = function (...args) { note(); return draw.apply(this, args); };
    }
  }
  const seen = new MutationObserver((changes) => {
    if (changes.some(({ target }) => (target.parentElement ?? target).closest?.('[data-testid="stMain"]'))) note();
  });
  seen.observe(document, { subtree: true, childList: true, characterData: true, attributes: true,
    attributeFilter: ["style", "d", "transform", "points", "width", "height", "x", "y"] });
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...args) {
    if (!this.sotexploreSeen) {
      this.sotexploreSeen = true;
      this.addEventListener("message", () => {
        watch.heard = performance.now();
        if (watch.sends < 2) watch.received = watch.heard; // what answers the step, not what a timer asks for later
      });
    }
    watch.sends += 1;
    watch.sent ||= performance.now();
    return send.apply(this, args);
  };
})();
"""


def browser_path() -> str | None:
    """Chromium on this machine, where Playwright is there to drive it; None where either is missing."""
    if importlib.util.find_spec("playwright") is None:
        return None
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def rows(repeats: int = 7) -> list[dict[str, Any]]:
    """The speed table's rows on opening and on slider steps; none where there is no Chromium or no Playwright.

    A browser that does not answer in time ends the measurement, with one line on standard error.

    Args:
        repeats: slider steps on each page, fewer where they take longer than two minutes together.
    """
    executable = browser_path()
    if executable is None:
        return []
    from playwright.sync_api import Error, sync_playwright

    found: list[dict[str, Any]] = []
    page = str(files("sotexplore.ui").joinpath("assets", "plain_page.py"))
    with (
        served("app.py", cache_directory()) as live,
        served(page, cache_directory()) as plain,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        try:
            found += [_row(f"first page usable, {which}", _opening_s(browser, live), "s") for which in OPENINGS]
            for case in CASES:
                found += table(case, *_case(browser, live, plain, case, repeats))
        except Error as error:
            print(f"slider steps not measured: {str(error).splitlines()[0]}", file=sys.stderr)
        finally:
            browser.close()
    return found


def table(case: Mapping[str, Any], live: Steps, plain: Steps) -> list[dict[str, Any]]:
    """Rows of the speed table from the steps of one case on both pages; a page without any step has no time."""
    text = f"slider step, {case['points']:,} designs"
    found = []
    for name, steps in (("dashboard", live), (f"plain page, {case['drawing']}", plain)):
        if not steps:
            found.append(_row(f"{text}: {name}: no step within {_BUDGET_S} s", None, "ms"))
            continue
        totals = [step["total_ms"] for step in steps]
        found.append(_row(f"{text}: {name}, median of {len(steps)}", median(totals), "ms"))
        found.append(_row(f"{text}: {name}, 90th percentile", percentile_90(totals), "ms"))
    answers = [step["server_ms"] for step in live if "server_ms" in step]
    if answers:
        server = median(answers)
        found.append(_row(f"{text}: dashboard, from the message to the server's last word", server, "ms"))
    if live and plain:
        ours, theirs = (median(step["total_ms"] for step in steps) for steps in (live, plain))
        found.append(_row(f"{text}: plain page over dashboard", theirs / ours, "1"))
    return found


def percentile_90(values: Sequence[float]) -> float:
    """The value that at least nine tenths do not exceed."""
    return sorted(values)[math.ceil(0.9 * len(values)) - 1]


def _row(name: str, value: float | None, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit}


def _opening_s(browser: Any, url: str) -> float:
    """Seconds from asking a fresh browser for the page to a drawn chart, controls, and a server that waits for them."""
    started = time.perf_counter()
    page = _open(browser, url)
    page.wait_for_selector(".sotexplore-drawn", timeout=_LONGEST_MS)
    page.wait_for_selector(_IDLE, timeout=_LONGEST_MS)
    seconds = time.perf_counter() - started
    page.context.close()
    return seconds


def _case(browser: Any, live: str, plain: str, case: Mapping[str, Any], repeats: int) -> tuple[Steps, Steps]:
    ours = _open(browser, f"{live}?network={case['network']}&space={case['space'].replace(' ', '+')}")
    ours.wait_for_selector(".sotexplore-drawn", timeout=_LONGEST_MS)
    query = "&".join(f"{name}={str(value).replace(' ', '+')}" for name, value in case.items())
    theirs = _open(browser, f"{plain}?{query}")
    theirs.wait_for_selector(".js-plotly-plot .main-svg", timeout=_LONGEST_MS)
    steps: tuple[Steps, Steps] = ([], [])
    pages = [(ours, steps[0]), (theirs, steps[1])]
    until = time.monotonic() + _BUDGET_S
    for turn in range(repeats + 1):
        for page, kept in list(pages):
            step = _step(page, "ArrowLeft" if turn % 2 else "ArrowRight")
            if step is None:
                pages.remove((page, kept))
            elif turn:
                kept.append(step)
        if time.monotonic() > until and turn:
            break
    for page in (ours, theirs):
        page.context.close()
    return steps


def _open(browser: Any, url: str) -> Any:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.add_init_script(_WATCH)
    page.goto(url)
    page.get_by_role("slider", name=SLIDER).wait_for(timeout=_LONGEST_MS)
    return page


def _step(page: Any, key: str) -> dict[str, float] | None:
    """One step of the slider; waits before it until nothing was drawn for a while, and after it again.

    Returns:
        The step's times; None where it did not end in time.
    """
    from playwright.sync_api import TimeoutError as Timeout

    page.bring_to_front()
    page.get_by_role("slider", name=SLIDER).focus()
    figures = f"[...document.querySelectorAll('{_FIGURES}')].map((item) => item.innerText).join()"
    try:
        _settle(page)
        before = page.evaluate(figures)
        page.keyboard.press(key)
        page.wait_for_function(f"before => {figures} !== before", arg=before, timeout=_LONGEST_MS, polling=100)
        _settle(page)
    except Timeout:
        return None
    watch = page.evaluate("sotexploreWatch")
    step = {"total_ms": watch["painted"] - watch["pressed"]}
    answered = watch["received"] > watch["sent"] > 0  # not where a timer of the page spoke before the answer came
    return step | ({"server_ms": watch["received"] - watch["sent"]} if answered else {})


def _settle(page: Any) -> None:
    page.wait_for_function(
        f"performance.now() - Math.max(sotexploreWatch.painted, sotexploreWatch.heard) > {_QUIET_MS} && "
        "document.querySelector('[data-testid=\"stApp\"]').dataset.testScriptState === 'notRunning'",
        timeout=_LONGEST_MS,
        polling=100,
    )


@contextlib.contextmanager
def served(script: str, cache: Path) -> Iterator[str]:
    """A Streamlit page over that cache, on a free port of this machine: its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = dashboard_directory()
    paths = [str(Path(__file__).resolve().parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {
        CACHE_VARIABLE: str(cache.resolve()), "PYTHONPATH": os.pathsep.join(paths)
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        script,
        "--server.headless",
        "true",
        "--server.port",
        str(port),
    ]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
