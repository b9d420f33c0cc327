"""When layers run: time of a pixel, of a layer's stage, and copies of layers for a balanced pipeline.

`sequential`: layers one after another; frame latency and frame period are the sum of the stages.
`pipelined`: every layer works on a frame of its own, with double-buffered maps between them. A frame's latency is the
sum of the stages too; the period is the slowest stage. An area budget buys copies of layers, each taking its share of
the output pixels: the copies chosen give the least possible slowest stage, with no copy that does not serve it.

Arrays have shape (n_layers, n_designs) unless said otherwise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sotexplore.hardware.constants import FloatArray, Process, Quantity
from sotexplore.hardware.counts import Counts, Demand
from sotexplore.hardware.periphery import Unit
from sotexplore.tiling import ceil_div

_BISECTIONS = 24


@dataclass(frozen=True)
class PixelTime:
    """Time of one output pixel in one copy of a layer [s], cut into what it waits for."""

    cycle_s: FloatArray
    """Array cycles: their number times an undisturbed cycle."""
    conversion_s: FloatArray
    """Waits for the ADCs."""
    count_s: FloatArray
    """Waits for the bit counters."""
    write_s: Quantity
    """Operand writes."""
    load_s: FloatArray
    """Waits for operand bits on the bus."""
    post_s: FloatArray
    """Waits for the post-processing lanes."""

    @property
    def total_s(self) -> FloatArray:
        """Sum of the parts."""
        return np.asarray(self.cycle_s + self.conversion_s + self.count_s + self.write_s + self.load_s + self.post_s)


@dataclass(frozen=True)
class Fill:
    """Time between a layer's last array cycle and its last output [s]."""

    conversion_s: FloatArray
    count_s: Quantity
    accumulate_s: Quantity
    post_s: FloatArray

    @property
    def total_s(self) -> FloatArray:
        """Sum of the parts."""
        return np.asarray(self.conversion_s + self.count_s + self.accumulate_s + self.post_s)


def pixel_time(need: Demand, counts: Counts, unit: Unit, write_s: Quantity, process: Process) -> PixelTime:
    """Time of one output pixel.

    Array cycles and operand writes of a sub-array follow one another; the ADCs, bit counters, the bus with the next
    pixel's operands and the post-processing of the last pixel work at the same time, so that the slowest sets the pace.
    """
    settle_s = unit.word_line_s + unit.bit_line_s
    cycle = counts.cycles * unit.cycle_s
    conversion = counts.cycles * np.maximum(counts.conversion_steps * unit.conversion_s - settle_s, 0.0)
    count = counts.cycles * unit.count_stall_s
    write = counts.operand_steps * write_s
    compute = cycle + conversion + count + write
    load = ceil_div(counts.segment_bits, process["bus_bits"]) * process.clock_period_s
    busy = np.maximum(compute, load)
    return PixelTime(
        cycle_s=cycle,
        conversion_s=conversion,
        count_s=count,
        write_s=write,
        load_s=busy - compute,
        post_s=np.maximum(_post_s(need, process) - busy, 0.0),
    )


def _post_s(need: Demand, process: Process) -> FloatArray:
    return np.minimum(need.filters, process["filters_per_lane"]) * process.clock_period_s


def fill_time(need: Demand, counts: Counts, unit: Unit, process: Process) -> Fill:
    """Time from the last array cycle of a frame to its last output."""
    conversion = counts.conversion_steps * unit.conversion_s + np.zeros_like(need.filters)
    return Fill(conversion, unit.count_s, unit.accumulate_s, _post_s(need, process))


@dataclass(frozen=True)
class Stages:
    """What the stages of a pipeline take."""

    pixels: FloatArray
    """Output pixels, (n_layers, 1)."""
    pixel_s: FloatArray
    """Time of a pixel."""
    fill_s: FloatArray
    """Time that copies do not shorten."""
    copy_area_m2: FloatArray
    """Area of one copy."""

    def time_s(self, copies: FloatArray) -> FloatArray:
        """Time of each stage with so many copies."""
        return np.asarray(ceil_div(self.pixels, copies) * self.pixel_s + self.fill_s)

    def extra_area_m2(self, copies: FloatArray) -> FloatArray:
        """Area of the copies after each layer's first, (n_designs,)."""
        return np.asarray(((copies - 1) * self.copy_area_m2).sum(axis=0))

    def least_copies(self, period_s: FloatArray) -> FloatArray:
        """Least copies whose stages are within the period; one copy per pixel where none is."""
        waves = np.floor((period_s - self.fill_s) / self.pixel_s)
        return ceil_div(self.pixels, np.clip(waves, 1.0, self.pixels))


def copies(stages: Stages, spare_m2: FloatArray) -> FloatArray:
    """Copies of each layer that make the slowest stage as fast as the budget allows.

    The stage of layer l with c copies takes ceil(pixels / c) pixel_s + fill_s. For a period t the least copies are
    c = ceil(pixels / floor((t - fill_s) / pixel_s)); their area grows as t falls, so the least t that fits is found by
    bisection, then by descending to the next stage time until the next does not fit.

    Args:
        stages: the pipeline.
        spare_m2: area that copies may take, (n_designs,); below zero none are made.
    """
    best = np.ones_like(stages.pixel_s)
    low, high = (stages.pixel_s + stages.fill_s).max(axis=0), stages.time_s(best).max(axis=0)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        count = stages.least_copies(middle)
        fits = stages.extra_area_m2(count) <= spare_m2
        best = np.where(fits, count, best)
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
    return _descend(best, stages, spare_m2)


def _descend(count: FloatArray, stages: Stages, spare_m2: FloatArray) -> FloatArray:
    """Shortens the slowest stages by one pixel time each, as long as that fits and helps."""
    active = np.ones(count.shape[1], dtype=bool)
    while active.any():
        time = stages.time_s(count)
        slowest = time.max(axis=0)
        fewer = np.maximum(ceil_div(stages.pixels, count) - 1, 1)
        shorter = np.where(time == slowest, ceil_div(stages.pixels, fewer), count)
        faster = stages.time_s(shorter).max(axis=0) < slowest
        active = active & faster & (stages.extra_area_m2(shorter) <= spare_m2)
        count = np.where(active, shorter, count)
    return count


def period_s(stage_s: FloatArray, latency_s: FloatArray, pipelined: NDArray[np.bool_]) -> FloatArray:
    """Time between frames [s], shape (n_designs,): the slowest stage, or the whole frame."""
    return np.where(pipelined, stage_s.max(axis=0), latency_s)
