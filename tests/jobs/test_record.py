"""Which state follows which, and that a record comes back from its file as it was."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from job_helpers import digits_run

from sotexplore.errors import InputError
from sotexplore.jobs.record import (
    ACTIVE,
    STATES,
    Event,
    Job,
    Process,
    after,
    changed,
    from_json,
    in_order,
    may,
    to_json,
)

EVENTS: tuple[Event, ...] = ("start", "finish", "fail", "cancel", "interrupt", "requeue")
WORKER = Process(pid=7, began="1 boot")


def job(state: str = "queued", *, number: int = 0, **fields: object) -> Job:
    return Job(id=f"20261124-120000-{number:06d}-{'0' * 16}", run=digits_run(), state=state, queued_at_s=1.0, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        ("queued", {"start": "running", "cancel": "cancelled"}),
        ("running", {"finish": "finished", "fail": "failed", "cancel": "cancelled", "interrupt": "interrupted"}),
        ("finished", {}),
        ("failed", {"requeue": "queued"}),
        ("cancelled", {"requeue": "queued"}),
        ("interrupted", {"requeue": "queued", "cancel": "cancelled"}),
    ],
)
def test_what_may_follow_a_state(state: str, allowed: dict[str, str]) -> None:
    for event in EVENTS:
        assert may(job(state), event) == (event in allowed)
        if event in allowed:
            assert after(state, event) == allowed[event]  # type: ignore[arg-type]
        else:
            with pytest.raises(InputError, match=f"^state: a job in this state cannot {event} \\(got {state}, allowed"):
                after(state, event)  # type: ignore[arg-type]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(EVENTS), max_size=12))
def test_a_job_has_a_worker_only_while_it_runs_and_an_end_only_behind_it(events: list[Event]) -> None:
    item = job()
    for number, event in enumerate(events, start=2):
        if may(item, event):
            item = changed(item, event, now_s=float(number), worker=WORKER if event == "start" else None)
        assert (item.worker is not None) == (item.state == "running")
        assert (item.ended_at_s is None) == (item.state in ACTIVE)


def test_the_message_of_a_failure_goes_when_the_job_waits_again() -> None:
    failed = changed(job("running", worker=WORKER), "fail", now_s=3.0, message="data: missing")
    assert failed.message == "data: missing"
    assert not changed(failed, "requeue", now_s=4.0).message


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(STATES), st.floats(0, 4e9), st.text(max_size=40))
def test_a_record_comes_back_from_its_file(state: str, time_s: float, message: str) -> None:
    item = job(state, started_at_s=time_s, message=message, worker=WORKER)
    assert from_json(to_json(item)) == item


def test_the_running_job_comes_first_then_the_waiting_then_the_latest_ended() -> None:
    jobs = [
        job("finished", number=1, ended_at_s=5.0),
        job("failed", number=2, ended_at_s=9.0),
        job("queued", number=3).model_copy(update={"queued_at_s": 8.0}),
        job("queued", number=4).model_copy(update={"queued_at_s": 7.0}),
        job("running", number=5),
    ]
    assert [item.id[16:22] for item in in_order(jobs)] == ["000005", "000004", "000003", "000002", "000001"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": "asleep"}, "state"),
        ({"id": "../../etc/passwd"}, "id"),
        ({"colour": "red"}, "colour"),
        ({"run": {"network": "vgg16"}}, "network"),
        ({"schema_version": 2}, "schema_version"),
    ],
)
def test_damaged_records_name_the_field(change: dict[str, object], field: str) -> None:
    data = json.loads(to_json(job())) | change
    with pytest.raises(InputError, match=f"^{field}: "):
        from_json(json.dumps(data).encode())


def test_half_a_record_is_refused() -> None:
    with pytest.raises(InputError, match=r"^job: is not JSON"):
        from_json(to_json(job())[:50])


def test_a_budget_in_place_of_the_ratio_comes_back_from_its_file() -> None:
    item = job().model_copy(update={"run": digits_run(compression={}, budget={"subarrays_ratio": 4.0})})
    assert from_json(to_json(item)) == item
