"""Accuracy against compression: our checkpoints, and published results of the same network and kind of ratio."""

from collections.abc import Mapping, Sequence
from math import dist, log10
from typing import Any, Final

from sotexplore.explorer.published import Published, RatioKind
from sotexplore.explorer.results import MARKS, Point
from sotexplore.ui.figures.axes import log_axis
from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack
from sotexplore.ui.figures.front import padded_range
from sotexplore.ui.formatting import percent, significant

SYMBOLS: Final[Mapping[str, str]] = {"stated": "diamond", "secondary": "triangle-up", "memory": "x"}
Numbered = tuple[int, Published]
_ROOM: Final = (900.0, 300.0)
"""About the pixels of the plot."""
_REACH, _CLEAR = 16.0, 15.0
"""Pixels from a point to its number, and what counts as clear."""
_SIDES: Final = {"top center": (0, 1), "middle right": (1, 0), "middle left": (-1, 0), "bottom center": (0, -1)}
_ACCURACY_ROOM: Final = 0.03
"""How far below the least published accuracy ours are still shown."""


def staircase(points: Sequence[Point], ratio: RatioKind) -> list[Point]:
    """Our points that no other beats in ratio and accuracy, by rising ratio."""
    best: list[Point] = []
    for point in sorted(points, key=lambda item: (-item.ratio(ratio), -item.accuracy_ratio)):
        if not best or point.accuracy_ratio > best[-1].accuracy_ratio:
            best.append(point)
    return best[::-1]


def numbered(results: Sequence[Published]) -> list[tuple[int, Published]]:
    """Published results with the numbers that stand for them in the figure, from left to right."""
    return list(enumerate(sorted(results, key=lambda item: (item.ratio, -(item.accuracy_ratio or 0.0))), start=1))


def published_figure(
    points: Sequence[Point], results: Sequence[Published], *, ratio: RatioKind, title: str, name: str
) -> Figure:
    """Ours as points and a staircase; published accuracies as points, published losses in words as lines at their ratio.

    Args:
        points: ours of one network; not empty together with `results`.
        results: published results of that network and kind of ratio.
        ratio: field of the ratio.
        title: of the horizontal axis.
        name: of our network.
    """
    exact = [pair for pair in numbered(results) if pair[1].accuracy_ratio is not None]
    lines = [pair for pair in numbered(results) if pair[1].accuracy_ratio is None]
    accuracies = [item.accuracy_ratio for _, item in exact if item.accuracy_ratio is not None]
    front = staircase(points, ratio)
    floor = min([*accuracies, *(point.accuracy_ratio for point in front)], default=0.0) - _ACCURACY_ROOM
    shown = [point for point in points if point.accuracy_ratio >= floor]
    xs = [*(point.ratio(ratio) for point in shown), *(item.ratio for item in results)]
    ys = [100 * value for value in (*(point.accuracy_ratio for point in shown), *accuracies)]
    traces = [
        *_ours(shown, front, ratio, name),
        *_theirs(exact, _sides(exact, xs, ys, [(point.ratio(ratio), point.accuracy_ratio) for point in shown])),
    ]
    layout = {
        "margin": {**MARGIN, "t": 48},
        "xaxis": log_axis(title, xs, room=0.04),
        "yaxis": {"title": {"text": "Accuracy [%]", "font": {"size": 14}}, "range": padded_range(ys, "linear"), "automargin": True, "fixedrange": True, "zeroline": False},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SMALL}},
        "shapes": [_line(item) for _, item in lines],
        "annotations": [_tag(number, item) for number, item in lines],
        "hovermode": "closest",
        "dragmode": False,
    }  # fmt: skip
    return Figure(
        points=pack([trace for trace in traces if trace["x"]]), layout=layout, config={"displayModeBar": False}
    )


def _ours(shown: Sequence[Point], front: Sequence[Point], ratio: RatioKind, name: str) -> list[dict[str, Any]]:
    def xy(points: Sequence[Point]) -> dict[str, Any]:
        return {
            "x": [point.ratio(ratio) for point in points],
            "y": [100 * point.accuracy_ratio for point in points],
        }

    texts = [_told(point, ratio) for point in shown]
    return [
        {"type": "scatter", "mode": "lines", "name": "our front", **xy(front), "line": {"shape": "vh", "color": "@text", "width": 1.5}, "hoverinfo": "skip"},
        {"type": "scatter", "mode": "markers", "name": f"ours, {name}: measured", **xy(shown), "text": texts, "hovertemplate": "%{text}<extra></extra>",
         "marker": {"symbol": "circle", "size": 7, "color": "@c0", "opacity": 0.7}},
    ]  # fmt: skip


def _told(point: Point, ratio: RatioKind) -> str:
    row, seeds = point.row, [str(item["seed"]) for item in point.rows]
    lowest = "" if len(seeds) == 1 else f"; seed {seeds[0]} is"
    asides = "".join(f"<br>{mark} {MARKS[mark]}" for mark in point.marks)
    return (
        f"<b>ours: {row['structure']} {percent(row['prune_ratio'], decimals=1)} · W{row['weight_bits']} A{row['activation_bits']}</b><br>"
        f"{significant(point.ratio(ratio))}× · {accuracy_words(point)} on {row['test_images']:,} images<br>"
        f"seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}{lowest or ','} checkpoint {row['key']}{asides}"
    )


def accuracy_words(point: Point) -> str:
    """Accuracy of a point as text with its marks: of one seed alone, of several mean, standard deviation and their number."""
    marks = f" {point.marks}" if point.marks else ""
    if point.spread_ratio is None:
        return f"{percent(point.accuracy_ratio)}{marks}, 1 seed"
    return f"{100 * point.accuracy_ratio:.2f} ± {percent(point.spread_ratio)}{marks}, {len(point.rows)} seeds"


def _theirs(exact: Sequence[Numbered], sides: Sequence[str]) -> list[dict[str, Any]]:
    traces = []
    for kind, symbol in SYMBOLS.items():
        found = [(number, item, side) for (number, item), side in zip(exact, sides, strict=True) if item.kind == kind]
        traces.append(
            {
                "type": "scatter", "mode": "markers+text", "name": f"published, {kind}", "x": [item.ratio for _, item, _ in found],
                "y": [100 * float(item.accuracy_ratio or 0) for _, item, _ in found], "text": [f"<b>{number}</b>" for number, _, _ in found],
                "textposition": [side for _, _, side in found], "textfont": {"size": FONT_SMALL}, "cliponaxis": False,
                "hovertext": [f"<b>{item.method}</b>, {item.structure}<br>{significant(item.ratio)}× · {item.accuracy_text}<br>{item.source} ({item.kind})" for _, item, _ in found],
                "hovertemplate": "%{hovertext}<extra></extra>", "marker": {"symbol": symbol, "size": 12, "color": "@c1", "line": {"color": "@text", "width": 1}},
            }
        )  # fmt: skip
    return traces


def _sides(
    exact: Sequence[Numbered], xs: Sequence[float], ys: Sequence[float], ours: Sequence[tuple[float, float]]
) -> list[str]:
    """For each published point, the side on which its number is clear of all points and of numbers placed before."""
    width, height = log10(max(xs) / min(xs)) or 1.0, max(ys) - min(ys) or 1.0

    def place(ratio: float, accuracy_ratio: float) -> tuple[float, float]:
        return _ROOM[0] * log10(ratio / min(xs)) / width, _ROOM[1] * 100 * accuracy_ratio / height

    points = [place(item.ratio, float(item.accuracy_ratio or 0)) for _, item in exact]
    taken, sides = [*points, *(place(*pair) for pair in ours)], []
    for x, y in points:
        places = {side: (x + _REACH * across, y + _REACH * up) for side, (across, up) in _SIDES.items()}
        side = max(places, key=lambda name: min(_CLEAR, *(dist(places[name], other) for other in taken)))
        taken.append(places[side])
        sides.append(side)
    return sides


def _line(item: Published) -> dict[str, Any]:
    return {"type": "line", "xref": "x", "yref": "paper", "x0": item.ratio, "x1": item.ratio, "y0": 0, "y1": 1, "line": {"color": "@c1", "width": 1, "dash": "dot"}}  # fmt: skip


def _tag(number: int, item: Published) -> dict[str, Any]:
    return {
        "x": log10(item.ratio), "xref": "x", "y": 0.0, "yref": "paper", "xanchor": "center", "yanchor": "bottom", "showarrow": False,
        "text": f"<b>{number}</b>", "font": {"size": FONT_SMALL, "color": "@c1"}, "bgcolor": "@background", "borderpad": 2,
        "hovertext": f"<b>{item.method}</b>, {item.structure}<br>{significant(item.ratio)}× · {item.accuracy_text}<br>{item.source} ({item.kind})",
    }  # fmt: skip
