"""The form of a new run on the Compress page: what is compressed, to which ratio or budget, and with how much training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from sotexplore import catalogue
from sotexplore.compression.data_files import has_files
from sotexplore.compression.plan import chain, check_start, run_key, stages
from sotexplore.compression.recipe import default_recipe
from sotexplore.compression.run import Run
from sotexplore.compression.run_files import DEFAULT_EPOCHS, parse_run
from sotexplore.design import PLANNED_STRUCTURES, TILE_STRUCTURES
from sotexplore.errors import InputError
from sotexplore.explorer.area_budget import subarrays_of_area
from sotexplore.jobs import launch, queue
from sotexplore.jobs.estimate import Pace, outlook
from sotexplore.jobs.record import ACTIVE, Job
from sotexplore.pruning_shares import DEFAULT_TILE
from sotexplore.subarray_budget import STRUCTURES as BUDGETED
from sotexplore.ui import compress_budget, current
from sotexplore.ui.compress_budget import GOALS, RATIO
from sotexplore.ui.controls import MAX_PRUNE_RATIO, PRUNE_STEP, STRUCTURE_HELP
from sotexplore.ui.figures.training import STAGES
from sotexplore.ui.formatting import counted, duration, plain

_FIELDS = (
    "structure", "prune_ratio", "weight_bits", "activation_bits", "compute_style", "subarray_rows", "subarray_cols",
)  # fmt: skip
"""What the form takes from the current design, beside the network."""
_PLACES: Mapping[str, str] = {
    "network": "network", "data": "network", "compression.structure": "structure",
    "compression.prune_ratio": "prune_ratio", "compression.weight_bits": "weight_bits",
    "compression.activation_bits": "activation_bits", "seed": "seed", "budget.subarrays": "prune_ratio",
    "budget.area_m2": "prune_ratio",
    "recipe.pretrained": "network",
}  # fmt: skip
"""Field of an error -> the control below which it is told; all others are told at the button."""
_REFUSED = "_run_refused"


def draw(cache: Path, jobs: tuple[Job, ...], paces: Mapping[str, Pace]) -> None:
    """Draws the form with what the run would take; its button queues the run and wakes a worker.

    Args:
        cache: the cache's folder.
        jobs: the queue.
        paces: network -> seconds per epoch of its stages, as timed on this machine.
    """
    _fill()
    st.subheader("New run", anchor=False)
    places = _controls()
    run, error = _checked(cache)
    refused: InputError | None = st.session_state.pop(_REFUSED, None)
    waits = run is not None and any(job.state in ACTIVE and run_key(job.run) == run_key(run) for job in jobs)
    if run is not None and error is None:
        _tell_effort(run, cache, paces.get(run.network, {}))
    label = "Add to the queue" if any(job.state in ACTIVE for job in jobs) else "Start run"
    st.button(
        label, key="run_start", type="primary", icon=":material/play_arrow:", width="stretch", on_click=_submit,
        args=(cache,), disabled=error is not None or waits,
        help="Training runs beside the dashboard: the page, the browser and the dashboard may be closed meanwhile.",
    )  # fmt: skip
    places["run"] = st.container()
    if waits:
        places["run"].caption(":material/hourglass_top: This run is in the queue.")
    for problem in dict.fromkeys(filter(None, (error, refused))):
        _tell(problem, places)


def values() -> dict[str, Any]:
    """The run that the controls describe, as plain data."""
    state = st.session_state
    network, bits = state["run_network"], {name: state[f"run_{name}"] for name in ("weight_bits", "activation_bits")}
    compression = {"structure": state["run_structure"], **bits}
    run: dict[str, Any] = {
        "network": network,
        "seed": state["run_seed"],
        "epochs": {stage: state[_epochs_key(stage, network)] for stage in STAGES},
    }
    if compression["structure"] == "none":
        return run | {"compression": compression | {"prune_ratio": 0.0}}
    if state["run_goal"] == RATIO or compression["structure"] not in BUDGETED:
        return run | {"compression": compression | {"prune_ratio": state["run_prune_ratio"]}}
    return run | {"compression": compression, "budget": compress_budget.values(state["run_goal"])}


def _fill() -> None:
    """Before the controls are drawn for the first time: the current design, and the epochs of its network."""
    design = current.values()
    st.session_state.setdefault("run_network", _first_network(design["network"]))
    for name in _FIELDS:
        st.session_state.setdefault(f"run_{name}", design[name])
    st.session_state.setdefault("run_seed", 0)
    st.session_state.setdefault("run_goal", RATIO)
    network = st.session_state["run_network"]
    for stage in STAGES:
        st.session_state.setdefault(_epochs_key(stage, network), getattr(DEFAULT_EPOCHS[network], stage))


def _first_network(asked: str) -> str:
    """The network that the form begins with: the asked one where it can be trained here, else the first that can."""
    here = [name for name in catalogue.NAMES if has_files(catalogue.network(name).dataset)]
    return asked if asked in here else here[0]


def _controls() -> dict[str, Any]:
    """Draws the controls; returns a place for a message below each."""
    places: dict[str, Any] = {}
    st.selectbox("Network", catalogue.NAMES, key="run_network", persist_state="session",
                 help="Networks with a training recipe. digits-cnn trains offline in about a minute.")  # fmt: skip
    places["network"] = st.container()
    _tell_other_network(places["network"])
    st.selectbox("Structure", PLANNED_STRUCTURES, key="run_structure", persist_state="session",
                 help=f"{STRUCTURE_HELP} None only quantizes.")  # fmt: skip
    places["structure"] = st.container()
    unpruned = st.session_state["run_structure"] == "none"
    has_budget = st.session_state["run_structure"] in BUDGETED
    goal = st.segmented_control("Prune to", GOALS, key="run_goal", persist_state="session", required=True,
                                width="stretch", disabled=not has_budget,
                                help="A share of the weights, or a number of sub-arrays, or those that a chip of some area has "
                                     "room for, shared out among the layers by what each gains from them.")  # fmt: skip
    counts = goal != RATIO and has_budget
    if st.session_state["run_structure"] in TILE_STRUCTURES:
        st.caption(
            "Tiles are the sub-arrays counted below, which must be crossbars." if counts else
            f"Tiles hold what a {DEFAULT_TILE.subarray_rows} × {DEFAULT_TILE.subarray_cols} crossbar holds at {DEFAULT_TILE.weight_bits} bits; a run "
            "file may name others."
        )  # fmt: skip
    if not counts:
        st.slider("Pruning ratio", 0.0, MAX_PRUNE_RATIO, step=PRUNE_STEP, format="%.3f", key="run_prune_ratio",
                  persist_state="session", disabled=unpruned, help="Removed weights over all weights.")  # fmt: skip
    else:
        compress_budget.draw(str(goal))
    places["prune_ratio"] = st.container()
    for name, label in (("weight_bits", "Weight bits"), ("activation_bits", "Activation bits")):
        st.slider(label, 1, 8, key=f"run_{name}", persist_state="session",
                  help="Few bits are reached in steps: 8, 4, 2, 1, each with a checkpoint of its own.")  # fmt: skip
        places[name] = st.container()
    st.number_input("Seed", 0, 2**31 - 1, step=1, key="run_seed", persist_state="session",
                    help="Same seed, same settings, same machine: the same checkpoint, byte for byte.")  # fmt: skip
    places["seed"] = st.container()
    _epoch_controls()
    return places


def _tell_other_network(place: Any) -> None:
    """Says why the form began with another network than the current design's."""
    asked, chosen = current.values()["network"], st.session_state["run_network"]
    if asked != chosen and asked in catalogue.NAMES and not has_files(catalogue.network(asked).dataset):
        place.caption(f"The data of {plain(asked)}, the current design's network, are not on this machine.")


def _epoch_controls() -> None:
    network = st.session_state["run_network"]
    with st.expander("Epochs of each stage", icon=":material/tune:"):
        for stage, title in STAGES.items():
            st.number_input(title[:1].upper() + title[1:], _fewest_epochs(stage, network), 1000, step=1,
                            key=_epochs_key(stage, network), persist_state="session",
                            help="Passes over the training images in this stage; the network's default is "
                                 f"{getattr(DEFAULT_EPOCHS[network], stage)}.")  # fmt: skip


def _fewest_epochs(stage: str, network: str) -> int:
    """None of the dense network where it starts at pretrained weights."""
    return 0 if stage == "dense" and default_recipe(network).pretrained else 1


def _epochs_key(stage: str, network: str) -> str:
    """Each network has defaults of its own, and so a control of its own."""
    return f"run_epochs_{stage}_{network}"


def _checked(cache: Path) -> tuple[Run | None, InputError | None]:
    """The run of the controls, and why it cannot start."""
    try:
        run = parse_run(values(), subarrays_of_area)
    except InputError as error:
        return None, error
    try:
        check_start(run, cache)
    except InputError as error:
        return run, error
    return run, None


def _submit(cache: Path) -> None:
    try:
        queue.submit(cache, parse_run(values(), subarrays_of_area))
        launch.start_worker(cache)
    except InputError as error:
        st.session_state[_REFUSED] = error


def _tell(error: InputError, places: Mapping[str, Any]) -> None:
    place = places[_PLACES.get(error.field, "run")]
    if error.field == "run":
        place.info(
            plain(f"{error.problem[:1].upper()}{error.problem[1:]}: {error.got}"), icon=":material/check_circle:"
        )
        return
    place.error(plain(str(error)), icon=":material/block:")
    if error.field == "data":
        place.caption(_way_to_data(catalogue.network(st.session_state["run_network"]).dataset))


def _way_to_data(dataset: str) -> str:
    """How missing data come to the dashboard."""
    folder = "Set `SOTEXPLORE_DATA` to the folder and start the dashboard again"
    if dataset == "imagenet":
        return f"{folder}. ImageNet's images are not downloaded; they are given out at image-net.org."
    return f"{folder}, or let `sotexplore compress RUN.yaml --download` fetch the files."


def _tell_effort(run: Run, cache: Path, pace: Pace) -> None:
    """What lies before the run: its checkpoints, epochs and time."""
    ahead = stages(run, cache)
    seen = outlook([], ahead, pace)
    n_made = len(chain(run)) - len({stage.step for stage in ahead})
    steps = " → ".join(point_name(item) for item in chain(run))
    made = f" ({counted(n_made, 'checkpoint')} of them in the cache already)" if n_made else ""
    time = "Their time is unknown: no epoch of this network was timed here yet."
    if seen.remaining_s is not None:
        time = f"About **{duration(seen.remaining_s)}**, by the epochs of this network that were timed here."
    dense = "Dense training, then " if any(stage.name == "dense" for stage in ahead) else ""
    st.caption(f"{dense}{steps}{made}: {counted(seen.epochs_total, 'epoch')}. {time}")


def point_name(run: Run) -> str:
    """Bits of weights and activations, as a checkpoint on the way is called."""
    return f"W{run.compression.weight_bits} A{run.compression.activation_bits}"
