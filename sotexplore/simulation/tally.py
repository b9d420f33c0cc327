"""What happened while a layer ran: counts by name, summed over pixels and images.

Names are those of `hardware.counts.Counts` where the hardware model charges for the same thing.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SUMMED = (
    "array_operations", "sensed_bits", "driven_rows", "cell_reads", "accumulations", "scratch_accesses", "merges",
    "summed_bits", "operand_bits", "latched_bits", "operand_write_accesses", "operand_written_bits",
)  # fmt: skip
"""Counts of the model per pixel that add up over sub-arrays: row activations, bits sensed or columns converted, ..."""
FULLEST = ("cycles", "operand_steps", "operand_rewrites")
"""Counts of the model per pixel that follow one another in the fullest sub-array."""
POST = ("outputs", "pool_reads", "residual_adds")
"""What comes behind the accumulators."""


@dataclass
class Tally:
    """Counts of one layer."""

    name: str
    n_subarrays: int = 0
    stored_bits: int = 0
    load_accesses: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    by_subarray: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in FULLEST})
    checked_reads: int = 0
    """Cell reads (and-count) or conversions (crossbar) compared with what an ideal array gives."""
    wrong_reads: int = 0
    clipped_sums: int = 0
    """Conversions of a crossbar whose sum was beyond the ADC's highest code."""

    def add(self, name: str, count: int) -> None:
        """Counts `count` more of `name`."""
        self.totals[name] += int(count)

    def add_in(self, name: str, subarray: int, count: int) -> None:
        """Counts `count` more of `name` in one sub-array."""
        self.by_subarray[name][subarray] += int(count)

    def check_reads(self, read: NDArray[np.uint8], held: NDArray[np.uint8]) -> None:
        """Counts bits that read as others than they are."""
        self.checked_reads += read.size
        self.wrong_reads += int((read != held).sum())

    def to_dict(self) -> dict[str, int | str]:
        """All counts, sub-array by sub-array ones as their greatest."""
        fullest = {name: max(counts.values(), default=0) for name, counts in self.by_subarray.items()}
        summed = {name: self.totals[name] for name in SUMMED + POST}
        return {
            "name": self.name,
            "n_subarrays": self.n_subarrays,
            "stored_bits": self.stored_bits,
            "load_accesses": self.load_accesses,
            **summed,
            **fullest,
        }
