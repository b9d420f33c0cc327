"""What a training run says: the checkpoint at work, the epoch, the time that the rest of the file takes."""

from pathlib import Path

import pytest

from sotexplore.compression import run_bar
from sotexplore.compression.plan import run_key
from sotexplore.compression.run import Run
from sotexplore.compression.run_bar import RunBar
from sotexplore.compression.run_files import parse_run
from sotexplore.compression.train import Progress

SECONDS_PER_EPOCH = 60.0


@pytest.fixture
def runs() -> list[Run]:
    """Two runs of 1 + 2 + 3 epochs each behind a common dense network of 4."""
    epochs = {"dense": 4, "prune": 1, "retrain": 1, "quantize": 1, "finetune": 3}
    points = [
        {"structure": "filter", "prune_ratio": ratio, "weight_bits": 8, "activation_bits": 8} for ratio in (0.5, 0.6)
    ]
    return [parse_run({"network": "digits-cnn", "compression": point, "epochs": epochs}) for point in points]


@pytest.fixture
def bar(runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunBar:
    clock = iter(SECONDS_PER_EPOCH * tick for tick in range(100))
    monkeypatch.setattr(run_bar.time, "perf_counter", lambda: next(clock))
    return RunBar(runs, tmp_path)


def epoch(stage: str, number: int, of: int) -> Progress:
    return Progress(stage, number, of, 0.5, 0.9, 1000.0)


def test_time_left_is_that_of_the_whole_file(bar: RunBar) -> None:
    bar.begin(0)
    bar.report(epoch("dense", 1, 4))
    assert bar.left_text() == "about 15 min left", "3 dense epochs and twice 6"
    for number in (2, 3, 4):
        bar.report(epoch("dense", number, 4))
    assert bar.left_text() == "about 12 min left"


def test_epochs_of_a_resumed_stage_count_as_done(bar: RunBar) -> None:
    bar.begin(0)
    bar.report(epoch("dense", 3, 4))
    assert bar.left_text() == "about 13 min left"


def test_stages_of_the_same_name_are_told_apart(bar: RunBar) -> None:
    bar.begin(1)
    for stage, of in (("dense", 4), ("prune", 1), ("retrain", 1), ("quantize", 1), ("finetune", 3)):
        for number in range(1, of + 1):
            bar.report(epoch(stage, number, of))
    assert bar.left_text() == "last epoch"


def test_it_says_which_checkpoint_is_at_work(bar: RunBar, runs: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    with bar:
        bar.begin(1)
        bar.report(epoch("prune", 1, 1))
    said = capsys.readouterr().err
    assert f"run 2 of 2: digits-cnn, seed 0, filter, 60 % pruned, W8 A8 ({run_key(runs[1])})" in said
    assert "prune 1/1 loss 0.5000, accuracy 0.9000, 1000 images/s, about 9 min left" in said
