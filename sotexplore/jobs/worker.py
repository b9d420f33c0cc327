"""The worker: `python -m sotexplore.jobs.worker CACHE` trains the jobs of a queue, one after another, and ends with the last.

It yields to everything else on the machine, so that the dashboard stays responsive. SIGUSR1 makes it look for a request
to cancel; SIGTERM and SIGINT interrupt the job, which can be resumed.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sotexplore.checkpoint import path_of
from sotexplore.compression.plan import chain, run_key
from sotexplore.errors import InputError
from sotexplore.jobs import progress, queue
from sotexplore.jobs.process import this_process
from sotexplore.jobs.record import Event, Job

if TYPE_CHECKING:
    from sotexplore.compression.train import Progress

NICENESS = 10
_SESSION = Path("/proc/self/autogroup")
STOPPED = "Interrupted by a signal to its worker, as when the machine is switched off."


class Stopped(KeyboardInterrupt):
    """Somebody wants the job to end now."""


def main(arguments: list[str]) -> int:
    """Becomes the worker of a cache and trains until no job waits.

    Args:
        arguments: the cache's folder.

    Returns:
        The exit status.
    """
    cache = Path(arguments[0])
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    worker = this_process()
    if not queue.claim(cache, worker):
        return 0
    _yield_to_others()
    try:
        while (job := queue.take_next(cache, worker)) is not None:
            event, message = work(cache, job)
            queue.end(cache, job.id, event, message)
            if event == "interrupt":
                break
    finally:
        queue.leave(cache, worker)
    return 0


def work(cache: Path, job: Job) -> tuple[Event, str]:
    """Trains one job to its end, whatever that is.

    Returns:
        What happened to the job, and why it failed or stopped.
    """
    try:
        with _signals(cache, job):
            _train(cache, job)
    except Stopped:
        if path_of(cache, run_key(job.run)).is_file():
            return "finish", ""
        return ("cancel", "") if queue.is_cancelled(cache, job.id) else ("interrupt", STOPPED)
    except InputError as error:
        return "fail", str(error)
    except OSError as error:
        traceback.print_exc()
        return "fail", str(queue.cache_error(error, cache))
    except Exception as error:  # noqa: BLE001 (a defect met by one job must not take the queue along)
        traceback.print_exc()
        return "fail", f"{type(error).__name__}: {error}"
    return "finish", ""


def _yield_to_others() -> None:
    """Takes a low priority; on Linux also for the session, since there priorities count within a session alone."""
    os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    if _SESSION.is_file():
        with suppress(OSError):  # without the right to do so the process's own priority stays
            _SESSION.write_text(str(NICENESS))


def _train(cache: Path, job: Job) -> None:
    """Makes the checkpoints on the way to the asked one, each behind its last finished epoch."""
    from sotexplore.compression.pipeline import compress

    for step, run in enumerate(chain(job.run)):
        note = _noter(cache, job, step)
        try:
            compress(run, cache, resume=True, report=note, tell=_tell)
        except InputError as error:
            if error.field != "resume":
                raise
            print(f"{error}; it starts anew", file=sys.stderr)
            compress(run, cache, report=note, tell=_tell)


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _noter(cache: Path, job: Job, step: int) -> "Callable[[Progress], None]":
    """What is called behind each epoch of one step: notes it, and stops where that is asked."""
    path, last_s = queue.progress_path(cache, job.id), time.time()

    def note(said: "Progress") -> None:
        nonlocal last_s
        now_s = time.time()
        figures = asdict(said) | {"step": step, "seconds": max(0.0, now_s - last_s), "ended_at_s": now_s}
        progress.append(path, progress.Epoch(**figures))
        last_s = now_s
        if queue.is_cancelled(cache, job.id):
            raise Stopped

    return note


@contextmanager
def _signals(cache: Path, job: Job) -> Iterator[None]:
    """While a job runs: SIGTERM and SIGINT stop it, SIGUSR1 does where somebody asked to cancel this very job."""

    def stop(*_: object) -> NoReturn:
        raise Stopped

    def look(*_: object) -> None:
        if queue.is_cancelled(cache, job.id):
            raise Stopped

    before = {
        number: signal.signal(number, handler)
        for number, handler in ((signal.SIGUSR1, look), (signal.SIGTERM, stop), (signal.SIGINT, stop))
    }
    try:
        look()
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
