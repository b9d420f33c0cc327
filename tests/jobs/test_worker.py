"""The worker: real training in a process of its own, killed, stopped, cancelled; and what failures leave behind."""

import errno
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from job_helpers import digits_run, end_worker, noted, the_job, wait_for_state, wait_until

from sotexplore.checkpoint import list_checkpoints, path_of
from sotexplore.compression.plan import Stage, chain, run_key, stages
from sotexplore.compression.recipe import Recipe
from sotexplore.jobs import launch, queue, worker
from sotexplore.jobs.process import this_process
from sotexplore.jobs.record import Job

EPOCHS = 3


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    end_worker(tmp_path)


def started(cache: Path, **fields: object) -> Job:
    """A job that this very process runs."""
    queue.submit(cache, digits_run(epochs=1, **fields))
    job = queue.take_next(cache, this_process())
    assert job is not None
    return job


def test_a_killed_worker_leaves_a_job_that_goes_on_to_the_identical_checkpoint(
    cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = tmp_path_factory.mktemp("whole")
    job_id = queue.submit(cache, digits_run(epochs=EPOCHS)).id
    launch.start_worker(cache)
    wait_until(lambda: len(noted(cache, job_id)) > EPOCHS + 1, "the second stage is under way")
    killed = queue.living_worker(cache)
    assert killed is not None
    os.kill(killed.pid, signal.SIGKILL)
    job = wait_for_state(cache, job_id, "interrupted")
    assert job.message == queue.LOST_WORKER
    assert queue.living_worker(cache) is None
    before = noted(cache, job_id)
    assert EPOCHS + 1 < len(before) < 5 * EPOCHS

    queue.requeue(cache, job_id)
    launch.start_worker(cache)
    try:
        reference = queue.submit(whole, digits_run(epochs=EPOCHS)).id
        launch.start_worker(whole)
        assert wait_for_state(cache, job_id, "finished", "failed").state == "finished"
        assert wait_for_state(whole, reference, "finished", "failed").state == "finished"
    finally:
        end_worker(whole)
    key = run_key(digits_run(epochs=EPOCHS))
    assert path_of(cache, key).read_bytes() == path_of(whole, key).read_bytes()
    again = noted(cache, job_id)
    assert again[: len(before) - 1] == before[:-1], "finished epochs were trained anew"
    assert [(item.stage, item.epoch, item.loss) for item in again] == [
        (item.stage, item.epoch, item.loss) for item in noted(whole, reference)
    ]
    wait_until(lambda: queue.living_worker(cache) is None, "the worker is done")


def test_cancelling_goes_on_with_the_next_job_and_a_signal_interrupts_it(cache: Path) -> None:
    first = queue.submit(cache, digits_run(epochs=500)).id
    second = queue.submit(cache, digits_run(epochs=500, seed=1)).id
    launch.start_worker(cache)
    wait_until(lambda: len(noted(cache, first)) >= 2, "the first job trains")
    process = queue.living_worker(cache)
    assert process is not None
    launch.start_worker(cache)
    assert queue.living_worker(cache) == process
    assert os.getpriority(os.PRIO_PROCESS, process.pid) >= worker.NICENESS
    session = Path(f"/proc/{process.pid}/autogroup")
    assert not session.is_file() or session.read_text().endswith(f"nice {worker.NICENESS}\n")
    assert os.getpgid(process.pid) != os.getpgid(0), "it would end with its terminal"
    launch.cancel(cache, first)
    wait_for_state(cache, first, "cancelled")
    wait_until(lambda: len(noted(cache, second)) >= 1, "the second job trains")
    os.kill(process.pid, signal.SIGTERM)
    assert wait_for_state(cache, second, "interrupted").message == worker.STOPPED
    wait_until(lambda: queue.living_worker(cache) is None, "the worker is gone")
    assert the_job(cache, first).state == "cancelled"


def test_the_plan_is_what_is_trained(cache: Path) -> None:
    job = started(cache, compression={"prune_ratio": 0.5, "weight_bits": 4, "activation_bits": 4})
    planned = stages(job.run, cache)
    assert worker.work(cache, job) == ("finish", "")
    assert [Stage(item.step, item.stage, item.epochs) for item in noted(cache, job.id)] == list(planned)
    assert len(planned) == 9
    assert stages(job.run, cache) == ()
    rounds = digits_run(epochs=4, recipe={"progressive_steps": 2})
    assert [(stage.name, stage.epochs) for stage in stages(rounds, cache)[1:5]] == [
        ("prune.1", 2), ("retrain.1", 2), ("prune.2", 2), ("retrain.2", 2),
    ]  # fmt: skip
    deeper = digits_run(epochs=1, compression={"prune_ratio": 0.5, "weight_bits": 2, "activation_bits": 4})
    assert stages(deeper, cache) == (Stage(3, "quantize", 1), Stage(3, "finetune", 1))


def test_a_loss_that_is_not_finite_fails_with_the_products_message(cache: Path) -> None:
    job = started(cache)
    steep = job.run.model_copy(
        update={"recipe": Recipe.model_construct(**Recipe().model_dump() | {"dense_rate": 1e30})}
    )
    event, message = worker.work(cache, job.model_copy(update={"run": steep}))
    assert event == "fail"
    assert message.startswith("recipe.dense_rate: the loss of stage dense is not finite (got 1e+30, allowed ")
    assert not list_checkpoints(cache).rows


def test_a_full_disk_fails_with_the_products_message_and_can_be_tried_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    job = started(cache)
    with monkeypatch.context() as patch:
        patch.setattr("sotexplore.store.write_atomic", full)
        event, message = worker.work(cache, job)
    assert event == "fail"
    assert message.startswith("cache: cannot be written: No space left on device (got ")
    queue.end(cache, job.id, event, message)
    assert the_job(cache, job.id).message == message
    queue.requeue(cache, job.id)
    again = queue.take_next(cache, this_process())
    assert again is not None
    assert worker.work(cache, again) == ("finish", "")


def test_a_defect_met_by_a_job_is_its_failure(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sotexplore.compression.pipeline", None)
    event, message = worker.work(cache, started(cache))
    assert event == "fail"
    assert message.startswith("ModuleNotFoundError: ")


def test_a_request_to_cancel_is_seen_behind_the_epoch_without_any_signal(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = started(cache)
    truth = queue.is_cancelled
    asked = iter([False])
    monkeypatch.setattr(queue, "is_cancelled", lambda *where: next(asked, True) and truth(*where))
    queue.cancel(cache, job.id)
    assert worker.work(cache, job) == ("cancel", "")
    assert len(noted(cache, job.id)) == 1


def test_a_job_interrupted_under_another_version_starts_its_step_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sotexplore.compression import pipeline
    from sotexplore.errors import InputError

    resumed: list[bool] = []

    def compress(*_: object, resume: bool = False, **__: object) -> None:
        resumed.append(resume)
        if resume:
            raise InputError("resume", "was interrupted under another version", got="a", allowed="b")

    monkeypatch.setattr(pipeline, "compress", compress)
    job = queue.submit(tmp_path, digits_run())
    assert worker.work(tmp_path, job) == ("finish", "")
    assert resumed[:2] == [True, False] and len(resumed) == 2 * len(chain(job.run))
    assert "another version (got a, allowed b); it starts anew" in capsys.readouterr().err
