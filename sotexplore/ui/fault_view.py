"""Fault curves on the Validation page: what checkpoints keep of their accuracy on arrays that are not ideal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import streamlit as st

from sotexplore.checkpoint import Listing
from sotexplore.explorer.fault_curves import Curve, fault_curves, label_of
from sotexplore.fault_study import list_studies
from sotexplore.ui.components.live_chart import live_chart
from sotexplore.ui.figures.fault_lines import MOST_LINES, fault_figure

FAMILIES: Final[Mapping[str, str]] = {
    "adc": "ADC bits and active rows", "read-errors": "bits read wrong", "weight-errors": "weight bits stored wrong",
    "stuck-at-zero": "cells stuck at zero", "stuck-at-one": "cells stuck at one", "operand-errors": "operand bits written wrong",
    "tmr": "contrast of the cells (and-count)", "spread": "spread of the cells (and-count)",
    "crossbar-cells": "contrast of the cells (crossbar)", "crossbar-offset": "offset of the columns (crossbar)",
}  # fmt: skip


def show(cache: Path, listing: Listing) -> None:
    """The curves that the cache holds, or that it holds none."""
    with st.container(border=True):
        st.subheader(
            "Accuracy under faults and array limits", anchor=False,
            help="Checkpoints run bit by bit as the arrays would run them, with one thing varied; the bars are 95 % intervals over seeds.",
        )  # fmt: skip
        studies = list_studies(cache)
        families = [name for name in FAMILIES if any(study.family == name for study in studies)]
        rows = {row["key"]: row for row in listing.rows}
        known = [study for study in studies if study.checkpoint in rows]
        if not families or not known:
            st.info(
                "No fault curves in the cache yet: `sotexplore faults KEY --family weight-errors --data DIR` runs a checkpoint with faults.",
                icon=":material/info:",
            )
            return
        _show_family(cache, families, rows)


def _show_family(cache: Path, families: Sequence[str], rows: Mapping[str, dict[str, object]]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        family = st.selectbox(
            "What is varied", families, key="fault_family", format_func=lambda name: FAMILIES[name], width=320
        )
        curves = [curve for curve in fault_curves(cache, family=family) if curve.checkpoint in rows]
        keys = list(dict.fromkeys(curve.checkpoint for curve in curves))
        labels = {key: f"{rows[key]['network']} {label_of(rows[key])}" for key in keys}
        chosen = st.multiselect(
            "Checkpoints", keys, default=first_choice(curves), key=f"fault_keys_{family}", format_func=lambda key: labels[key], width=640,
        )  # fmt: skip
    shown = [curve for curve in curves if curve.checkpoint in chosen]
    if not shown:
        st.info("Choose a checkpoint.", icon=":material/info:")
        return
    live_chart(fault_figure(shown, labels), key="faults", label=f"Accuracy against {FAMILIES[family]}", height=420)
    st.caption(
        f"Measured by simulation on {shown[0].images:,} test images of each checkpoint; how the curves come about: docs/simulation.md."
        if len({curve.images for curve in shown}) == 1
        else "Measured by simulation, on as many test images as each point says; how the curves come about: docs/simulation.md."
    )


def first_choice(curves: Sequence[Curve]) -> list[str]:
    """The first checkpoints whose lines fit the chart, at least one."""
    chosen: list[str] = []
    for key in dict.fromkeys(curve.checkpoint for curve in curves):
        lines = sum(curve.checkpoint in (*chosen, key) for curve in curves)
        if chosen and lines > MOST_LINES:
            break
        chosen.append(key)
    return chosen
