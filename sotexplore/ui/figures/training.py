"""The course of a training run over its epochs: loss, accuracy and ADMM's residuals, stage by stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sotexplore.jobs.estimate import kind_of
from sotexplore.jobs.progress import Epoch
from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack
from sotexplore.ui.formatting import percent, significant

HEIGHT = 470
STAGES: Mapping[str, str] = {
    "dense": "dense training",
    "prune": "pruning (ADMM)",
    "retrain": "retraining under masks",
    "quantize": "quantization (ADMM)",
    "finetune": "fine-tuning",
}
"""Stage -> what it is called."""
_ROWS = (
    ("loss", "Loss", (0.72, 1.0)),
    ("accuracy", "Accuracy [%]", (0.38, 0.66)),
    ("residual", "Residual", (0.0, 0.3)),
)
_LABELLED_SHARE = 0.07
"""From which share of the epochs on a checkpoint has room for its name."""


@dataclass(frozen=True)
class Span:
    """A stretch of epochs: of which checkpoint, of which stage, its epochs (as counted from the beginning of the run)."""

    step: int
    stage: str
    epochs: tuple[Epoch, ...]
    first: int

    @property
    def numbers(self) -> list[int]:
        """The epochs' numbers, counted from the beginning of the run."""
        return list(range(self.first, self.first + len(self.epochs)))


def spans_of(epochs: Sequence[Epoch]) -> tuple[Span, ...]:
    """The epochs of a run, in one stretch per stage of each checkpoint, in the order in which they were trained."""
    places = sorted({(item.step, item.stage): number for number, item in reversed(list(enumerate(epochs)))}.items(),
                    key=lambda place: place[1])  # fmt: skip
    spans, first = [], 1
    for (step, stage), _ in places:
        own = sorted((item for item in epochs if (item.step, item.stage) == (step, stage)), key=lambda item: item.epoch)
        spans.append(Span(step, stage, tuple(own), first))
        first += len(own)
    return tuple(spans)


def training_figure(epochs: Sequence[Epoch], *, total: int, names: Sequence[str]) -> Figure:
    """Loss, accuracy and residuals over the epochs of a run, one above another.

    Args:
        epochs: the finished epochs.
        total: epochs of the whole run, the axis's length.
        names: what each checkpoint on the way is called, as `W8 A4`.

    Returns:
        The figure; its natural height is `HEIGHT`.
    """
    spans = spans_of(epochs)
    last = max(total, sum(len(span.epochs) for span in spans), 2)
    layout: dict[str, Any] = {
        "margin": {**MARGIN, "t": 24},
        "xaxis": {
            "title": {"text": "Epoch", "font": {"size": FONT_SMALL}}, "range": [0.5, last + 0.5], "anchor": "y3",
            "automargin": True, "showgrid": False, "uirevision": "epochs",
        },
        "legend": {"orientation": "h", "y": -0.13, "yanchor": "top", "x": 0, "font": {"size": FONT_SMALL}},
        "shapes": _boundaries(spans),
        "annotations": _names(spans, names, last),
        "hovermode": "closest",
        "uirevision": "training",
    }  # fmt: skip
    for place, (kind, title, domain) in enumerate(_ROWS, start=1):
        layout[f"yaxis{place if place > 1 else ''}"] = _axis(kind, title, domain)
    return Figure(points=pack(_traces(spans, names)), layout=layout, config={"displayModeBar": False})


def _axis(kind: str, title: str, domain: tuple[float, float]) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "title": {"text": title, "font": {"size": FONT_SMALL}},
        "domain": list(domain),
        "automargin": True,
        "tickfont": {"size": FONT_SMALL},
    }
    return axis | ({} if kind == "accuracy" else {"type": "log", "exponentformat": "none", "nticks": 4})


def _traces(spans: Sequence[Span], names: Sequence[str]) -> list[dict[str, Any]]:
    """One trace per stage and quantity; what is missing in a stage breaks its line, as do the stages in between."""
    traces = []
    for place, (stage, title) in enumerate(STAGES.items()):
        own = [span for span in spans if kind_of(span.stage) == stage]
        if not own:
            continue
        common = {"legendgroup": stage, "line": {"color": f"@c{place}", "width": 2}, "marker": {"size": 5}}
        loss = _line(own, names, [item.loss for span in own for item in span.epochs], "loss", 4)
        traces.append({**loss, **common, "name": title, "yaxis": "y"})
        accuracy = [item.accuracy_ratio for span in own for item in span.epochs]
        if any(value is not None for value in accuracy):
            traces.append(
                {**_line(own, names, accuracy, "accuracy", None), **common, "yaxis": "y2", "showlegend": False}
            )
        traces += _residuals(
            own, names, common, first=stage == "prune" or not any(kind_of(s.stage) == "prune" for s in spans)
        )
    return traces


def _residuals(
    own: Sequence[Span], names: Sequence[str], common: Mapping[str, Any], *, first: bool
) -> list[dict[str, Any]]:
    made = []
    for field, title, dash, symbol in (
        ("primal_residual_ratio", "primal residual ‖W−Z‖ / ‖W‖", "solid", "circle"),
        ("dual_residual_ratio", "dual residual ρ‖Z−Z′‖ / ‖W‖", "dot", "diamond-open"),
    ):
        values = [getattr(item, field) for span in own for item in span.epochs]
        if all(value is None for value in values):
            continue
        style = {"line": {**common["line"], "dash": dash}, "marker": {"size": 6, "symbol": symbol}}
        made.append({**_line(own, names, values, title, 3), **common, **style, "yaxis": "y3", "showlegend": False})
        if first:
            made.append({"type": "scatter", "mode": "lines+markers", "x": [None], "y": [None], "name": title, "yaxis": "y3",
                         "line": {"color": "@text", "dash": dash}, "marker": {"size": 6, "symbol": symbol}})  # fmt: skip
    return made


def _line(
    own: Sequence[Span], names: Sequence[str], values: Sequence[float | None], title: str, digits: int | None
) -> dict[str, Any]:
    """A line through the epochs of one stage, broken between its stretches. `digits` is None for a ratio in percent."""
    x: list[int | None] = []
    y: list[float | None] = []
    hover: list[str] = []
    rest = iter(values)
    for span in own:
        for number, item in zip(span.numbers, span.epochs, strict=True):
            value = next(rest)
            x.append(number)
            y.append(_drawn(value, digits))
            told = percent(value) if digits is None else "–" if value is None else significant(value, digits)
            hover.append(f"{_name(names, span.step)}, {span.stage} {item.epoch} of {item.epochs}<br>{title} {told}")
        x.append(None)
        y.append(None)
        hover.append("")
    return {"type": "scatter", "mode": "lines+markers", "x": x, "y": y, "text": hover,
            "hovertemplate": "%{text}<extra></extra>"}  # fmt: skip


def _drawn(value: float | None, digits: int | None) -> float | None:
    """The value on its axis: percent, or logarithmic, where what is not positive has no place."""
    if value is None:
        return None
    return 100 * value if digits is None else value if value > 0 else None


def _boundaries(spans: Sequence[Span]) -> list[dict[str, Any]]:
    """A line before each stretch but the first, dotted between stages, solid between checkpoints."""
    return [
        {
            "type": "line", "xref": "x", "yref": "paper", "x0": after.first - 0.5, "x1": after.first - 0.5, "y0": 0, "y1": 1,
            "line": {"color": "@grid", "width": 1, "dash": "dot" if before.step == after.step else "solid"}, "layer": "below",
        }
        for before, after in pairwise(spans)
    ]  # fmt: skip


def _names(spans: Sequence[Span], names: Sequence[str], last: int) -> list[dict[str, Any]]:
    """The name of each checkpoint above its epochs, where there is room for it."""
    found = []
    for step in sorted({span.step for span in spans}):
        own = [span for span in spans if span.step == step]
        first, end = own[0].first, own[-1].numbers[-1]
        if (end - first + 1) / last >= _LABELLED_SHARE:
            found.append({
                "xref": "x", "yref": "paper", "x": first - 0.5, "y": 1.0, "xanchor": "left", "yanchor": "bottom",
                "text": _name(names, step), "showarrow": False, "font": {"size": FONT_SMALL, "color": "@muted"},
            })  # fmt: skip
    return found


def _name(names: Sequence[str], step: int) -> str:
    return names[step] if step < len(names) else f"checkpoint {step + 1}"
