"""The Compare page: pinned designs side by side, ratios to a baseline, their profile and components."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from sotexplore.errors import InputError
from sotexplore.explorer.evaluate import BREAKDOWNS, Evaluation
from sotexplore.store import content_key
from sotexplore.ui import engine, pins
from sotexplore.ui.components.live_chart import live_chart
from sotexplore.ui.figures.compare import components_figure, components_height, profile_figure
from sotexplore.ui.figures.compare_data import Cell, Row, comparison, ratio_text
from sotexplore.ui.formatting import QUANTITIES, plain
from sotexplore.ui.permalink import MAX_NAME, MAX_PINS, SHORT_KEY, Pin

DENSE = "the dense network"
_COLOURS = {True: "blue", False: "orange", None: "gray"}


@dataclass(frozen=True)
class Pinned:
    """A pin with its figures here and now; `problem` says why there are none."""

    pin: Pin
    evaluation: Evaluation | None
    dense: Evaluation | None
    problem: str = ""


def pinned(cache: Path, cache_state: str) -> list[Pinned]:
    """The pins, evaluated against the present cache."""
    return [_evaluated(item, cache, cache_state) for item in pins.pinned()]


def _evaluated(pin: Pin, cache: Path, cache_state: str) -> Pinned:
    try:
        evaluation = engine.evaluation_of(pin.design, cache, cache_state)
        dense = engine.baseline(pin.design.network, pin.design.hardware.model_dump_json(), cache, cache_state)
    except InputError as error:
        return Pinned(pin, None, None, str(error))
    return Pinned(pin, evaluation, dense)


def show_empty() -> None:
    """Says that nothing is pinned, and what to do."""
    st.info(
        "**Pin** beside a page's title keeps the current design; up to six stand here side by side. Pins are part of the "
        "address: a reload and a copied address keep them. **Share** opens pins from a colleague's file.",
        title="No design is pinned yet",
        icon=":material/keep:",
    )


def show_heads(items: Sequence[Pinned]) -> None:
    """One column per pin: its name, to be changed; its place; what differs from when it was pinned."""
    columns = st.columns(max(3, len(items)), gap="small", border=False)
    for place, (item, column) in enumerate(zip(items, columns, strict=False)):
        with column, st.container(border=True, gap="xsmall", key=f"pin_{place}"):
            _head(place, item, len(items))


def _head(place: int, item: Pinned, count: int) -> None:
    key = f"pin_name_{content_key(item.pin.design.to_dict())}"
    st.session_state[key] = item.pin.name
    st.text_input(
        f"Name of design {place + 1}", key=key, max_chars=MAX_NAME, on_change=_rename, args=(place, key),
        label_visibility="collapsed",
    )  # fmt: skip
    with st.container(horizontal=True, gap="xsmall"):
        _small_button(
            f"left_{place}",
            "chevron_left",
            "Left",
            "Move this design one place to the left",
            pins.move,
            (place, -1),
            disabled=place == 0,
        )
        _small_button(
            f"right_{place}",
            "chevron_right",
            "Right",
            "Move this design one place to the right",
            pins.move,
            (place, 1),
            disabled=place == count - 1,
        )
        _small_button(
            f"take_{place}", "tune", "Use", "Set the controls to this design", pins.move_here, (item.pin.design,)
        )
        _small_button(f"unpin_{place}", "close", "Unpin", "Take this design off the page", pins.remove, (place,))
    for text in stale(item):
        st.caption(f":orange[:material/warning: {plain(text)}]")


def stale(item: Pinned) -> list[str]:
    """What became of a pin since it was pinned, one sentence each; nothing where all is as it was."""
    if item.evaluation is None:
        return [f"Cannot be evaluated here: {item.problem}"]
    key = None if item.evaluation.checkpoint is None else str(item.evaluation.checkpoint["key"])[:SHORT_KEY]
    if key == item.pin.checkpoint:
        return []
    now = f"checkpoint {key} answers now" if key else f"accuracy is {item.evaluation.metrics['accuracy_kind']} now"
    before = f"checkpoint {item.pin.checkpoint}, which this cache lacks" if item.pin.checkpoint else "no checkpoint"
    return [f"Pinned with {before}: {now}."]


def _small_button(  # noqa: PLR0917
    key: str,
    symbol: str,
    label: str,
    text: str,
    action: object,
    arguments: tuple[object, ...],
    *,
    disabled: bool = False,
) -> None:
    st.button(
        label, key=f"pin_{key}", icon=f":material/{symbol}:", help=text, on_click=action, args=arguments, type="tertiary",  # type: ignore[arg-type]
        disabled=disabled,
    )  # fmt: skip


def _rename(place: int, key: str) -> None:
    pins.rename(place, st.session_state[key])


def baseline_control(items: Sequence[Pinned]) -> tuple[str, list[Evaluation | None]]:
    """Lets the reader choose what is compared with; returns its name and, for each pin, its baseline."""
    names = [DENSE, *(item.pin.name for item in items)]
    if st.session_state.get("compare_with") not in names:
        st.session_state["compare_with"] = DENSE
    chosen = st.selectbox(
        "Compare with", names, key="compare_with", width=320, persist_state="session",
        help="What ratios are taken to: a pinned design, or for each design its network, dense, at 8 bits, on its hardware.",
    )  # fmt: skip
    if chosen == DENSE:
        return DENSE, [item.dense for item in items]
    base = items[names.index(chosen) - 1].evaluation
    return chosen, [base] * len(items)


def show_table(rows: Sequence[Row], names: Sequence[str], *, only_differing: bool) -> None:
    """The comparison as a table: one column per design, each figure with its ratio to the baseline."""
    for group in dict.fromkeys(row.group for row in rows):
        listed = [row for row in rows if row.group == group and (row.differs or not only_differing or len(names) < 2)]
        hidden = sum(row.group == group for row in rows) - len(listed)
        if listed:
            frame = pd.DataFrame(
                [[_entry(cell) for cell in row.cells] for row in listed],
                index=pd.Index([row.label for row in listed], name=group),
                columns=[plain(name) for name in names],
            )
            st.table(frame, border="horizontal")
        if hidden:
            st.caption(f"{hidden} {'row is' if hidden == 1 else 'rows are'} the same for all designs.")


def _entry(cell: Cell) -> str:
    text = plain(cell.text)
    return text if cell.ratio is None else f"{text} :{_COLOURS[cell.better]}[{ratio_text(cell.ratio)}]"


def show_charts(items: Sequence[Pinned], baselines: Sequence[Evaluation | None], baseline: str) -> None:
    """The profile and the components of the designs that can be evaluated."""
    known = {item.pin.name: item.evaluation for item in items if item.evaluation is not None}
    bases = [base for item, base in zip(items, baselines, strict=True) if item.evaluation is not None]
    if not known:
        return
    st.subheader("Profile", anchor=False)
    live_chart(
        profile_figure(known, bases, baseline=baseline), key="compare_profile", height=360,
        label=f"Parallel axes: how many times better {len(known)} designs are than {baseline}. The table has the numbers.",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Where it goes", anchor=False, width="content")
        metric = st.segmented_control(
            "Figure", list(BREAKDOWNS), default="area_m2", key="compare_metric", required=True, persist_state="session",
            format_func=lambda name: QUANTITIES[name].label, label_visibility="collapsed",
        )  # fmt: skip
    live_chart(
        components_figure(known, metric), key="compare_components", height=components_height(len(known)),
        label=f"Stacked bars: {QUANTITIES[metric].label} of {len(known)} designs by component.",
    )  # fmt: skip


def rows_of(items: Sequence[Pinned], baselines: Sequence[Evaluation | None]) -> list[Row]:
    """The comparison of the pins."""
    return comparison([item.evaluation for item in items], baselines)


def count_text(count: int) -> str:
    """How many are pinned."""
    return f"{count} of {MAX_PINS} pinned"
