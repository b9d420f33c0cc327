"""Sweeps and fronts between files: space to Parquet, Parquet to front."""

import io
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow

from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import evaluate_space
from sotexplore.explorer.pareto import front_mask
from sotexplore.explorer.space import load_space
from sotexplore.store import check_output, write_output


def sweep_file(space: Path, output: Path, cache: Path) -> dict[str, Any]:
    """Evaluates the space of a file and writes the table as Parquet.

    Returns:
        points, seconds (evaluation only), points_per_s, refused (designs left out because they cannot be built).

    Raises:
        InputError: bad space, or the output's folder is missing.
    """
    parsed = load_space(space)
    check_output(output)
    started = time.perf_counter()
    frame = evaluate_space(parsed, cache)
    seconds = time.perf_counter() - started
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    write_output(output, buffer.getvalue())
    return {
        "points": len(frame),
        "seconds": seconds,
        "points_per_s": len(frame) / seconds,
        "refused": parsed.size - len(frame),
    }


def pareto_file(table: Path, output: Path, *, maximize: Sequence[str], minimize: Sequence[str]) -> dict[str, Any]:
    """Writes the Pareto front of a Parquet table as CSV.

    Returns:
        points, front (designs on it).

    Raises:
        InputError: no such table, not Parquet, an objective that is no numeric column.
    """
    if not table.is_file():
        raise InputError(
            "table", "does not exist", got=table, allowed="a Parquet file, as `sotexplore sweep` writes it"
        )
    try:
        frame = pd.read_parquet(table)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise InputError("table", f"is not Parquet: {error}", got=table, allowed="a Parquet file") from None
    front = frame[front_mask(frame, maximize=maximize, minimize=minimize)]
    front = front.sort_values([*maximize, *minimize], kind="stable")
    write_output(output, front.to_csv(index=False).encode())
    return {"points": len(frame), "front": len(front)}
