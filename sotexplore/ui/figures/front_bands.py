"""How far the figures of a few designs may be off, as bars on the chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Band:
    """A design's place on the axes and the ends of its bars, all in display units."""

    x: float
    y: float
    x_ends: tuple[float, float]
    y_ends: tuple[float, float]


def band_traces(bands: Sequence[Band]) -> list[dict[str, Any]]:
    """One trace with all bars; none where there is no band."""
    if not bands:
        return []
    return [
        {
            "type": "scatter", "mode": "markers", "name": "5 to 95 % of the draws", "hoverinfo": "skip",
            "x": [band.x for band in bands], "y": [band.y for band in bands],
            "marker": {"size": 1, "color": "@muted"},
            "error_x": _bars([band.x for band in bands], [band.x_ends for band in bands]),
            "error_y": _bars([band.y for band in bands], [band.y_ends for band in bands]),
        }
    ]  # fmt: skip


def _bars(nominal: Sequence[float], ends: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Bars from the low to the high end; a nominal value outside them has its bar on one side only."""
    return {
        "type": "data", "symmetric": False, "thickness": 1.2, "width": 3, "color": "@muted",
        "array": [max(0.0, high - value) for value, (_, high) in zip(nominal, ends, strict=True)],
        "arrayminus": [max(0.0, value - low) for value, (low, _) in zip(nominal, ends, strict=True)],
    }  # fmt: skip
