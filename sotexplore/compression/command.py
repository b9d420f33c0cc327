"""What `sotexplore compress` does: a run file in, checkpoints out, progress on the way."""

from pathlib import Path

from sotexplore import catalogue
from sotexplore.checkpoint import Checkpoint
from sotexplore.compression import pretrained
from sotexplore.compression.area_budget import SubarraysOfArea
from sotexplore.compression.data import chosen_device, load
from sotexplore.compression.pipeline import compress
from sotexplore.compression.plan import check_pretrained, picked
from sotexplore.compression.reach import check_all
from sotexplore.compression.run import Run
from sotexplore.compression.run_bar import RunBar
from sotexplore.compression.run_files import load_runs
from sotexplore.store import check_cache


def run_file(
    path: Path,
    cache: Path,
    *,
    data: Path | None,
    resume: bool = False,
    download: bool = False,
    device: str = "auto",
    only: str = "",
    subarrays_of_area: SubarraysOfArea | None = None,
) -> list[Checkpoint]:
    """Makes every checkpoint that a run file asks for, with progress and time left on stderr.

    Args:
        path: the run file.
        cache: the cache's folder.
        data: folder of the real data sets, or None for `SOTEXPLORE_DATA`.
        resume: go on behind the last finished epoch of an interrupted run.
        download: let torchvision download missing data and pretrained weights first.
        device: `auto`, `cpu` or `cuda`.
        only: keys of the checkpoints that are wanted, with commas; empty: all.
        subarrays_of_area: knows the room on a chip, for budgets in area.

    Raises:
        InputError: bad run file, missing data or weights, a loss that is not finite.
    """
    runs = picked(load_runs(path, subarrays_of_area), only)
    chosen_device(device)
    check_all(runs)
    if download:
        for name in {catalogue.network(run.network).dataset for run in runs}:
            load(name, data, download=True)
        for name in {run.network for run in runs if run.recipe is not None and run.recipe.pretrained}:
            pretrained.download(name)
    _check_data(runs, data)
    check_cache(cache)
    for run in runs:
        check_pretrained(run, cache)
    made = []
    with RunBar(runs, cache) as bar:
        try:
            for index, run in enumerate(runs):
                bar.begin(index)
                made.append(
                    compress(run, cache, data=data, resume=resume, report=bar.report, tell=bar.tell, device=device)
                )
        except KeyboardInterrupt:
            bar.tell("interrupted; the same command with --resume goes on behind the last finished epoch")
            raise
    return made


def _check_data(runs: tuple[Run, ...], data: Path | None) -> None:
    """Fails on missing data, or too few of them, before any bar is drawn or anything is written."""
    for name in {catalogue.network(run.network).dataset for run in runs}:
        there = load(name, data)
        for run in runs:
            if catalogue.network(run.network).dataset == name:
                there.first(run.train_images)
