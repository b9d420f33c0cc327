"""Figures of any number of designs in bounded memory: chunks, shared among threads."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from sotexplore.hardware import chip
from sotexplore.hardware.arrays import unique_units
from sotexplore.hardware.table import HardwareTable
from sotexplore.hardware.validity import check
from sotexplore.workload import WorkloadTable

CHUNK = 65_536
"""Designs that a thread works on at once."""


def n_threads() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def metrics(
    workload: WorkloadTable,
    hardware: HardwareTable,
    names: Sequence[str],
    *,
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    threads: int | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Some figures of every design.

    Args:
        workload: compressed networks.
        hardware: chips.
        names: fields of `chip.ChipFigures` that hold one number a design.
        pairs: row of the workload and row of the hardware of each design; row i of both where not given.
        threads: threads that share the chunks; all cores where not given.

    Raises:
        InputError: see `chip.evaluate`.
    """
    check(hardware)
    units, unit_of = unique_units(hardware)
    same = np.arange(hardware.n_designs)
    of_workload, of_hardware = (same, same) if pairs is None else pairs
    result = {name: np.empty(len(of_hardware)) for name in names}

    def fill(start: int) -> None:
        place = slice(start, start + CHUNK)
        works, chips = of_workload[place], of_hardware[place]
        own = (units, unit_of[chips])
        found = chip.evaluate(workload.take(works), hardware.take(chips), arrays=own, detail=False)
        for name in names:
            result[name][place] = getattr(found, name)

    with ThreadPoolExecutor(threads or n_threads()) as pool:
        list(pool.map(fill, range(0, len(of_hardware), CHUNK)))
    return result
