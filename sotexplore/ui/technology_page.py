"""The Technology page: memory cells and constants, an edited copy of a cell and what it does to designs."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from sotexplore.design import Design, parse_design
from sotexplore.errors import InputError
from sotexplore.explorer import technologies
from sotexplore.explorer.cell_front import cell_frame, front_changes
from sotexplore.explorer.duty_curves import duty_curves
from sotexplore.ui import current
from sotexplore.ui import technology_data as data
from sotexplore.ui.cell_form import Trial
from sotexplore.ui.components.live_chart import live_chart
from sotexplore.ui.figures.curves import Mark, curves_figure
from sotexplore.ui.figures.technology_bars import bars_figure, bars_height
from sotexplore.ui.figures.two_fronts import two_fronts_figure
from sotexplore.ui.formatting import QUANTITIES, percent, plain

_YEAR_S: Final = 3.156e7


def show_comparison(trial: Trial, cache: Path, cache_state: str) -> None:
    """The current design with the edited copy, beside the other technologies."""
    with st.container(border=True):
        st.subheader(
            f"The current design on {len(trial.labels)} cells", anchor=False,
            help="The network, its compression and all of the hardware but the cell are those of the current design.",
        )  # fmt: skip
        st.caption(plain(_design_words(trial.design)))
        frame = _technologies(trial.design.model_dump_json(), tuple(trial.labels), cache, cache_state)
        label = "Bars of area, energy, frame rate, power, standby power and latency of the design on each technology"
        live_chart(
            bars_figure(frame, trial.look, data.BARS),
            key="tech_bars",
            label=label,
            height=bars_height(frame, data.BARS),
        )
        table = data.technology_table(frame, trial.labels)
        st.dataframe(table, hide_index=True, alt="The design on each technology", height="content")
        for line in data.problems(frame, trial.labels):
            st.warning(plain(line), icon=":material/block:")
        st.caption(
            "A network's accuracy does not depend on the cell as long as its reads do not fail; below 0.1 % they count as reliable."
        )


def _design_words(design: Design) -> str:
    setting, hardware = design.compression, design.hardware
    operand = f", operands {hardware.operand}" if hardware.compute_style == "and-count" else ""
    return (
        f"{design.network} · {setting.structure} {percent(setting.prune_ratio, decimals=1)} · W{setting.weight_bits} A{setting.activation_bits} · "
        f"{hardware.compute_style}{operand} · {hardware.subarray_rows} × {hardware.subarray_cols} · {hardware.node_nm} nm · {hardware.schedule}"
    )


@st.cache_resource(max_entries=256, show_spinner=False)
def _technologies(design_json: str, names: tuple[str, ...], cache: Path, state: str) -> pd.DataFrame:
    design = _design(design_json)
    workload = technologies.workload_of(design, cache)
    return technologies.on_technologies(workload, technologies.hardware_fields(design), names)


def _design(design_json: str) -> Design:
    return Design.model_validate_json(design_json)


def show_front(trial: Trial, cache: Path, cache_state: str) -> None:
    """Which designs leave or join the front with the edited copy."""
    with st.container(border=True):
        st.subheader(
            "Which designs leave the front", anchor=False,
            help="Every compression setting of the network's checkpoints on and-count sub-arrays of 64 to 1024 rows and columns, "
                 "operands streamed and written, and on crossbars that resolve every sum. Node, schedule and the rest are the "
                 "current design's. Designs whose reads often fail, or whose writes need more than transistors stand, join no front.",
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            y = _axis("Vertical axis", "tech_y", "accuracy_ratio")
            x = _axis("Horizontal axis", "tech_x", "energy_per_frame_j")
        if trial.refused:
            st.info("No cell can be like the edited one: what is wrong stands above.", icon=":material/block:")
            return
        if trial.edited is None:
            st.info(
                "Change a number of the cell: the designs that then leave or join the front are listed here.",
                icon=":material/edit:",
            )
            return
        try:
            design_json = trial.design.model_dump_json()
            before = _frame(design_json, trial.base, cache, cache_state)
            after = _frame(design_json, trial.edited, cache, cache_state)
        except InputError as error:
            st.error(plain(str(error)), title="No design can be built with this cell", icon=":material/block:")
            return
        if x == y or before[[x, y]].isna().any(axis=1).all():
            st.info(
                "Choose two different figures that are known: this network has no measured accuracy.",
                icon=":material/info:",
            )
            return
        changes = front_changes(before, after, x=x, y=y, better=data.BETTER)
        st.markdown(data.change_words(changes, (x, y)))
        label = f"Fronts of {QUANTITIES[y].label} and {QUANTITIES[x].label} with {trial.base} and with its edited copy"
        figure = two_fronts_figure(changes, x=x, y=y, before=trial.base, after="edited copy")
        live_chart(figure, key="tech_front", label=label, height=340)
        table = data.change_table(changes, x, y)
        numbers = {name: st.column_config.NumberColumn(format="%.4g") for name in table.columns[-4:]}
        st.dataframe(table, hide_index=True, alt="Designs that leave, join or stay on the front", height=300, column_config={**numbers, "Front": st.column_config.TextColumn(pinned=True)})  # fmt: skip
        st.caption(data.space_words(before, after, (x, y)))


def _axis(label: str, key: str, default: str) -> str:
    fields = list(data.FRONT_AXES)
    return st.selectbox(label, fields, index=fields.index(default), key=key, format_func=lambda name: QUANTITIES[name].label, width=200)  # fmt: skip


@st.cache_resource(max_entries=24, show_spinner="Evaluating the designs with this cell…")
def _frame(design_json: str, cell: str, cache: Path, state: str) -> pd.DataFrame:
    return cell_frame(_design(design_json), cell, cache)


def show_duty(trial: Trial, cache: Path, cache_state: str) -> None:
    """Average power, battery life and lifetime against frames per hour."""
    with st.container(border=True):
        st.subheader(
            "A device that sleeps between frames", anchor=False,
            help="It wakes for a frame at full speed and takes standby power in between. Cells that lose their weights without "
                 "power either stay powered or are loaded again from outside the chip, whichever takes less.",
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            rate = st.number_input(
                "Frames per hour", min_value=0.01, value=60.0, step=None, format="%g", key="tech_rate", width=160
            )
            capacity = st.number_input("Battery [mAh]", min_value=0.1, value=225.0, step=None, format="%g", key="tech_mah", width=160,
                                       help="225 mAh at 3 V: a CR2032 coin cell. Self-discharge is not counted.")  # fmt: skip
            voltage = st.number_input(
                "Voltage [V]", min_value=0.1, value=3.0, step=None, format="%g", key="tech_volt", width=160
            )
        battery = data.battery_j(capacity_mah=capacity, voltage_v=voltage)
        design_json, names = trial.design.model_dump_json(), tuple(trial.labels)
        try:
            curves = _duty(design_json, names, battery, cache, cache_state)
        except InputError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        if curves.empty:
            st.info("None of these cells can carry the current design.", icon=":material/block:")
            return
        _draw_duty(curves, trial, rate)
        _show_rate(trial, battery, rate, cache, cache_state)


def _draw_duty(curves: pd.DataFrame, trial: Trial, rate: float) -> None:
    x = ("frames_per_hour", "Frames per hour")
    marks = [Mark("x", rate, f" {rate:g} per hour")]
    days = curves.assign(battery_days=curves["battery_life_s"] / 86_400)
    left, right = st.columns(2, gap="medium")
    with left:
        figure = curves_figure(curves, trial.look, x=x, y=("power_w", "Average power [µW]", 1e6), marks=marks)
        live_chart(
            figure, key="tech_power", label="Average power against frames per hour for each technology", height=360
        )
    with right:
        figure = curves_figure(days, trial.look, x=x, y=("battery_days", "Battery life [days]", 1.0), marks=marks)
        live_chart(
            figure, key="tech_battery", label="Battery life against frames per hour for each technology", height=360
        )


def _show_rate(trial: Trial, battery: float, rate: float, cache: Path, cache_state: str) -> None:
    """The table at the chosen rate, and the wear of written cells."""
    design_json, names = trial.design.model_dump_json(), tuple(trial.labels)
    worn = _wear(design_json, names, cache, cache_state)
    try:
        at_rate = _duty(design_json, names, battery, cache, cache_state, rate)
    except InputError as error:
        st.warning(plain(str(error)), icon=":material/speed:")
        return
    st.dataframe(
        data.duty_table(at_rate, worn, trial.labels, rate), hide_index=True, alt="Technologies at the chosen rate", height="content",
        column_config={
            "Writes per frame": st.column_config.TextColumn(help="To the most written cell, if operands are written into the array."),
            "Cells last, this rate": st.column_config.TextColumn(help="If operands are written into the array."),
            "Cells last, full rate": st.column_config.TextColumn(help="If operands are written into the array, without a pause."),
        },
    )  # fmt: skip
    st.markdown("**How long the cells last where operands are written into the array**")
    st.caption(
        "Weights are written once, so with streamed operands no cell wears out. With written operands (and-count) the most "
        "written cell takes the writes of each frame; the lines end where its design gets no faster, and begin at a million years."
    )  # fmt: skip
    lines = technologies.lifetimes(worn, np.geomspace(1.0, 1e8, 81).tolist())
    if lines.empty:
        st.info("None of these cells can be read in pairs of rows, as written operands need.", icon=":material/block:")
        return
    years = lines.assign(years=lines["lifetime_s"] / _YEAR_S)
    years = years[years["years"] <= data.MOST_YEARS]
    if years.empty:
        st.info("At every rate the cells last for more than a million years.", icon=":material/all_inclusive:")
        return
    figure = curves_figure(
        years, trial.look, x=("frames_per_hour", "Frames per hour"), y=("years", "Lifetime [years]", 1.0),
        marks=[Mark("y", 10.0, "10 years")],
    )  # fmt: skip
    live_chart(
        figure,
        key="tech_life",
        label="Lifetime of written cells against frames per hour for each technology",
        height=340,
    )


@st.cache_resource(max_entries=128, show_spinner=False)
def _duty(design_json: str, names: tuple[str, ...], battery_j: float, cache: Path, state: str, rate: float | None = None) -> pd.DataFrame:  # fmt: skip # noqa: PLR0917
    design = _design(design_json)
    hardware = technologies.hardware_fields(design)
    good = technologies.buildable(hardware, names)
    if not good:
        return pd.DataFrame()
    rates = None if rate is None else [rate]
    return duty_curves(
        technologies.workload_of(design, cache), hardware, cells=good, frames_per_hour=rates, battery_j=battery_j
    )


@st.cache_resource(max_entries=128, show_spinner=False)
def _wear(design_json: str, names: tuple[str, ...], cache: Path, state: str) -> pd.DataFrame:
    design = _design(design_json)
    return technologies.wear(technologies.workload_of(design, cache), technologies.hardware_fields(design), names)


def show_constants(trial: Trial) -> None:
    """Every constant with value, unit, range, kind and source."""
    with st.container(border=True):
        st.subheader(
            "Constants of the model", anchor=False,
            help="measured: on silicon. simulated: by a circuit simulator. stated: by a paper. fitted: to published points. "
                 "secondary: from notes on a paper. textbook: common knowledge. assumed: no source was found; its range says how sure we are.",
        )  # fmt: skip
        frame = data.constants_frame(trial.design.hardware.node_nm, trial.base)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            words = st.text_input(
                "Search", key="tech_search", placeholder="any words: sense amplifier, Horowitz, assumed …", width=360
            )
            kinds = st.pills("Kind", sorted(frame["kind"].unique()), selection_mode="multi", key="tech_kinds")
        found = data.found_constants(frame, words, kinds)
        st.caption(f"{len(found)} of {len(frame)} constants.")
        st.dataframe(
            data.shown_constants(found), hide_index=True, height=420, alt="Constants of the model", placeholder="",
            column_config={
                "Least": st.column_config.TextColumn(help="Lower end of the range in which the constant may lie."),
                "Most": st.column_config.TextColumn(help="Upper end of that range."),
                "Derivation": st.column_config.TextColumn(width="large"),
            },
        )  # fmt: skip


def current_design() -> Design | None:
    """The current design; None, with a message, where its values describe none."""
    try:
        return parse_design(current.design().model_dump())
    except InputError as error:
        st.error(plain(str(error)), title="The current design cannot be built", icon=":material/block:")
        return None
