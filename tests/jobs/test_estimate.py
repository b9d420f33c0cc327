"""How far a job is and how long it takes, by hand."""

from collections.abc import Iterable

import pytest

from sotexplore.compression.plan import Stage
from sotexplore.jobs.estimate import outlook, pace_of
from sotexplore.jobs.progress import Epoch

AHEAD = (Stage(0, "dense", 4), Stage(0, "prune", 2), Stage(1, "prune", 2))


def epochs(stage: str, seconds: Iterable[float], *, step: int = 0) -> list[Epoch]:
    return [
        Epoch(step=step, stage=stage, epoch=number, epochs=9, loss=1.0, images_per_s=1.0, seconds=value, ended_at_s=0.0)
        for number, value in enumerate(seconds, start=1)
    ]


def test_the_pace_is_the_median_so_that_a_slow_first_epoch_counts_little() -> None:
    assert pace_of([*epochs("dense", [60.0, 2.0, 2.2]), *epochs("prune", [3.0])]) == {"dense": 2.2, "prune": 3.0}


def test_what_remains_is_timed_by_stage() -> None:
    done = epochs("dense", [2.0, 2.0, 2.0])
    seen = outlook(done, AHEAD, {"dense": 2.0, "prune": 5.0})
    assert (seen.epochs_done, seen.epochs_total) == (3, 8)
    assert seen.remaining_s == pytest.approx(1 * 2.0 + 2 * 5.0 + 2 * 5.0)
    assert seen.share == pytest.approx(3 / 8)


def test_a_stage_that_was_never_timed_takes_as_long_as_the_others() -> None:
    assert outlook([], AHEAD, {"dense": 2.0}).remaining_s == pytest.approx(8 * 2.0)
    assert outlook([], AHEAD, {"dense": 2.0, "finetune": 4.0}).remaining_s == pytest.approx(4 * 2.0 + 4 * 3.0)


def test_without_any_time_nothing_is_guessed() -> None:
    assert outlook([], AHEAD, {}).remaining_s is None


def test_checkpoints_made_on_the_way_stay_counted() -> None:
    done = [*epochs("dense", [2.0] * 4), *epochs("prune", [5.0] * 2)]
    seen = outlook(done, [Stage(1, "prune", 2)], pace_of(done))
    assert (seen.epochs_done, seen.epochs_total, seen.remaining_s) == (6, 8, pytest.approx(10.0))


def test_a_finished_job_is_whole() -> None:
    done = epochs("dense", [2.0] * 4)
    assert outlook(done, [], pace_of(done)).share == 1.0
    assert outlook([], [], {}).share == 1.0
