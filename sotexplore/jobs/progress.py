"""What a job notes behind every epoch: one line of JSON each, appended, so that a killed worker loses one at most."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sotexplore.design import parse_record
from sotexplore.errors import InputError

_Finite = Annotated[float, Field(allow_inf_nan=False)]


class Epoch(BaseModel):
    """One finished epoch. Times in seconds since 1970, ratios dimensionless."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: Annotated[int, Field(ge=0)]
    """Of which checkpoint on the way to the asked one, 0 is the first."""
    stage: str
    epoch: Annotated[int, Field(ge=1)]
    epochs: Annotated[int, Field(ge=1)]
    loss: _Finite
    accuracy_ratio: _Finite | None = None
    primal_residual_ratio: _Finite | None = None
    dual_residual_ratio: _Finite | None = None
    images_per_s: _Finite
    seconds: _Finite
    """From the end of the epoch before, or the start of the stage's work, to the end of this one."""
    ended_at_s: _Finite


@dataclass(frozen=True)
class Record:
    """The epochs of a job in their order, each once, and how many lines could not be read."""

    epochs: tuple[Epoch, ...]
    n_unreadable: int = 0


def append(path: Path, epoch: Epoch) -> None:
    """Adds one epoch; a line that an earlier worker could not finish is closed first.

    Raises:
        OSError: the system refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(epoch.model_dump(), allow_nan=False)
    with path.open("ab+") as handle:
        if handle.tell() and not _ends_with_newline(handle.fileno(), handle.tell()):
            handle.write(b"\n")
        handle.write(text.encode() + b"\n")


def read(path: Path) -> Record:
    """The epochs that are noted; of an epoch that was trained again after an interrupt, the last."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return Record(())
    found: dict[tuple[int, str, int], Epoch] = {}
    n_unreadable = 0
    for line in filter(None, lines[:-1]):  # behind the last newline: nothing, or a line being written
        try:
            item = parse_record(Epoch, json.loads(line))
        except (InputError, ValueError):
            n_unreadable += 1
            continue
        found.pop((item.step, item.stage, item.epoch), None)
        found[item.step, item.stage, item.epoch] = item
    return Record(tuple(found.values()), n_unreadable)


def _ends_with_newline(descriptor: int, size: int) -> bool:
    return os.pread(descriptor, 1, size - 1) == b"\n"
