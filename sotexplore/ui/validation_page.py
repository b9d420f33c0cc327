"""The Validation page: the model beside its references, misses shown, and our compression beside published results."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from sotexplore.explorer import published, validation
from sotexplore.explorer.comparison import Comparison
from sotexplore.explorer.results import Point, points
from sotexplore.ui import validation_data as data
from sotexplore.ui.components.live_chart import live_chart
from sotexplore.ui.figures.figure import Figure
from sotexplore.ui.figures.parity import parity_figure, parity_height
from sotexplore.ui.figures.published import published_figure

_MISSES = ("Reference", "Quantity", "Published", "Model", "Off by", "Why")
_ROW_PIXELS = 66
"""Above 4 rem: below that, texts in a cell do not break into lines."""
_RESULTS = (
    "Network", "Method", "Ratio of", "Ratio", "Our ratio", "Accuracy", "Our accuracy", "Ours − published [points]", "As compressed", "Kind",
)  # fmt: skip


@st.cache_resource(max_entries=1, show_spinner="Evaluating the references…")
def comparisons() -> list[Comparison]:
    """Every comparison; they depend on no file of the user's."""
    return validation.comparisons()


def show_verdict(rows: Sequence[Comparison]) -> None:
    """How many comparisons lie how far off."""
    others = [row for row in rows if not data.is_subarray(row)]
    found = data.verdict(others)
    with st.container(border=True):
        st.subheader(
            "Converters, tiles and whole chips", anchor=False, help="All references but NVSim's single sub-arrays."
        )
        with st.grid(5, min_column_width=150, gap="small"):
            st.metric("Comparisons", f"{found.total}")
            st.metric("Within 1.5×", f"{found.within}", help="Model over published, or the other way round.")
            st.metric("1.5× to 2×", f"{found.near}")
            st.metric("Beyond 2×", f"{found.far}", help="Misses: each is listed with its reason below.")
            st.metric("Not modelled", f"{found.not_modelled}", help="References that the model cannot express.")
        st.markdown(f"{data.spread_words(others)} {data.verdict_words(rows)}")


def show_parity(rows: Sequence[Comparison]) -> None:
    """Parity plots by unit."""
    with st.container(border=True):
        st.subheader(
            "Model against published",
            anchor=False,
            help="On the line the model meets the reference; below it the model says less.",
        )
        with_runs = st.toggle(
            "Show NVSim's sub-arrays",
            value=True,
            key="parity_runs",
            help="1,296 figures of 216 runs: small points on the line.",
        )
        shown = [row for row in rows if with_runs or not data.is_subarray(row)]
        figure = _parity(with_runs)
        label = "Parity plots of the model against published figures for area, energy, latency, power and rates"
        live_chart(figure, key="parity", label=label, height=parity_height(shown, dict(data.PANELS)))
        st.caption(data.kinds_words(rows))


@st.cache_resource(max_entries=2, show_spinner=False)
def _parity(with_runs: bool) -> Figure:
    rows = comparisons()
    families = list(dict.fromkeys(data.family(row) for row in rows))
    shown = [row for row in rows if with_runs or not data.is_subarray(row)]
    return parity_figure(shown, dict(data.PANELS), families, {row.reference: data.family(row) for row in rows})


def show_misses(rows: Sequence[Comparison]) -> None:
    """Everything that is off by more than 1.5 times, with the reason."""
    found = data.misses([row for row in rows if not data.is_summary(row)])
    with st.container(border=True):
        st.subheader(
            f"Misses: {len(found)}",
            anchor=False,
            help="Off by more than 1.5 times either way, or not modelled; the farthest first.",
        )
        _table(data.comparison_frame(found), "References that the model misses", 560, _MISSES)


def show_table(rows: Sequence[Comparison]) -> None:
    """All comparisons, to be filtered."""
    listing = st.expander(
        f"All {len(rows):,} comparisons", icon=":material/table:", on_change="rerun", key="validation_open"
    )
    if not listing.open:
        return
    with listing:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            words = st.text_input("Search", key="validation_search", placeholder="ISAAC, energy, 45 nm …", width=320)
            kinds = st.pills("Kind", sorted({row.kind for row in rows}), selection_mode="multi", key="validation_kinds")
        frame = data.comparison_frame([row for row in rows if not kinds or row.kind in kinds])
        text = frame.map(str).agg(" ".join, axis=1).str.lower()
        kept = frame[[all(word in line for word in words.lower().split()) for line in text]]
        st.caption(f"{len(kept):,} of {len(rows):,}.")
        _table(kept, "Comparisons of the model with references", 460, None)


def _table(frame: pd.DataFrame, label: str, height: int, columns: Sequence[str] | None) -> None:
    """Comparisons as a table; texts break into lines, so that `columns` (None: all) fit a page of 1280 pixels."""
    config: dict[str, Any] = {
        "Model / published": st.column_config.NumberColumn(format="%.3g"),
        "Off by": st.column_config.NumberColumn("Off by [×]", format="%.3g", help="The ratio or its inverse, whichever is above 1."),
        "In the model's band": st.column_config.TextColumn(
            help="Whether the published value lies between the 5th and 95th percentile of the model over the ranges of its constants; whole chips only."
        ),
        "Kind": st.column_config.TextColumn(help="Of the reference: measured, simulated, stated by the paper, secondary (notes on the paper), textbook."),
        "Reference": st.column_config.TextColumn(width=250, pinned=True),
        "Quantity": st.column_config.TextColumn(width=120),
        "Why": st.column_config.TextColumn(width=430),
        "Source": st.column_config.TextColumn(width=430),
    }  # fmt: skip
    st.dataframe(
        frame, hide_index=True, column_config=config, height=height, alt=label, placeholder="", row_height=_ROW_PIXELS,
        column_order=columns,
    )  # fmt: skip


def show_published(cache: Path, cache_state: str) -> None:
    """Our compression results beside published ones."""
    ours = _points(cache, cache_state)
    with st.container(border=True):
        st.subheader(
            "Compression beside published results", anchor=False,
            help="Weights, storage, operations and sub-arrays are four ratios that do not convert into each other: each result is "
                 "compared with ours by its own kind. Our accuracies are measured with integers on the whole test set; "
                 "of several seeds they are the mean with the standard deviation, and the ratio is the least.",
        )  # fmt: skip
        frame = data.published_frame(ours)
        st.markdown(data.reached_words(frame))
        _show_published_figure(ours)
        config: dict[str, Any] = {
            "Ratio": st.column_config.NumberColumn("Ratio [×]", format="%.4g"),
            "Our ratio": st.column_config.NumberColumn("Our ratio [×]", format="%.4g"),
            "Ours − published [points]": st.column_config.NumberColumn("Difference [points]", format="%+.2f", help="Our accuracy less the published one."),
            "Kind": st.column_config.TextColumn(help="; ".join(f"{name}: {text}" for name, text in published.KINDS.items())),
            "As compressed": st.column_config.TextColumn("As compressed?", help="Whether ours is compressed at least as much, by the same kind of ratio."),
        }  # fmt: skip
        whole = st.toggle(
            "All columns", key="published_whole", help="Also bits, structure, our checkpoint and the source."
        )
        st.dataframe(
            frame, hide_index=True, column_config=config, height=420, alt="Published compression results with ours beside them",
            placeholder="–", column_order=None if whole else _RESULTS,
        )  # fmt: skip
        marks = data.mark_words(frame)
        st.caption(
            f"{marks}{'. ' if marks else ''}Beside each result: of ours of that network that are compressed at least as much the most accurate of those with three seeds "
            "or more, else of all; where none is, the one compressed most; the checkpoint named is that of the lowest seed; sub-arrays counted on 128 × 128 crossbars. Bits, baselines and training differ between works."
        )  # fmt: skip


def _show_published_figure(ours: Sequence[Point]) -> None:
    networks = list(dict.fromkeys(result.ours for result in published.RESULTS if result.ours))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        network = st.selectbox("Network", networks, key="published_network", width=220)
        ratio = st.segmented_control("Ratio of", list(data.RATIOS), default="weights_ratio", key="published_ratio", required=True, format_func=lambda name: data.RATIOS[name])  # fmt: skip
    own = [point for point in ours if point.row["network"] == network]
    results = [item for item in published.RESULTS if item.ours == network and item.ratio_kind == ratio]
    if not own and not any(item.accuracy_ratio for item in results):
        st.info(
            "Neither a checkpoint of ours nor a published accuracy to draw for this network and ratio.",
            icon=":material/info:",
        )
        return
    if not own:
        st.info(
            f"The cache holds no checkpoint of {network} yet: `sotexplore compress RUN.yaml` makes one. Published results alone are drawn.",
            icon=":material/info:",
        )
    figure = published_figure(own, results, ratio=ratio, title=f"Compression of {data.RATIOS[ratio]} [×]", name=network)
    live_chart(
        figure,
        key="published",
        label=f"Accuracy against compression of {data.RATIOS[ratio]} for {network}, ours and published",
        height=400,
    )
    st.caption(f"Published, by number: {data.key_words(results)}." if results else "No published result of this kind.")


@st.cache_resource(max_entries=4, show_spinner=False)
def _points(cache: Path, state: str) -> list[Point]:
    return [point for point in points(cache) if point.is_free]
