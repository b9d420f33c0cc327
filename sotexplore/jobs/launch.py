"""Starts and wakes the worker: a process of its own that outlives the dashboard and its browser."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import sotexplore
from sotexplore.errors import InputError
from sotexplore.jobs import queue
from sotexplore.jobs.process import is_alive

LOG = "worker.log"
_DETACH = "import subprocess, sys; subprocess.Popen(sys.argv[1:], start_new_session=True)"
"""Ends at once and leaves the worker to the system: no child of the dashboard, none of its terminal."""
_LOG_LIMIT_BYTES = 1_000_000
_PATIENCE_S = 30
_AGAIN_AFTER_S = 10
"""How long the page waits before it starts a worker anew that was started and is not there."""


def start_worker(cache: Path) -> None:
    """Starts a worker for the queue of that cache, unless one lives.

    Raises:
        InputError: it cannot be started.
    """
    if queue.living_worker(cache) is not None:
        return
    log = queue.folder_of(cache) / LOG
    command = [sys.executable, "-c", _DETACH, sys.executable, "-m", "sotexplore.jobs.worker", str(cache.resolve())]
    try:
        with log.open("wb" if _is_long(log) else "ab") as output:
            subprocess.run(
                command, env=_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=True,
                timeout=_PATIENCE_S,
            )  # fmt: skip
        log.touch()
    except (OSError, subprocess.SubprocessError) as error:
        raise InputError("worker", f"cannot be started: {error}", got=log, allowed="see that file") from None


def keep_worker(cache: Path) -> None:
    """Starts a worker where jobs wait and none lives, as after a restart of the machine; not in quick succession.

    Raises:
        InputError: it cannot be started.
    """
    log = queue.folder_of(cache) / LOG
    if log.is_file() and time.time() - log.stat().st_mtime < _AGAIN_AFTER_S:
        return
    if any(job.state == "queued" for job in queue.read(cache).jobs):
        start_worker(cache)


def cancel(cache: Path, job_id: str) -> None:
    """Takes a waiting job out of the queue, or stops a running one at once rather than behind its epoch.

    Raises:
        InputError: no such job, or it ended.
    """
    worker = queue.cancel(cache, job_id)
    if worker is not None and is_alive(worker):
        os.kill(worker.pid, signal.SIGUSR1)


def _environment() -> dict[str, str]:
    """The caller's environment, with this very package, and one core left to others where there are several."""
    package = str(Path(sotexplore.__file__).resolve().parents[1])
    paths = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
    threads = str(max(1, (os.cpu_count() or 1) - 1))
    return {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads} | os.environ | {"PYTHONPATH": paths}


def _is_long(log: Path) -> bool:
    return log.is_file() and log.stat().st_size > _LOG_LIMIT_BYTES
