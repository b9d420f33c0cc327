"""The queue on disk, as browsers and worker share it."""

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from job_helpers import digits_run, the_job

from sotexplore.checkpoint import path_of
from sotexplore.compression.plan import run_key
from sotexplore.compression.run_files import parse_run
from sotexplore.errors import InputError
from sotexplore.jobs import progress, queue
from sotexplore.jobs.process import is_alive, this_process
from sotexplore.jobs.record import Process

GONE = Process(pid=2**22 - 3, began="1 another boot")


def running(cache: Path, *, worker: Process = GONE) -> str:
    """A job that `worker` took."""
    job = queue.submit(cache, digits_run())
    assert queue.take_next(cache, worker) is not None
    return job.id


def test_jobs_are_taken_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    me = this_process()
    ids = [queue.submit(tmp_path, digits_run(seed=seed)).id for seed in (3, 1, 2)]
    assert [job.id for job in queue.read(tmp_path).jobs] == ids
    for expected in ids:
        job = queue.take_next(tmp_path, me)
        assert job is not None and job.id == expected and job.worker == me
        queue.end(tmp_path, job.id, "fail", "for the test")
    assert queue.take_next(tmp_path, me) is None


def test_many_at_once_lose_no_job_and_take_none_twice(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        submitted = [job.id for job in pool.map(lambda seed: queue.submit(tmp_path, digits_run(seed=seed)), range(16))]
        taken = [job.id for job in pool.map(lambda _: queue.take_next(tmp_path, this_process()), range(16)) if job]
    assert sorted(taken) == sorted(submitted)


def test_the_same_run_waits_only_once(tmp_path: Path) -> None:
    queue.submit(tmp_path, digits_run())
    with pytest.raises(InputError, match=r"^run: is in the queue already"):
        queue.submit(tmp_path, digits_run())
    assert len(queue.read(tmp_path).jobs) == 1


def test_a_run_whose_checkpoint_is_there_is_refused(tmp_path: Path) -> None:
    path = path_of(tmp_path, run_key(digits_run()))
    path.parent.mkdir()
    path.touch()
    with pytest.raises(InputError, match=r"^run: the cache holds its checkpoint already"):
        queue.submit(tmp_path, digits_run())


@pytest.mark.parametrize("network", ["lenet5-mnist", "resnet20-cifar10"])
def test_missing_data_are_said_before_anything_is_queued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: str
) -> None:
    monkeypatch.setenv("SOTEXPLORE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=r"^data: \w+ is missing: .* named by SOTEXPLORE_DATA"):
        queue.submit(tmp_path, parse_run({"network": network}))
    assert not queue.read(tmp_path).jobs


def test_a_ratio_out_of_reach_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^compression.prune_ratio: "):
        queue.submit(tmp_path, digits_run(compression={"prune_ratio": 0.9999}))


def test_damaged_files_are_named_and_the_others_stay(tmp_path: Path) -> None:
    good = queue.submit(tmp_path, digits_run())
    folder = queue.folder_of(tmp_path)
    content = (folder / f"{good.id}.json").read_bytes()
    (folder / "torn.json").write_bytes(content[:60])
    (folder / "renamed.json").write_bytes(content)
    found = queue.read(tmp_path)
    assert [job.id for job in found.jobs] == [good.id]
    assert [problem.split(":")[0] for problem in found.problems] == ["renamed.json", "torn.json"]


def test_a_job_whose_worker_is_gone_is_interrupted_and_can_go_on(tmp_path: Path) -> None:
    job_id = running(tmp_path)
    job = the_job(tmp_path, job_id)
    assert job.state == "interrupted"
    assert job.message == queue.LOST_WORKER
    assert queue.requeue(tmp_path, job_id).state == "queued"


def test_a_worker_that_died_behind_the_checkpoint_finished_its_job(tmp_path: Path) -> None:
    job_id = running(tmp_path)
    path_of(tmp_path, run_key(digits_run())).touch()
    assert the_job(tmp_path, job_id).state == "finished"


def test_a_worker_that_died_of_a_request_to_cancel_left_a_cancelled_job(tmp_path: Path) -> None:
    job_id = running(tmp_path, worker=this_process())
    assert queue.cancel(tmp_path, job_id) == this_process()
    assert queue.is_cancelled(tmp_path, job_id)
    assert the_job(tmp_path, job_id).state == "running"
    record = queue.folder_of(tmp_path) / f"{job_id}.json"
    record.write_text(record.read_text().replace(this_process().began, "another"))
    assert the_job(tmp_path, job_id).state == "cancelled"
    queue.requeue(tmp_path, job_id)
    assert not queue.is_cancelled(tmp_path, job_id)


def test_a_waiting_job_is_cancelled_at_once_and_may_be_tried_again_or_removed(tmp_path: Path) -> None:
    first, second = (queue.submit(tmp_path, digits_run(seed=seed)).id for seed in (0, 1))
    assert queue.cancel(tmp_path, first) is None
    assert the_job(tmp_path, first).state == "cancelled"
    queue.requeue(tmp_path, first)
    assert [job.id for job in queue.read(tmp_path).jobs] == [second, first]
    queue.remove(tmp_path, first)
    assert [job.id for job in queue.read(tmp_path).jobs] == [second]


def test_a_running_job_is_not_removed(tmp_path: Path) -> None:
    job_id = running(tmp_path, worker=this_process())
    with pytest.raises(InputError, match=r"^job: is running"):
        queue.remove(tmp_path, job_id)


def test_removal_takes_the_progress_along(tmp_path: Path) -> None:
    job_id = queue.submit(tmp_path, digits_run()).id
    queue.progress_path(tmp_path, job_id).write_text("{}\n")
    queue.remove(tmp_path, job_id)
    assert not [path for path in queue.folder_of(tmp_path).iterdir() if not path.name.startswith(".")]


def test_an_unknown_job_names_those_that_are_there(tmp_path: Path) -> None:
    job = queue.submit(tmp_path, digits_run())
    with pytest.raises(InputError, match=f"^job: is not in the queue .*{job.id}"):
        queue.cancel(tmp_path, "nonsense")


def test_one_worker_at_a_time_and_a_dead_one_is_no_hindrance(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    code = f"from sotexplore.jobs.process import _began; print(_began({other.pid}))"
    began = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    living = Process(pid=other.pid, began=began)
    assert queue.claim(tmp_path, living)
    assert queue.living_worker(tmp_path) == living
    assert not queue.claim(tmp_path, this_process())
    other.kill()
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # dead, but its number is still its own
    assert not is_alive(living)
    assert queue.claim(tmp_path, this_process())
    assert queue.living_worker(tmp_path) == this_process()
    other.communicate()


def test_a_number_that_was_given_to_another_process_is_not_the_worker() -> None:
    me = this_process()
    assert is_alive(me)
    assert not is_alive(me.model_copy(update={"began": "0 another boot"}))


def test_the_worker_leaves_in_the_breath_in_which_it_finds_nothing(tmp_path: Path) -> None:
    assert queue.claim(tmp_path, this_process())
    assert queue.take_next(tmp_path, this_process()) is None
    assert queue.living_worker(tmp_path) is None


def test_a_full_disk_is_told_in_the_products_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(queue, "write_atomic", full)
    with pytest.raises(InputError, match=r"^cache: cannot be written: No space left on device"):
        queue.submit(tmp_path, digits_run())
    assert not queue.read(tmp_path).jobs


def epoch(number: int, loss: float = 1.0) -> progress.Epoch:
    return progress.Epoch(
        step=0,
        stage="dense",
        epoch=number,
        epochs=9,
        loss=loss,
        images_per_s=1e3,
        seconds=0.5,
        ended_at_s=float(number),
    )


def test_of_an_epoch_that_was_trained_twice_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "some" / "progress.jsonl"
    for item in (epoch(1), epoch(2, 5.0), epoch(2, 4.0), epoch(3)):
        progress.append(path, item)
    assert progress.read(path) == progress.Record((epoch(1), epoch(2, 4.0), epoch(3)))


def test_a_line_torn_by_a_kill_costs_that_epoch_alone(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    progress.append(path, epoch(1))
    with path.open("ab") as handle:
        handle.write(b'{"step": 0, "sta')
    assert progress.read(path) == progress.Record((epoch(1),))
    progress.append(path, epoch(2))
    assert progress.read(path) == progress.Record((epoch(1), epoch(2)), n_unreadable=1)


def test_no_file_is_no_epoch(tmp_path: Path) -> None:
    assert progress.read(tmp_path / "none").epochs == ()
