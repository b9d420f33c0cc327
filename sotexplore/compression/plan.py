"""What lies ahead of a run, without torch: the checkpoints it goes through and the stages of each, in order."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sotexplore import catalogue
from sotexplore.checkpoint import FLOAT_BITS, path_of
from sotexplore.compression.bit_chain import predecessor
from sotexplore.compression.data_files import check_files
from sotexplore.compression.pretrained_files import check_weights
from sotexplore.compression.reach import check_reach, is_whole
from sotexplore.compression.run import Run
from sotexplore.compression.run_key import dense_inputs, run_inputs
from sotexplore.errors import InputError
from sotexplore.store import content_key


@dataclass(frozen=True)
class Stage:
    """A stretch of training: of which checkpoint on the way (0 is the first), its name, how many epochs."""

    step: int
    name: str
    epochs: int


def chain(run: Run) -> tuple[Run, ...]:
    """The runs whose checkpoints are made one from another, the asked one last."""
    before = predecessor(run)
    return (run,) if before is None else (*chain(before), run)


def run_key(run: Run) -> str:
    """The key of the checkpoint that a run makes."""
    return content_key(run_inputs(run))


def stages(run: Run, cache: Path) -> tuple[Stage, ...]:
    """The stages that a run still has before it, without those whose results the cache holds.

    Args:
        run: the run, with its epochs filled in.
        cache: the cache's folder.
    """
    steps = chain(run)
    made = [step for step, item in enumerate(steps) if path_of(cache, run_key(item)).is_file()]
    first = made[-1] + 1 if made else 0
    ahead = [stage for step in range(first, len(steps)) for stage in _stages_of(steps[step], step)]
    has_dense = path_of(cache, content_key(dense_inputs(run))).is_file()
    epochs = _epochs(run)["dense"]
    needs_dense = epochs > 0 and first < len(steps) and not has_dense
    return tuple([Stage(first, "dense", epochs), *ahead] if needs_dense else ahead)


def picked(runs: Iterable[Run], only: str) -> tuple[Run, ...]:
    """For each of the keys in `only`, the run that ends in its checkpoint, be it one on the way; all runs where it is empty.

    Args:
        runs: those of a run file.
        only: keys, with commas between them.

    Raises:
        InputError: none ends in one of them.
    """
    wanted = tuple(runs)
    if not only:
        return wanted
    on_the_way = {run_key(item): item for run in wanted for item in chain(run)}
    found = []
    for key in (part.strip() for part in only.split(",")):
        if key not in on_the_way:
            keys = [run_key(run) for run in wanted]
            allowed = ", ".join(keys[:3]) + (f", ... ({len(keys)} in all, see --plan)" if len(keys) > 3 else "")
            raise InputError("only", "the run file makes no such checkpoint", got=key, allowed=allowed)
        found.append(on_the_way[key])
    return tuple(found)


def outline(runs: Iterable[Run], cache: Path) -> list[dict[str, Any]]:
    """One row for each checkpoint that runs make on their way, in the order in which they are made.

    Args:
        runs: the runs, with their epochs filled in.
        cache: the cache's folder.

    Returns:
        Key, network, point, seed, whether the cache holds it, and the epochs that it takes by itself.
    """
    rows: dict[str, dict[str, Any]] = {}
    for run in runs:
        plain = {"network": run.network, "seed": run.seed}
        dense = content_key(dense_inputs(run))
        dense_point = {
            "structure": "none",
            "prune_ratio": 0.0,
            "weight_bits": FLOAT_BITS,
            "activation_bits": FLOAT_BITS,
        }
        rows.setdefault(dense, plain | dense_point | {"epochs": _epochs(run)["dense"]})
        for step, item in enumerate(chain(run)):
            epochs = sum(stage.epochs for stage in _stages_of(item, step))
            rows.setdefault(run_key(item), plain | _point(item) | {"epochs": epochs})
    return [{"key": key} | row | {"made": path_of(cache, key).is_file()} for key, row in rows.items()]


def _point(run: Run) -> dict[str, Any]:
    """What a run asks for; a budget's ratio is known only once it is made."""
    point = run.compression.model_dump(mode="json")
    point |= {} if run.levels is None else {"levels": run.levels.inputs()}
    if run.budget is not None:
        return point | {"prune_ratio": None, "budget": run.budget.model_dump()}
    return point | {"structure": "none"} if run.compression.prune_ratio == 0 else point


def check_start(run: Run, cache: Path) -> None:
    """Raises where a run would fail at once, or has nothing to do.

    Raises:
        InputError: the ratio or the budget is out of reach, data or pretrained weights are missing, or the checkpoint is there
            already.
    """
    network = catalogue.network(run.network)
    check_reach(run)
    check_files(network.dataset)
    if path_of(cache, run_key(run)).is_file():
        allowed = "another setting, another seed, or other epochs"
        raise InputError("run", "the cache holds its checkpoint already", got=run_key(run), allowed=allowed)
    check_pretrained(run, cache)


def check_pretrained(run: Run, cache: Path) -> None:
    """Raises where a run has to start at pretrained weights that are not on this machine.

    Raises:
        InputError: names file and folder.
    """
    if run.recipe is None or not run.recipe.pretrained:
        return
    if not path_of(cache, content_key(dense_inputs(run))).is_file():
        check_weights(run.network)


def epochs_per_round(epochs: int, rounds: int) -> int:
    """What each of several rounds of pruning and retraining has of a stage's epochs, at least one."""
    return max(1, round(epochs / rounds))


def _stages_of(run: Run, step: int) -> list[Stage]:
    epochs, last = _epochs(run), None if run.recipe is None else run.recipe.last_step
    names = _pruning(run) if step == 0 and not is_whole(run) else []
    if run.recipe is not None and run.recipe.method == "post-training":
        return [Stage(step, *item) for item in names]
    finetune = last.epochs if last else epochs["finetune"]
    drawn = [] if last and not last.admm else [("quantize", epochs["quantize"])]
    return [Stage(step, *item) for item in (*names, *drawn, ("finetune", finetune))]


def _pruning(run: Run) -> list[tuple[str, int]]:
    """Names and epochs of the rounds of pruning and retraining; magnitude pruning only retrains, in the epochs of both."""
    assert run.recipe is not None
    epochs, rounds, at_once = _epochs(run), run.recipe.progressive_steps, run.recipe.method == "magnitude"
    prune = epochs_per_round(epochs["prune"], rounds)
    retrain = epochs_per_round(epochs["retrain"], rounds) + (prune if at_once else 0)
    suffixes = [""] if rounds == 1 else [f".{index}" for index in range(1, rounds + 1)]
    return [
        item
        for suffix in suffixes
        for item in ([] if at_once else [(f"prune{suffix}", prune)]) + [(f"retrain{suffix}", retrain)]
    ]


def _epochs(run: Run) -> dict[str, int]:
    assert run.epochs is not None
    return run.epochs.model_dump()
