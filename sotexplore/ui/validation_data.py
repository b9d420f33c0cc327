"""What the Validation page shows, as rows, tables and sentences: no drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any, Final

import pandas as pd

from sotexplore.explorer.comparison import OFF_BY, Comparison
from sotexplore.explorer.published import RESULTS, Published, RatioKind
from sotexplore.explorer.results import MARKS, Point, beside
from sotexplore.ui.figures.published import accuracy_words, numbered
from sotexplore.ui.formatting import percent, plain, si, significant

SUB_ARRAYS: Final = "NVSim"
"""What the references of single sub-arrays begin with."""
FAR: Final = 2.0
QUANTITIES: Final[Mapping[str, str]] = {
    "area_m2": "Area", "read_latency_s": "Read latency", "write_latency_s": "Write latency", "frame_latency_s": "Frame latency",
    "read_energy_j": "Read energy", "write_energy_j": "Write energy", "energy_per_frame_j": "Energy per frame",
    "leakage_w": "Leakage", "power_w": "Power", "frames_per_s": "Frames per second",
}  # fmt: skip
_PER: Final[Mapping[str, str]] = {
    "frames_per_s": "FPS",
    "operations per second": "op/s",
    "operations per joule": "op/J",
}
"""What is counted in a rate."""
PANELS: Final = (
    ("m2", "Area [m²]"),
    ("J", "Energy [J]"),
    ("s", "Latency [s]"),
    ("W", "Power [W]"),
    ("1/s", "Rate [1/s]"),
    ("1/J", "Operations per joule"),
)
"""Unit of a panel of the parity plot -> its title; what has no unit is in the table alone."""
RATIOS: Final[Mapping[RatioKind, str]] = {
    "weights_ratio": "weights", "storage_ratio": "storage", "operations_ratio": "operations", "subarrays_ratio": "sub-arrays",
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """How many comparisons lie how far off."""

    within: int
    """Within 1.5 times, either way."""
    near: int
    """Beyond that, within 2 times."""
    far: int
    """Beyond 2 times."""
    not_modelled: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.within + self.near + self.far + self.not_modelled


def is_subarray(row: Comparison) -> bool:
    """Whether a comparison is one of single sub-arrays with NVSim, whose equations the model restates."""
    return row.reference.startswith(SUB_ARRAYS)


def is_summary(row: Comparison) -> bool:
    """Whether a row sums up runs that have rows of their own."""
    return is_subarray(row) and row.unit == "1"


def distance(ratio: float | None) -> float:
    """How many times off, either way: 1 is exact; infinite where there is no model."""
    return float("inf") if ratio is None or ratio <= 0 else max(ratio, 1 / ratio)


def verdict(rows: Sequence[Comparison]) -> Verdict:
    """The count of comparisons by distance."""
    found = [distance(row.ratio) for row in rows]
    missing = sum(row.ratio is None for row in rows)
    within, near = sum(item <= OFF_BY for item in found), sum(OFF_BY < item <= FAR for item in found)
    return Verdict(within, near, len(rows) - within - near - missing, missing)


def family(row: Comparison) -> str:
    """The work that a reference comes from: the first word of its name."""
    return row.reference.split()[0].rstrip(",")


def quantity_name(row: Comparison) -> str:
    """What is compared, in words."""
    return QUANTITIES.get(row.quantity, row.quantity)


def value_text(value: float | None, unit: str, quantity: str = "") -> str:
    """A value with its unit as it is read."""
    if value is None:
        return "not modelled"
    if unit == "m2":
        return f"{significant(value * 1e6)} mm²" if value >= 1e-9 else f"{significant(value * 1e12)} µm²"
    if unit == "1":
        return significant(value)
    return si(value, _PER.get(quantity, f"/{unit[2:]}") if unit.startswith("1/") else unit)


def comparison_frame(rows: Sequence[Comparison]) -> pd.DataFrame:
    """Comparisons as a table, the farthest off first."""
    ordered = sorted(rows, key=lambda row: -distance(row.ratio))
    return pd.DataFrame(
        [
            {
                "Reference": row.reference,
                "Quantity": quantity_name(row),
                "Published": value_text(row.reference_value, row.unit, row.quantity),
                "Model": value_text(row.model_value, row.unit, row.quantity),
                "Off by": distance(row.ratio) if row.ratio is not None else None,
                "Why": row.reason,
                "Model / published": row.ratio,
                "In the model's band": _in_band(row),
                "Kind": row.kind,
                "Source": row.source,
            }
            for row in ordered
        ]
    )


def _in_band(row: Comparison) -> str:
    """Whether the reference lies in the model's own 5-95 % band."""
    if row.band is None:
        return "–"
    return "yes" if row.band[0] <= row.reference_value <= row.band[1] else "no"


def misses(rows: Sequence[Comparison]) -> list[Comparison]:
    """What is off by more than 1.5 times, or not modelled."""
    return [row for row in rows if row.is_off]


def verdict_words(rows: Sequence[Comparison]) -> str:
    """The state of the comparisons in a sentence."""
    subarrays = [row for row in rows if is_subarray(row) and not is_summary(row)]
    worst = max((distance(row.ratio) for row in subarrays), default=1.0)
    farthest = max((distance(row.ratio) for row in rows if row.ratio is not None and not is_subarray(row)), default=1.0)
    return (
        f"Single sub-arrays: all {len(subarrays):,} figures of NVSim runs are met within {percent(worst - 1, decimals=1)}, because the "
        "model restates NVSim's equations; that shows no more than that it does so without mistakes. Converters, tiles and "
        f"whole chips are compared with works that model them in their own ways; the farthest is off {significant(farthest)} times. "
        "No constant was changed to come closer."
    )


def kinds_words(rows: Sequence[Comparison]) -> str:
    """How the references were found, and whether any was measured."""
    measured = sum(row.kind == "measured" for row in rows)
    tail = f"{measured} were measured on silicon." if measured else "None was measured on silicon of such a chip."
    return f"Colour: the work that a figure comes from. Shape: how it was found (simulated, stated, secondary, textbook). {tail}"


def spread_words(rows: Sequence[Comparison]) -> str:
    """Median and spread of the ratios in a sentence."""
    known = [log(row.ratio) for row in rows if row.ratio is not None]
    series = pd.Series(known)
    low, middle, high = (significant(exp(value)) for value in series.quantile([0.1, 0.5, 0.9]))
    return f"Model over published: median {middle}, one in ten below {low}, one in ten above {high}."


def published_frame(among: Sequence[Point]) -> pd.DataFrame:
    """Published results of compression with ours beside them.

    Args:
        among: our points.
    """
    return pd.DataFrame([_published_row(result, beside(result, among)) for result in RESULTS])


def _published_row(result: Published, ours: Point | None) -> dict[str, Any]:
    accuracy = result.accuracy_ratio
    return {
        "Network": result.network,
        "Method": result.method,
        "Ratio of": RATIOS[result.ratio_kind],
        "Ratio": result.ratio,
        "Our ratio": None if ours is None else ours.ratio(result.ratio_kind),
        "Accuracy": result.accuracy_text,
        "Our accuracy": "no checkpoint" if ours is None else accuracy_words(ours),
        "Ours − published [points]": None
        if ours is None or accuracy is None
        else 100 * (ours.accuracy_ratio - accuracy),
        "As compressed": _reach(result, ours),
        "Kind": result.kind,
        "Bits W/A": _bits(result.weight_bits, result.activation_bits),
        "Our bits W/A": "–" if ours is None else _bits(ours.row["weight_bits"], ours.row["activation_bits"]),
        "Structure": result.structure,
        "Our checkpoint": None if ours is None else ours.row["key"],
        "Source": result.source_text,
    }


def key_words(results: Sequence[Published]) -> str:
    """The numbers of the figure with what they stand for, as Markdown."""
    return " · ".join(
        f"**{number}** {plain(item.method)} {significant(item.ratio)}×, {plain(item.accuracy_text)} ({item.kind})"
        for number, item in numbered(results)
    )


def _bits(weight: int | None, activation: int | None) -> str:
    return f"{weight or '–'} / {activation or '–'}"


def _reach(result: Published, ours: Point | None) -> str:
    if ours is None:
        return "–"
    if result.ratio == 1:
        return "same bits"
    return "yes" if ours.ratio(result.ratio_kind) >= result.ratio else "no, ours is less"


def mark_words(frame: pd.DataFrame) -> str:
    """What the marks in a frame of published results mean; empty where it has none."""
    told = "".join(frame["Our accuracy"])
    return "; ".join(f"{mark} {words}" for mark, words in MARKS.items() if mark in told)


def reached_words(frame: pd.DataFrame) -> str:
    """How many published results have one of ours beside them, and how they compare."""
    beside = frame[frame["Our checkpoint"].notna()]
    if beside.empty:
        return "The cache holds no checkpoint of these networks, so nothing of ours stands beside the published results yet."
    fair = beside[beside["As compressed"].isin(["yes", "same bits"])]
    known = fair[fair["Ours − published [points]"].notna()]
    better = int((known["Ours − published [points]"] >= 0).sum())
    short = int((beside["As compressed"] == "no, ours is less").sum())
    return (
        f"**{len(fair)} of {len(frame)} published results have a checkpoint of ours beside them that is compressed at least as much; "
        f"{better} of the {len(known)} with a published accuracy are met or beaten.** In {short} ours is compressed less, and "
        f"{len(frame) - len(beside)} have none of ours yet."
    )
