"""Numbers as text: SI prefixes, units, percentages, counts."""

import math

MISSING = "–"
_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
_AREAS = ((1e-9, 1e-6, "mm²"), (0.0, 1e-12, "µm²"))
"""From which area on, unit in m2, unit."""


def si(value: float | None, unit: str, *, digits: int = 3) -> str:
    """`value` with an SI prefix: 0.00123 W becomes `1.23 mW`.

    Args:
        value: in units of `unit`; None or not finite gives a dash.
        unit: the unit's symbol.
        digits: significant digits.

    Returns:
        Number, prefix and unit.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return f"0 {unit}".strip()
    exponent = _exponent(value, digits)
    return f"{significant(value / 10.0**exponent, digits)} {_PREFIXES[exponent]}{unit}".strip()


def area(value_m2: float | None, *, digits: int = 3) -> str:
    """An area in mm² or µm²."""
    if value_m2 is None or not math.isfinite(value_m2):
        return MISSING
    scale, unit = next((scale, unit) for least, scale, unit in _AREAS if abs(value_m2) >= least)
    return f"{significant(value_m2 / scale, digits)} {unit}"


def percent(value_ratio: float | None, *, decimals: int = 2) -> str:
    """A ratio in percent: 0.9912 becomes `99.12 %`."""
    if value_ratio is None or not math.isfinite(value_ratio):
        return MISSING
    return f"{100 * value_ratio:.{decimals}f} %"


def error_share(value_ratio: float | None) -> str:
    """A share of wrong reads in percent, with two digits; what is next to nothing is said to be less than that."""
    if value_ratio is None or not math.isfinite(value_ratio):
        return MISSING
    if value_ratio == 0:
        return "0 %"
    return f"{significant(100 * value_ratio, 2)} %" if value_ratio >= 1e-5 else "< 0.001 %"


def counted(number: float, noun: str) -> str:
    """A count with its noun, in the plural where there is not exactly one: `1 column`, `1,200 columns`."""
    return f"{number:,.0f} {noun}" if number == 1 else f"{number:,.0f} {noun}s"


def duration(seconds: float) -> str:
    """A length of time in its two largest units, at least a second: 3725 s becomes `1 h 2 min`."""
    whole = max(1, round(seconds))
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    place = next(index for index, (_, size) in enumerate(units) if whole >= size)
    (name, size), *smaller = units[place:]
    rest = whole % size // smaller[0][1] if smaller else 0
    return f"{whole // size} {name}" + (f" {rest} {smaller[0][0]}" if rest else "")


def significant(value: float, digits: int = 3) -> str:
    """`value` with that many significant digits, thousands separated, never in scientific form."""
    if value == 0:
        return "0"
    return f"{value:,.{max(0, digits - 1 - _decade(value, digits))}f}"


def _exponent(value: float, digits: int) -> int:
    return min(12, max(-15, _decade(value, digits) // 3 * 3))


def _decade(value: float, digits: int) -> int:
    """The power of ten of `value` once it is rounded to that many digits."""
    return int(f"{value:.{digits - 1}e}".split("e")[1])
