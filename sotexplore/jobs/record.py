"""A job: a run with its place in the queue and what became of it; which state follows which, as pure functions."""

import json
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from sotexplore.compression.run import Run
from sotexplore.compression.run_files import parse_run
from sotexplore.design import parse_record
from sotexplore.errors import InputError

State = Literal["queued", "running", "finished", "failed", "cancelled", "interrupted"]
Event = Literal["start", "finish", "fail", "cancel", "interrupt", "requeue"]
_AFTER: dict[tuple[State, Event], State] = {
    ("queued", "start"): "running",
    ("queued", "cancel"): "cancelled",
    ("running", "finish"): "finished",
    ("running", "fail"): "failed",
    ("running", "cancel"): "cancelled",
    ("running", "interrupt"): "interrupted",
    ("interrupted", "cancel"): "cancelled",
    ("interrupted", "requeue"): "queued",
    ("failed", "requeue"): "queued",
    ("cancelled", "requeue"): "queued",
}
ACTIVE: frozenset[State] = frozenset({"queued", "running"})
_ORDER: dict[State, int] = {"running": 0, "queued": 1}


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Process(_Record):
    """A process of this machine: its number, and when it began, since numbers are given again."""

    pid: Annotated[int, Field(ge=1)]
    began: str


class Job(_Record):
    """One run in the queue. Times are seconds since 1970 (UTC)."""

    schema_version: Literal[1] = 1
    id: Annotated[str, Field(pattern=r"^[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{16}$")]
    """When it was submitted, in UTC, and the key of its run."""
    run: Run
    state: State = "queued"
    queued_at_s: float
    """When it was last put at the end of the queue."""
    started_at_s: float | None = None
    ended_at_s: float | None = None
    message: str = ""
    """Why it failed or stopped."""
    worker: Process | None = None
    """Who trains it, while it runs."""


def after(state: State, event: Event) -> State:
    """The state that follows `state` on `event`.

    Raises:
        InputError: nothing follows.
    """
    if (state, event) not in _AFTER:
        allowed = ", ".join(before for before, name in _AFTER if name == event)
        raise InputError("state", f"a job in this state cannot {event}", got=state, allowed=allowed)
    return _AFTER[state, event]


def changed(job: Job, event: Event, *, now_s: float, message: str = "", worker: Process | None = None) -> Job:
    """The job after `event`.

    Args:
        job: the job.
        event: what happens to it.
        now_s: time of the event, seconds since 1970.
        message: why it failed or stopped.
        worker: who starts it.

    Raises:
        InputError: a job in this state cannot do that.
    """
    state = after(job.state, event)
    times: dict[str, float | None] = {"ended_at_s": now_s}
    if event == "start":
        times = {"started_at_s": now_s, "ended_at_s": None}
    if event == "requeue":
        times = {"queued_at_s": now_s, "started_at_s": None, "ended_at_s": None}
    return job.model_copy(update={"state": state, "message": message, "worker": worker, **times})


def may(job: Job, event: Event) -> bool:
    """Whether that can happen to the job now."""
    return (job.state, event) in _AFTER


def in_order(jobs: list[Job]) -> tuple[Job, ...]:
    """The running job, then the waiting ones in their order, then the ended ones, the latest first."""

    def place(job: Job) -> tuple[int, float, str]:
        ended = job.state not in ACTIVE
        return _ORDER.get(job.state, 2), -(job.ended_at_s or 0.0) if ended else job.queued_at_s, job.id

    return tuple(sorted(jobs, key=place))


def to_json(job: Job) -> bytes:
    """The job as its file holds it."""
    return (json.dumps(job.model_dump(mode="json"), indent=2, allow_nan=False) + "\n").encode()


def from_json(content: bytes) -> Job:
    """The job that a file holds.

    Raises:
        InputError: not JSON, not a job, or a run that cannot be trained here.
    """
    try:
        data: Any = json.loads(content)
    except ValueError as error:
        raise InputError("job", "is not JSON", got=str(error), allowed="a job's record") from None
    job = parse_record(Job, data)
    run = job.run.model_dump()
    if job.run.budget is not None or job.run.compression.structure == "mixed":  # stands in place of the ratio
        run["compression"].pop("prune_ratio")
    return job.model_copy(update={"run": parse_run(run)})


STATES: tuple[State, ...] = get_args(State)
