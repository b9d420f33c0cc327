"""How far a job is and how long it will take, from the epochs that were timed on this machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from sotexplore.compression.plan import Stage
from sotexplore.jobs.progress import Epoch

Pace = Mapping[str, float]
"""Stage -> seconds per epoch of one network."""


@dataclass(frozen=True)
class Outlook:
    """What a job has done and has before it."""

    epochs_done: int
    epochs_total: int
    remaining_s: float | None
    """None where no epoch of this network was timed yet."""

    @property
    def share(self) -> float:
        """Epochs done over all epochs, 0..1."""
        return self.epochs_done / self.epochs_total if self.epochs_total else 1.0


def pace_of(epochs: Iterable[Epoch]) -> Pace:
    """The median time of an epoch of each stage, over jobs of one network."""
    times: dict[str, list[float]] = {}
    for item in epochs:
        times.setdefault(kind_of(item.stage), []).append(item.seconds)
    return {stage: median(values) for stage, values in times.items()}


def kind_of(stage: str) -> str:
    """The stage without the number of its round: `prune.2` is one of `prune`."""
    return stage.split(".", maxsplit=1)[0]


def seconds_for(stage: str, pace: Pace) -> float | None:
    """Time of an epoch of that stage; of a stage that was never timed, the mean of the others; None without any."""
    if kind_of(stage) in pace:
        return pace[kind_of(stage)]
    return sum(pace.values()) / len(pace) if pace else None


def outlook(done: Iterable[Epoch], ahead: Iterable[Stage], pace: Pace) -> Outlook:
    """How far a job is.

    Args:
        done: the epochs that the job noted.
        ahead: the stages that its unfinished checkpoints take in all (see `plan.stages`), begun ones included.
        pace: seconds per epoch of the network.
    """
    noted = {(item.step, item.stage, item.epoch) for item in done}
    stages = tuple(ahead)
    left = {
        stage: sum((stage.step, stage.name, epoch) not in noted for epoch in range(1, stage.epochs + 1))
        for stage in stages
    }
    total = len(noted | {(stage.step, stage.name, epoch) for stage in stages for epoch in range(1, stage.epochs + 1)})
    times = [(seconds_for(stage.name, pace), count) for stage, count in left.items() if count]
    known = [each * count for each, count in times if each is not None]
    return Outlook(total - sum(left.values()), total, sum(known) if len(known) == len(times) else None)
