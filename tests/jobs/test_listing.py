"""`sotexplore jobs`."""

import json
from pathlib import Path

import pytest
from job_helpers import digits_run

from sotexplore.cli import main
from sotexplore.jobs import queue


def run(*arguments: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert not stop.value.code


def test_the_queue_as_json(empty_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ids = [queue.submit(empty_cache, digits_run(seed=seed)).id for seed in (4, 5)]
    queue.cancel(empty_cache, ids[0])
    run("jobs", "--json")
    second, first = json.loads(capsys.readouterr().out)
    assert [first["id"], second["id"]] == ids
    assert (first["state"], second["state"]) == ("cancelled", "queued")
    assert (second["seed"], second["epochs_done"], second["epochs_total"]) == (5, 0, 10)


def test_the_queue_as_a_table_with_what_could_not_be_read(
    empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue.submit(empty_cache, digits_run())
    (queue.folder_of(empty_cache) / "torn.json").write_text("{")
    run("jobs")
    told = capsys.readouterr()
    assert "digits-cnn" in told.out and "queued" in told.out
    assert told.err.startswith("warning: torn.json: job: is not JSON")


def test_an_empty_queue_is_an_empty_list(empty_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("jobs", "--json")
    assert json.loads(capsys.readouterr().out) == []
