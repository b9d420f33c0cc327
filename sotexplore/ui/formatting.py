"""The quantities that the dashboard shows, as text: with their unit, and as a change against a baseline."""

import math
from dataclasses import dataclass
from typing import Literal

from sotexplore.units import MISSING, area, counted, duration, error_share, percent, si, significant

__all__ = [
    "MISSING", "QUANTITIES", "Change", "Quantity", "area", "change", "counted", "duration", "error_share", "percent", "plain",
    "quantity_text", "si", "significant",
]  # fmt: skip
_BREAK = "\u200b"
"""A space without width: keeps Markdown from turning bare addresses into links."""
_MARKDOWN = set("\\`*_{}[]()<>#+-.!|~$:^=&\"'")


@dataclass(frozen=True)
class Quantity:
    """A metric as the reader sees it: names, unit, factor from SI to that unit, and which direction is better."""

    field: str
    name: str
    """Short, for choices and links."""
    label: str
    unit: str
    factor: float
    better: Literal["higher", "lower"]
    help: str

    @property
    def title(self) -> str:
        """Name with unit, for axes and table heads."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label

    @property
    def short_title(self) -> str:
        """Short name with unit, for table heads."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name


def _quantities() -> dict[str, Quantity]:
    return {
        item.field: item
        for item in (
            Quantity("accuracy_ratio", "Accuracy", "Accuracy", "%", 1e2, "higher",
                     "Share of the test images that are classified correctly."),
            Quantity("area_m2", "Area", "Chip area", "mm²", 1e6, "lower",
                     "Sub-arrays, their peripheral circuits, buffers, accumulators and wiring."),
            Quantity("power_w", "Power", "Average power", "mW", 1e3, "lower",
                     "Energy per frame, leakage included, times the highest frame rate."),
            Quantity("frames_per_s", "Frame rate", "Frame rate", "FPS", 1.0, "higher",
                     "Frames per second with the chosen schedule."),
            Quantity("energy_per_frame_j", "Energy", "Energy per frame", "µJ", 1e6, "lower",
                     "All energy that one inference takes."),
            Quantity("frame_latency_s", "Latency", "Frame latency", "µs", 1e6, "lower",
                     "Time from a frame's first pixel to its result."),
            Quantity("standby_power_w", "Standby power", "Standby power", "µW", 1e6, "lower",
                     "Power between frames with the weights kept."),
            Quantity("n_subarrays", "Sub-arrays", "Sub-arrays", "", 1.0, "lower",
                     "Sub-arrays that hold the network's weights."),
            Quantity("utilization_ratio", "Utilisation", "Cell utilisation", "%", 1e2, "higher",
                     "Share of the cells of these sub-arrays that hold a weight bit."),
            Quantity("weights_ratio", "Weight compression", "Weight compression", "×", 1.0, "higher",
                     "Weights of the dense network over weights that are left."),
            Quantity("storage_ratio", "Storage compression", "Storage compression", "×", 1.0, "higher",
                     "Bits of the dense 32-bit network over bits stored, indices included."),
            Quantity("operations_ratio", "Operations compression", "Operations compression", "×", 1.0, "higher",
                     "Multiply-accumulates of the dense network over those that are left; their bits do not enter."),
            Quantity("subarrays_ratio", "Sub-array saving", "Sub-array saving", "×", 1.0, "higher",
                     "Sub-arrays of the dense 8-bit network on the same hardware over those of this design."),
            Quantity("read_error_ratio", "Read errors", "Read errors", "%", 1e2, "lower",
                     "Share of the array reads that come out wrong: a bit of the farthest row (and-count), an ADC "
                     "conversion (crossbar). Accuracy is that of ideal reads."),
            Quantity("accuracy_with_faults_ratio", "Accuracy with faults", "Accuracy with faults, estimated", "%", 1e2, "higher",
                     "Accuracy with the read errors and the resistance spread of this cell, estimated from chips that were "
                     "simulated bit by bit; unknown where no such study is in the cache."),
        )
    }  # fmt: skip


QUANTITIES = _quantities()
"""The metrics by field name, in the order in which they are offered."""


FIELD_LABELS = {
    "network": "Network", "structure": "Structure", "prune_ratio": "Pruning ratio", "weight_bits": "Weight bits",
    "activation_bits": "Activation bits", "compute_style": "Compute style", "node_nm": "Node [nm]", "cell": "Memory cell",
    "subarray_rows": "Sub-array rows", "subarray_cols": "Sub-array columns", "schedule": "Schedule",
    "columns_per_sense_amplifier": "Columns per sense amplifier", "operand": "Operand", "adc_bits": "ADC bits",
    "active_rows": "Active rows",
}  # fmt: skip
"""Fields of a design as their controls name them."""


def field_label(name: str) -> str:
    """A field or metric as the reader knows it."""
    return QUANTITIES[name].label if name in QUANTITIES else FIELD_LABELS[name]


def quantity_text(field: str, value: float | None) -> str:
    """A metric's value as it stands in the row of figures."""
    if value is None or not math.isfinite(value):
        return MISSING
    if field == "area_m2":
        return area(value)
    unit = QUANTITIES[field].unit
    if unit == "%":
        return percent(value)
    if unit == "×":
        return f"{significant(value)}×"
    if field == "frames_per_s":
        return si(value, "FPS")
    return f"{value:,.0f}" if not unit else si(value, unit[-1])


@dataclass(frozen=True)
class Change:
    """A change against a baseline: text, direction of the arrow, and whether it is for the better."""

    text: str
    arrow: Literal["up", "down", "off"]
    verdict: Literal["better", "worse", "same"]


def change(field: str, value: float | None, baseline: float | None) -> Change | None:
    """What became of a metric against the baseline.

    Args:
        field: the metric.
        value: of this design, in SI.
        baseline: of the dense design, in SI.

    Returns:
        Percentage points for percentages, percent for changes below a factor of two, the factor beyond; None where
        either value is missing.
    """
    if value is None or baseline is None or not math.isfinite(value) or not math.isfinite(baseline) or baseline <= 0:
        return None
    text = _points(value - baseline) if QUANTITIES[field].unit == "%" else _factor(value / baseline)
    if text is None:
        return Change("same", "off", "same")
    rises = value > baseline
    good = rises == (QUANTITIES[field].better == "higher")
    return Change(text, "up" if rises else "down", "better" if good else "worse")


def plain(text: str) -> str:
    """`text` as Markdown that shows it literally: no markup, no links, also none that Markdown makes by itself."""
    words = (
        " ".join(text.split())
        .replace("://", f":{_BREAK}//")
        .replace("www.", f"www{_BREAK}.")
        .replace("@", f"@{_BREAK}")
    )
    return "".join(f"\\{char}" if char in _MARKDOWN else char for char in words)


def _points(difference_ratio: float) -> str | None:
    points = 100 * difference_ratio
    return None if abs(points) < 0.005 else f"{points:+.2f} points".replace("-", "−")


def _factor(ratio: float) -> str | None:
    if abs(ratio - 1) < 5e-4:
        return None
    if 0.505 < ratio < 1.995:
        return f"{100 * (ratio - 1):+.1f} %".replace("-", "−")
    if ratio > 1:
        return f"×{significant(ratio)}"
    return f"÷{significant(1 / ratio)}" if ratio > 0 else "to none"
