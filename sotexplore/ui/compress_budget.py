"""What the form of a new run prunes to in hardware: a number of sub-arrays or the area of a chip."""

from typing import Any, get_args

import streamlit as st

from sotexplore import catalogue
from sotexplore.compression.area_budget import AreaBudget
from sotexplore.compression.reach import budget_hardware, least_subarrays
from sotexplore.compression.run import Budget, Run
from sotexplore.design import Compression, ComputeStyle, Hardware, parse_record
from sotexplore.errors import InputError
from sotexplore.explorer.area_budget import chip_area_m2, subarrays_of_area
from sotexplore.subarray_budget import dense_subarrays
from sotexplore.ui import current
from sotexplore.ui.controls import SIZES
from sotexplore.ui.formatting import area, counted
from sotexplore.ui.state import HARDWARE_FIELDS

RATIO, BUDGET, AREA = "Ratio", "Sub-arrays", "Area"
GOALS = (RATIO, BUDGET, AREA)
COUNTED_ON = ("compute_style", "subarray_rows", "subarray_cols")
"""What of the hardware the form has controls for; the rest is the current design's."""
_SHARE = 4
"""How many times fewer sub-arrays than the dense 8-bit network a budget begins with."""
_MM2 = 1e-6


def values(goal: str) -> dict[str, Any]:
    """The budget that the controls describe, as a run file holds it."""
    if goal == BUDGET:
        return {"subarrays": st.session_state[_key("subarrays")], **_counted_on(), **_bits()}
    asked = st.session_state.get(_key("area_mm2"), 1.0)  # hardware that cannot be built has no control for its area
    return {"area_m2": asked * _MM2, "hardware": _hardware(), **_bits()}


def draw(goal: str) -> None:
    """Draws the controls of a budget, and the hardware on which it is counted: at first the current design's."""
    state = st.session_state
    for name in COUNTED_ON:  # also while their controls are not drawn
        state[f"run_{name}"] = state[f"run_{name}"]
    (_subarrays if goal == BUDGET else _area)()
    with st.expander("Counted on", icon=":material/memory:"):
        st.segmented_control("Compute style", get_args(ComputeStyle), key="run_compute_style", persist_state="session",
                             required=True, width="stretch",
                             help="Style of the sub-arrays that are counted.")  # fmt: skip
        for name, label in (("subarray_rows", "Sub-array rows"), ("subarray_cols", "Sub-array columns")):
            st.select_slider(label, SIZES, key=f"run_{name}", persist_state="session",
                             help="Of the sub-arrays that are counted.")  # fmt: skip


def place_of(budget: Budget) -> str:
    """The sub-arrays that a budget counts, in words."""
    return f"{budget.subarray_rows} × {budget.subarray_cols} ({budget.compute_style})"


def _subarrays() -> None:
    state, (budget, dense, least) = st.session_state, _counts()
    state.setdefault(_key("subarrays"), max(least, dense // _SHARE))
    st.number_input("Sub-arrays", 1, step=1, key=_key("subarrays"), persist_state="session",
                    help="All layers together, at most; kept filters and rows fill whole sub-arrays.")  # fmt: skip
    st.caption(
        f"Of {place_of(budget)}, at the bits below. The dense 8-bit network takes {dense:,}; at least {least:,} "
        "are needed."
    )


def _area() -> None:
    state, (budget, dense, least) = st.session_state, _counts()
    run = Run(network=state["run_network"], compression=Compression(structure=state["run_structure"]))
    try:
        asked = parse_record(AreaBudget, {"area_m2": 1.0, "hardware": _hardware(), **_bits()})
        first, smallest = (chip_area_m2(run, asked, count) for count in (max(least, dense // _SHARE), least))
    except InputError:  # hardware that cannot be built: told at the button, where the run is checked
        return
    state.setdefault(_key("area_mm2"), round(1.001 * first / _MM2, 4))
    st.number_input("Chip area (mm²)", 0.0001, step=0.01, format="%.4f", key=_key("area_mm2"), persist_state="session",
                    help="At most, with one copy of each layer. Buffers, controller and post-processing are taken as the "
                         "unpruned network needs them, so that the chip ends below it.")  # fmt: skip
    asked = asked.model_copy(update={"area_m2": state[_key("area_mm2")] * _MM2})
    held = ""
    if asked.area_m2 >= smallest:
        held = f"Room for {counted(subarrays_of_area(run, asked), 'sub-array')} of {place_of(budget)}. "
    hardware = asked.hardware
    st.caption(
        f"{held}At the bits below, with {hardware.cell} at {hardware.node_nm} nm and the current design's other settings; "
        f"at least {area(smallest)} are needed."
    )


def _counts() -> tuple[Budget, int, int]:
    """The hardware of the controls as a budget, sub-arrays of the dense 8-bit network, and the fewest that a budget allows."""
    state = st.session_state
    network, budget = catalogue.network(state["run_network"]), Budget(subarrays=1, **_counted_on(), **_bits())
    dense = dense_subarrays(network, budget_hardware(budget))
    return budget, dense, least_subarrays(budget, network, state["run_structure"])


def _hardware() -> dict[str, Any]:
    """The current design's hardware with the form's sub-arrays, as far as a budget in area allows it."""
    own = {name: current.values()[name] for name in HARDWARE_FIELDS if name not in ("operand", "packing")}
    own |= _counted_on()
    own["active_rows"] = min(own["active_rows"], own["subarray_rows"])
    if own["subarray_cols"] % own["columns_per_sense_amplifier"]:
        own["columns_per_sense_amplifier"] = Hardware().columns_per_sense_amplifier
    return own


def _counted_on() -> dict[str, Any]:
    return {name: st.session_state[f"run_{name}"] for name in COUNTED_ON}


def _bits() -> dict[str, int]:
    """The bits at which a budget's sub-arrays are counted: the run's."""
    return {name: st.session_state[f"run_{name}"] for name in ("weight_bits", "activation_bits")}


def _key(name: str) -> str:
    """Each network on each sub-array has a budget, and so a control, of its own."""
    places = [str(st.session_state[f"run_{field}"]) for field in ("network", *COUNTED_ON)]
    return "_".join([f"run_{name}", *places])
