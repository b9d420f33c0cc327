"""The product's own speed table: how many designs a second, together and one at a time."""

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from sotexplore import catalogue
from sotexplore.budget import planned_workload
from sotexplore.explorer.batch import metrics, n_threads
from sotexplore.hardware import chip, subarray
from sotexplore.hardware.cell import preset
from sotexplore.hardware.table import HardwareTable
from sotexplore.workload import WorkloadTable, workload_table

NETWORK: Final = "vgg8-cifar10"
METRICS: Final = ("area_m2", "energy_per_frame_j", "frame_latency_s", "frames_per_s", "power_w", "n_subarrays")
_N_DESIGNS, _N_ALONE, _N_SUBARRAYS, _REPEATS = 400_000, 50, 20_000, 3
_HARDWARE: Final[dict[str, list[Any]]] = {
    "compute_style": ["and-count", "crossbar"], "node_nm": [22, 32, 45, 65], "cell": ["sot-69f2", "stt-54f2", "sram-6t"],
    "subarray_rows": [64, 128, 256], "subarray_cols": [128, 256, 512], "columns_per_sense_amplifier": [1, 2, 8],
    "adc_bits": [3, 5, 8], "active_rows": [16, 64], "operand": ["streamed"], "schedule": ["sequential", "pipelined"],
    "area_budget_m2": [np.nan],
}  # fmt: skip


def designs(n_designs: int, seed: int = 0) -> tuple[WorkloadTable, HardwareTable]:
    """Random designs of `NETWORK`: 112 compression settings on chips of every style, node and kind of cell."""
    network = catalogue.network(NETWORK)
    plans = [
        planned_workload(
            network, structure="filter+shape", prune_ratio=ratio, weight_bits=weight, activation_bits=activation
        )
        for ratio in (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
        for weight in (1, 2, 4, 8)
        for activation in (1, 2, 4, 8)
    ]
    rng = np.random.default_rng(seed)
    columns = {name: rng.choice(np.array(values), n_designs) for name, values in _HARDWARE.items()}
    workload = workload_table(plans).take(rng.integers(0, len(plans), n_designs))
    return workload, HardwareTable.from_columns(columns, n_designs)


def rows(n_designs: int = _N_DESIGNS) -> list[dict[str, Any]]:
    """The table, as `bench` prints it.

    Args:
        n_designs: designs evaluated together.
    """
    workload, hardware = designs(n_designs)
    threads = n_threads()
    together = _best(lambda: metrics(workload, hardware, METRICS, threads=threads))
    one_thread = _best(lambda: metrics(workload, hardware, METRICS, threads=1))
    alone = _best(lambda: _one_at_a_time(workload, hardware))
    subarrays = _best(_subarrays)
    started = time.process_time()
    metrics(workload, hardware, METRICS, threads=1)
    processor = time.process_time() - started
    text = f"{NETWORK}, whole designs"
    return [
        _row(f"{text}, vectorised, {threads} threads", n_designs / together, "designs/s"),
        _row(f"{text}, vectorised, 1 thread", n_designs / one_thread, "designs/s"),
        _row(f"{text}, vectorised, a second of one core", n_designs / processor, "designs/s"),
        _row(f"{text}, one at a time", min(_N_ALONE, n_designs) / alone, "designs/s"),
        _row(f"{text}, one design", alone / min(_N_ALONE, n_designs), "s"),
        _row("designs together", float(n_designs), "1"),
        _row("sub-arrays, vectorised", _N_SUBARRAYS / subarrays, "sub-arrays/s"),
    ]


def _one_at_a_time(workload: WorkloadTable, hardware: HardwareTable) -> None:
    for index in range(min(_N_ALONE, hardware.n_designs)):
        place = np.array([index])
        chip.evaluate(workload.take(place), hardware.take(place))


def _subarrays() -> None:
    rows_ = np.random.default_rng(0).integers(32, 2049, _N_SUBARRAYS)
    subarray.figures(cell=preset("sot-69f2"), node_nm=45, rows=rows_, cols=rows_, columns_per_sense_amplifier=1)


def _best(work: Callable[[], object]) -> float:
    """Least seconds of a few runs."""
    seconds = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _row(name: str, value: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit}
