"""Accuracy against compression: our checkpoints, and published results of the same network and kind of ratio."""

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any, Final

from sotexplore.explorer.published import Published
from sotexplore.ui.figures.axes import log_axis
from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack
from sotexplore.ui.figures.front import padded_range
from sotexplore.ui.formatting import percent, significant

SYMBOLS: Final[Mapping[str, str]] = {"stated": "diamond", "secondary": "triangle-up", "memory": "x"}
_ACCURACY_ROOM: Final = 0.03
"""How far below the least published accuracy ours are still shown."""


def staircase(rows: Sequence[Mapping[str, Any]], ratio: str) -> list[Mapping[str, Any]]:
    """Our checkpoints that no other beats in ratio and accuracy, by rising ratio."""
    best: list[Mapping[str, Any]] = []
    for row in sorted(rows, key=lambda item: (-item[ratio], -item["accuracy_ratio"])):
        if not best or row["accuracy_ratio"] > best[-1]["accuracy_ratio"]:
            best.append(row)
    return best[::-1]


def published_figure(
    rows: Sequence[Mapping[str, Any]], results: Sequence[Published], *, ratio: str, title: str, name: str
) -> Figure:
    """Ours as points and a staircase; published accuracies as points, published losses in words as lines at their ratio.

    Args:
        rows: our checkpoints of one network; not empty together with `results`.
        results: published results of that network and kind of ratio.
        ratio: field of the ratio.
        title: of the horizontal axis.
        name: of our network.
    """
    known = [row for row in rows if row.get(ratio) and row["weight_bits"] <= 8]
    exact = [item for item in results if item.accuracy_ratio is not None]
    lines = [item for item in results if item.accuracy_ratio is None]
    accuracies = [item.accuracy_ratio for item in exact if item.accuracy_ratio is not None]
    front = staircase(known, ratio)
    floor = min([*accuracies, *(row["accuracy_ratio"] for row in front)], default=0.0) - _ACCURACY_ROOM
    shown = [row for row in known if row["accuracy_ratio"] >= floor]
    traces = [*_ours(shown, front, ratio, name), *_theirs(exact)]
    xs = [*(row[ratio] for row in shown), *(item.ratio for item in results)]
    ys = [100 * value for value in (*(row["accuracy_ratio"] for row in shown), *accuracies)]
    layout = {
        "margin": {**MARGIN, "t": 48},
        "xaxis": log_axis(title, xs, room=0.04),
        "yaxis": {"title": {"text": "Accuracy [%]", "font": {"size": 14}}, "range": padded_range(ys, "linear"), "automargin": True, "fixedrange": True, "zeroline": False},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SMALL}},
        "shapes": [_line(item) for item in lines],
        "annotations": [_words(item) for item in lines],
        "hovermode": "closest",
        "dragmode": False,
    }  # fmt: skip
    return Figure(
        points=pack([trace for trace in traces if trace["x"]]), layout=layout, config={"displayModeBar": False}
    )


def _ours(
    shown: Sequence[Mapping[str, Any]], front: Sequence[Mapping[str, Any]], ratio: str, name: str
) -> list[dict[str, Any]]:
    def xy(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {"x": [row[ratio] for row in rows], "y": [100 * row["accuracy_ratio"] for row in rows]}

    texts = [
        f"<b>ours: {row['structure']} {percent(row['prune_ratio'], decimals=1)} · W{row['weight_bits']} A{row['activation_bits']}</b><br>"
        f"{significant(row[ratio])}× · {percent(row['accuracy_ratio'])} on {row['test_images']:,} images<br>checkpoint {row['key']}, seed {row['seed']}"
        for row in shown
    ]
    return [
        {"type": "scatter", "mode": "lines", "name": "our front", **xy(front), "line": {"shape": "vh", "color": "@text", "width": 1.5}, "hoverinfo": "skip"},
        {"type": "scatter", "mode": "markers", "name": f"ours, {name}: measured", **xy(shown), "text": texts, "hovertemplate": "%{text}<extra></extra>",
         "marker": {"symbol": "circle", "size": 7, "color": "@c0", "opacity": 0.7}},
    ]  # fmt: skip


def _theirs(exact: Sequence[Published]) -> list[dict[str, Any]]:
    traces = []
    for kind, symbol in SYMBOLS.items():
        items = [item for item in exact if item.kind == kind]
        traces.append(
            {
                "type": "scatter", "mode": "markers+text", "name": f"published, {kind}", "x": [item.ratio for item in items],
                "y": [100 * float(item.accuracy_ratio or 0) for item in items], "text": [item.method for item in items], "textposition": "bottom center",
                "textfont": {"size": 11},
                "hovertext": [f"<b>{item.method}</b>, {item.structure}<br>{significant(item.ratio)}× · {item.accuracy_text}<br>{item.source} ({item.kind})" for item in items],
                "hovertemplate": "%{hovertext}<extra></extra>", "marker": {"symbol": symbol, "size": 12, "color": "@c1", "line": {"color": "@text", "width": 1}},
            }
        )  # fmt: skip
    return traces


def _line(item: Published) -> dict[str, Any]:
    return {"type": "line", "xref": "x", "yref": "paper", "x0": item.ratio, "x1": item.ratio, "y0": 0, "y1": 1, "line": {"color": "@c1", "width": 1, "dash": "dot"}}  # fmt: skip


def _words(item: Published) -> dict[str, Any]:
    return {
        "x": log10(item.ratio), "xref": "x", "y": 0.02, "yref": "paper", "xanchor": "right", "yanchor": "bottom", "textangle": -90, "showarrow": False,
        "text": f"{item.method} {significant(item.ratio)}×: {item.accuracy_text} ({item.kind})", "font": {"size": 11, "color": "@muted"},
    }  # fmt: skip
