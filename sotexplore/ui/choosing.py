"""Which one should I take? The knee of the shown front, a weighted choice and the hypervolume, each with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from sotexplore.explorer.choice import (
    Axis,
    Hypervolume,
    hypervolume,
    knee,
    knee_reason,
    weighted,
    weighted_reason,
)
from sotexplore.explorer.pareto import front_mask
from sotexplore.explorer.remarks import READ_ERROR_CAUTION_RATIO
from sotexplore.ui import current, engine
from sotexplore.ui.formatting import QUANTITIES, percent, plain, quantity_text
from sotexplore.ui.state import WEIGHED, View, Weights, limits_of, weights_of

_LINEAR = ("accuracy_ratio", "utilization_ratio", "read_error_ratio")
"""Metrics that are compared by differences; the others by factors."""


@dataclass(frozen=True)
class Answer:
    """A design to take, in words, and why; `row` is None where there is none, and `reason` says why."""

    row: Mapping[str, Any] | None
    reason: str


def axis_of(metric: str, *, log: bool | None = None) -> Axis:
    """A metric as the choice judges it.

    Args:
        metric: the metric.
        log: whether it is compared by factors; as its kind asks where not given.
    """
    quantity = QUANTITIES[metric]
    name = quantity.label[:1].lower() + quantity.label[1:]
    by_factors = metric not in _LINEAR if log is None else log
    return Axis(metric, name, quantity.better, by_factors, lambda value: quantity_text(metric, value))


def show(front: engine.Front, items: tuple[str, ...], view: View, cache: Path, cache_state: str) -> None:
    """The panel's content: two answers side by side, each with a button that moves the controls there."""
    axes = (axis_of(front.x, log=view.log_x), axis_of(front.y, log=view.log_y))
    network = current.values()["network"]
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(
            "**The knee of the front**",
            help="Where the front bends most: beyond it, either metric costs most of the other.",
        )
        designs = one_front(front, network)
        _show_answer(knee_answer(designs, axes), "take_knee")
        volume = hypervolume(designs, *axes, reference=worst_of(front))
        if volume is not None:
            st.caption(plain(volume_text(volume, axes)))
    with right:
        st.markdown(
            "**The best by your weights**",
            help="Every metric counts from 0 (worst of the designs that keep the constraints) to 1 (best), area, power, "
                 "rate and energy by factors; the weighted mean decides. Designs with unreliable reads take part only "
                 "where they may be on the front.",
        )  # fmt: skip
        weights = _weight_controls()
        _show_answer(
            weighted_answer(items, view, weights, network=network, cache=cache, state=cache_state), "take_weighted"
        )


def one_front(front: engine.Front, network: str) -> pd.DataFrame:
    """The front of the current network alone: of several fronts, the designs that none of the others dominates."""
    designs = front.data.front
    designs = designs[designs["network"] == network]
    sides: dict[str, list[str]] = {"higher": [], "lower": []}
    for metric in dict.fromkeys((front.x, front.y)):
        sides[QUANTITIES[metric].better].append(metric)
    return designs[front_mask(designs, maximize=sides["higher"], minimize=sides["lower"])]


def knee_answer(designs: pd.DataFrame, axes: tuple[Axis, Axis]) -> Answer:
    """The knee of a front, with its reason."""
    found = None if axes[0].metric == axes[1].metric else knee(designs, *axes)
    if found is None:
        return Answer(
            None, "This front has no knee: it has fewer than three designs, or runs straight between its ends."
        )
    return Answer(engine.record(designs, found.place), knee_reason(designs, found, *axes))


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs={View: View.model_dump_json, Weights: repr})
def weighted_answer(
    items: tuple[str, ...], view: View, weights: Weights, *, network: str, cache: Path, state: str
) -> Answer:
    """The best design by the weights among those that keep the constraints, with its reason."""
    values = {metric: float(getattr(weights, name)) for name, metric in WEIGHED.items()}
    if not any(values.values()):
        return Answer(None, "All weights are 0: move at least one up.")
    frame = engine.front_frame(items, cache, state)
    kept = engine.within(frame, limits_of(view)) & (frame["network"] == network).to_numpy()
    if not view.unreliable:
        kept &= frame["read_error_ratio"].to_numpy(dtype=float) <= READ_ERROR_CAUTION_RATIO
    used = [metric for metric, weight in values.items() if weight]
    candidates = frame.loc[kept, used]
    axes = [axis_of(metric) for metric in used]
    found = weighted(candidates, values, axes)
    if found is None:
        return Answer(None, "No design that keeps the constraints has all of these metrics: set a weight to 0.")
    return Answer(engine.record(frame, found.index), weighted_reason(candidates, found, axes))


def worst_of(front: engine.Front) -> tuple[float, float]:
    """The worst value of each axis among the shown designs, in SI units: the reference point of the hypervolume."""
    ends = []
    for metric, (low, high) in ((front.x, front.data.extent.x), (front.y, front.data.extent.y)):
        quantity = QUANTITIES[metric]
        ends.append((high if quantity.better == "lower" else low) / quantity.factor)
    return ends[0], ends[1]


def describe(row: Mapping[str, Any]) -> str:
    """A design in one line."""
    crossbar = row["compute_style"] == "crossbar"
    peripheral = f", {row['active_rows']} active rows, {row['adc_bits']}-bit ADC" if crossbar else ""
    figures = ", ".join(
        quantity_text(metric, row[metric]) for metric in ("accuracy_ratio", "area_m2", "power_w", "frames_per_s")
    )
    return (
        f"{row['structure']} {percent(row['prune_ratio'], decimals=1)}, W{row['weight_bits']} A{row['activation_bits']} on "
        f"{row['subarray_rows']} × {row['subarray_cols']} {row['compute_style']} sub-arrays{peripheral}: {figures}"
    )


def volume_text(volume: Hypervolume, axes: tuple[Axis, Axis]) -> str:
    """The hypervolume with its reference point."""
    reference = ", ".join(f"{axis.name} {axis.show(value)}" for axis, value in zip(axes, volume.reference, strict=True))
    return (
        f"Hypervolume: the front dominates {percent(volume.share_ratio, decimals=1)} of the box between its ideal point and "
        f"the reference point ({reference}: the worst of the shown designs), in the scale of the axes."
    )


def _show_answer(answer: Answer, key: str) -> None:
    if answer.row is None:
        st.caption(answer.reason)
        return
    st.markdown(plain(describe(answer.row)))
    st.caption(plain(answer.reason))
    st.button("Take this design", key=key, icon=":material/my_location:", on_click=current.move_to, args=(answer.row,),
              help="Moves the controls there.")  # fmt: skip


def _weight_controls() -> Weights:
    defaults = Weights()
    with st.grid(3, min_column_width=110, gap="small"):
        return weights_of(
            {
                name: st.slider(
                    QUANTITIES[metric].name, 0, 10, value=getattr(defaults, name), key=name, bind="query-params"
                )
                for name, metric in WEIGHED.items()
            }
        )
