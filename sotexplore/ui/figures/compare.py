"""Designs side by side: a profile of ratios on parallel axes, and stacked bars of their components."""

from collections.abc import Mapping, Sequence
from typing import Any

from sotexplore.explorer.evaluate import Evaluation
from sotexplore.ui.figures.compare_data import PROFILE, better_ratio, component_shares
from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack
from sotexplore.ui.formatting import QUANTITIES, percent, quantity_text, significant

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
PATTERNS = ("", "/", "x", ".", "-", "\\", "+", "|")
COMPONENTS = 7
_LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": FONT_SMALL}}


def profile_figure(
    evaluations: Mapping[str, Evaluation], baselines: Sequence[Evaluation | None], *, baseline: str
) -> Figure:
    """Parallel axes, one per metric, on which each design's line shows how many times better it is than the baseline.

    Args:
        evaluations: name -> design.
        baselines: what each is compared with.
        baseline: what that is called.
    """
    traces = [
        _profile(place, name, item, base)
        for place, ((name, item), base) in enumerate(zip(evaluations.items(), baselines, strict=True))
    ]
    layout = {
        "margin": {**MARGIN, "t": 30, "r": 20},
        "legend": _LEGEND,
        "xaxis": {"type": "category", "categoryarray": [QUANTITIES[name].name for name in PROFILE], "showgrid": True,
                  "automargin": True, "tickfont": {"size": FONT_SMALL}},
        "yaxis": {
            "type": "log", "title": {"text": f"times better than {baseline}", "font": {"size": 13}}, "automargin": True,
            "dtick": "D2", "tickfont": {"size": FONT_SMALL},
        },
        "shapes": [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 1, "y1": 1,
                    "line": {"color": "@muted", "width": 1, "dash": "dot"}}],
        "hovermode": "closest",
    }  # fmt: skip
    return Figure(points=pack(traces), layout=layout, config={"displayModeBar": False})


def _profile(place: int, name: str, evaluation: Evaluation, baseline: Evaluation | None) -> dict[str, Any]:
    base = {} if baseline is None else baseline.metrics
    ratios = [better_ratio(field, evaluation.metrics[field], base.get(field)) for field in PROFILE]
    texts = [quantity_text(field, evaluation.metrics[field]) for field in PROFILE]
    said = ["" if ratio is None else f"{significant(ratio)} × as good" for ratio in ratios]
    return {
        "type": "scatter", "mode": "lines+markers", "name": _safe(name), "x": [QUANTITIES[field].name for field in PROFILE],
        "y": ratios, "customdata": [list(pair) for pair in zip(texts, said, strict=True)],
        "line": {"color": f"@c{place}", "dash": DASHES[place], "width": 2},
        "marker": {"symbol": SYMBOLS[place], "size": 9, "color": f"@c{place}"},
        "hovertemplate": "%{x}: %{customdata[0]}<br>%{customdata[1]}<extra>%{fullData.name}</extra>",
    }  # fmt: skip


def components_figure(evaluations: Mapping[str, Evaluation], metric: str) -> Figure:
    """One bar per design, stacked by component, in the metric's unit.

    Args:
        evaluations: name -> design.
        metric: one that has a breakdown.
    """
    quantity = QUANTITIES[metric]
    names = [_safe(name) for name in evaluations]
    totals = [sum(item.breakdown[metric].values()) for item in evaluations.values()]
    traces = [
        {
            "type": "bar", "orientation": "h", "name": part.replace("_", " "), "y": names,
            "x": [value * quantity.factor for value in values],
            "customdata": [[quantity_text(metric, value), percent(value / total, decimals=1)]
                           for value, total in zip(values, totals, strict=True)],
            "marker": {"color": f"@c{place}", "pattern": {"shape": PATTERNS[place], "solidity": 0.25}},
            "hovertemplate": "%{customdata[0]}, %{customdata[1]}<extra>%{fullData.name}</extra>",
        }
        for place, (part, values) in enumerate(component_shares(evaluations, metric, most=COMPONENTS).items())
    ]  # fmt: skip
    layout = {
        "barmode": "stack", "bargap": 0.35, "margin": {**MARGIN, "t": 30, "r": 20},
        "legend": {**_LEGEND, "traceorder": "normal"},
        "xaxis": {"title": {"text": quantity.title, "font": {"size": 13}}, "automargin": True},
        "yaxis": {"autorange": "reversed", "automargin": True, "showgrid": False, "tickfont": {"size": FONT_SMALL}},
    }  # fmt: skip
    return Figure(points=pack(traces), layout=layout, config={"displayModeBar": False})


def components_height(n_designs: int) -> int:
    """Height in pixels that gives every bar the same room."""
    return 150 + 44 * n_designs


def _safe(text: str) -> str:
    """A name without what plotly takes for markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
