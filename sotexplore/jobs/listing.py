"""The queue as plain rows, for scripts and the command line."""

from pathlib import Path
from typing import Any

from sotexplore.compression.plan import run_key, stages
from sotexplore.compression.run import Run
from sotexplore.jobs import progress, queue
from sotexplore.jobs.estimate import outlook, pace_of
from sotexplore.jobs.record import Job


def job_records(cache: Path) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """One row per job, the running one first, and one sentence per unreadable file.

    Args:
        cache: the cache's folder.
    """
    found = queue.read(cache)
    return [_record(cache, job) for job in found.jobs], found.problems


def _asked(run: Run) -> dict[str, Any]:
    """The compression that is asked for; with a budget the ratio is not known before the end."""
    asked = run.compression.model_dump(mode="json")
    return asked if run.budget is None else asked | {"prune_ratio": None, "budget": run.budget.model_dump(mode="json")}


def _record(cache: Path, job: Job) -> dict[str, Any]:
    done = progress.read(queue.progress_path(cache, job.id)).epochs
    seen = outlook(done, stages(job.run, cache), pace_of(done))
    return {
        "id": job.id,
        "state": job.state,
        "network": job.run.network,
        **_asked(job.run),
        "seed": job.run.seed,
        "epochs_done": seen.epochs_done,
        "epochs_total": seen.epochs_total,
        "key": run_key(job.run),
        "message": job.message,
    }
