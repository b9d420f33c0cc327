"""Whether a process is still the one it was: by its number and when it began."""

import subprocess
from os import getpid
from pathlib import Path

from sotexplore.jobs.record import Process

_STATE, _BEGAN = 0, 19
"""Places behind the command's name in /proc/PID/stat: fields 3 and 22 of proc(5)."""


def this_process() -> Process:
    """The calling process."""
    pid = getpid()
    began = _began(pid)
    assert began is not None, "the calling process is alive"
    return Process(pid=pid, began=began)


def is_alive(process: Process) -> bool:
    """Whether that very process still runs: not ended, not waiting to be reaped, its number not given to another."""
    return _began(process.pid) == process.began


def _began(pid: int) -> str | None:
    """When a process began, in the system's own words; None where there is none, or only what is left of it."""
    if not Path("/proc/self/stat").exists():
        return _began_by_ps(pid)
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text[text.rindex(")") + 1 :].split()
    return None if fields[_STATE] in "ZX" else f"{fields[_BEGAN]} {_boot()}"


def _boot() -> str:
    """Tells one start of the machine from another: times in /proc count from there."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text(encoding="ascii").strip() if path.is_file() else ""


def _began_by_ps(pid: int) -> str | None:
    command = ["ps", "-o", "state=,lstart=", "-p", str(pid)]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split(maxsplit=1)
    return None if len(found) < 2 or found[0].startswith("Z") else found[1].strip()
