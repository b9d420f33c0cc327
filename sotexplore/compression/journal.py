"""The journal of a run: its whole training state behind the last finished epoch, so that an interrupt loses little."""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from sotexplore.errors import InputError
from sotexplore.store import cache_written, write_cached

WHOLE = "whole."
"""Prefix of the state of the network that a compacted one was cut from."""
_HEADER_KEY = "sotexplore_journal"
_ANEW = "the run without --resume: its unfinished step then starts anew"


@dataclass(frozen=True)
class Entry:
    """Where a run stands: `epochs_done` of `stage`, the tensors to go on with, and what the run recorded so far."""

    stage: str
    epochs_done: int
    tensors: Mapping[str, Tensor]
    history: Mapping[str, Any]


class Journal:
    """One file per run under `cache/runs`, replaced after each epoch, gone when the run has its checkpoint.

    One that is not gone on from is put aside beside it until then.
    """

    def __init__(self, cache: Path, key: str) -> None:
        self.path = cache / "runs" / f"{key}.safetensors"
        self.entry: Entry | None = None
        self._lock: int | None = None

    def open(self, *, resume: bool) -> str:
        """Reads the entry to go on from, or puts aside what an earlier run left; a damaged file counts as none.

        Returns:
            What was put aside and why, as a sentence; empty where nothing was.

        Raises:
            InputError: another process is at the same run, or the file cannot be read or moved.
        """
        self._take_lock()
        if not self.path.is_file():
            return ""
        self.entry, problem = self._read() if resume else (None, "--resume would have gone on from it")
        if self.entry is not None:
            return ""
        with cache_written(self.path.parent):
            self.path.replace(self._aside)
        return f"unfinished training put aside as {self._aside.name}: {problem}"

    def skips(self, stage: str) -> bool:
        """Whether `stage` lies before the entry's: it was finished, and its result is part of the entry's tensors."""
        return self.entry is not None and self.entry.stage != stage

    def take(self, stage: str) -> Entry | None:
        """The entry if it belongs to `stage`; it is handed out once."""
        if self.entry is None or self.entry.stage != stage:
            return None
        entry, self.entry = self.entry, None
        return entry

    def check_taken(self) -> None:
        """Refuses to end a run that found no stage to go on with, and so passed over all of them.

        Raises:
            InputError: names the stage that it has not.
        """
        if self.entry is not None:
            problem = f"stage {self.entry.stage} was interrupted under another version; this one has no such stage"
            raise InputError("resume", problem, got=self.entry.stage, allowed=_ANEW)

    def write(self, entry: Entry) -> None:
        """Replaces the file."""
        header = {"stage": entry.stage, "epochs_done": entry.epochs_done, "history": entry.history}
        tensors = {name: value.detach().contiguous().clone() for name, value in entry.tensors.items()}
        write_cached(self.path, save(tensors, metadata={_HEADER_KEY: json.dumps(header)}))

    def close(self) -> None:
        """Removes the file, and lets others at the run."""
        self.path.unlink(missing_ok=True)
        self._aside.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock_path.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    @property
    def _aside(self) -> Path:
        return self.path.with_suffix(".aside")

    @property
    def _lock_path(self) -> Path:
        return self.path.with_suffix(".lock")

    def _take_lock(self) -> None:
        """Keeps other processes out until the file is removed or this process ends, however it ends."""
        with cache_written(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise InputError(
                "run",
                "is being trained by another process",
                got=self.path.stem,
                allowed="waiting for it, or stopping it",
            ) from None
        self._lock = lock

    def _read(self) -> tuple[Entry | None, str]:
        """The entry, or what is wrong with the file.

        Raises:
            InputError: the system does not let it be read.
        """
        try:
            self.path.open("rb").close()
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
            raise InputError("cache", problem, got=self.path, allowed="a file that may be read") from None
        try:
            with safe_open(self.path, framework="pt") as handle:
                header = json.loads((handle.metadata() or {})[_HEADER_KEY])
                tensors = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118 (no mapping)
            return Entry(header["stage"], header["epochs_done"], tensors, header["history"]), ""
        except (SafetensorError, KeyError, TypeError, ValueError, OSError):
            return None, "it is damaged"


def check_same(stage: str, kept: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Refuses tensors that are not those to go on with, as another version of the product kept them.

    Args:
        stage: that was interrupted.
        kept: tensors of the journal.
        wanted: tensors of the same names and shapes.

    Raises:
        InputError: names or shapes differ.
    """
    differing = sorted(
        name for name in {*kept, *wanted} if name not in kept or name not in wanted or kept[name].shape != wanted[name].shape
    )  # fmt: skip
    if differing:
        raise InputError(
            "resume", f"stage {stage} was interrupted under another version, which kept other tensors",
            got=", ".join(differing[:3]) + (", ..." if len(differing) > 3 else ""), allowed=_ANEW,
        )  # fmt: skip


def part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose name begins with `prefix`, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
