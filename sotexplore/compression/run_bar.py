"""What a run file's training says on stderr: which checkpoint is made, how far it is, how long the rest takes."""

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from sotexplore.compression import train
from sotexplore.compression.plan import outline, run_key
from sotexplore.compression.run import Run
from sotexplore.units import duration


class RunBar:
    """A bar of the stage at work on a terminal, a line for each epoch elsewhere; used as a context.

    The time left is that of all epochs before the whole file is done, each at the mean of those timed so far. A
    checkpoint that was begun before counts whole until its first epoch is reported.
    """

    def __init__(self, runs: Sequence[Run], cache: Path) -> None:
        self._runs, self._cache = runs, cache
        self._console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[detail]}"),
        )
        self._bar = Progress(*columns, console=self._console)
        self._task = self._bar.add_task("start", total=1, detail="")
        self._epochs_left = self._epochs_timed = 0
        self._seconds_timed = 0.0
        self._last, self._since = ("", 0), time.perf_counter()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._bar.stop()

    def begin(self, index: int) -> None:
        """Says which run is next, and counts the epochs before the end of the file."""
        rows = outline(self._runs[index:], self._cache)
        self._epochs_left = sum(row["epochs"] for row in rows if not row["made"])
        self._last, self._since = ("", 0), time.perf_counter()
        self._console.print(_heading(self._runs[index], index, len(self._runs)), soft_wrap=True, highlight=False)

    def tell(self, text: str) -> None:
        """Says something that is no progress."""
        self._console.print(f"note: {text}", soft_wrap=True, highlight=False, markup=False)

    def report(self, progress: train.Progress) -> None:
        """Takes note of an epoch that is over."""
        self._count(progress)
        text = f"{_detail(progress)}, {self.left_text()}"
        self._bar.update(
            self._task, description=progress.stage, total=progress.epochs, completed=progress.epoch, detail=text
        )
        if not self._console.is_terminal:
            self._console.print(f"{progress.stage} {progress.epoch}/{progress.epochs} {text}", soft_wrap=True)

    def _count(self, progress: train.Progress) -> None:
        now = time.perf_counter()
        self._seconds_timed, self._epochs_timed = self._seconds_timed + now - self._since, self._epochs_timed + 1
        self._since = now
        before = self._last[1] if self._last[0] == progress.stage and self._last[1] < progress.epoch else 0
        self._epochs_left = max(0, self._epochs_left - (progress.epoch - before))
        self._last = (progress.stage, progress.epoch)

    def left_text(self) -> str:
        """How long the file takes from here on."""
        if not self._epochs_left:
            return "last epoch"
        seconds = self._epochs_left * self._seconds_timed / self._epochs_timed
        return f"about {duration(seconds)} left"


def _detail(progress: train.Progress) -> str:
    """An epoch's numbers as text."""
    parts = [f"loss {progress.loss:.4f}"]
    if progress.accuracy_ratio is not None:
        parts.append(f"accuracy {progress.accuracy_ratio:.4f}")
    if progress.primal_residual_ratio is not None and progress.dual_residual_ratio is not None:
        parts.append(
            f"primal residual {progress.primal_residual_ratio:.3g} dual residual {progress.dual_residual_ratio:.3g} (of ||W||)"
        )
    return ", ".join([*parts, f"{progress.images_per_s:.0f} images/s"])


def _heading(run: Run, index: int, count: int) -> str:
    point = run.compression
    pruned = "a budget" if run.budget is not None else f"{100 * point.prune_ratio:g} % pruned"
    return (
        f"run {index + 1} of {count}: {run.network}, seed {run.seed}, {point.structure}, {pruned}, "
        f"W{point.weight_bits} A{point.activation_bits} ({run_key(run)})"
    )
