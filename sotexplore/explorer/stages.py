"""A frame's way through the layers of a design: when each stage works, and which one sets the pace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sotexplore.explorer.evaluate import Evaluation
from sotexplore.hardware.table import PIPELINED


@dataclass(frozen=True)
class Stage:
    """One layer at work on the first frame."""

    name: str
    start_s: float
    duration_s: float
    copies: int
    """Copies of the layer that share its output pixels."""

    @property
    def end_s(self) -> float:
        """When the frame leaves the stage."""
        return self.start_s + self.duration_s


@dataclass(frozen=True)
class Pipeline:
    """The stages in order; every further frame enters one period later and meets the same stages."""

    stages: tuple[Stage, ...]
    period_s: float
    """Time between two frames."""
    latency_s: float
    """From a frame's entry to its result: what it takes to fill a pipeline."""
    pipelined: bool

    @property
    def slowest(self) -> Stage:
        """The stage that takes longest: in a pipeline it sets the period."""
        return max(self.stages, key=lambda stage: stage.duration_s)

    @property
    def frames_in_flight(self) -> float:
        """Frames that are under way at once, on average."""
        return self.latency_s / self.period_s

    def busy_ratio(self, stage: Stage) -> float:
        """Share of the period in which a stage works."""
        return stage.duration_s / self.period_s


def pipeline_of(evaluation: Evaluation) -> Pipeline:
    """The stages of an evaluated design; their times sum to its frame latency."""
    return Pipeline(
        stages=_stages([layer for layer in evaluation.layers if "latency_s" in layer and "copies" in layer]),
        period_s=1 / evaluation.metrics["frames_per_s"],
        latency_s=evaluation.metrics["frame_latency_s"],
        pipelined=evaluation.design.hardware.schedule == PIPELINED,
    )


def _stages(layers: Sequence[Mapping[str, Any]]) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    for layer in layers:
        start = stages[-1].end_s if stages else 0.0
        stages.append(Stage(layer["name"], start, layer["latency_s"], int(layer["copies"])))
    return tuple(stages)
