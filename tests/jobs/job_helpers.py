"""Runs to queue, and waiting for what becomes of them."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from sotexplore.compression.run import Run
from sotexplore.compression.run_files import parse_run
from sotexplore.jobs import progress, queue
from sotexplore.jobs.record import Job

STAGES = ("dense", "prune", "retrain", "quantize", "finetune")
PATIENCE_S = 240


def digits_run(*, epochs: int = 2, **fields: object) -> Run:
    """An 8-bit run on the digits: one step, its stages a few epochs long."""
    point = {"structure": "filter+shape", "prune_ratio": 0.8, "weight_bits": 8, "activation_bits": 8}
    return parse_run({"network": "digits-cnn", "compression": point, "epochs": dict.fromkeys(STAGES, epochs)} | fields)


def the_job(cache: Path, job_id: str) -> Job:
    return next(job for job in queue.read(cache).jobs if job.id == job_id)


def noted(cache: Path, job_id: str) -> tuple[progress.Epoch, ...]:
    return progress.read(queue.progress_path(cache, job_id)).epochs


def wait_until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.05)


def wait_for_state(cache: Path, job_id: str, *states: str) -> Job:
    wait_until(lambda: the_job(cache, job_id).state in states, f"{job_id} is {states}")
    return the_job(cache, job_id)


def end_worker(cache: Path) -> None:
    """Leaves no worker behind a test."""
    worker = queue.living_worker(cache)
    if worker is not None:
        os.kill(worker.pid, signal.SIGKILL)
