"""Content-addressed files: key, atomic write, location of the cache."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CACHE_VARIABLE = "SOTEXPLORE_CACHE"
KEY_DIGITS = 16


def cache_directory() -> Path:
    """The folder of the cache: `SOTEXPLORE_CACHE`, else `cache/` of the checkout, else `cache/` where we are."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given)
    checkout = Path(__file__).resolve().parent.parent
    return checkout / "cache" if (checkout / "pyproject.toml").is_file() else Path("cache")


def content_key(inputs: Mapping[str, Any]) -> str:
    """The key of a result: 16 hex digits of the SHA-256 of its inputs as canonical JSON."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]


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
