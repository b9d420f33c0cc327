"""The queue of training runs on the Compress page, live: what each run does, what can be done with it, how it trains."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from sotexplore import catalogue
from sotexplore.compression.plan import chain, run_key, stages
from sotexplore.compression.reach import budget_number
from sotexplore.compression.run import Run
from sotexplore.errors import InputError
from sotexplore.explorer.space import COMPRESSION_FIELDS
from sotexplore.jobs import launch, progress, queue
from sotexplore.jobs.estimate import Outlook, Pace, outlook, pace_of
from sotexplore.jobs.queue import Queue
from sotexplore.jobs.record import ACTIVE, Job, State, may
from sotexplore.ui import current, engine
from sotexplore.ui.components.live_chart import live_chart
from sotexplore.ui.compress_budget import place_of
from sotexplore.ui.compress_form import point_name
from sotexplore.ui.figures.training import HEIGHT, training_figure
from sotexplore.ui.formatting import counted, duration, percent, plain, significant

REFRESH_S = 2
ENDED_SHOWN = 12
_WATCHED, _PROBLEM, _LEAVING = "_watched_job", "_queue_problem", "_leave_for_explore"
_Colour = Literal["blue", "green", "red", "gray", "orange", "violet"]
_BADGES: Mapping[State, tuple[str, str, _Colour]] = {
    "running": ("running", "model_training", "blue"),
    "queued": ("waiting", "hourglass_top", "gray"),
    "finished": ("finished", "check_circle", "green"),
    "failed": ("failed", "error", "red"),
    "cancelled": ("cancelled", "cancel", "gray"),
    "interrupted": ("interrupted", "power_off", "orange"),
}
_NO_JOBS = (
    "Choose a network and how far to compress it on the left, then press **Start run**. Training goes on when this page, the "
    "browser or the dashboard is closed; the finished checkpoint appears on Explore by itself."
)


def states(found: Queue) -> tuple[tuple[str, State], ...]:
    """What the form and the list depend on: which jobs there are, and how they stand."""
    return tuple((job.id, job.state) for job in found.jobs)


def paces(cache: Path, jobs: tuple[Job, ...]) -> dict[str, Pace]:
    """Network -> seconds per epoch of its stages, over all jobs that are on the list."""
    networks = {job.run.network for job in jobs}
    return {
        name: pace_of(item for job in jobs if job.run.network == name for item in _record(cache, job).epochs)
        for name in networks
    }


@st.fragment(run_every=REFRESH_S)
def show(cache: Path, known: tuple[tuple[str, State], ...]) -> None:
    """Draws the queue and the course of one run, again every two seconds.

    Args:
        cache: the cache's folder.
        known: how the jobs stood when the page was drawn; once they stand otherwise the whole page is drawn again.
    """
    found = queue.read(cache)
    if states(found) != known or st.session_state.get(_LEAVING):
        st.rerun()
    _keep_worker(cache)
    _show_problems(found)
    if not found.jobs:
        st.info(_NO_JOBS, title="No runs yet", icon=":material/model_training:")
        return
    pace = paces(cache, found.jobs)
    watched = _watched(found.jobs)
    active = [job for job in found.jobs if job.state in ACTIVE]
    ended = [job for job in found.jobs if job.state not in ACTIVE]
    for job in active:
        _show_job(cache, job, pace[job.run.network], watched=job == watched)
    if active and queue.living_worker(cache) is None:
        st.caption(
            f"The worker is starting. If it does not, `{plain(str(queue.folder_of(cache) / launch.LOG))}` says why."
        )
    _show_course(cache, watched)
    if ended:
        st.subheader("Ended runs", anchor=False)
        for job in ended[:ENDED_SHOWN]:
            _show_job(cache, job, pace[job.run.network], watched=job == watched)
        if len(ended) > ENDED_SHOWN:
            st.caption(
                f"{counted(len(ended) - ENDED_SHOWN, 'earlier run')} not shown; `sotexplore jobs` lists them all."
            )


def title_of(job: Job) -> str:
    """What a job makes, in one line."""
    return f"{job.run.network} · {_pruning(job.run)} · {point_name(job.run)} · seed {job.run.seed}"


def _pruning(run: Run) -> str:
    """How far a run prunes: to a ratio, or to a number of sub-arrays."""
    point, budget = run.compression, run.budget
    if budget is None:
        return "not pruned" if point.prune_ratio == 0 else f"{point.structure} {percent(point.prune_ratio, decimals=1)}"
    number = budget_number(budget, catalogue.network(run.network))
    return f"{point.structure} to {counted(number, 'sub-array')} of {place_of(budget)}"


def progress_text(job: Job, last: progress.Epoch | None, seen: Outlook) -> str:
    """Where a job stands, in one line: checkpoint, stage, epoch, what is left."""
    time = "" if seen.remaining_s is None else f", about {duration(seen.remaining_s)}"
    if job.state != "running" and last is None:
        return f"{counted(seen.epochs_total, 'epoch')}{time}"
    count = f"epoch {seen.epochs_done} of {seen.epochs_total}{time}{' left' if time else ''}"
    if last is None:
        return f"loading torch and the data · {count}"
    steps = chain(job.run)
    place = f"{point_name(steps[last.step])} ({last.step + 1} of {len(steps)} checkpoints)" if len(steps) > 1 else ""
    return " · ".join(filter(None, (place, f"{last.stage} {last.epoch}/{last.epochs}", count)))


def figures_text(last: progress.Epoch) -> str:
    """The figures of an epoch, in one line."""
    parts = [f"loss {significant(last.loss, 4)}"]
    if last.accuracy_ratio is not None:
        parts.append(f"accuracy {percent(last.accuracy_ratio)}")
    if last.primal_residual_ratio is not None:
        parts.append(f"primal residual {significant(last.primal_residual_ratio)}")
    if last.dual_residual_ratio is not None:
        parts.append(f"dual residual {significant(last.dual_residual_ratio)}")
    return " · ".join([*parts, f"{last.images_per_s:,.0f} images/s"])


@st.cache_resource(max_entries=512, show_spinner=False)
def _record_as_of(path: Path, size: int, changed_ns: int) -> progress.Record:
    return progress.read(path)


def _record(cache: Path, job: Job) -> progress.Record:
    """The epochs of a job; a file is read once for each of its states."""
    path = queue.progress_path(cache, job.id)
    try:
        facts = path.stat()
    except FileNotFoundError:
        return progress.Record(())
    return _record_as_of(path, facts.st_size, facts.st_mtime_ns)


def _keep_worker(cache: Path) -> None:
    try:
        launch.keep_worker(cache)
    except InputError as error:
        st.error(plain(str(error)), title="No worker", icon=":material/block:")


def _show_problems(found: Queue) -> None:
    problem = st.session_state.pop(_PROBLEM, None)
    if problem:
        st.error(plain(problem), icon=":material/block:")
    if found.problems:
        lines = "\n".join(f"- {plain(item)}" for item in found.problems[:5])
        title = f"{counted(len(found.problems), 'unreadable file')} in the queue left out"
        st.warning(lines, title=title, icon=":material/warning:")


def _watched(jobs: tuple[Job, ...]) -> Job:
    """The job whose course is drawn: the chosen one, else the running one, else the latest that trained."""
    chosen = next((job for job in jobs if job.id == st.session_state.get(_WATCHED)), None)
    return chosen or next((job for job in jobs if job.state != "queued"), jobs[0])


def _show_job(cache: Path, job: Job, pace: Pace, *, watched: bool) -> None:
    word, symbol, colour = _BADGES[job.state]
    record = _record(cache, job)
    last = record.epochs[-1] if record.epochs else None
    with st.container(border=True, gap="xsmall", key=f"job_{job.id}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
            with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
                st.badge(word, icon=f":material/{symbol}:", color=colour)
                st.markdown(f"**{plain(title_of(job))}**")
            _buttons(cache, job, watched=watched)
        if job.state in ACTIVE or job.state == "interrupted":
            seen = outlook(record.epochs, stages(job.run, cache), pace)
            st.progress(min(1.0, seen.share), text=plain(progress_text(job, last, seen)))
        if job.state == "running" and last is not None:
            st.caption(plain(figures_text(last)))
        if job.state == "finished":
            _show_result(cache, job)
        if job.message:
            st.caption(f":orange[{plain(job.message)}]")
        if record.n_unreadable:
            st.caption(f"{counted(record.n_unreadable, 'line')} of its record of progress could not be read.")


def _buttons(cache: Path, job: Job, *, watched: bool) -> None:
    with st.container(horizontal=True, width="content", gap="xsmall"):
        if not watched and job.state != "queued":
            _button(job, "Curves", "show_chart", _watch, "Draw how this run trains.")
        if may(job, "cancel"):
            text = "Stops the run; what it learned up to its last epoch is kept."
            _button(job, "Cancel", "cancel", partial(_try, launch.cancel, cache), text)
        if may(job, "requeue"):
            text = "Goes on behind the last finished epoch, at the end of the queue."
            label = "Retry" if job.state == "failed" else "Resume"
            _button(job, label, "play_arrow", partial(_try, _requeue, cache), text)
        if job.state != "running":
            text = "Takes the run off this list; its checkpoints stay."
            _button(job, "Remove", "delete", partial(_try, queue.remove, cache), text)


def _button(job: Job, label: str, symbol: str, action: Callable[[str], None], text: str) -> None:
    key = f"{label.split(maxsplit=1)[0].lower()}_{job.id}"
    st.button(label, key=key, icon=f":material/{symbol}:", help=text, on_click=action, args=(job.id,), type="tertiary")


def _try(action: Callable[[Path, str], Any], cache: Path, job_id: str) -> None:
    try:
        action(cache, job_id)
    except InputError as error:
        st.session_state[_PROBLEM] = str(error)


def _requeue(cache: Path, job_id: str) -> None:
    queue.requeue(cache, job_id)
    launch.start_worker(cache)


def _watch(job_id: str) -> None:
    st.session_state[_WATCHED] = job_id


def _show_result(cache: Path, job: Job) -> None:
    """What came out, as the checkpoint says, and the way to it."""
    key = run_key(job.run)
    listing = engine.checkpoints(cache, engine.signature(cache))
    row = next((row for row in listing.rows if row["key"] == key), None)
    took = duration((job.ended_at_s or 0.0) - (job.started_at_s or 0.0))
    if row is None:
        st.caption(f"Took {took}. Its checkpoint {key} is no longer in the cache.")
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(
            f"Accuracy **{percent(row['accuracy_ratio'])}** on {row['test_images']:,} test images (dense "
            f"{percent(row['dense_accuracy_ratio'])}), {significant(row['weights_ratio'])}× fewer weights, checkpoint "
            f"`{key}`, took {took}.",
            width="content",
        )
        _button(job, "Show on Explore", "scatter_plot", partial(_leave_for, row), "Moves the current design there.")


def _leave_for(row: Mapping[str, Any], _: str) -> None:
    """Moves the current design to a checkpoint; the page then changes (see `go_where_asked`)."""
    current.move_to({name: row[name] for name in ("network", *COMPRESSION_FIELDS)})
    st.session_state[_LEAVING] = True


def go_where_asked() -> None:
    """Changes to Explore where a run's result was asked for: by the page, since its parts that renew themselves cannot."""
    if st.session_state.pop(_LEAVING, False):
        st.switch_page("pages/explore.py")


def _show_course(cache: Path, job: Job) -> None:
    """How one run trains: loss, accuracy and residuals over its epochs."""
    epochs = _record(cache, job).epochs
    if not epochs:
        return
    st.subheader(f"Course of {plain(title_of(job))}", anchor=False)
    total = outlook(epochs, stages(job.run, cache), {}).epochs_total if job.state != "finished" else len(epochs)
    figure = training_figure(epochs, total=total, names=[point_name(run) for run in chain(job.run)])
    last = epochs[-1]
    label = f"Loss, accuracy and residuals over {counted(len(epochs), 'epoch')} of {title_of(job)}; last: {figures_text(last)}"
    live_chart(figure, key="training_chart", label=label, height=HEIGHT, renewed=True)
    st.caption(
        "Loss is the mean over the training images; in the ADMM stages it holds the penalty, which grows with ρ. Accuracy is that "
        "of the network as it trains, on the test images; the checkpoint's is measured with integers. Residuals near 0: "
        "the weights W have come to their pruned or quantized copy Z."
    )
