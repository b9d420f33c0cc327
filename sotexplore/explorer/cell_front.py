"""Which designs leave or join the Pareto front when the memory cell is another."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sotexplore.checkpoint import list_checkpoints
from sotexplore.design import Compression, Design
from sotexplore.errors import InputError
from sotexplore.explorer.accuracy import AccuracyModel
from sotexplore.explorer.evaluate import evaluate_space
from sotexplore.explorer.pareto import front_mask
from sotexplore.explorer.remarks import READ_ERROR_CAUTION_RATIO
from sotexplore.explorer.space import COMPRESSION_FIELDS, HARDWARE_FIELDS, parse_space
from sotexplore.hardware import reads
from sotexplore.hardware.sot import MAX_SUPPLY_V
from sotexplore.hardware.table import HardwareTable

SIZES: Final = (64, 128, 256, 512, 1024)
CROSSBAR_SIZES: Final = (64, 256, 1024)
EXACT_PAIRS: Final = ((3, 2), (7, 3), (15, 4), (31, 5))
"""Active rows and ADC bits of crossbars whose ADC has a step for every sum."""
GRID: Final[Mapping[str, Sequence[Any]]] = {
    "structure": ("filter+shape",), "prune_ratio": (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98), "weight_bits": (1, 2, 4, 8),
    "activation_bits": (2, 4, 8),
}  # fmt: skip
"""Compression settings of a network without checkpoints."""
STAYS, LEAVES, JOINS = "stays", "leaves", "joins"
Status = Literal["stays", "leaves", "joins"]
_FIELDS: Final = (*COMPRESSION_FIELDS, *(name for name in HARDWARE_FIELDS if name != "cell"))


def spaces(design: Design, rows: Sequence[Mapping[str, Any]], cell: str) -> list[dict[str, Any]]:
    """The designs whose front is looked at.

    Every compression setting of the network's checkpoints (a grid where there is none), on and-count sub-arrays of `SIZES`
    with streamed and written operands and on crossbars of `CROSSBAR_SIZES` that resolve every sum; node, schedule and the
    rest are the design's.
    """
    hardware = design.hardware.model_dump() | {"cell": cell, "subarray_rows": list(SIZES), "subarray_cols": list(SIZES)}
    and_count = hardware | {"compute_style": "and-count", "operand": ["streamed", "written"]}
    sizes = {"subarray_rows": list(CROSSBAR_SIZES), "subarray_cols": list(CROSSBAR_SIZES)}
    crossbars = [
        hardware | sizes | {"compute_style": "crossbar", "active_rows": active, "adc_bits": bits}
        for active, bits in EXACT_PAIRS
    ]
    keys = _keys(design.network, rows)
    compression: dict[str, Any] = (
        {"checkpoint": keys} if keys else {"compression": {name: list(values) for name, values in GRID.items()}}
    )
    return [{"network": design.network, "hardware": item, **compression} for item in (and_count, *crossbars)]


def _keys(network: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """One checkpoint of each compression setting: that which a design of this setting is given."""
    quantized = [row for row in rows if row["network"] == network and row["weight_bits"] <= 8]
    model = AccuracyModel(quantized)
    chosen = [model.of(Compression(**{name: row[name] for name in COMPRESSION_FIELDS})).row for row in quantized]
    return list({row["key"]: None for row in chosen if row is not None})


def cell_frame(design: Design, cell: str, cache: Path) -> pd.DataFrame:
    """Every design of `spaces` with that cell, with `write_supply_v`: the supply that its writes need.

    Raises:
        InputError: no design can be built with the cell.
    """
    rows = list_checkpoints(cache).rows
    parts, refused = [], None
    for item in spaces(design, rows, cell):
        try:
            parts.append(evaluate_space(parse_space(item), cache))
        except InputError as error:
            refused = error
    if not parts:
        raise refused or InputError("hardware.cell", "no design can be built", got=cell, allowed="another cell")
    frame = pd.concat(parts, ignore_index=True)
    hardware = HardwareTable.from_columns({name: frame[name].to_numpy() for name in HARDWARE_FIELDS}, len(frame))
    return frame.assign(write_supply_v=reads.write_supply_v(hardware))


def usable(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Designs that may be on a front: they read reliably, and transistors of the node stand what their writes need."""
    reliable = frame["read_error_ratio"].to_numpy(dtype=float) <= READ_ERROR_CAUTION_RATIO
    return np.asarray(reliable & (frame["write_supply_v"].to_numpy(dtype=float) <= MAX_SUPPLY_V))


def moved(before: pd.DataFrame, after: pd.DataFrame, metric: str) -> int:
    """How many designs of both frames have another value of a metric."""
    keys = [name for name in _FIELDS if name != "area_budget_m2"]
    both = before[[*keys, metric]].merge(after[[*keys, metric]], on=keys, suffixes=("_before", "_after"))
    old, new = (both[f"{metric}_{side}"].to_numpy(dtype=float) for side in ("before", "after"))
    return int((np.abs(new - old) > 1e-9 * np.abs(old)).sum())


def on_front(frame: pd.DataFrame, *, x: str, y: str, better: Mapping[str, str]) -> NDArray[np.bool_]:
    """The front of the usable designs in two metrics.

    Args:
        frame: from `cell_frame`.
        x: one metric.
        y: another.
        better: metric -> `higher` or `lower`.
    """
    known = usable(frame) & np.isfinite(frame[[x, y]].to_numpy(dtype=float)).all(axis=1)
    place = np.flatnonzero(known)
    mask = np.zeros(len(frame), dtype=bool)
    if len(place):
        highest = [name for name in (x, y) if better[name] == "higher"]
        lowest = [name for name in (x, y) if better[name] == "lower"]
        mask[place] = front_mask(frame[[x, y]].iloc[place], maximize=highest, minimize=lowest)
    return mask


def front_changes(
    before: pd.DataFrame, after: pd.DataFrame, *, x: str, y: str, better: Mapping[str, str]
) -> pd.DataFrame:
    """The designs on either front, what becomes of each, and why.

    Args:
        before: from `cell_frame` with the old cell.
        after: with the new one.
        x: one metric.
        y: another.
        better: metric -> `higher` or `lower`.

    Returns:
        One row a design: its fields, `status` (stays, leaves, joins), `reason`, and `x_before`, `y_before`, `x_after`,
        `y_after` (nan where the design cannot be built with that cell).
    """
    columns = [*_FIELDS, x, y] if x != y else [*_FIELDS, x]
    sides = []
    for frame, side in ((before, "before"), (after, "after")):
        part = frame[columns].assign(usable=usable(frame), front=on_front(frame, x=x, y=y, better=better))
        part[f"x_{side}"], part[f"y_{side}"] = frame[x], frame[y]
        part["reads"] = frame["read_error_ratio"].to_numpy(dtype=float) <= READ_ERROR_CAUTION_RATIO
        sides.append(part.drop(columns=columns[len(_FIELDS) :]))
    keys = [name for name in _FIELDS if name != "area_budget_m2"]
    both = sides[0].drop(columns="area_budget_m2").merge(
        sides[1].drop(columns="area_budget_m2"), on=keys, how="outer", suffixes=("_before", "_after")
    )  # fmt: skip
    for name in ("front_before", "front_after", "usable_before", "usable_after", "reads_before", "reads_after"):
        both[name] = both[name].eq(True)
    found = both[both["front_before"] | both["front_after"]].copy()
    found["status"] = np.select(
        [found["front_before"] & found["front_after"], found["front_before"]], [STAYS, LEAVES], JOINS
    )
    found["reason"] = [_reason(row) for row in found.to_dict("records")]
    return found.drop(columns=[name for name in found if str(name).startswith(("usable", "reads", "front_"))])


def _reason(row: Mapping[Any, Any]) -> str:
    if row["status"] == STAYS:
        return ""
    if row["status"] == JOINS:
        return "no usable design is better now" if row["usable_before"] else "could not be used before"
    if np.isnan(row["x_after"]):
        return "cannot be built now"
    if not row["reads_after"]:
        return "array reads often fail now"
    return "another design is better now" if row["usable_after"] else "writes need more voltage than transistors stand"
