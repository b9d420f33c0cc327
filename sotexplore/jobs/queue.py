"""The queue on disk: one JSON file per job under `cache/jobs`, changed under a lock, shared by browsers and worker."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sotexplore.checkpoint import path_of
from sotexplore.compression.plan import check_start, run_key
from sotexplore.compression.run import Run
from sotexplore.design import parse_record
from sotexplore.errors import InputError
from sotexplore.jobs.process import is_alive
from sotexplore.jobs.record import ACTIVE, Event, Job, Process, changed, from_json, in_order, to_json
from sotexplore.store import check_cache, write_atomic

_LOCK, _WORKER = ".lock", ".worker.json"
LOST_WORKER = "The worker process ended without a word: killed, out of memory, or the machine was switched off."


@dataclass(frozen=True)
class Queue:
    """All jobs, the running one first; one sentence per unreadable file."""

    jobs: tuple[Job, ...]
    problems: tuple[str, ...]


def folder_of(cache: Path) -> Path:
    """Where the queue lies."""
    return cache / "jobs"


def progress_path(cache: Path, job_id: str) -> Path:
    """Where the epochs of a job are noted."""
    return folder_of(cache) / f"{job_id}.progress.jsonl"


def read(cache: Path) -> Queue:
    """The queue as it is now; a running job whose worker is gone counts as interrupted."""
    jobs, problems = [], []
    for path in sorted(folder_of(cache).glob("[!.]*.json")):
        try:
            job = from_json(path.read_bytes())
            if path.stem != job.id:
                raise InputError("id", "is not the file's name", got=job.id, allowed=path.stem)
            jobs.append(_as_it_is(cache, job))
        except FileNotFoundError:
            continue  # removed by another browser just now
        except (InputError, OSError) as error:
            problems.append(f"{path.name}: {error}")
    return Queue(in_order(jobs), tuple(problems))


def submit(cache: Path, run: Run) -> Job:
    """Puts a run at the end of the queue.

    Args:
        cache: the cache's folder.
        run: the run, with its epochs filled in.

    Raises:
        InputError: it cannot start (see `check_start`), it waits or runs already, or the cache cannot be written.
    """
    check_cache(cache)
    check_start(run, cache)
    with _locked(cache):
        key = run_key(run)
        if any(job.state in ACTIVE and run_key(job.run) == key for job in read(cache).jobs):
            raise InputError("run", "is in the queue already", got=key, allowed="another setting, or wait for it")
        now_s = time.time()
        stamp = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%d-%H%M%S-%f")
        job = Job(id=f"{stamp}-{key}", run=run, queued_at_s=now_s)
        _write(cache, job)
    return job


def cancel(cache: Path, job_id: str) -> Process | None:
    """Takes a job out of the queue, or asks its worker to stop.

    Returns:
        The worker that is asked and may be woken; None where the job is cancelled already.

    Raises:
        InputError: no such job, or it ended.
    """
    with _locked(cache):
        job = _get(cache, job_id)
        if job.state != "running":
            _write(cache, changed(job, "cancel", now_s=time.time()))
            return None
        _put(_request(cache, job_id), b"")
        return job.worker


def requeue(cache: Path, job_id: str) -> Job:
    """Puts an interrupted, cancelled or failed job at the end of the queue again; it goes on where its journal stands.

    Raises:
        InputError: no such job, its state does not allow it, or it cannot start.
    """
    with _locked(cache):
        job = _get(cache, job_id)
        check_start(job.run, cache)
        _request(cache, job_id).unlink(missing_ok=True)
        return _write(cache, changed(job, "requeue", now_s=time.time()))


def remove(cache: Path, job_id: str) -> None:
    """Takes a job that does not run off the list, with its record of progress; checkpoints stay.

    Raises:
        InputError: no such job, or it runs.
    """
    with _locked(cache):
        if _get(cache, job_id).state == "running":
            raise InputError("job", "is running", got=job_id, allowed="a job that does not run; cancel it first")
        for path in (_path(cache, job_id), progress_path(cache, job_id), _request(cache, job_id)):
            path.unlink(missing_ok=True)


def is_cancelled(cache: Path, job_id: str) -> bool:
    """Whether somebody asked the worker to stop this job."""
    return _request(cache, job_id).exists()


def claim(cache: Path, worker: Process) -> bool:
    """Makes `worker` the one worker of this cache, unless another one lives."""
    with _locked(cache):
        if _living_worker(cache) not in (None, worker):
            return False
        _put(_worker_path(cache), json.dumps(worker.model_dump()).encode())
        return True


def living_worker(cache: Path) -> Process | None:
    """The worker of this cache, if it lives."""
    return _living_worker(cache)


def take_next(cache: Path, worker: Process) -> Job | None:
    """Starts the job that has waited longest.

    Returns:
        The job, now running; None where none waits: then the worker has given up its place in the same breath, so that
        a job that comes after is sure of a new worker.
    """
    with _locked(cache):
        for job in read(cache).jobs:
            if job.state == "queued":
                _request(cache, job.id).unlink(missing_ok=True)
                return _write(cache, changed(job, "start", now_s=time.time(), worker=worker))
        _give_up(cache, worker)
        return None


def leave(cache: Path, worker: Process) -> None:
    """Gives up the worker's place."""
    with _locked(cache):
        _give_up(cache, worker)


def end(cache: Path, job_id: str, event: Event, message: str = "") -> None:
    """Notes how the worker's job ended."""
    with _locked(cache):
        _write(cache, changed(_get(cache, job_id), event, now_s=time.time(), message=message))
        _request(cache, job_id).unlink(missing_ok=True)


def cache_error(error: OSError, place: Path) -> InputError:
    """What the system says about a file of the cache (no space left, no permission), in the product's form."""
    problem = f"cannot be written: {error.strerror or error}"
    return InputError("cache", problem, got=error.filename or place, allowed="a writable folder with free space")


def _as_it_is(cache: Path, job: Job) -> Job:
    """The job, or what became of it when its worker ended before it could say so."""
    if job.state != "running" or (job.worker is not None and is_alive(job.worker)):
        return job
    sign = progress_path(cache, job.id)
    last_s = sign.stat().st_mtime if sign.is_file() else job.started_at_s or job.queued_at_s
    if path_of(cache, run_key(job.run)).is_file():
        return changed(job, "finish", now_s=last_s)
    if is_cancelled(cache, job.id):
        return changed(job, "cancel", now_s=last_s)
    return changed(job, "interrupt", now_s=last_s, message=LOST_WORKER)


def _get(cache: Path, job_id: str) -> Job:
    known = {job.id: job for job in read(cache).jobs}
    if job_id not in known:
        raise InputError("job", "is not in the queue", got=job_id, allowed=", ".join(known) or "no job is there")
    return known[job_id]


def _write(cache: Path, job: Job) -> Job:
    _put(_path(cache, job.id), to_json(job))
    return job


def _put(path: Path, content: bytes) -> None:
    try:
        write_atomic(path, content)
    except OSError as error:
        raise cache_error(error, path) from None


def _living_worker(cache: Path) -> Process | None:
    try:
        worker = parse_record(Process, json.loads(_worker_path(cache).read_bytes()))
    except (OSError, ValueError):  # none, or damaged: whoever wrote it is no longer sure of its place
        return None
    return worker if is_alive(worker) else None


def _give_up(cache: Path, worker: Process) -> None:
    if _living_worker(cache) == worker:
        _worker_path(cache).unlink()


def _path(cache: Path, job_id: str) -> Path:
    return folder_of(cache) / f"{job_id}.json"


def _request(cache: Path, job_id: str) -> Path:
    return folder_of(cache) / f"{job_id}.cancel"


def _worker_path(cache: Path) -> Path:
    return folder_of(cache) / _WORKER


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    """Holds the queue for a moment; the system lets go of the lock when its holder dies."""
    folder = folder_of(cache)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise cache_error(error, folder) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
