"""Accuracies under array limits and faults, found by simulation: the record of a study and its file in the cache.

A study runs one checkpoint on the same images with one thing after another varied, each with several seeds. The
95 % interval is Student's t over the accuracies of the seeds, each a chip of its own; it says how chips differ, not how
the images were drawn.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sotexplore.errors import InputError
from sotexplore.store import content_key, write_cached

STUDY_VERSION = 2
FOLDER, SUFFIX = "faults", ".json"
_T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)
"""Student's t at 97.5 % for 1 to 15 degrees of freedom (textbook)."""
_T_LARGE = 1.96


@dataclass(frozen=True)
class StudyPoint:
    """Accuracy at one setting of what is varied."""

    setting: Mapping[str, float]
    accuracy_ratios: tuple[float, ...]
    """One for each seed; a single one where nothing is drawn."""
    read_error_ratio: float | None
    """Mean share of wrong reads, where sampled resistances or noise make them."""

    @property
    def mean_ratio(self) -> float:
        """Mean accuracy."""
        return float(np.mean(self.accuracy_ratios))

    @property
    def half_width_ratio(self) -> float:
        """Half of the 95 % interval of the mean over seeds; nan for a single run."""
        n = len(self.accuracy_ratios)
        if n == 1:
            return math.nan
        t = _T_95[n - 2] if n - 2 < len(_T_95) else _T_LARGE
        return float(t * np.std(self.accuracy_ratios, ddof=1) / math.sqrt(n))


@dataclass(frozen=True)
class Study:
    """A checkpoint's accuracy over some settings."""

    key: str
    family: str
    """What is varied, see `simulation.families`."""
    checkpoint: str
    images: int
    """The first of the test set."""
    ideal_accuracy_ratio: float
    """On the same images with nothing varied."""
    arrays: Mapping[str, Any]
    """The sub-arrays, but for what is varied."""
    points: tuple[StudyPoint, ...]
    device: Mapping[str, float] | None = None
    """The cells that resistances are sampled from, see `simulation.device.Device`, but for what is varied."""


def study_path(cache: Path, key: str) -> Path:
    """Where the study of that key lies."""
    return cache / FOLDER / f"{key}{SUFFIX}"


def study_key(inputs: Mapping[str, Any]) -> str:
    """The key of a study: hash of all its inputs."""
    return content_key({"version": STUDY_VERSION, **inputs})


def save_study(cache: Path, study: Study, inputs: Mapping[str, Any]) -> Path:
    """Writes a study into the cache, whole or not at all, with all that it depends on."""
    path = study_path(cache, study.key)
    document = {"inputs": {"version": STUDY_VERSION, **inputs}, "study": asdict(study)}
    write_cached(path, (json.dumps(document, allow_nan=False, separators=(",", ":")) + "\n").encode())
    return path


def read_study(path: Path) -> Study:
    """Reads a study.

    Raises:
        InputError: the file is damaged, of another format, or its name is not the key of its inputs.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        data, inputs = document["study"], document["inputs"]
        points = tuple(
            StudyPoint(item["setting"], tuple(item["accuracy_ratios"]), item["read_error_ratio"])
            for item in data.pop("points")
        )
        study = Study(**data, points=points)
        if inputs["version"] != STUDY_VERSION or not content_key(inputs) == study.key == path.stem:
            raise ValueError("its name is not the key of its inputs")
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        problem = f"{path.name} is damaged or of another format: {error}"
        raise InputError("faults", problem, got=path, allowed="a whole file of a fault study") from None
    return study


def list_studies(cache: Path) -> tuple[Study, ...]:
    """Every readable study of the cache; files that are as they were are not read again."""
    return tuple(item for item in _all(cache) if isinstance(item, Study))


def study_problems(cache: Path) -> tuple[str, ...]:
    """One sentence for each file that `list_studies` leaves out."""
    return tuple(item for item in _all(cache) if isinstance(item, str))


def _all(cache: Path) -> list[Study | str]:
    found = []
    for path in sorted((cache / FOLDER).glob(f"*{SUFFIX}")):
        status = path.stat()
        found.append(_remembered(path, status.st_size, status.st_mtime_ns))
    return found


@lru_cache(maxsize=4096)
def _remembered(path: Path, size: int, changed_ns: int) -> Study | str:
    """The study, or why it cannot be read."""
    try:
        return read_study(path)
    except InputError as error:
        return str(error)
