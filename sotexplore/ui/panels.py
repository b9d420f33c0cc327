"""The parts of the Explore page that show results."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from sotexplore.checkpoint import residual_bits
from sotexplore.explorer.evaluate import Evaluation
from sotexplore.explorer.exports.handover import HandOver
from sotexplore.explorer.exports.registry import export_bytes
from sotexplore.ui.components.figure_row import Row, Tile
from sotexplore.ui.components.live_chart import live_chart
from sotexplore.ui.figures.breakdown import breakdown_figure, breakdown_height
from sotexplore.ui.formatting import QUANTITIES, Change, change, percent, plain, quantity_text

FIGURES = ("area_m2", "power_w", "frames_per_s", "energy_per_frame_j", "n_subarrays")
TABLE_FIELDS = (
    "network", "structure", "prune_ratio", "weight_bits", "activation_bits", "compute_style", "subarray_rows", "subarray_cols",
    "accuracy_ratio", "accuracy_kind", "area_m2", "power_w", "frames_per_s", "energy_per_frame_j", "read_error_ratio",
    "n_subarrays", "frame_latency_s", "standby_power_w", "utilization_ratio", "storage_ratio", "checkpoint",
)  # fmt: skip
TABLE_ROWS = 500
_COLOURS: Mapping[str, Any] = {"better": "blue", "worse": "orange", "same": "gray"}
_BREAKDOWNS = {"area_m2": "@c0", "energy_per_frame_j": "@c1", "frame_latency_s": "@c2"}
_EXPORTS = {"json": "application/json", "yaml": "application/yaml", "csv": "text/csv"}
_HOW_TO_READ = """
- **Accuracy, measured** (filled): the checkpoint's integer weights and activations, run on the whole test set.
- **Accuracy, estimated** (hollow): no checkpoint has exactly this pruning and these bits; interpolated between the nearest ones.
  The ± is the 90th percentile of the same method's error with each checkpoint left out in turn.
- **Accuracy, unknown** (hollow with a dot): too few checkpoints near enough to estimate from.
- **Area, energy, time, power**: modelled. Circuits are computed from sourced constants; none of these is a
  measurement on silicon. The sub-array model is checked against NVSim; constants that no source gives are marked as assumed.
- **Change**: against the same network, dense, 8-bit weights and activations, on the same hardware. Blue is better, orange is worse.
- **Pareto front**: the designs for which no other shown design is better in one of the two shown metrics and at least as
  good in the other. It is a staircase because designs between two points do not exist.
- **Reads unreliable** (+): more than 0.1 % of the design's array reads come out wrong, so that its accuracy, measured with
  ideal reads, does not hold on this array. Such designs are on the front only with *Unreliable reads* switched on.
- **Design space**: every compression setting of the network's checkpoints (of several seeds the lowest) on sub-arrays of
  64 to 1024 rows and columns in both compute styles; crossbars also with 3, 7, 15 and 31 active rows and the ADC that resolves
  every sum of as many; node, cell, schedule and the rest are those of the controls. *Space and overlays* widens it.
- **Error bands**: from the 5th to the 95th percentile when every constant of the model is drawn from its range at once.
  They are not the distance to silicon, which nobody has measured.
"""


def figures_of(evaluation: Evaluation | None, baseline: Evaluation | None) -> Row:
    """The row of figures, each with its change against the dense 8-bit network; dashes where there is no design."""
    metrics = evaluation.metrics if evaluation else {}
    dense = baseline.metrics if baseline else {}
    tiles = [_accuracy(metrics, change("accuracy_ratio", metrics.get("accuracy_ratio"), dense.get("accuracy_ratio")))]
    for field in FIGURES:
        value = metrics.get(field)
        text = quantity_text(field, value)
        tiles.append(
            _tile(QUANTITIES[field].label, text, change(field, value, dense.get(field)), QUANTITIES[field].help)
        )
    note = f"{_accuracy_note(evaluation)} Changes: against the dense 8-bit network on the same hardware.".strip()
    return Row(tiles, note, [f"{text[:1].upper()}{text[1:]}." for text in (evaluation.cautions if evaluation else ())])


def show_figures(evaluation: Evaluation | None, baseline: Evaluation | None) -> None:
    """Draws `figures_of` a design."""
    row = figures_of(evaluation, baseline)
    with st.container(border=True, gap="xsmall"):
        with st.grid(6, min_column_width=118, gap="xsmall"):
            for tile in row.tiles:
                colour: Any = _COLOURS.get(tile.verdict, "off")
                arrow: Any = tile.arrow
                st.metric(
                    tile.label, tile.value, tile.change or None, delta_color=colour, delta_arrow=arrow, help=tile.help or None
                )  # fmt: skip
        st.caption(row.note)
        for caution in row.cautions:
            st.caption(f":orange[:material/warning: {plain(caution)}]")


def _accuracy_note(evaluation: Evaluation | None) -> str:
    kind = evaluation.metrics["accuracy_kind"] if evaluation else ""
    if evaluation and evaluation.checkpoint and kind == "measured":
        row, finer = evaluation.checkpoint, residual_bits(evaluation.checkpoint)
        adds = (
            f", with residual adds that read {finer}-bit activations, all else {row['activation_bits']}-bit"
            if finer
            else ""
        )
        return f"Accuracy measured on {row['test_images']:,} test images{adds}."
    if kind == "estimated":
        return "Accuracy interpolated between checkpoints, ± its leave-one-out error."
    return "Accuracy unknown: no checkpoints near enough." if evaluation else ""


def _accuracy(metrics: Mapping[str, Any], shift: Change | None) -> Tile:
    value, error = metrics.get("accuracy_ratio"), metrics.get("accuracy_error_ratio")
    kind = f", {metrics['accuracy_kind']}" if metrics else ""
    text = percent(value) if error is None else f"{percent(value, decimals=1)[:-2]} ±{percent(error, decimals=1)}"
    return _tile(f"Accuracy{kind}", text, shift, "")


def _tile(label: str, text: str, shift: Change | None, explanation: str) -> Tile:
    if shift is None:
        return Tile(label, text, "", "off", "", explanation)
    return Tile(label, text, shift.text, shift.arrow, shift.verdict, explanation)


def show_table(frame: pd.DataFrame, *, key: str, label: str, on_select: Callable[[], None]) -> None:
    """Designs as a table; choosing a row calls `on_select`.

    Args:
        frame: designs, best first.
        key: identifies the table; `st.session_state[key].selection.rows` holds the chosen row.
        label: what it lists, for assistive technology.
        on_select: called before the rerun that a choice causes.
    """
    several = frame["network"].nunique() > 1
    shown = frame.head(TABLE_ROWS)[[name for name in TABLE_FIELDS if several or name != "network"]].copy()
    for field in shown.columns:
        if field in QUANTITIES:
            shown[field] = shown[field] * QUANTITIES[field].factor
    height = min(38 + 35 * max(1, len(shown)), 390)
    st.dataframe(
        shown, hide_index=True, column_config=_columns(shown.columns), key=key, on_select=on_select,
        selection_mode="single-row", height=height, alt=label,
    )  # fmt: skip
    if len(frame) > TABLE_ROWS:
        st.caption(f"The first {TABLE_ROWS} of {len(frame):,} designs.")


def _columns(fields: Iterable[str]) -> dict[str, Any]:
    words = {
        "network": "Network", "structure": "Structure", "prune_ratio": "Pruned", "weight_bits": "W", "activation_bits": "A",
        "compute_style": "Style", "subarray_rows": "Rows", "subarray_cols": "Cols",
        "accuracy_kind": "Kind", "checkpoint": "Checkpoint",
    }  # fmt: skip
    formats = {"%": "%.2f", "": "%d", "×": "%.1f"}
    return {
        field: st.column_config.NumberColumn(
            QUANTITIES[field].short_title,
            format="%.2g" if field == "read_error_ratio" else formats.get(QUANTITIES[field].unit, "%.4g"),
            help=QUANTITIES[field].help,
        )
        if field in QUANTITIES
        else words[field]
        for field in fields
    }


def show_breakdown(evaluation: Evaluation) -> None:
    """Where area, energy and time go, by component."""
    with st.grid(3, min_column_width=230, gap="small"):
        for field, colour in _BREAKDOWNS.items():
            parts = evaluation.breakdown[field]
            figure = breakdown_figure(field, parts, colour=colour)
            label = f"{QUANTITIES[field].label} by component"
            with st.container():
                live_chart(figure, key=f"breakdown_{field}", label=label, height=breakdown_height(parts))


def show_layers(evaluation: Evaluation) -> None:
    """The per-layer table."""
    units = {"area_m2": (1e6, "Area [mm²]"), "energy_j": (1e6, "Energy [µJ]"), "latency_s": (1e6, "Latency [µs]"),
             "utilization_ratio": (1e2, "Utilisation [%]")}  # fmt: skip
    frame = pd.DataFrame(evaluation.layers)
    for field, (factor, _) in units.items():
        if field in frame:
            frame[field] = frame[field] * factor
    for field in frame.columns.difference([*units, "name", "kind"]):
        frame[field] = frame[field].convert_dtypes()
    heads = {field: st.column_config.NumberColumn(title, format="%.4g") for field, (_, title) in units.items()}
    plain_heads = {field: field.replace("_", " ").capitalize() for field in frame.columns if field not in units}
    whole = {field: st.column_config.NumberColumn("Sub-arrays", format="%d") for field in ("n_subarrays",)}
    st.dataframe(
        frame,
        hide_index=True,
        column_config={**plain_heads, **heads, **whole},
        alt="Layers of the current design",
        placeholder="",
    )


def show_exports(latest: Callable[[], Evaluation | None], name: str) -> None:
    """Downloads of the current design with its figures and where they come from.

    Args:
        latest: gives the current design's figures when a button is pressed.
        name: of the files, without ending.
    """
    with st.popover("Export", icon=":material/download:"):
        for form, mime in _EXPORTS.items():
            st.download_button(
                f"Design as {form.upper()}", partial(_export, latest, form, f"{name}.{form}"), f"{name}.{form}", mime, on_click="ignore",
                width="stretch", key=f"export_{form}", icon=":material/download:",
            )  # fmt: skip


def _export(latest: Callable[[], Evaluation | None], form: str, name: str) -> bytes:
    evaluation = latest()
    return export_bytes([HandOver(name, evaluation)], form) if evaluation else b"The current design cannot be built.\n"


def show_reading(evaluation: Evaluation | None) -> None:
    """What is measured, estimated and assumed, in general and for this design."""
    if evaluation is not None:
        st.markdown("**This design**\n" + "\n".join(f"- {plain(note)}" for note in evaluation.notes))
        st.markdown("**In general**")
    st.markdown(_HOW_TO_READ)
