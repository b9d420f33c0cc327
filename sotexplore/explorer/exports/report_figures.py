"""The charts of the report as plain plotly JSON: where area, energy and time of a design go, its layers, and ratios."""

from collections.abc import Mapping, Sequence
from typing import Any

from sotexplore.explorer.evaluate import SHARED, Evaluation
from sotexplore.explorer.exports.handover import HandOver, label_of, text_of

Chart = dict[str, Any]
"""`title`, `label` for assistive technology, `height` in pixels, `data` and `layout` of plotly."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07d00", "#56b4e9")
"""Okabe and Ito's palette, told apart by colour-blind readers."""
_PATTERNS = ("", "/", "x", ".", "-", "+")
_BREAKDOWNS = {"area_m2": COLOURS[0], "energy_per_frame_j": COLOURS[1], "frame_latency_s": COLOURS[2]}
_BAR = 24


def design_charts(evaluation: Evaluation) -> list[Chart]:
    """The charts of one design."""
    charts = [_breakdown(metric, evaluation.breakdown[metric], colour=colour) for metric, colour in _BREAKDOWNS.items()]
    return [*charts, _layers(evaluation)]


def comparison_chart(items: Sequence[HandOver], fields: Sequence[str]) -> Chart:
    """Each design's figures over those of the first, on a logarithmic axis.

    Args:
        items: the designs; the first is what the others are compared with.
        fields: metrics, of which those that every design has are shown.
    """
    known = [name for name in fields if all(item.evaluation.metrics[name] for item in items)]
    base = items[0].evaluation.metrics
    traces = [
        {
            "type": "bar", "name": _safe(item.name), "x": [label_of(name) for name in known],
            "y": [item.evaluation.metrics[name] / base[name] for name in known],
            "marker": {"color": COLOURS[place % len(COLOURS)], "pattern": {"shape": _PATTERNS[place % len(_PATTERNS)]}},
            "text": [text_of(name, item.evaluation.metrics[name]) for name in known],
            "hovertemplate": "%{x}: %{text}, %{y:.3g} × the first<extra>%{fullData.name}</extra>", "textposition": "none",
        }
        for place, item in enumerate(items)
    ]  # fmt: skip
    layout = {"barmode": "group", "yaxis": {"type": "log", "title": {"text": f"over {_safe(items[0].name)}"}},
              "legend": {"orientation": "h", "y": 1.15}}  # fmt: skip
    return _chart(f"Against {items[0].name}", 380, traces, layout)


def _breakdown(metric: str, parts: Mapping[str, float], *, colour: str) -> Chart:
    total = sum(parts.values())
    rows = sorted(((name, value) for name, value in parts.items() if value > 0), key=lambda row: row[1])
    trace = {
        "type": "bar", "orientation": "h", "x": [100 * value / total for _, value in rows],
        "y": [name.replace("_", " ") for name, _ in rows], "text": [text_of(metric, value) for _, value in rows],
        "textposition": "outside", "cliponaxis": False, "marker": {"color": colour},
        "hovertemplate": "%{y}: %{text}, %{x:.1f} %<extra></extra>",
    }  # fmt: skip
    top = max((value / total for _, value in rows), default=1.0)
    layout = {"xaxis": {"ticksuffix": " %", "range": [0, 130 * top]}, "yaxis": {"automargin": True}, "bargap": 0.3}
    return _chart(f"{label_of(metric)} by component", 90 + _BAR * len(rows), [trace], layout)


def _layers(evaluation: Evaluation) -> Chart:
    rows = [row for row in evaluation.layers if row["kind"] != SHARED]
    names = [row["name"] for row in rows]
    shown = {
        "n_subarrays": "n_subarrays",
        "area_m2": "area_m2",
        "energy_j": "energy_per_frame_j",
        "latency_s": "frame_latency_s",
    }
    traces = [
        {
            "type": "bar", "name": label_of(column if column == "n_subarrays" else total), "x": names,
            "y": [100 * row[column] / sum(other[column] for other in rows) for row in rows],
            "text": [text_of(total, row[column]) for row in rows], "textposition": "none",
            "marker": {"color": COLOURS[place], "pattern": {"shape": _PATTERNS[place]}},
            "hovertemplate": "%{x}: %{text}, %{y:.1f} % of all layers<extra>%{fullData.name}</extra>",
        }
        for place, (column, total) in enumerate(shown.items())
    ]  # fmt: skip
    layout = {"barmode": "group", "yaxis": {"ticksuffix": " %", "title": {"text": "share of all layers"}},
              "legend": {"orientation": "h", "y": 1.15}, "xaxis": {"type": "category"}}  # fmt: skip
    return _chart("By layer", 360, traces, layout)


def _chart(title: str, height: int, traces: list[dict[str, Any]], layout: dict[str, Any]) -> Chart:
    return {"title": title, "label": f"Bar chart: {title}. Its numbers are in the tables.", "height": height,
            "data": traces, "layout": {"margin": {"l": 60, "r": 20, "t": 20, "b": 40}, **layout}}  # fmt: skip


def _safe(text: str) -> str:
    """A name without what plotly takes for markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
