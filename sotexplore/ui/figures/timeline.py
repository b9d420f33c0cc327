"""Frames on their way through the layers of a chip, as bars over time."""

from dataclasses import dataclass
from typing import Any, Final

from sotexplore.explorer.stages import Pipeline
from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack
from sotexplore.ui.formatting import percent, si

MOST_FRAMES: Final = 4
ROW_HEIGHT: Final = 24
_UNITS: Final = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


@dataclass(frozen=True)
class Bar:
    """A layer at work on a frame."""

    frame: int
    """0 for the first."""
    layer: str
    start_s: float
    duration_s: float
    copies: int


def bars(pipeline: Pipeline) -> list[Bar]:
    """The first frames through every layer: at least two, and no more than show how they overlap."""
    frames = min(MOST_FRAMES, max(2, round(pipeline.frames_in_flight) + 1))
    return [
        Bar(frame, stage.name, frame * pipeline.period_s + stage.start_s, stage.duration_s, stage.copies)
        for frame in range(frames)
        for stage in pipeline.stages
    ]


def time_unit(span_s: float) -> tuple[float, str]:
    """The unit in which a span of time reads best: seconds in it, and its symbol."""
    return next(((size, name) for size, name in _UNITS if span_s >= size), _UNITS[-1])


def timeline_figure(pipeline: Pipeline) -> Figure:
    """One row per layer, one colour per frame; the period stands below the slowest stage.

    Args:
        pipeline: the stages.

    Returns:
        The figure; its natural height is `timeline_height(pipeline)`.
    """
    found = bars(pipeline)
    end = max(bar.start_s + bar.duration_s for bar in found)
    size, unit = time_unit(end)
    traces = [
        _frame(frame, [bar for bar in found if bar.frame == frame], pipeline, size)
        for frame in range(found[-1].frame + 1)
    ]
    names = [stage.name for stage in pipeline.stages]
    layout = {
        "margin": {**MARGIN, "t": 32},
        "barmode": "overlay",
        "bargap": 0.25,
        "xaxis": {"title": {"text": f"Time [{unit}]"}, "range": [0, end / size * 1.01], "zeroline": False, "automargin": True, "fixedrange": True},
        "yaxis": {"type": "category", "categoryorder": "array", "categoryarray": names[::-1], "automargin": True,
                  "fixedrange": True, "showgrid": False, "tickfont": {"size": FONT_SMALL}},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SMALL}},
        "shapes": [_line(frame * pipeline.period_s / size) for frame in range(1, found[-1].frame + 1)],
        "dragmode": False,
    }  # fmt: skip
    return Figure(points=pack(traces), layout=layout, config={"displayModeBar": False})


def timeline_height(pipeline: Pipeline) -> int:
    """Height in pixels that gives every layer its row."""
    return 96 + ROW_HEIGHT * len(pipeline.stages)


def _frame(frame: int, found: list[Bar], pipeline: Pipeline, size: float) -> dict[str, Any]:
    texts = [
        f"{si(bar.duration_s, 's')} · {percent(bar.duration_s / pipeline.period_s, decimals=1)} of the period"
        + (f" · {bar.copies} copies" if bar.copies > 1 else "")
        for bar in found
    ]
    return {
        "type": "bar", "orientation": "h", "name": f"frame {frame + 1}", "y": [bar.layer for bar in found],
        "x": [bar.duration_s / size for bar in found], "base": [bar.start_s / size for bar in found],
        "hovertext": texts, "hovertemplate": f"<b>%{{y}}</b>, frame {frame + 1}<br>%{{hovertext}}<extra></extra>",
        "marker": {"color": f"@c{frame}", "line": {"color": f"@c{frame}", "width": 1}},
    }  # fmt: skip


def _line(x: float) -> dict[str, Any]:
    """When the next frame enters."""
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1,
        "line": {"color": "@muted", "width": 1, "dash": "dot"}, "layer": "below",
    }  # fmt: skip
