"""Runs a study of faults: a checkpoint on the same images, setting after setting, seed after seed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sotexplore.checkpoint import Checkpoint
from sotexplore.fault_study import Study, StudyPoint, read_study, save_study, study_key, study_path
from sotexplore.simulation.families import Plan, Setting, arrays_at, faults_at
from sotexplore.simulation.run import Simulation, simulate

Tests = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Images and labels."""


def run_study(
    cache: Path, checkpoint: Checkpoint, plan: Plan, *, images: NDArray[np.uint8], labels: NDArray[np.int64],
    seeds: Sequence[int] = (0, 1, 2, 3, 4), report: Callable[[StudyPoint], None] | None = None,
) -> Study:  # fmt: skip
    """The study from the cache, or run and put there.

    Args:
        cache: the cache's folder.
        checkpoint: a quantized checkpoint.
        plan: what is varied.
        images: the first images of the test set, uint8 (n, channels, height, width).
        labels: theirs, (n,).
        seeds: one chip each; only the first counts where nothing is drawn.
        report: called after each point that is run.

    Raises:
        InputError: unknown fault, value out of range, faults that cannot occur in such arrays.
    """
    used = tuple(seeds) if plan.is_drawn else tuple(seeds[:1])
    for setting in plan.settings:
        faults_at(plan.base, setting, used[0]).check_fit(arrays_at(plan.arrays, setting))
    inputs = _inputs(checkpoint.key, plan, used, len(images))
    key = study_key(inputs)
    path = study_path(cache, key)
    if path.is_file():
        return read_study(path)
    ideal = simulate(checkpoint.network, checkpoint.layers, images, plan.arrays)
    points = []
    for setting in plan.settings:
        points.append(_point(checkpoint, plan, setting, used, (images, labels)))
        if report is not None:
            report(points[-1])
    accuracy = float((ideal.scores.argmax(axis=1) == labels).mean())
    device = None if plan.base.device is None else asdict(plan.base.device)
    study = Study(
        key, plan.family, checkpoint.key, len(images), accuracy, _varied_apart(plan), tuple(points), device
    )  # fmt: skip
    save_study(cache, study, inputs)
    return study


def _point(checkpoint: Checkpoint, plan: Plan, setting: Setting, seeds: Sequence[int], tests: Tests) -> StudyPoint:
    """The point that the runs of all seeds make."""
    arrays, (images, labels) = arrays_at(plan.arrays, setting), tests
    runs: list[Simulation] = [
        simulate(checkpoint.network, checkpoint.layers, images, arrays, faults_at(plan.base, setting, seed))
        for seed in seeds
    ]
    accuracies = tuple(float((run.scores.argmax(axis=1) == labels).mean()) for run in runs)
    errors = [run.read_error_ratio for run in runs if run.read_error_ratio is not None]
    return StudyPoint(dict(setting), accuracies, float(np.mean(errors)) if errors else None)


def _inputs(checkpoint: str, plan: Plan, seeds: Sequence[int], n_images: int) -> dict[str, Any]:
    """What a study depends on; infinity as text."""
    base = {name: str(value) if value == math.inf else value for name, value in asdict(plan.base).items()}
    return {
        "checkpoint": checkpoint, "family": plan.family, "arrays": asdict(plan.arrays), "base": base,
        "settings": [dict(item) for item in plan.settings], "seeds": list(seeds), "images": n_images,
    }  # fmt: skip


def _varied_apart(plan: Plan) -> dict[str, Any]:
    varied = {name for setting in plan.settings for name in setting}
    return {name: value for name, value in asdict(plan.arrays).items() if name not in varied}
