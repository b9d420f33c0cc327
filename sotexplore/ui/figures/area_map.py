"""A chip's area as a treemap: rectangles of layers, cut into their components."""

from collections.abc import Sequence
from typing import Any, Final

from sotexplore.explorer.area_tree import Leaf
from sotexplore.ui.figures.figure import FONT_SMALL, Figure, pack
from sotexplore.ui.formatting import area, percent

MOST_COMPONENTS: Final = 6
"""Components that keep a colour of their own; the smaller ones share one."""
OTHERS: Final = "other circuits"
_COLOURS: Final = ("@c0", "@c1", "@c2", "@c3", "@c4", "@c5", "@c7")
_GROUND: Final = len(_COLOURS)


def main_components(leaves: Sequence[Leaf]) -> list[str]:
    """The components with the largest areas, largest first, then what stands for the rest of them."""
    totals: dict[str, float] = {}
    for leaf in leaves:
        totals[leaf.component] = totals.get(leaf.component, 0.0) + leaf.area_m2
    ranked = sorted(totals, key=lambda name: -totals[name])
    few = len(ranked) <= MOST_COMPONENTS + 1
    return ranked if few else [*ranked[:MOST_COMPONENTS], OTHERS]


def merged(leaves: Sequence[Leaf]) -> list[Leaf]:
    """The leaves with the small components of each layer in one."""
    kept = main_components(leaves)
    sums: dict[tuple[str, str], float] = {}
    for leaf in leaves:
        key = (leaf.layer, leaf.component if leaf.component in kept else OTHERS)
        sums[key] = sums.get(key, 0.0) + leaf.area_m2
    return [Leaf(layer, component, value) for (layer, component), value in sums.items() if value > 0]


def area_map_figure(leaves: Sequence[Leaf]) -> Figure:
    """The treemap; a click on a layer opens it.

    Args:
        leaves: from `area_leaves`.
    """
    parts, names = merged(leaves), main_components(leaves)
    total = sum(leaf.area_m2 for leaf in parts)
    layers = list(dict.fromkeys(leaf.layer for leaf in parts))
    of_layer = {layer: sum(leaf.area_m2 for leaf in parts if leaf.layer == layer) for layer in layers}
    rows = [("chip", "chip", "", total, _GROUND)]
    rows += [(layer, layer, "chip", of_layer[layer], _GROUND) for layer in layers]
    rows += [
        (
            f"{leaf.layer}/{leaf.component}",
            _words(leaf.component),
            leaf.layer,
            leaf.area_m2,
            names.index(leaf.component),
        )
        for leaf in parts
    ]
    ids, labels, parents, values, places = (list(column) for column in zip(*rows, strict=True))
    trace: dict[str, Any] = {
        "type": "treemap", "ids": ids, "labels": labels, "parents": parents, "values": values, "branchvalues": "total",
        "text": [f"{area(value)}<br>{percent(value / total, decimals=1)}" for value in values], "textinfo": "label+text",
        "hovertemplate": "<b>%{id}</b><br>%{text} of the chip<extra></extra>",
        "marker": {
            "colors": places, "colorscale": _scale(), "cmin": -0.5, "cmax": _GROUND + 0.5, "showscale": False,
            "line": {"color": "@background", "width": 1}, "pad": {"t": 20, "l": 2, "r": 2, "b": 2},
        },
        "tiling": {"pad": 1}, "pathbar": {"visible": False}, "sort": True, "textfont": {"size": FONT_SMALL},
    }  # fmt: skip
    layout = {"margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "dragmode": False}
    return Figure(points=pack([trace]), layout=layout, config={"displayModeBar": False})


def _scale() -> list[list[Any]]:
    """Steps of colour: one for each component, the last for what only holds others."""
    colours = [*_COLOURS, "@panel"]
    ends = [place / len(colours) for place in range(len(colours) + 1)]
    return [[end, colour] for place, colour in enumerate(colours) for end in ends[place : place + 2]]


def _words(name: str) -> str:
    return name.replace("_", " ")
