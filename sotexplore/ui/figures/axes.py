"""Axes that several figures share: a logarithmic one whose every tick says its full number."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any, Final

from sotexplore.ui.figures.front import padded_range

_STEPS: Final = ((0.7, (1, 1.5, 2, 3, 4, 5, 6, 8)), (1.6, (1, 2, 3, 5)), (3.2, (1, 2, 5)))
"""Up to so many decades, these digits; beyond, decades alone."""
_MOST_DECADES: Final = 9


def log_axis(title: str, values: Sequence[float], *, room: float = 0.0, fixed: bool = True) -> dict[str, Any]:
    """A logarithmic axis that holds all values.

    Args:
        title: name and unit.
        values: above 0, in display units.
        room: share of its length that is left free at both ends beyond the usual margin.
        fixed: whether the reader cannot zoom it.
    """
    low, high = padded_range(list(values), "log")
    extra = room * (high - low)
    ticks = log_ticks(low - extra, high + extra)
    return {
        "title": {"text": title, "font": {"size": 14}}, "type": "log", "range": [low - extra, high + extra], "zeroline": False,
        "automargin": True, "fixedrange": fixed, "tickmode": "array", "tickvals": ticks, "ticktext": [tick_text(tick) for tick in ticks],
    }  # fmt: skip


def log_ticks(low: float, high: float) -> list[float]:
    """Where ticks stand between two exponents of ten: not too many, never fewer than the digits allow."""
    digits = next((digits for most, digits in _STEPS if high - low <= most), (1,))
    stride = max(1, ceil((high - low) / _MOST_DECADES))
    decades = range(floor(low), ceil(high) + 1)
    found = [digit * 10.0**decade for decade in decades if decade % stride == 0 for digit in digits]
    return [value for value in found if low <= log10(value) <= high]


def tick_text(value: float) -> str:
    """A tick as it is read: plain digits in the middle, powers of ten further out."""
    if 1e-3 <= value < 1e5:
        return f"{value:,.6g}"
    exponent = floor(log10(value) + 1e-9)
    mantissa = f"{value / 10.0**exponent:.3g}"
    return f"10<sup>{exponent}</sup>" if mantissa == "1" else f"{mantissa}·10<sup>{exponent}</sup>"
