"""The explorer as the pages call it: the same functions, remembered between reruns while the cache stays as it is."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from sotexplore import fault_study
from sotexplore.checkpoint import SUFFIX, Listing, list_checkpoints
from sotexplore.design import Compression, Design, Hardware, parse_design
from sotexplore.explorer.accuracy import AccuracyModel
from sotexplore.explorer.evaluate import Evaluation, dense_baseline, evaluate_design, evaluate_space
from sotexplore.explorer.space import COMPRESSION_FIELDS, HARDWARE_FIELDS, parse_space
from sotexplore.ui.figures.figure import Points
from sotexplore.ui.figures.front import front_points
from sotexplore.ui.figures.front_data import Extent, FrontData, extent_of, front_data, usable_axes
from sotexplore.ui.state import AXES, View, limits_of

SUBARRAY_SIZES = (64, 128, 256, 512, 1024)
COMPUTE_STYLES = ("and-count", "crossbar")
EXACT_PAIRS = ((3, 2), (7, 3), (15, 4), (31, 5))
"""Active rows and ADC bits of crossbars whose ADC has a step for every sum."""
EXACT_SIZES = (64, 256, 1024)
"""Rows and columns of the sub-arrays of these crossbars."""
GRID: Mapping[str, Sequence[Any]] = {
    "structure": ("filter+shape",),
    "prune_ratio": (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98),
    "weight_bits": (1, 2, 4, 8),
    "activation_bits": (2, 4, 8),
}
"""Compression settings that are shown where there is no checkpoint."""


@dataclass(frozen=True)
class Front:
    """The chart's data, ready to draw: kept between steps that change the current design alone."""

    data: FrontData
    points: Points
    extent: Extent
    x: str
    y: str
    """The metrics on the axes: those of the view, or what stands in for one that no design has."""


def signature(cache: Path) -> str:
    """A digest of the cache's state: name, size and time of every file of a checkpoint or of a study of faults."""
    files: list[tuple[str, os.stat_result]] = []
    for folder, suffix in ((cache / "checkpoints", SUFFIX), (cache / fault_study.FOLDER, fault_study.SUFFIX)):
        if folder.is_dir():
            with os.scandir(folder) as entries:
                files += [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(suffix)]
    if not files:
        return ""
    facts = sorted((name, status.st_size, status.st_mtime_ns) for name, status in files)
    return blake2b(repr(facts).encode(), digest_size=12).hexdigest()


@st.cache_resource(max_entries=4, show_spinner=False)
def checkpoints(cache: Path, state: str) -> Listing:
    """The checkpoints in the cache, in its present `state`."""
    return list_checkpoints(cache)


@st.cache_resource(max_entries=2048, show_spinner=False)
def evaluation(design_json: str, cache: Path, state: str) -> Evaluation:
    """All figures of a design.

    Raises:
        InputError: see `evaluate_design`.
    """
    return evaluate_design(parse_design(json.loads(design_json)), cache)


def evaluation_of(design: Design, cache: Path, state: str) -> Evaluation:
    """All figures of a design, whether it names its compression or its checkpoint.

    Raises:
        InputError: see `evaluate_design`.
    """
    return evaluation(json.dumps(design.to_dict()), cache, state)


@st.cache_resource(max_entries=512, show_spinner=False)
def baseline(network: str, hardware_json: str, cache: Path, state: str) -> Evaluation:
    """The dense 8-bit network on that hardware.

    Raises:
        InputError: see `dense_baseline`.
    """
    return dense_baseline(Design(network=network, hardware=Hardware(**json.loads(hardware_json))), cache)


def space(space_json: str, cache: Path, state: str) -> pd.DataFrame:
    """Every design of a space; to be read only.

    Raises:
        InputError: see `evaluate_space`.
    """
    return evaluate_space(parse_space(json.loads(space_json)), cache)


def network_rows(listing: Listing, network: str) -> list[dict[str, Any]]:
    """The quantized checkpoints of a network (the dense float network fits no array)."""
    return [row for row in listing.rows if row["network"] == network and row["weight_bits"] <= 8]


def front_space(design: Design, rows: Sequence[Mapping[str, Any]], **narrowed: Any) -> dict[str, Any]:
    """The space behind the chart: all checkpoints (or a grid where there is none) x sub-array sizes x compute styles.

    Args:
        design: the current design; its node, cell, schedule and the like hold for all.
        rows: the network's checkpoints; empty for the grid.
        narrowed: hardware fields that take other values.

    Returns:
        Plain data for `parse_space`.
    """
    hardware = design.hardware.model_dump()
    sizes = {"subarray_rows": list(SUBARRAY_SIZES), "subarray_cols": list(SUBARRAY_SIZES)}
    common = {
        "network": design.network,
        "hardware": {**hardware, **sizes, "compute_style": list(COMPUTE_STYLES), **narrowed},
    }
    if rows:
        return {**common, "checkpoint": [row["key"] for row in rows]}
    return {**common, "compression": {name: list(values) for name, values in GRID.items()}}


def front_spaces(design: Design, listing: Listing, *, between: bool) -> tuple[str, ...]:
    """The spaces behind the chart as JSON, one after another; every compression setting of the checkpoints once.

    Args:
        design: the current design.
        listing: the cache's checkpoints.
        between: whether designs between the checkpoints join in.
    """
    rows = one_per_setting(network_rows(listing, design.network))
    spaces = [
        item
        for source in ([rows, []] if between and rows else [rows])
        for item in (*_with_short_crossbars(design, source), *_exact_crossbars(design, source))
    ]
    return tuple(json.dumps(item, sort_keys=True) for item in spaces)


def _with_short_crossbars(design: Design, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The space, and one for each crossbar with fewer rows than are driven at once: there all its rows are driven."""
    short = [size for size in SUBARRAY_SIZES if size < design.hardware.active_rows]
    return [front_space(design, rows)] + [
        front_space(design, rows, compute_style=["crossbar"], subarray_rows=[size], active_rows=size) for size in short
    ]


def _exact_crossbars(design: Design, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Crossbars whose ADC resolves every sum, on fewer sub-array sizes; those of the current design are there already."""
    sizes = list(EXACT_SIZES)
    current = (design.hardware.active_rows, design.hardware.adc_bits)
    return [
        front_space(
            design, rows, compute_style=["crossbar"], subarray_rows=sizes, subarray_cols=sizes,
            active_rows=active, adc_bits=bits,
        )
        for active, bits in EXACT_PAIRS
        if (active, bits) != current
    ]  # fmt: skip


def one_per_setting(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One checkpoint of each compression setting, of several seeds that which a design of this setting is given."""
    model = AccuracyModel(rows)
    chosen = [model.of(Compression(**{name: row[name] for name in COMPRESSION_FIELDS})).row for row in rows]
    return list({row["key"]: dict(row) for row in chosen if row is not None}.values())


@st.cache_resource(max_entries=8, show_spinner=False)
def front_frame(spaces: tuple[str, ...], cache: Path, state: str) -> pd.DataFrame:
    """The designs behind the chart, each once, with the seed of its checkpoint; to be read only.

    Raises:
        InputError: see `evaluate_space`.
    """
    frame = pd.concat([space(item, cache, state) for item in spaces], ignore_index=True)
    frame = frame.drop_duplicates([*COMPRESSION_FIELDS, *HARDWARE_FIELDS], ignore_index=True)
    seeds: dict[Any, Any] = {row["key"]: row["seed"] for row in checkpoints(cache, state).rows}
    return frame.assign(seed=frame["checkpoint"].map(seeds))


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs={View: View.model_dump_json})
def front(spaces: tuple[str, ...], view: View, cache: Path, state: str) -> Front | None:
    """The designs that keep the view's limits, ready to draw; None where no design does."""
    frame = front_frame(spaces, cache, state)
    x, y = usable_axes(frame, AXES[view.x], AXES[view.y])
    data = front_data(
        within(frame, limits_of(view)), x=x, y=y, log_x=view.log_x, log_y=view.log_y, unreliable=view.unreliable
    )
    if data.frame.empty:
        return None
    points = front_points(data, x=x, front_only=view.front_only)
    return Front(data, points, extent_of(data, front_only=view.front_only), x, y)


def within(frame: pd.DataFrame, limits: Mapping[str, tuple[float | None, float | None]]) -> pd.DataFrame:
    """The designs that keep all limits; a missing value keeps none."""
    kept = np.ones(len(frame), dtype=bool)
    for metric, (least, most) in limits.items():
        values = frame[metric].to_numpy(dtype=float)
        kept &= np.ones(len(frame), dtype=bool) if least is None else values >= least
        kept &= np.ones(len(frame), dtype=bool) if most is None else values <= most
    return frame[kept]
