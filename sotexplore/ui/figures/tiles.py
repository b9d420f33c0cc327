"""Sub-arrays of a chip as squares, layer by layer: which are in use, and which pruning and fewer bits freed."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

import numpy as np

from sotexplore.explorer.floor import LayerFloor, LayerTiles, Matrix
from sotexplore.ui.figures.figure import FONT_SMALL, MARGIN, Figure, pack
from sotexplore.ui.formatting import counted, percent

PER_LINE: Final = 32
MOST_SQUARES: Final = 640
LINE_HEIGHT: Final = 18
MOST_TILES_DRAWN: Final = 20_000
USED, FREED, COPY = 0, 1, 2
_STATES: Final = ((USED, "in use", "@c0"), (COPY, "copies of a layer", "@c5"), (FREED, "freed", "@grid"))


@dataclass(frozen=True)
class Squares:
    """The drawing as a grid: a row of squares after another, each layer beginning a new one."""

    states: list[list[int | None]]
    texts: list[list[str]]
    labels: list[tuple[float, str]]
    """Middle row of a layer, and its name."""
    per_square: int
    """Sub-arrays that one square stands for."""


def squares(tiles: Sequence[LayerTiles]) -> Squares:
    """The sub-arrays of every layer laid out in lines.

    Args:
        tiles: from `layer_tiles`.
    """
    total = sum(max(item.dense, item.kept * item.copies) for item in tiles)
    scale = max(1, ceil(total / MOST_SQUARES))
    states: list[list[int | None]] = []
    texts: list[list[str]] = []
    labels = []
    for item in tiles:
        line = _states_of(item, scale)
        first = len(states)
        for start in range(0, len(line), PER_LINE):
            part: list[int | None] = [*line[start : start + PER_LINE]]
            states.append(part + [None] * (PER_LINE - len(part)))
            texts.append([_text(item)] * PER_LINE)
        labels.append(((first + len(states) - 1) / 2, item.name))
    return Squares(states, texts, labels, scale)


def _states_of(item: LayerTiles, scale: int) -> list[int]:
    used, copies = ceil(item.kept / scale), ceil(item.kept * (item.copies - 1) / scale)
    freed = max(0, ceil(item.dense / scale) - used)
    return [USED] * used + [COPY] * copies + [FREED] * freed


def _text(item: LayerTiles) -> str:
    copies = f" in each of {item.copies} copies" if item.copies > 1 else ""
    return (
        f"<b>{item.name}</b><br>{counted(item.kept, 'sub-array')}{copies}, {percent(item.utilization_ratio, decimals=1)} of "
        f"their cells hold a weight bit<br>dense at 8 bits: {counted(item.dense, 'sub-array')}"
    )


def squares_figure(tiles: Sequence[LayerTiles]) -> Figure:
    """Squares by layer; its natural height is `squares_height(tiles)`."""
    drawn = squares(tiles)
    scale = [
        [place / 3, colour]
        for place, colour in ((0, "@c0"), (1, "@c0"), (1, "@grid"), (2, "@grid"), (2, "@c5"), (3, "@c5"))
    ]
    trace: dict[str, Any] = {
        "type": "heatmap", "z": drawn.states, "hovertext": drawn.texts, "hovertemplate": "%{hovertext}<extra></extra>", "hoverongaps": False, "xgap": 2, "ygap": 2,
        "colorscale": scale, "zmin": -0.5, "zmax": 2.5, "showscale": False,
    }  # fmt: skip
    present = {state for line in drawn.states for state in line}
    legend = [
        {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "name": name, "marker": {"symbol": "square", "size": 11, "color": colour}}
        for state, name, colour in _STATES
        if state in present
    ]  # fmt: skip
    layout = {
        "margin": {**MARGIN, "t": 32},
        "xaxis": {"visible": False, "fixedrange": True, "range": [-0.5, PER_LINE - 0.5]},
        "yaxis": {
            "range": [len(drawn.states) - 0.5, -0.5], "fixedrange": True, "showgrid": False, "zeroline": False, "automargin": True,
            "tickmode": "array", "tickvals": [place for place, _ in drawn.labels], "ticktext": [name for _, name in drawn.labels],
            "tickfont": {"size": FONT_SMALL},
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SMALL}},
        "dragmode": False,
    }  # fmt: skip
    return Figure(points=pack([trace, *legend]), layout=layout, config={"displayModeBar": False})


def squares_height(tiles: Sequence[LayerTiles]) -> int:
    """Height in pixels that makes the squares about as high as wide on half a page."""
    return 52 + LINE_HEIGHT * max(3, len(squares(tiles).states))


def floor_figure(floor: LayerFloor) -> Figure:
    """One layer's weight bits on its sub-arrays: the dense 8-bit matrix, what is left of it, and the sub-arrays it takes.

    Args:
        floor: from `layer_floor`.
    """
    across = max(floor.dense.tiles[0], floor.kept.tiles[0])
    down = max(floor.dense.tiles[1], floor.kept.tiles[1])
    layout = {
        "margin": {**MARGIN, "t": 32},
        "xaxis": _side(f"{floor.across}, in sub-arrays", across) | {"side": "bottom"},
        "yaxis": _side(f"{floor.down}, in sub-arrays", down, reverse=True),
        "shapes": [_rectangle(floor.dense, "@muted", "dot"), _rectangle(floor.kept, "@c1", "solid", fill=True)],
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SMALL}},
        "dragmode": False,
    }
    traces = [_legend("sub-array in use", "square", "@c0"), _legend("freed", "square", "@grid"),
              _legend("weight bits now", "square-open", "@c1"), _legend("weight bits, dense 8-bit", "square-open", "@muted")]  # fmt: skip
    if across * down <= MOST_TILES_DRAWN:
        traces.insert(0, _tile_grid(floor, across, down))
    return Figure(points=pack(traces), layout=layout, config={"displayModeBar": False})


def tile_states(floor: LayerFloor, across: int, down: int) -> list[list[int | None]]:
    """State of each sub-array, row by row; None where neither matrix lies."""
    grid = np.full((down, across), -1)
    for matrix, state in ((floor.dense, FREED), (floor.kept, USED)):
        width, height = matrix.tiles
        grid[:height, :width] = state
    return [[None if state < 0 else int(state) for state in line] for line in grid]


def _tile_grid(floor: LayerFloor, across: int, down: int) -> dict[str, Any]:
    gap = 2 if max(across, down) <= 40 else 1 if max(across, down) <= 120 else 0
    return {
        "type": "heatmap", "z": tile_states(floor, across, down), "x0": 0.5, "y0": 0.5, "xgap": gap, "ygap": gap,
        "colorscale": [[0, "@c0"], [0.5, "@c0"], [0.5, "@grid"], [1, "@grid"]], "zmin": -0.5, "zmax": 1.5, "showscale": False,
        "opacity": 0.75, "hoverinfo": "skip",
    }  # fmt: skip


def _side(title: str, count: int, *, reverse: bool = False) -> dict[str, Any]:
    ends = [count * 1.02, -0.02 * count] if reverse else [-0.02 * count, count * 1.02]
    return {
        "title": {"text": title, "font": {"size": FONT_SMALL}}, "range": ends, "fixedrange": True, "showgrid": False, "zeroline": False,
        "automargin": True, "dtick": 1 if count <= 12 else None, "rangemode": "tozero",
    }  # fmt: skip


def _rectangle(matrix: Matrix, colour: str, dash: str, *, fill: bool = False) -> dict[str, Any]:
    return {
        "type": "rect", "xref": "x", "yref": "y", "x0": 0, "y0": 0, "x1": matrix.across, "y1": matrix.down,
        "line": {"color": colour, "width": 2, "dash": dash}, **({"fillcolor": colour, "opacity": 0.75} if fill else {}),
    }  # fmt: skip


def _legend(name: str, symbol: str, colour: str) -> dict[str, Any]:
    return {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "name": name, "marker": {"symbol": symbol, "size": 11, "color": colour}}  # fmt: skip
