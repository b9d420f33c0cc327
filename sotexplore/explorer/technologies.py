"""One design on several memory technologies, side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from sotexplore.checkpoint import list_checkpoints
from sotexplore.design import Design
from sotexplore.explorer.evaluate import hardware_columns
from sotexplore.explorer.resolve import Resolver
from sotexplore.hardware import chip, reads
from sotexplore.hardware.cell import preset
from sotexplore.hardware.table import AND_COUNT, WRITTEN, HardwareTable
from sotexplore.workload import LayerWorkload, workload_table

CHIP_FIGURES: Final = (
    "area_m2", "energy_per_frame_j", "frames_per_s", "power_w", "standby_power_w", "frame_latency_s", "weight_load_energy_j",
    "weight_load_latency_s",
)  # fmt: skip
READ_FIGURES: Final = ("read_error_ratio", "write_supply_v")
WEAR_FIGURES: Final = ("operand_writes_per_cell_per_frame", "lifetime_s", "frames_per_s")


def workload_of(design: Design, cache: Path) -> tuple[LayerWorkload, ...]:
    """What the design's chip holds.

    Raises:
        InputError: see `Resolver.of`.
    """
    rows = list_checkpoints(cache).rows
    return Resolver(design.network, rows).of(design.checkpoint or design.compression).workload


def on_technologies(
    workload: tuple[LayerWorkload, ...], hardware: Mapping[str, Any], cells: Sequence[str]
) -> pd.DataFrame:
    """The same network and hardware with each cell: a row each, in that order.

    Args:
        workload: a compressed network.
        hardware: fields of a design's hardware; its cell is replaced.
        cells: names of cells.

    Returns:
        cell, `CHIP_FIGURES`, `READ_FIGURES` and `problem`: why it cannot be built, with nan for figures.
    """
    return _frame(workload, hardware, cells, CHIP_FIGURES, with_reads=True)


def wear(workload: tuple[LayerWorkload, ...], hardware: Mapping[str, Any], cells: Sequence[str]) -> pd.DataFrame:
    """How fast operands that are written into the array wear out each cell: and-count at the design's full frame rate.

    Returns:
        cell, endurance_cycles, `WEAR_FIGURES`, problem.
    """
    written = {**hardware, "compute_style": AND_COUNT, "operand": WRITTEN}
    frame = _frame(workload, written, cells, WEAR_FIGURES, with_reads=False)
    return frame.assign(endurance_cycles=[preset(name).endurance_cycles for name in cells])


def lifetimes(wear_frame: pd.DataFrame, frames_per_hour: Sequence[float]) -> pd.DataFrame:
    """Lifetime against frames per hour, as far as each cell's design keeps up.

    Equation: t = endurance / (writes per frame x rate).

    Returns:
        cell, frames_per_hour, lifetime_s.
    """
    rates = np.asarray(frames_per_hour, dtype=np.float64)
    rows = []
    for item in wear_frame[wear_frame["problem"] == ""].to_dict("records"):
        within = rates[rates / 3600 <= item["frames_per_s"]]
        lifetime = item["endurance_cycles"] / (item["operand_writes_per_cell_per_frame"] * within / 3600)
        rows.append(pd.DataFrame({"cell": item["cell"], "frames_per_hour": within, "lifetime_s": lifetime}))
    return (
        pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["cell", "frames_per_hour", "lifetime_s"])
    )


def buildable(hardware: Mapping[str, Any], cells: Sequence[str]) -> list[str]:
    """Those of the cells with which the hardware can be built."""
    reasons = chip.invalid_reason(HardwareTable.from_columns({**hardware, "cell": list(cells)}, len(cells)))
    return [name for name, reason in zip(cells, reasons, strict=True) if not reason]


def _frame(
    workload: tuple[LayerWorkload, ...], hardware: Mapping[str, Any], cells: Sequence[str], names: Sequence[str], *, with_reads: bool
) -> pd.DataFrame:  # fmt: skip
    table = HardwareTable.from_columns({**hardware, "cell": list(cells)}, len(cells))
    reasons = chip.invalid_reason(table)
    valid = np.flatnonzero(reasons == "")
    figures = chip.evaluate(workload_table([workload] * len(valid)), table.take(valid)) if len(valid) else None
    frame = pd.DataFrame({"cell": list(cells), "problem": reasons.astype(str)})
    for name in names:
        frame[name] = _spread(None if figures is None else getattr(figures, name), valid, len(cells))
    if with_reads:
        kept = table.take(valid)
        frame["read_error_ratio"] = _spread(reads.read_error_ratio(kept), valid, len(cells))
        frame["write_supply_v"] = _spread(reads.write_supply_v(kept), valid, len(cells))
    return frame


def _spread(values: Any, place: Any, length: int) -> Any:
    """The values at their places, nan elsewhere."""
    result = np.full(length, np.nan)
    if values is not None:
        result[place] = values
    return result


def hardware_fields(design: Design) -> dict[str, Any]:
    """The design's hardware as fields of a table."""
    return {name: values[0] for name, values in hardware_columns(design.hardware).items()}
