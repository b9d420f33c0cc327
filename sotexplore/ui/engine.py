"""The explorer as the pages call it: the same functions, remembered between reruns while the cache stays as it is.

Every cache is bounded, and spaces of many designs have a cache of their own that holds few of them.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from sotexplore import fault_study
from sotexplore.checkpoint import SUFFIX, Listing, list_checkpoints
from sotexplore.design import Design, Hardware, parse_design
from sotexplore.explorer.bands import design_study
from sotexplore.explorer.evaluate import Evaluation, dense_baseline, evaluate_design, evaluate_space
from sotexplore.explorer.space import COMPRESSION_FIELDS, HARDWARE_FIELDS, parse_space
from sotexplore.hardware.uncertainty import Study
from sotexplore.ui import spaces
from sotexplore.ui.figures.figure import Points
from sotexplore.ui.figures.front import apart_of, front_points
from sotexplore.ui.figures.front_bands import Band
from sotexplore.ui.figures.front_data import Extent, FrontData, front_data, front_extent, usable_axes
from sotexplore.ui.formatting import QUANTITIES
from sotexplore.ui.state import AXES, View, limits_of

_FEW_DESIGNS = 30_000
"""Designs up to which a space counts as small."""
MOST_BANDS = 25
"""Designs of a front whose uncertainty is drawn; of more, every n-th."""
_BAND_DRAWS = 96


@dataclass(frozen=True)
class Front:
    """The chart's data, ready to draw: kept between steps that change the current design alone."""

    data: FrontData
    points: Points
    extent: Extent
    x: str
    y: str
    """The metrics on the axes: those of the view, or what stands in for one that no design has."""
    n_kept: int
    """Designs that keep the constraints."""


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


@st.cache_resource(max_entries=512, show_spinner=False)
def study(design_json: str, cache: Path, state: str) -> Study:
    """How far a design's figures may be off.

    Raises:
        InputError: see `design_study`.
    """
    return design_study(parse_design(json.loads(design_json)), cache, n_draws=_BAND_DRAWS)


def space(space_json: str, cache: Path) -> pd.DataFrame:
    """Every design of a space, texts as categories: a million designs then take some 200 MB; to be read only.

    Raises:
        InputError: see `evaluate_space`.
    """
    frame = evaluate_space(parse_space(json.loads(space_json)), cache)
    texts = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]
    return frame.astype(dict.fromkeys(texts, "category"))


def front_spaces(design: Design, view: View, cache: Path, state: str) -> tuple[str, ...]:
    """The spaces behind the chart as JSON: those of the current design's network, then those of the overlaid ones."""
    networks = dict.fromkeys((design.network, *view.more_networks))
    between = view.between and view.space != "All hardware"
    hardware = spaces.common_hardware(design.hardware, view.space).model_dump_json()
    return tuple(
        item
        for network in networks
        for item in _spaces(network, hardware, size=view.space, between=between, cache=cache, state=state)
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _spaces(
    network: str, hardware_json: str, *, size: spaces.Size, between: bool, cache: Path, state: str
) -> tuple[str, ...]:
    design = Design(network=network, hardware=Hardware(**json.loads(hardware_json)))
    return spaces.of_design(design, checkpoints(cache, state), size=size, between=between)


def front_frame(items: tuple[str, ...], cache: Path, state: str) -> pd.DataFrame:
    """The designs behind the chart, each once, with the seed of its checkpoint; to be read only.

    Raises:
        InputError: see `evaluate_space`.
    """
    many = sum(parse_size(item) for item in items) > _FEW_DESIGNS
    build: Callable[..., pd.DataFrame] = _large_frame if many else _small_frame
    return build(items, cache, state)


@st.cache_resource(max_entries=512, show_spinner=False)
def parse_size(space_json: str) -> int:
    """Designs in a space, those included that turn out not to be buildable."""
    return parse_space(json.loads(space_json)).size


@st.cache_resource(max_entries=8, show_spinner=False)
def _small_frame(items: tuple[str, ...], cache: Path, state: str) -> pd.DataFrame:
    return _frame(items, cache, state)


@st.cache_resource(max_entries=2, show_spinner="Evaluating the designs…")
def _large_frame(items: tuple[str, ...], cache: Path, state: str) -> pd.DataFrame:
    return _frame(items, cache, state)


def _frame(items: tuple[str, ...], cache: Path, state: str) -> pd.DataFrame:
    parts = [space(item, cache) for item in items]
    for name in parts[0].columns:
        if any(part[name].dtype == "category" for part in parts):
            known = dict.fromkeys(value for part in parts for value in part[name].dropna().unique())
            for part in parts:
                part[name] = part[name].astype(pd.CategoricalDtype(list(known)))
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[~_repeated(frame)].reset_index(drop=True)
    seeds: dict[Any, Any] = {row["key"]: row["seed"] for row in checkpoints(cache, state).rows}
    return frame.assign(seed=frame["checkpoint"].map(seeds).astype(float))


def _repeated(frame: pd.DataFrame) -> "pd.Series[bool]":
    return frame.duplicated(["network", *COMPRESSION_FIELDS, *HARDWARE_FIELDS])


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs={View: View.model_dump_json})
def front(items: tuple[str, ...], view: View, cache: Path, state: str) -> Front | None:
    """The designs that keep the view's limits, ready to draw; None where no design does."""
    frame = front_frame(items, cache, state)
    x, y = usable_axes(frame, AXES[view.x], AXES[view.y])
    kept = within(frame, limits_of(view))
    data = front_data(
        frame, x=x, y=y, log_x=view.log_x, log_y=view.log_y, unreliable=view.unreliable, kept=kept,
        apart=apart_of(networks=bool(view.more_networks), by_style=view.by_style),
    )  # fmt: skip
    if not data.n_shown:
        return None
    bands = front_bands(data, x, y, cache, state) if view.bands else []
    points = front_points(data, x=x, front_only=view.front_only, by_style=view.by_style, bands=bands)
    return Front(data, points, front_extent(data, front_only=view.front_only), x, y, int(kept.sum()))


ERRORS = {"accuracy_ratio": "accuracy_error_ratio", "accuracy_with_faults_ratio": "accuracy_with_faults_error_ratio"}
"""Metrics with an error of their own, and where it stands."""


def front_bands(data: FrontData, x: str, y: str, cache: Path, state: str) -> list[Band]:
    """Bands of the front's designs, of no more than about `MOST_BANDS` of them."""
    designs = data.front
    designs = designs.iloc[:: max(1, -(-len(designs) // MOST_BANDS))]
    bands = []
    for row in designs.to_dict("records"):
        found = study(_design_json(row), cache, state)
        ends = {metric: band_ends(metric, found, row[metric], row.get(ERRORS.get(metric, ""))) for metric in (x, y)}
        scaled = {metric: _scaled(metric, pair) for metric, pair in ends.items()}
        bands.append(Band(row["x"], row["y"], scaled[x], scaled[y]))
    return bands


def band_ends(metric: str, found: Study, value: float, error: float | None) -> tuple[float, float]:
    """Ends of a metric's band in SI units: percentiles of the draws, the stated error of an estimate, or none."""
    if metric in found.bands:
        low, _, high = found.bands[metric]
        return low, high
    if metric not in ERRORS or error is None or np.isnan(error):
        return value, value
    return value - error, min(1.0, value + error)


def _scaled(metric: str, ends: tuple[float, float]) -> tuple[float, float]:
    factor = QUANTITIES[metric].factor
    return ends[0] * factor, ends[1] * factor


def _design_json(row: Mapping[Any, Any]) -> str:
    """The design of a row of the space."""
    setting = {name: row[name] for name in COMPRESSION_FIELDS}
    hardware = {name: row[name] for name in HARDWARE_FIELDS if name != "area_budget_m2"}
    return parse_design({"network": row["network"], "compression": setting, "hardware": hardware}).model_dump_json()


def record(frame: pd.DataFrame, place: int) -> dict[str, Any]:
    """A row of the space as plain data."""
    return {str(name): value for name, value in frame.iloc[place].to_dict().items()}


def within(frame: pd.DataFrame, limits: Mapping[str, tuple[float | None, float | None]]) -> NDArray[np.bool_]:
    """Which designs keep all limits; a missing value keeps none."""
    kept = np.ones(len(frame), dtype=bool)
    for metric, (least, most) in limits.items():
        values = frame[metric].to_numpy(dtype=float)
        kept &= np.ones(len(frame), dtype=bool) if least is None else values >= least
        kept &= np.ones(len(frame), dtype=bool) if most is None else values <= most
    return kept
