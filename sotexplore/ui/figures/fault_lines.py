"""Accuracy of checkpoints against a fault or an array limit: one line each, with its interval over seeds."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Final

from sotexplore.explorer.fault_curves import LABELS, LOGARITHMIC, Curve
from sotexplore.ui.figures.axes import log_axis
from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack
from sotexplore.ui.figures.front import padded_range
from sotexplore.ui.formatting import percent

MOST_LINES: Final = 8
_DASHES: Final = ("solid", "dash", "dot", "dashdot")
_SYMBOLS: Final = ("circle", "square", "diamond", "triangle-up", "x", "star", "cross", "hexagon2")
_ALSO_LOGARITHMIC: Final = ("active_rows",)


def line_name(curve: Curve, labels: Mapping[str, str]) -> str:
    """Which checkpoint, where it has a label, and what else was set."""
    held = ", ".join(
        f"{value:g} {LABELS[name].removesuffix('s of the ADC')}" if name != "adc_bits" else f"{value:g}-bit ADC"
        for name, value in curve.held
    )
    return ", ".join(filter(None, (labels.get(curve.checkpoint, ""), held)))


def fault_figure(curves: Sequence[Curve], labels: Mapping[str, str]) -> Figure:
    """The lines of one family of studies.

    Args:
        curves: with the same thing along the axis; not empty.
        labels: checkpoint -> what it is called.
    """
    across = curves[0].across
    values = [value for curve in curves for value in curve.values]
    log = (across in LOGARITHMIC or across in _ALSO_LOGARITHMIC) and min(values) > 0
    title = LABELS[across][:1].upper() + LABELS[across][1:]
    axis = log_axis(title, values) if log else {
        "title": {"text": title, "font": {"size": 14}}, "range": padded_range(values, "linear"), "automargin": True, "fixedrange": True, "zeroline": False,
    }  # fmt: skip
    means = [100 * mean for curve in curves for mean in curve.mean_ratios]
    layout: dict[str, Any] = {
        "margin": {**MARGIN, "t": 64},
        "xaxis": axis,
        "yaxis": {"title": {"text": "Accuracy [%]", "font": {"size": 14}}, "range": padded_range([*means, 100.0], "linear"), "automargin": True,
                  "fixedrange": True, "zeroline": False},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SMALL}},
        "hovermode": "closest",
        "dragmode": False,
    }  # fmt: skip
    alone = len({curve.checkpoint for curve in curves}) == 1 and bool(curves[0].held)
    if alone:  # the checkpoint is said once, above the others' names
        layout["legend"]["title"] = {"text": f"<b>{labels[curves[0].checkpoint]}</b>  ", "font": {"size": FONT_SMALL}}
    traces = [
        _line(curve, line_name(curve, {} if alone else labels), line_name(curve, labels), place)
        for place, curve in enumerate(curves)
    ]
    return Figure(points=pack(traces), layout=layout, config={"displayModeBar": False})


def _line(curve: Curve, name: str, title: str, place: int) -> dict[str, Any]:
    texts = [
        f"<b>{title}</b><br>{LABELS[curve.across]}: {value:g}<br>accuracy {percent(mean)}"
        + (f" ± {percent(half)}" if isfinite(half) else "")
        + ("" if error is None else f"<br>reads that came out wrong: {error:.2g}")
        + f"<br>{curve.images:,} images, {curve.seeds} seed{'s' if curve.seeds > 1 else ''}; ideal {percent(curve.ideal_accuracy_ratio)}"
        for value, mean, half, error in zip(
            curve.values, curve.mean_ratios, curve.half_width_ratios, curve.read_error_ratios, strict=True
        )
    ]
    half_widths = [100 * half if isfinite(half) else 0.0 for half in curve.half_width_ratios]
    return {
        "type": "scatter", "mode": "lines+markers", "name": name, "x": list(curve.values), "y": [100 * mean for mean in curve.mean_ratios],
        "error_y": {"type": "data", "array": half_widths, "visible": any(half_widths), "thickness": 1, "width": 3},
        "line": {"color": f"@c{place % 8}", "width": 2, "dash": _DASHES[place // 8 % len(_DASHES)]},
        "marker": {"symbol": _SYMBOLS[place % len(_SYMBOLS)], "size": 8, "color": f"@c{place % 8}"},
        "text": texts, "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip
