"""What `sotexplore compress` does: a run file in, checkpoints out, a progress bar on the way."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from sotexplore import catalogue
from sotexplore.checkpoint import Checkpoint
from sotexplore.compression import pretrained, train
from sotexplore.compression.data import chosen_device, load
from sotexplore.compression.pipeline import compress
from sotexplore.compression.plan import check_pretrained
from sotexplore.compression.run import Run
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
) -> list[Checkpoint]:
    """Makes every checkpoint that a run file asks for, with a progress bar on stderr.

    Args:
        path: the run file.
        cache: the cache's folder.
        data: folder of the real data sets, or None for `SOTEXPLORE_DATA`.
        resume: go on behind the last finished epoch of an interrupted run.
        download: let torchvision download missing data and pretrained weights first.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        InputError: bad run file, missing data or weights, a loss that is not finite.
    """
    runs = load_runs(path)
    chosen_device(device)
    check_cache(cache)
    if download:
        for name in {catalogue.network(run.network).dataset for run in runs}:
            load(name, data, download=True)
        for name in {run.network for run in runs if run.recipe is not None and run.recipe.pretrained}:
            pretrained.download(name)
    _check_data(runs, data)
    for run in runs:
        check_pretrained(run, cache)
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[detail]}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("start", total=1, detail="")

        def report(progress: train.Progress) -> None:
            bar.update(
                task,
                description=progress.stage,
                total=progress.epochs,
                completed=progress.epoch,
                detail=_detail(progress),
            )
            if not console.is_terminal:
                console.print(
                    f"{progress.stage} {progress.epoch}/{progress.epochs} {_detail(progress)}", soft_wrap=True
                )

        return [compress(run, cache, data=data, resume=resume, report=report, device=device) for run in runs]


def _check_data(runs: tuple[Run, ...], data: Path | None) -> None:
    """Fails on missing data before any bar is drawn."""
    for name in {catalogue.network(run.network).dataset for run in runs}:
        load(name, data)


def _detail(progress: train.Progress) -> str:
    parts = [f"loss {progress.loss:.4f}"]
    if progress.accuracy_ratio is not None:
        parts.append(f"accuracy {progress.accuracy_ratio:.4f}")
    if progress.primal_residual_ratio is not None and progress.dual_residual_ratio is not None:
        parts.append(
            f"primal residual {progress.primal_residual_ratio:.3g} dual residual {progress.dual_residual_ratio:.3g} (of ||W||)"
        )
    return ", ".join([*parts, f"{progress.images_per_s:.0f} images/s"])
