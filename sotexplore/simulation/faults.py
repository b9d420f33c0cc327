"""The faults of a simulated chip: what each is, its bounds, and where it may occur."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from sotexplore.errors import InputError
from sotexplore.simulation import ageing
from sotexplore.simulation.arrays import Arrays
from sotexplore.simulation.device import Device

OF_DEVICE = ("tmr_ratio", "spread_ratio", "offset_v")
"""What may stand in for the device's own values."""
_WHOLE = ("seed", "frames_since_write")
_TOGETHER = {
    "storage_time_s": "thermal_stability",
    "read_disturb_ratio": "frames_since_write",
    "frames_since_write": "read_disturb_ratio",
}
"""Faults that do nothing unless another is given."""


@dataclass(frozen=True)
class Faults:
    """Faults, each off by default; ratios are 0..1. Equal seeds give equal faults."""

    seed: int = 0
    read_error_ratio: float = 0.0
    """And-count: share of sensed bits that are read wrong, anew at every read."""
    weight_write_error_ratio: float = 0.0
    """Share of weight cells whose one write at loading fails and leaves the other bit."""
    operand_write_error_ratio: float = 0.0
    """Written operands: share of operand bits written wrong, anew at every write."""
    stuck_at_zero_ratio: float = 0.0
    """Share of cells that hold a zero whatever is written."""
    stuck_at_one_ratio: float = 0.0
    """Share of cells that hold a one whatever is written."""
    read_disturb_ratio: float = 0.0
    """Share of reads that switch the cell they read, either way."""
    frames_since_write: int = 0
    """Frames read since the weights were written, for read disturb."""
    storage_time_s: float = 0.0
    """Time since the weights were written [s], for retention loss."""
    thermal_stability: float = math.inf
    """Energy barrier of a cell over k T, for retention loss."""
    adc_noise_counts: float = 0.0
    """Crossbar: standard deviation of the noise at an ADC's input, one product = 1, anew at every conversion."""
    device: Device | None = None
    """Resistances that the cells are sampled from; None: every cell reads as its bit."""

    def __post_init__(self) -> None:
        """Refuses what has no meaning."""
        for item in fields(self):
            if item.name != "device":
                _check(item.name, getattr(self, item.name))
        if self.stuck_at_zero_ratio + self.stuck_at_one_ratio > 1:
            got = self.stuck_at_zero_ratio + self.stuck_at_one_ratio
            raise InputError("faults.stuck_at_one_ratio", "more stuck cells than cells", got=got, allowed="0..1 in all")

    @property
    def retention_loss_ratio(self) -> float:
        """Share of cells that have lost their bit: see `ageing.retention_loss_ratio`."""
        return ageing.retention_loss_ratio(storage_time_s=self.storage_time_s, thermal_stability=self.thermal_stability)

    def disturbed_ratio(self, reads_per_frame: float) -> float:
        """Share of cells that reads have left switched: see `ageing.odd_ratio`."""
        return ageing.odd_ratio(self.read_disturb_ratio, reads_per_frame * self.frames_since_write)

    def check_fit(self, arrays: Arrays) -> None:
        """Refuses faults that cannot occur in such arrays.

        Raises:
            InputError: names the fault.
        """
        misplaced = {
            "read_error_ratio": (arrays.is_crossbar, "and-count"),
            "operand_write_error_ratio": (not arrays.is_written, "and-count with written operands"),
            "adc_noise_counts": (not arrays.is_crossbar, "crossbar"),
        }
        for name, (is_misplaced, where) in misplaced.items():
            if is_misplaced and getattr(self, name):
                raise InputError(
                    f"faults.{name}", f"occurs in {where} arrays only", got=getattr(self, name), allowed="0 here"
                )


def parse_faults(pairs: Sequence[str], device: Device | None = None) -> Faults:
    """Faults from texts `NAME=VALUE`.

    Raises:
        InputError: unknown name, no number, out of range.
    """
    names = [item.name for item in fields(Faults) if item.name != "device"]
    values: dict[str, float] = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        if name not in names:
            raise InputError(
                f"faults.{name}", "unknown fault", got=pair, allowed=", ".join((*names, *OF_DEVICE, "preset"))
            )
        values[name] = _number(name, text)
    for name, other in _TOGETHER.items():
        if values.get(name) and other not in values:
            raise InputError(
                f"faults.{name}", f"does nothing without {other}", got=values[name], allowed=f"{other} beside it"
            )
    return Faults(device=device, **values)  # type: ignore[arg-type]


def _number(name: str, text: str) -> float:
    try:
        return int(text) if name in _WHOLE else float(text)
    except ValueError:
        kind = "a whole number" if name in _WHOLE else "a number"
        raise InputError(f"faults.{name}", f"is not {kind}", got=text or "nothing", allowed=kind) from None


def _check(name: str, value: float) -> None:
    high = 1.0 if name.endswith("_ratio") else math.inf
    if not 0 <= value <= high or (math.isinf(value) and name != "thermal_stability"):
        raise InputError(f"faults.{name}", "out of range", got=value, allowed="0..1" if high == 1 else "0 or more")
    if name in _WHOLE and value != int(value):
        raise InputError(f"faults.{name}", "is not a whole number", got=value, allowed="a whole number")


IDEAL = Faults()
