"""The reference runs of NVSim beside the model, for every test that compares with them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sotexplore.hardware import subarray
from sotexplore.hardware.cell import Cell
from sotexplore.hardware.subarray_table import CELL_COLUMNS

DATA = Path(subarray.__file__).parent / "reference" / "nvsim_subarray.csv"
NODES = (22, 32, 45, 65)

# figure of the model: column of the file
COLUMNS = {
    "area_m2": "subarray_area_m2",
    "read_latency_s": "read_latency_s",
    "write_latency_s": "write_latency_s",
    "read_energy_j": "subarray_read_energy_j",
    "write_energy_j": "subarray_write_energy_j",
    "row_decoder_latency_s": "row_decoder_latency_s",
    "bitline_latency_s": "bitline_latency_s",
    "senseamp_latency_s": "senseamp_latency_s",
    "precharge_latency_s": "precharge_latency_s",
    "predecoder_latency_s": "predecoder_latency_s",
    "senseamp_energy_j": "senseamp_energy_j",
    "cell_read_energy_j": "cell_read_energy_j",
    "decoder_energy_j": "decoder_energy_j",
    "precharge_energy_j": "precharge_energy_j",
    "cell_write_energy_j": "cell_write_energy_j",
    "leakage_w": "mat_leakage_w",
}


@dataclass(frozen=True)
class Runs:
    """All runs of one cell at one node, with the model's figures beside them."""

    cell: Cell
    node_nm: int
    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    mux: NDArray[np.int64]
    reference: dict[str, NDArray[np.float64]]
    model: dict[str, NDArray[np.float64]]

    def errors(self, figure: str) -> NDArray[np.float64]:
        """Relative errors of one figure."""
        return np.abs(self.model[figure] / self.reference[figure] - 1)


def cell_of(row: dict[str, str]) -> Cell:
    """The cell that a row describes."""
    values = {field: float(row[column]) for column, field in CELL_COLUMNS.items()}
    return Cell(
        name=row["cell"],
        kind="sot",
        endurance_cycles=1.0,
        volatile=False,
        standby_power_bit_w=0.0,
        resistance_spread_ratio=0.0,
        source="reference runs",
        **values,
    )


def _groups() -> Iterator[list[dict[str, str]]]:
    with DATA.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for name in sorted({row["cell"] for row in rows}):
        for node in NODES:
            yield [row for row in rows if row["cell"] == name and row["node_nm"] == str(node)]


@pytest.fixture(scope="session")
def golden_csv() -> Path:
    """The file of 216 runs."""
    return DATA


@pytest.fixture(scope="session")
def golden_runs() -> tuple[Runs, ...]:
    """Every cell and node of the file, with the model's figures."""
    return tuple(_run(group) for group in _groups())


def _run(group: list[dict[str, str]]) -> Runs:
    cell, node = cell_of(group[0]), int(group[0]["node_nm"])
    rows, cols, mux = (np.array([int(row[name]) for row in group]) for name in ("rows", "cols", "mux"))
    figures = subarray.figures(cell=cell, node_nm=node, rows=rows, cols=cols, columns_per_sense_amplifier=mux)
    reference = {name: np.array([float(row[column]) for row in group]) for name, column in COLUMNS.items()}
    reference["leakage_w"] = reference["leakage_w"] / 4
    model = {name: getattr(figures, name) for name in COLUMNS}
    return Runs(cell, node, rows, cols, mux, reference, model)
