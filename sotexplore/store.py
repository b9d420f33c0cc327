"""Content-addressed files: key, atomic write, location of the cache."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sotexplore.errors import InputError

CACHE_VARIABLE = "SOTEXPLORE_CACHE"
KEY_DIGITS = 16


def cache_directory() -> Path:
    """The folder of the cache: `SOTEXPLORE_CACHE`, else `cache/` beside the dashboard's files."""
    given = os.environ.get(CACHE_VARIABLE)
    return Path(given) if given else dashboard_directory() / "cache"


def dashboard_directory() -> Path:
    """The folder with `app.py`, `pages/` and the shipped `cache/`: the checkout, or the installed package's copy."""
    package = Path(__file__).resolve().parent
    checkout = package.parent
    return checkout if (checkout / "app.py").is_file() else package / "_dashboard"


def content_key(inputs: Mapping[str, Any]) -> str:
    """The key of a result: 16 hex digits of the SHA-256 of its inputs as canonical JSON."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]


def check_output(path: Path) -> None:
    """Raises unless a file can be written at `path`.

    Raises:
        InputError: its folder is missing, or it is there and no regular file.
    """
    if not path.parent.is_dir():
        raise InputError("output", "the folder does not exist", got=path.parent, allowed="an existing folder")
    if path.exists() and not path.is_file():
        raise InputError("output", "is there and no regular file", got=path, allowed="a new or a regular file")


def write_output(path: Path, content: bytes) -> None:
    """Writes a file that a user asked for, whole or not at all; a link is followed.

    Raises:
        InputError: see `check_output`, or the system refuses.
    """
    check_output(path)
    try:
        write_atomic(path.resolve(), content)
    except OSError as error:
        raise InputError(
            "output", f"cannot be written: {error.strerror}", got=path, allowed="a writable file"
        ) from None


def check_cache(cache: Path) -> None:
    """Makes the cache's folder where it is missing.

    Raises:
        InputError: it cannot be made or written.
    """
    try:
        for name in ("checkpoints", "runs"):
            (cache / name).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache):
            pass
    except OSError as error:
        raise InputError(
            "cache",
            f"cannot be written: {error.strerror}",
            got=cache,
            allowed=f"a writable folder, named by {CACHE_VARIABLE}",
        ) from None


def write_cached(path: Path, content: bytes) -> None:
    """Writes a file of the cache, whole or not at all.

    Raises:
        InputError: the disk is full, or the system refuses otherwise; what was there before is as it was.
    """
    with cache_written(path.parent):
        write_atomic(path, content)


@contextmanager
def cache_written(folder: Path) -> Iterator[None]:
    """What the system says while something is written in a folder of the cache, in the product's form.

    Raises:
        InputError: the disk is full, or the system refuses otherwise.
    """
    try:
        yield
    except OSError as error:
        allowed = "room to write there; what was finished is kept, and the same command goes on from it, compress with --resume"
        raise InputError("cache", f"cannot be written: {error.strerror}", got=folder, allowed=allowed) from None


def write_atomic(path: Path, content: bytes) -> None:
    """Writes a whole file or nothing: temporary file beside it, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
