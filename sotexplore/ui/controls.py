"""The dashboard's controls: each is one field of the design or of the view, keyed by its name and kept in the address."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import streamlit as st

from sotexplore import catalogue
from sotexplore.design import ComputeStyle, Design, Node, Operand, Schedule, Structure
from sotexplore.hardware import cell
from sotexplore.ui import state
from sotexplore.ui.formatting import QUANTITIES

SIZES = (32, 64, 128, 256, 512, 1024, 2048)
SHARED_COLUMNS = (1, 2, 4, 8, 16, 32, 64)
MAX_PRUNE_RATIO = 0.995
PRUNE_STEP = 0.005
_STEPS: Mapping[str, Sequence[Any]] = {
    "subarray_rows": SIZES,
    "subarray_cols": SIZES,
    "columns_per_sense_amplifier": SHARED_COLUMNS,
    "active_rows": (*(2**n for n in range(12)),),
}
_DEFAULTS = state.values_of(Design())
_VIEW = state.View()


def offered() -> Mapping[str, Sequence[Any]]:
    """Field -> what its control offers, where the schema allows more: sizes in powers of two, cells that exist."""
    return {**_STEPS, "cell": cell.names()}


def design_controls(max_prune_ratio: float) -> dict[str, Any]:
    """Draws the design's controls and returns their values by field name.

    Args:
        max_prune_ratio: highest pruning ratio of the network's checkpoints.
    """
    values: dict[str, Any] = {"network": _network()}
    st.subheader("Compression")
    values |= _compression(max(MAX_PRUNE_RATIO, max_prune_ratio))
    st.subheader("Hardware")
    values |= _arrays()
    values |= _style(values["subarray_rows"])
    return values


def _network() -> str:
    return st.selectbox(
        "Network", catalogue.NAMES, index=catalogue.NAMES.index(_DEFAULTS["network"]), key="network", bind="query-params",
        help="Network and data set. Accuracy is known where the cache holds trained and compressed checkpoints; "
             "the ImageNet networks are shapes for the hardware only.",
    )  # fmt: skip


def _compression(max_ratio: float) -> dict[str, Any]:
    structure = _select("structure", "Structure", get_args(Structure),
                        "What ADMM pruning removes: whole filters, whole rows of the weight matrix (shape), or both.")  # fmt: skip
    prunes = structure != "none"
    ratio = st.slider(
        "Pruning ratio", 0.0, max_ratio, value=_DEFAULTS["prune_ratio"], step=PRUNE_STEP, format="%.3f", key="prune_ratio",
        bind="query-params", disabled=not prunes, help="Removed weights over all weights.",
    )  # fmt: skip
    bits = {
        name: st.slider(label, 1, 8, value=_DEFAULTS[name], key=name, bind="query-params", help=text)
        for name, label, text in (
            ("weight_bits", "Weight bits", "Bits of every weight; each takes one SOT-MRAM cell."),
            ("activation_bits", "Activation bits", "Bits of every activation; each is one bit-plane to compute with."),
        )
    }
    return {"structure": structure, "prune_ratio": ratio, **bits}


def _arrays() -> dict[str, Any]:
    return {
        "subarray_rows": _slide("subarray_rows", "Sub-array rows", "Word-lines of a sub-array."),
        "subarray_cols": _slide("subarray_cols", "Sub-array columns", "Bit-lines of a sub-array."),
    }


def _style(max_rows: int) -> dict[str, Any]:
    values: dict[str, Any] = {
        "compute_style": _segments("compute_style", "Compute style", get_args(ComputeStyle),
                                   "AND-count: bit-wise AND in the array, then a bit-counter. Crossbar: currents "
                                   "add up on the columns, then an ADC."),
        "node_nm": _segments("node_nm", "Node [nm]", get_args(Node), "CMOS technology node."),
        "cell": _select("cell", "Memory cell", cell.names(), "Memory cell: a preset or one of your own, see docs/cells.md."),
        "schedule": _segments("schedule", "Schedule", get_args(Schedule),
                              "Sequential: layer after layer. Pipelined: all layers work on successive frames."),
    }  # fmt: skip
    shared = _slide("columns_per_sense_amplifier", "Columns per sense amplifier",
                    "Columns that share one sense amplifier (AND-count) or one ADC (crossbar).")  # fmt: skip
    values["columns_per_sense_amplifier"] = shared
    if values["compute_style"] == "crossbar":
        return values | _crossbar(max_rows)
    values["operand"] = _segments("operand", "Operand", get_args(Operand),
                                  "Streamed: activations sit in latches by the sense amplifiers. Written: they are "
                                  "written into operand rows of the array each frame.")  # fmt: skip
    return values


def _crossbar(max_rows: int) -> dict[str, Any]:
    if st.session_state.get("active_rows", _DEFAULTS["active_rows"]) > max_rows:
        st.session_state["active_rows"] = max_rows
    bits = st.slider("ADC bits", 1, 12, value=_DEFAULTS["adc_bits"], key="adc_bits", bind="query-params",
                     help="Resolution of the analog-to-digital converters.")  # fmt: skip
    rows = _slide("active_rows", "Active rows", "Rows that are driven at once; at most the sub-array's rows.")
    return {"adc_bits": bits, "active_rows": rows}


def axis_controls() -> dict[str, Any]:
    """Draws the chart's toolbar and returns the view's values by field name."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        return {
            "y": _axis("y", "Vertical axis"),
            "x": _axis("x", "Horizontal axis"),
            "log_y": _toggle("log_y", "Log y"),
            "log_x": _toggle("log_x", "Log x"),
            "front_only": _toggle("front_only", "Front only"),
            "between": _toggle("between", "Estimates", "Add designs between the checkpoints, with estimated accuracy."),
        }


def limit_controls() -> dict[str, float | None]:
    """Draws the constraints and returns the view's limits by field name."""
    count = sum(st.session_state.get(name) is not None or name in st.query_params for name in state.LIMITS)
    label = f"Constraints: {count}" if count else "Constraints"
    with st.popover(label, icon=":material/filter_alt:", key="constraints"):
        st.caption("Designs outside these limits leave the chart and the tables.")
        return _limits()


def _limits() -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    for name, (metric, side) in state.LIMITS.items():
        quantity = QUANTITIES[metric]
        values[name] = st.number_input(
            f"{'At least' if side == 'least' else 'At most'}: {quantity.title}", min_value=0.0, value=None, key=name,
            max_value=100.0 if quantity.unit == "%" else None, step=None, format="%g", placeholder="no limit",
            bind="query-params", help=quantity.help,
        ) or None  # fmt: skip
    return values


def _axis(name: str, label: str) -> str:
    names = tuple(state.AXES)
    return st.selectbox(
        label, names, index=names.index(getattr(_VIEW, name)), key=name, bind="query-params", width=180,
        help="\n".join(f"- **{item.title}**: {item.help}" for item in QUANTITIES.values()),
    )  # fmt: skip


def _toggle(name: str, label: str, text: str | None = None) -> bool:
    return st.toggle(label, value=getattr(_VIEW, name), key=name, bind="query-params", help=text)


def _select(name: str, label: str, options: Sequence[str], text: str) -> str:
    return st.selectbox(label, options, index=options.index(_DEFAULTS[name]), key=name, bind="query-params", help=text)


def _slide(name: str, label: str, text: str) -> Any:
    return st.select_slider(label, _STEPS[name], value=_DEFAULTS[name], key=name, bind="query-params", help=text)


def _segments(name: str, label: str, options: Sequence[Any], text: str) -> Any:
    return st.segmented_control(
        label, options, default=_DEFAULTS[name], key=name, bind="query-params", help=text, required=True, width="stretch",
    )  # fmt: skip
