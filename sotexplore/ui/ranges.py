"""Parallel coordinates and their range sliders: filters that act on every view of the space."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from sotexplore.ui import engine
from sotexplore.ui.components.live_chart import live_chart
from sotexplore.ui.figures.parallel import MAX_LINES, lines_of, parallel_figure
from sotexplore.ui.formatting import QUANTITIES, field_label
from sotexplore.ui.state import RANGES

_STEPS_PER_DECADE = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8)
_MOST_STEPS = 120


def range_controls(items: tuple[str, ...], cache: Path, state: str) -> dict[str, tuple[float, float] | None]:
    """Draws a range slider for each filter and returns the view's ranges by field name; None where all values pass.

    Args:
        items: the spaces whose values the sliders span, see `engine.front_spaces`.
        cache: folder of the checkpoints.
        state: of the cache.
    """
    steps = all_steps(items, cache, state)
    with st.grid(4, min_column_width=190, gap="small"):
        return {name: _range(name, field, steps[name]) for name, field in RANGES.items()}


@st.cache_resource(max_entries=16, show_spinner=False)
def all_steps(items: tuple[str, ...], cache: Path, state: str) -> dict[str, list[float]]:
    """The steps of every filter over the designs of some spaces."""
    frame = engine.front_frame(items, cache, state)
    return {name: steps_of(field, frame) for name, field in RANGES.items()}


def _range(name: str, field: str, steps: list[float]) -> tuple[float, float] | None:
    if len(steps) < 2:
        return None
    title = QUANTITIES[field].title if field in QUANTITIES else field_label(field)
    _keep_within(name, steps)
    low, high = st.select_slider(
        f"Range: {title}",
        steps,
        value=(steps[0], steps[-1]),
        key=name,
        bind="query-params",
        format_func=lambda step: f"{step:g}",
    )
    return None if (low, high) == (steps[0], steps[-1]) else (low, high)


def passes_all(name: str) -> bool:
    """Whether a filter's slider spans all of its steps, and so leaves nothing out."""
    ends = st.session_state.get(name)
    return ends is not None and tuple(ends) == st.session_state.get(f"_steps_of_{name}")


def steps_of(field: str, frame: pd.DataFrame) -> list[float]:
    """The values that a filter's ends can take, in display units: a field's own, or round steps around a metric's."""
    values = frame[field].dropna().to_numpy(dtype=float)
    if not len(values):
        return []
    if field not in QUANTITIES:
        return [float(value) for value in np.unique(values)]
    factor = QUANTITIES[field].factor
    low, high = float(values.min()) * factor, float(values.max()) * factor
    if QUANTITIES[field].unit == "%":
        return even_steps(low, high)
    return decade_steps(low, high) if low > 0 else []


def even_steps(low: float, high: float) -> list[float]:
    """Even round steps from just below `low` to just above `high`, no more than 120 of them."""
    width = next(width for width in (0.05, 0.1, 0.2, 0.5, 1.0, 2.0) if (high - low) / width <= _MOST_STEPS - 2)
    first, last = math.floor(low / width + 1e-9), math.ceil(high / width - 1e-9)
    return [round(step * width, 6) for step in range(first, max(last, first + 1) + 1)]


def decade_steps(low: float, high: float) -> list[float]:
    """Ten steps a decade from just below `low` to just above `high`, both above 0."""
    marks = [
        float(f"{step * 10.0**decade:.3g}")
        for decade in range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
        for step in _STEPS_PER_DECADE
    ]
    first = max((place for place, mark in enumerate(marks) if mark <= low * (1 + 1e-9)), default=0)
    last = min((place for place, mark in enumerate(marks) if mark >= high * (1 - 1e-9)), default=len(marks) - 1)
    return marks[first : last + 1]


def _keep_within(name: str, steps: list[float]) -> None:
    """Moves the ends of a filter to steps that exist: another node or network brings other values."""
    ends = st.session_state.get(name)
    known = st.session_state.get(f"_steps_of_{name}")
    span = (steps[0], steps[-1])
    st.session_state[f"_steps_of_{name}"] = span
    if ends is None or (known == span and all(end in steps for end in ends)):
        return
    at_ends = known is not None and known == tuple(ends)
    st.session_state[name] = span if at_ends else tuple(_nearest(steps, end) for end in ends)


def _nearest(steps: list[float], end: float) -> float:
    return steps[min(range(len(steps)), key=lambda place: abs(steps[place] - end))]


def show_lines(front: engine.Front) -> None:
    """Draws the parallel coordinates of the designs that keep all limits."""
    drawn = len(lines_of(front.data))
    label = (
        f"Parallel coordinates of {drawn} designs: compression, hardware and metrics. The sliders above filter them."
    )
    live_chart(parallel_figure(front.data), key="parallel_chart", label=label, height=360)
    st.caption(
        f"{drawn:,} lines: the designs on the front in colour, and a sample of the others with reliable reads (no more than "
        f"{MAX_LINES:,} in all)."
    )
