"""The dashboard's controls: each is one field of the design or of the view, keyed by its name and kept in the address."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from sotexplore import catalogue
from sotexplore.design import PLANNED_STRUCTURES, SMALLER_STRUCTURES, ComputeStyle, Design, Node, Operand, Schedule
from sotexplore.hardware import cell
from sotexplore.ui import places, spaces, state
from sotexplore.ui.formatting import QUANTITIES

SIZES = (32, 64, 128, 256, 512, 1024, 2048)
SHARED_COLUMNS = (1, 2, 4, 8, 16, 32, 64)
STEPPED = ("prune_ratio", "weight_bits", "activation_bits", "subarray_rows", "subarray_cols")
"""Fields whose sliders move the current design and change no space."""
MAX_PRUNE_RATIO = 0.995
PRUNE_STEP = 0.005
_STEPS: Mapping[str, Sequence[Any]] = {
    "subarray_rows": SIZES,
    "subarray_cols": SIZES,
    "columns_per_sense_amplifier": SHARED_COLUMNS,
    "active_rows": tuple(sorted({*(2**n for n in range(12)), 3, 7, 15, 31, 63})),
}
_STEPS_OF, _LINK = "_steps_of_{}", "_link_again"
_COMING_AND_GOING = ("columns_per_sense_amplifier", "operand", "adc_bits", "active_rows")
"""Fields whose controls appear with a compute style or change with the sub-array."""
STRUCTURE_HELP = (
    "What ADMM pruning removes: whole filters, whole rows of the weight matrix (shape), both, or input channels. Others leave zeros "
    "inside the matrix, which the hardware model counts as if they were weights: irregular, tiles of a sub-array, rows or columns in each tile, a share of each "
    "column."
)
OnStep = Callable[[str], None] | None
_DEFAULTS = state.values_of(Design())
_VIEW = state.View()


def offered() -> Mapping[str, Sequence[Any]]:
    """Field -> what its control offers, where the schema allows more: sizes in powers of two, cells that exist."""
    return {**_STEPS, "cell": cell.names()}


@dataclass(frozen=True)
class Sliders:
    """The sliders that move the current design alone, and where they stand; drawn at once or later, by a fragment."""

    compression: DeltaGenerator
    hardware: DeltaGenerator
    prunes: bool
    max_prune_ratio: float

    def draw(self, on_step: OnStep = None) -> dict[str, Any]:
        """Draws them and returns their values by field name.

        Args:
            on_step: called with the field's name when one was moved, before the rerun that follows.
        """
        with self.compression:
            values = _compression(self.prunes, self.max_prune_ratio, on_step)
        with self.hardware:
            rows = _slide("subarray_rows", "Sub-array rows", "Word-lines of a sub-array.", on_step)
            cols = _slide("subarray_cols", "Sub-array columns", "Bit-lines of a sub-array.", on_step)
        return {**values, "subarray_rows": rows, "subarray_cols": cols}


def expected(name: str) -> Any:
    """The value that one of the sliders will have when it is drawn: the session's, else the address's, else the default.

    An address that the slider then reads in another way is for the caller to notice.
    """
    if name in st.session_state:
        return st.session_state[name]
    if name in _STEPS:
        return _linked(name)
    default = _DEFAULTS[name]
    try:
        return type(default)(st.query_params.get(name, default))
    except ValueError:
        return default


def design_controls(
    max_prune_ratio: float, on_step: OnStep = None, *, structures: Collection[str] = (), later: bool = False
) -> tuple[dict[str, Any], Sliders]:
    """Draws the design's controls and returns their values by field name.

    Args:
        max_prune_ratio: highest pruning ratio of the network's checkpoints.
        structures: of the checkpoints; those that make no smaller matrix are offered only where they are among them.
        on_step: called with the field's name when one of the sliders was moved, before the rerun that follows.
        later: whether the page itself draws the sliders that move the current design alone; until then they have the
            values that are `expected`.

    Returns:
        The values, and those sliders.
    """
    _repeat_values()
    values: dict[str, Any] = {"network": _network()}
    st.subheader("Compression")
    values["structure"] = _structure(structures)
    compression = st.container()
    st.subheader("Hardware")
    sliders = Sliders(compression, st.container(), values["structure"] != "none", max(MAX_PRUNE_RATIO, max_prune_ratio))
    values |= {name: expected(name) for name in STEPPED} if later else sliders.draw(on_step)
    values |= _style(values["subarray_rows"], values["subarray_cols"], on_step)
    return values, sliders


def changes_controls(name: str, value: Any = None) -> bool:
    """Whether the new value of a slider, or another `value`, changes which controls there are or what they offer.

    The sub-array's size bounds the columns per sense amplifier and the active rows.
    """
    bounded = {"subarray_rows": "active_rows", "subarray_cols": "columns_per_sense_amplifier"}.get(name)
    if bounded is None or _STEPS_OF.format(bounded) not in st.session_state:
        return False
    most = st.session_state[name] if value is None else value
    steps = [step for step in _STEPS[bounded] if step <= most]
    return bool(steps[-1] != st.session_state[_STEPS_OF.format(bounded)])


def positions(name: str, value: Any, reach: int) -> dict[str, Any]:
    """Positions of one of the `STEPPED` sliders around a value, as the browser counts them -> value there.

    Args:
        name: the field.
        value: where the slider stands.
        reach: how many steps to each side at the most.
    """
    if name in _STEPS:
        return {f"{place:.3f}": step for place, step in enumerate(_STEPS[name])}
    if name != "prune_ratio":
        return {f"{step:.3f}": step for step in range(1, 9)}
    steps = [round(value + step * PRUNE_STEP, 6) for step in range(-reach, reach + 1)]
    return {f"{step:.3f}": step for step in steps if 0 <= step <= MAX_PRUNE_RATIO}


def ends_at(name: str, value: Any) -> tuple[bool, bool]:
    """Whether one of the `STEPPED` sliders begins or ends at a value."""
    if name in _STEPS:
        return value == _STEPS[name][0], value == _STEPS[name][-1]
    if name != "prune_ratio":
        return value == 1, value == 8
    return value < PRUNE_STEP, value > MAX_PRUNE_RATIO - PRUNE_STEP


def position(name: str, value: Any) -> str:
    """Where one of the `STEPPED` sliders stands, as the browser counts it."""
    return f"{_STEPS[name].index(value) if name in _STEPS else value:.3f}"


def _network() -> str:
    return st.selectbox(
        "Network", catalogue.NAMES, index=catalogue.NAMES.index(_DEFAULTS["network"]), key="network", bind="query-params",
        help="Network and data set. Accuracy is known where the cache holds trained and compressed checkpoints; "
             "those of the ImageNet networks are for you to make.",
    )  # fmt: skip


def _structure(structures: Collection[str]) -> str:
    known = {*structures, st.session_state.get("structure"), st.query_params.get("structure")}
    offered = [name for name in PLANNED_STRUCTURES if name in ("none", *SMALLER_STRUCTURES) or name in known]
    return str(_select("structure", "Structure", offered, STRUCTURE_HELP))


def _compression(prunes: bool, max_ratio: float, on_step: OnStep) -> dict[str, Any]:
    ratio = st.slider(
        "Pruning ratio", 0.0, max_ratio, value=_DEFAULTS["prune_ratio"], step=PRUNE_STEP, format="%.3f", key="prune_ratio",
        bind="query-params", disabled=not prunes, help="Removed weights over all weights.", on_change=on_step,
        args=("prune_ratio",),
    )  # fmt: skip
    bits = {
        name: st.slider(
            label,
            1,
            8,
            value=_DEFAULTS[name],
            key=name,
            bind="query-params",
            help=text,
            on_change=on_step,
            args=(name,),
        )
        for name, label, text in (
            ("weight_bits", "Weight bits", "Bits of every weight; each takes one SOT-MRAM cell."),
            ("activation_bits", "Activation bits", "Bits of every activation; each is one bit-plane to compute with."),
        )
    }
    return {"prune_ratio": ratio, **bits}


def _style(max_rows: int, max_cols: int, on_step: OnStep) -> dict[str, Any]:
    values: dict[str, Any] = {
        "compute_style": _segments("compute_style", "Compute style", get_args(ComputeStyle),
                                   "and-count: bit-wise AND in the array, then a bit-counter. Crossbar: currents "
                                   "add up on the columns, then an ADC."),
        "node_nm": _segments("node_nm", "Node [nm]", get_args(Node), "CMOS technology node."),
        "cell": _select("cell", "Memory cell", cell.names(), "Memory cell: a preset or one of your own, see docs/cells.md."),
        "schedule": _segments("schedule", "Schedule", get_args(Schedule),
                              "Sequential: layer after layer. Pipelined: all layers work on successive frames."),
    }  # fmt: skip
    shared = _slide("columns_per_sense_amplifier", "Columns per sense amplifier",
                    "Columns that share one sense amplifier (and-count) or one ADC (crossbar); at most the sub-array's "
                    "columns.", on_step, most=max_cols)  # fmt: skip
    values["columns_per_sense_amplifier"] = shared
    if values["compute_style"] == "crossbar":
        return values | _crossbar(max_rows, on_step)
    values["operand"] = _segments("operand", "Operand", get_args(Operand),
                                  "Streamed: activations sit in latches by the sense amplifiers. Written: they are "
                                  "written into operand rows of the array each frame.")  # fmt: skip
    return values


def _crossbar(max_rows: int, on_step: OnStep) -> dict[str, Any]:
    bits = st.slider("ADC bits", 1, 12, value=_DEFAULTS["adc_bits"], key="adc_bits", bind="query-params",
                     help="Resolution of the analog-to-digital converters.", on_change=on_step, args=("adc_bits",))  # fmt: skip
    rows = _slide("active_rows", "Active rows",
                  "Rows that are driven at once; at most the sub-array's rows. An ADC of 2, 3, 4, 5 bits resolves every "
                  "sum of 3, 7, 15, 31 rows.", on_step, most=max_rows)  # fmt: skip
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
            "unreliable": _toggle(
                "unreliable", "Unreliable reads",
                "Let designs whose array reads often fail (too many active rows or too few ADC bits for the cell) join "
                "the front; their accuracy was measured with ideal reads.",
            ),
            "bands": _toggle("bands", "Error bands", "Bars from the 5th to the 95th percentile of what the model's "
                             "constants may be, for the front and the current design; for accuracy, the error of an estimate."),
            **_overlay_controls(),
        }  # fmt: skip


def _overlay_controls() -> dict[str, Any]:
    """What else is on the chart: a larger space, other networks, a front for each compute style."""
    chosen = sum(name in st.query_params for name in ("space", "more_networks", "by_style"))
    label = f"Space and overlays: {chosen}" if chosen else "Space and overlays"
    with st.popover(label, icon=":material/layers:", key="overlays"):
        sizes = get_args(spaces.Size)
        space = st.radio(
            "Space", sizes, index=sizes.index(_VIEW.space), key="space", bind="query-params",
            captions=[spaces.EXPLAINED[size] for size in sizes],
            help="Which designs stand behind the chart, around the current one.",
        )  # fmt: skip
        by_style = _toggle("by_style", "A front for each compute style")
        more = st.multiselect(
            "More networks", catalogue.NAMES, key="more_networks", bind="query-params", max_selections=3,
            help="Laid over the current network on the same hardware, each with a front of its own.",
        )  # fmt: skip
    return {"space": space, "by_style": by_style, "more_networks": tuple(more)}


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


def _slide(name: str, label: str, text: str, on_step: OnStep, *, most: int | None = None) -> Any:
    """A slider over the field's steps, up to `most`; a value beyond it, also a link's, goes to the highest step left."""
    steps = [step for step in _STEPS[name] if most is None or step <= most]
    if most is not None:
        _keep_within(name, steps)
    default = min(_DEFAULTS[name], steps[-1])
    return st.select_slider(
        label, steps, value=default, key=name, bind="query-params", help=text, on_change=on_step, args=(name,)
    )


def _keep_within(name: str, steps: Sequence[int]) -> None:
    """Takes the value of a control along when its steps change: another range is another control to Streamlit."""
    value = st.session_state.get(name, _linked(name))
    changed = st.session_state.get(_STEPS_OF.format(name)) != steps[-1]
    st.session_state[_STEPS_OF.format(name)] = steps[-1]
    if changed or value not in steps:
        st.session_state[name] = max((step for step in steps if step <= value), default=steps[0])
        ask_for_link()


def ask_for_link() -> None:
    """Has the address take up values that were set for controls which only now appear: it does so one run later."""
    st.session_state[_LINK] = "asked"


def complete_link() -> None:
    """At the end of the page: has it run once more where the address lacks values."""
    if st.session_state.get(_LINK) == "asked":
        if any(
            name in st.session_state and name not in st.query_params and st.session_state[name] != _DEFAULTS[name]
            for name in _COMING_AND_GOING
        ):
            with places.place("settle_link"):
                _run_again()
        st.session_state[_LINK] = "repeat"


@st.fragment(run_every=0.5)
def _run_again() -> None:
    """Streamlit writes a value that was set to the address only once its control was there in a finished run."""
    if st.session_state.get(_LINK) == "repeat":
        st.rerun()


def _repeat_values() -> None:
    if st.session_state.pop(_LINK, "") == "repeat":
        for name in _COMING_AND_GOING:
            if name in st.session_state:
                st.session_state[name] = st.session_state[name]


def _linked(name: str) -> int:
    """A field's value in the address; its default where there is none that the control offers."""
    text = st.query_params.get(name, "")
    value = int(text) if text.isdecimal() else 0
    return value if value in _STEPS[name] else int(_DEFAULTS[name])


def _segments(name: str, label: str, options: Sequence[Any], text: str) -> Any:
    return st.segmented_control(
        label, options, default=_DEFAULTS[name], key=name, bind="query-params", help=text, required=True, width="stretch",
    )  # fmt: skip
