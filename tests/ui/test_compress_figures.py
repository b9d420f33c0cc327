"""The course of a run as plain plotly JSON, and the page's lines of text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore.compression.run_files import parse_run
from sotexplore.jobs.estimate import Outlook
from sotexplore.jobs.progress import Epoch
from sotexplore.jobs.record import Job
from sotexplore.ui.compress_page import figures_text, progress_text, title_of
from sotexplore.ui.figures.training import spans_of, training_figure
from sotexplore.ui.formatting import duration

NAMES = ("W8 A8", "W8 A4")
PLAN = ((0, "dense", 4), (0, "prune", 3), (0, "retrain", 3), (0, "quantize", 2), (0, "finetune", 2),
        (1, "quantize", 2), (1, "finetune", 2))  # fmt: skip


def epoch(step: int, stage: str, number: int, epochs: int) -> Epoch:
    admm = stage in ("prune", "quantize")
    return Epoch(
        step=step, stage=stage, epoch=number, epochs=epochs, loss=2.0 / number, images_per_s=1e3, seconds=1.0, ended_at_s=0.0,
        accuracy_ratio=None if admm else 0.9 + 0.01 * number, primal_residual_ratio=0.5 / number if admm else None,
        dual_residual_ratio=0.0 if admm and number == 1 else 0.1 if admm else None,
    )  # fmt: skip


def course() -> list[Epoch]:
    return [epoch(step, stage, number, count) for step, stage, count in PLAN for number in range(1, count + 1)]


def drawn(trace: dict[str, object]) -> list[tuple[float, float]]:
    return [(x, y) for x, y in zip(trace["x"], trace["y"], strict=True) if y is not None]  # type: ignore[call-overload]


def test_every_epoch_is_drawn_once_on_each_axis_that_it_has_a_value_for() -> None:
    epochs = course()
    traces = training_figure(epochs, total=18, names=NAMES).points.traces
    loss = sorted(point for trace in traces if trace["yaxis"] == "y" for point in drawn(trace))
    assert loss == [(number, item.loss) for number, item in enumerate(epochs, start=1)]
    accuracy = sorted(point for trace in traces if trace["yaxis"] == "y2" for point in drawn(trace))
    expected = [(n, 100 * e.accuracy_ratio) for n, e in enumerate(epochs, start=1) if e.accuracy_ratio is not None]
    assert accuracy == [(n, pytest.approx(value)) for n, value in expected]


def test_residuals_are_drawn_in_admm_stages_and_a_dual_of_nothing_has_no_place_on_a_logarithm() -> None:
    epochs = course()
    traces = [trace for trace in training_figure(epochs, total=18, names=NAMES).points.traces if trace["yaxis"] == "y3"]
    solid = [point for trace in traces if trace["line"]["dash"] == "solid" for point in drawn(trace)]
    dotted = [point for trace in traces if trace["line"]["dash"] == "dot" for point in drawn(trace)]
    assert len(solid) == sum(item.primal_residual_ratio is not None for item in epochs) == 7
    assert len(dotted) == 7 - 3
    assert {trace["marker"]["symbol"] for trace in traces} == {"circle", "diamond-open"}
    named = [trace["name"] for trace in traces if "name" in trace]
    assert [name.split()[0] for name in named] == ["primal", "dual"]


def test_stages_differ_by_colour_and_lines_break_between_their_stretches() -> None:
    traces = training_figure(course(), total=18, names=NAMES).points.traces
    losses = {trace["name"]: trace for trace in traces if trace["yaxis"] == "y"}
    assert len(losses) == len({trace["line"]["color"] for trace in losses.values()}) == 5
    fine = losses["fine-tuning"]
    assert fine["x"] == [13, 14, None, 17, 18, None]
    assert fine["y"][2] is None


def test_hover_tells_checkpoint_stage_epoch_and_value() -> None:
    traces = training_figure(course(), total=18, names=NAMES).points.traces
    fine = next(trace for trace in traces if trace.get("name") == "fine-tuning")
    assert fine["text"][4] == "W8 A4, finetune 2 of 2<br>loss 1.000"


def test_the_axis_is_as_long_as_the_run_and_stretches_are_marked() -> None:
    half = training_figure(course()[:6], total=18, names=NAMES)
    assert half.layout["xaxis"]["range"] == [0.5, 18.5]
    whole = training_figure(course(), total=18, names=NAMES)
    assert [shape["x0"] for shape in whole.layout["shapes"]] == [4.5, 7.5, 10.5, 12.5, 14.5, 16.5]
    assert [shape["line"]["dash"] for shape in whole.layout["shapes"]].count("solid") == 1
    assert [note["text"] for note in whole.layout["annotations"]] == list(NAMES)


def test_one_epoch_makes_a_chart() -> None:
    figure = training_figure(course()[:1], total=1, names=NAMES)
    assert drawn(figure.points.traces[0]) == [(1, 2.0)]


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(18)), st.integers(1, 18))
def test_epochs_of_a_stage_keep_together_in_whatever_order_they_were_noted(order: list[int], count: int) -> None:
    epochs = [course()[place] for place in order[:count]]
    spans = spans_of(epochs)
    numbers = [number for span in spans for number in span.numbers]
    assert numbers == list(range(1, count + 1))
    assert len({(span.step, span.stage) for span in spans}) == len(spans)
    for span in spans:
        assert [item.epoch for item in span.epochs] == sorted(item.epoch for item in span.epochs)


def job(state: str = "running", **compression: object) -> Job:
    run = parse_run({"network": "digits-cnn", "compression": {"weight_bits": 8, "activation_bits": 4, **compression}})
    return Job(id=f"20261124-120000-000000-{'0' * 16}", run=run, state=state, queued_at_s=0.0)  # type: ignore[arg-type]


def test_a_job_is_named_by_what_it_makes() -> None:
    assert title_of(job(prune_ratio=0.875)) == "digits-cnn · filter+shape 87.5 % · W8 A4 · seed 0"
    assert title_of(job(prune_ratio=0, structure="none")) == "digits-cnn · not pruned · W8 A4 · seed 0"


def test_where_a_job_stands_in_words() -> None:
    seen = Outlook(epochs_done=7, epochs_total=18, remaining_s=75.0)
    assert progress_text(job(), epoch(1, "finetune", 2, 8), seen) == (
        "W8 A4 (2 of 2 checkpoints) · finetune 2/8 · epoch 7 of 18, about 1 min 15 s left"
    )
    assert progress_text(job("queued"), None, Outlook(0, 18, None)) == "18 epochs"
    assert progress_text(job(), None, Outlook(0, 18, None)) == "loading torch and the data · epoch 0 of 18"


def test_figures_of_an_epoch_in_words() -> None:
    assert figures_text(epoch(0, "dense", 2, 4)) == "loss 1.000 · accuracy 92.00 % · 1,000 images/s"
    assert figures_text(epoch(0, "prune", 2, 3)) == (
        "loss 1.000 · primal residual 0.250 · dual residual 0.100 · 1,000 images/s"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (75, "1 min 15 s"),
        (3725, "1 h 2 min"),
        (7200, "2 h"),
        (90000, "1 d 1 h"),
    ],
)
def test_lengths_of_time(seconds: float, text: str) -> None:
    assert duration(seconds) == text
