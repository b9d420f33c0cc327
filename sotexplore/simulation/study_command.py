"""What `sotexplore faults` does: studies of faults for some checkpoints, from the cache or run and put there."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sotexplore.checkpoint import list_checkpoints
from sotexplore.errors import InputError
from sotexplore.fault_study import Study, StudyPoint
from sotexplore.simulation.command import loaded, test_images
from sotexplore.simulation.curves import run_study
from sotexplore.simulation.families import FAMILIES, plan

DEFAULT_IMAGES, DEFAULT_SEEDS = 300, 5


def study_checkpoints(
    cache: Path, keys: Sequence[str], *, network: str | None = None, families: Sequence[str] = (),
    n_images: int | None = None, n_seeds: int = DEFAULT_SEEDS, data: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Runs, or reads, studies.

    Args:
        cache: the cache's folder.
        keys: of checkpoints.
        network: in place of keys, all quantized checkpoints of a network.
        families: what is varied; all where empty.
        n_images: the first test images; 300 where not given, or all where there are fewer.
        n_seeds: seeds of what is drawn at random.
        data: folder of the real data sets.
        report: gets a line for each point that is run.

    Returns:
        A row for each point.

    Raises:
        InputError: no such checkpoint, network or family, images or seeds out of range, missing data.
    """
    chosen = families or FAMILIES
    for family in chosen:
        if family not in FAMILIES:
            raise InputError("family", "unknown", got=family, allowed=", ".join(FAMILIES))
    if not 1 <= n_seeds <= 1000:
        raise InputError("seeds", "out of range", got=n_seeds, allowed="1..1000")
    rows = []
    for key in keys or _keys_of(cache, network):
        checkpoint = loaded(cache, key)
        count = n_images if n_images is not None else min(DEFAULT_IMAGES, checkpoint.row["test_images"])
        images, labels = test_images(checkpoint, count, data)
        for family in chosen:

            def told(point: StudyPoint, key: str = key, family: str = family) -> None:
                report(f"{key} {family} {_text(point)}: {point.mean_ratio:.4f}")

            study = run_study(
                cache, checkpoint, plan(family, checkpoint.layers), images=images, labels=labels,
                seeds=range(n_seeds), report=told,
            )  # fmt: skip
            rows += study_rows(study)
    return rows


def study_rows(study: Study) -> list[dict[str, Any]]:
    """A study as plain rows, one for each point."""
    return [
        {
            "checkpoint": study.checkpoint,
            "family": study.family,
            "setting": dict(point.setting),
            "accuracy_ratio": point.mean_ratio,
            "half_width_ratio": None if len(point.accuracy_ratios) == 1 else point.half_width_ratio,
            "ideal_accuracy_ratio": study.ideal_accuracy_ratio,
            "read_error_ratio": point.read_error_ratio,
            "images": study.images,
            "seeds": len(point.accuracy_ratios),
            "study": study.key,
        }
        for point in study.points
    ]


def _keys_of(cache: Path, network: str | None) -> list[str]:
    rows = [row for row in list_checkpoints(cache).rows if row["weight_bits"] <= 8]
    keys = [row["key"] for row in rows if row["network"] == network]
    if not keys:
        allowed = ", ".join(sorted({row["network"] for row in rows})) or "a network with checkpoints"
        raise InputError(
            "network", "has no quantized checkpoint in the cache", got=network or "nothing", allowed=allowed
        )
    return keys


def _text(point: StudyPoint) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in point.setting.items())
