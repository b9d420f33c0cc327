"""Sub-arrays beside the model: all runs of NVSim, and OpenNVRAM's arrays."""

import csv
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np

from sotexplore.explorer.comparison import Comparison
from sotexplore.hardware import subarray
from sotexplore.hardware.cell import from_fields, preset
from sotexplore.hardware.subarray_table import CELL_COLUMNS

NVSIM: Final = "NVSim, Dong et al., IEEE TCAD 31(7), 2012, doi 10.1109/TCAD.2012.2185930, re-run"
OPENNVRAM: Final = "OpenNVRAM, 2T-1MTJ SOT array in FreePDK45, configuration totals"
# figure of the model: (column of the file, unit, factor on the column)
FIGURES: Final = {
    "area_m2": ("subarray_area_m2", "m2", 1.0),
    "read_latency_s": ("read_latency_s", "s", 1.0),
    "write_latency_s": ("write_latency_s", "s", 1.0),
    "read_energy_j": ("subarray_read_energy_j", "J", 1.0),
    "write_energy_j": ("subarray_write_energy_j", "J", 1.0),
    "leakage_w": ("mat_leakage_w", "W", 0.25),
}
_SHARED: Final = "restates NVSim's equations with the constants it tabulates: checks the model's structure, not silicon"
_LIBRARY: Final = (
    "its decoders and drivers are gates of a library in fixed sizes, its totals perhaps a clocked cycle; here each chain is "
    "sized to its load"
)
# rows x columns: (read ns, write ns)
_OPENNVRAM_NS: Final = {(64, 64): (2.05, 2.35), (128, 128): (3.05, 2.55), (256, 128): (4.0, 3.05)}


@cache
def nvsim_runs() -> tuple[Comparison, ...]:
    """Six figures of every run."""
    text = resources.files("sotexplore.hardware").joinpath("reference/nvsim_subarray.csv").read_text(encoding="utf-8")
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in csv.DictReader(text.splitlines()):
        groups.setdefault((row["cell"], row["node_nm"]), []).append(row)
    return tuple(comparison for rows in groups.values() for comparison in _group(rows))


def _group(rows: list[dict[str, str]]) -> Iterator[Comparison]:
    """Runs of one cell at one node."""
    given = {
        "name": rows[0]["cell"], "kind": "sot", "endurance_cycles": 1.0, "volatile": False, "standby_power_bit_w": 0.0,
        "resistance_spread_ratio": 0.0, "source": NVSIM,
    }  # fmt: skip
    cell = from_fields(given | {field: float(rows[0][column]) for column, field in CELL_COLUMNS.items()})
    n_rows, n_cols, mux = (np.array([int(row[name]) for row in rows]) for name in ("rows", "cols", "mux"))
    node_nm = int(rows[0]["node_nm"])
    found = subarray.figures(cell=cell, node_nm=node_nm, rows=n_rows, cols=n_cols, columns_per_sense_amplifier=mux)
    for index, row in enumerate(rows):
        name = f"NVSim {node_nm} nm {row['cell']} {row['rows']}x{row['cols']} mux {row['mux']}"
        for figure, (column, unit, factor) in FIGURES.items():
            value = float(getattr(found, figure)[index])
            yield Comparison(name, figure, unit, float(row[column]) * factor, value, "simulated", NVSIM)


def nvsim_summary() -> list[Comparison]:
    """Median and 90th percentile of model over NVSim, for each node and figure."""
    summary = []
    for node_nm in (22, 32, 45, 65):
        for figure in FIGURES:
            runs = [
                run for run in nvsim_runs() if run.quantity == figure and run.reference.startswith(f"NVSim {node_nm} ")
            ]
            ratios = np.array([run.ratio for run in runs], dtype=np.float64)
            ends = {
                f"{figure}: median ratio of {len(runs)} runs": float(np.median(ratios)),
                f"{figure}: 1 + 90th percentile of |ratio - 1|": 1 + float(np.percentile(np.abs(ratios - 1), 90)),
            }
            for quantity, value in ends.items():
                summary.append(
                    Comparison(f"NVSim {node_nm} nm", quantity, "1", 1.0, value, "simulated", NVSIM, _SHARED)
                )
    return summary


def opennvram() -> list[Comparison]:
    """Read and write latency of three arrays; writes through the channel."""
    cell = preset("sot-freepdk45-2t")
    found = []
    for (rows, cols), (read_ns, write_ns) in _OPENNVRAM_NS.items():
        size: dict[str, Any] = {"rows": rows, "cols": cols}
        read = subarray.figures(
            cell=cell, node_nm=45, **size, columns_per_sense_amplifier=1, drive="sized"
        ).read_latency_s
        write = subarray.sot_write(cell=cell, node_nm=45, **size, n_bits=cols).latency_s
        name = f"OpenNVRAM {rows}x{cols}"
        for quantity, value_ns, model in (("read_latency_s", read_ns, read), ("write_latency_s", write_ns, write)):
            found.append(
                Comparison(name, quantity, "s", value_ns * 1e-9, float(model), "simulated", OPENNVRAM, _LIBRARY)
            )
    return found
