"""What is said beside a design's figures: where they come from, and what they leave out."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from sotexplore.checkpoint import residual_bits
from sotexplore.design import Hardware
from sotexplore.explorer.accuracy import METHOD
from sotexplore.explorer.resolve import Point
from sotexplore.hardware.cell import preset
from sotexplore.hardware.sot import MAX_SUPPLY_V
from sotexplore.hardware.technology import Constant

LIMITS_TABLE: Final[dict[str, Constant]] = {
    "column_loss_caution_ratio": Constant(0.1, "1", "assumed", "share of a column's current lost to its bit-line above which a design carries a caution", 0.1, 0.1),
    "read_error_caution_ratio": Constant(1e-3, "1", "assumed", "share of wrong reads above which a design carries a caution: networks bear about that much unharmed", 1e-3, 1e-3),
}  # fmt: skip
COLUMN_LOSS_CAUTION_RATIO: Final = LIMITS_TABLE["column_loss_caution_ratio"].value
READ_ERROR_CAUTION_RATIO: Final = LIMITS_TABLE["read_error_caution_ratio"].value


def cautions(hardware: Hardware, metrics: Mapping[str, Any]) -> list[str]:
    """What the figures take for granted and this array does not give: reads without error or IR drop, writes at all."""
    return [
        *_read_caution(hardware, metrics),
        *_loss_caution(hardware, metrics),
        *_write_caution(hardware, metrics),
        *_budget_caution(hardware, metrics),
    ]


def _budget_caution(hardware: Hardware, metrics: Mapping[str, Any]) -> list[str]:
    """A chip that is larger than its budget, or that keeps it by writing weights again."""
    budget = hardware.area_budget_m2
    if budget is None:
        return []
    again = metrics["reloaded_subarrays"]
    found = []
    if again:
        found.append(
            f"weights do not fit the area budget: {again:.0f} of {metrics['needed_subarrays']:.0f} sub-arrays are written again in every frame, from a memory outside the chip"
        )
    if metrics["area_m2"] > budget * (1 + 1e-9):
        least = "one sub-array with its buffers" if again else "one copy of each layer"
        hint = (
            ""
            if again or hardware.schedule == "sequential"
            else "; a sequential chip would write what does not fit again"
        )
        found.append(
            f"the area budget of {budget:.3g} m2 is not kept: {least} alone takes {metrics['area_m2']:.3g} m2{hint}"
        )
    return found


def _read_caution(hardware: Hardware, metrics: Mapping[str, Any]) -> list[str]:
    """Reads that fail often enough to cost accuracy: the checkpoint's accuracy was measured without them."""
    if metrics["read_error_ratio"] <= READ_ERROR_CAUTION_RATIO:
        return []
    share = f"{metrics['read_error_ratio']:.2g}"
    if hardware.compute_style == "crossbar":
        what = f"a share of {share} of the ADC conversions does not give the exact sum ({hardware.active_rows} active rows, {hardware.adc_bits} ADC bits)"
    else:
        what = f"a share of {share} of the reads in the farthest row is wrong"
    faulty = metrics["accuracy_with_faults_ratio"]
    cost = "unknown" if faulty is None else f"{faulty:.3f}, estimated"
    return [
        f"accuracy counts the ADC's range but no spread or offset of reads; on this array {what}; accuracy with them: {cost}"
    ]


def _loss_caution(hardware: Hardware, metrics: Mapping[str, Any]) -> list[str]:
    """IR drop along the bit-lines of a crossbar, which no figure corrects for."""
    if metrics["column_loss_ratio"] <= COLUMN_LOSS_CAUTION_RATIO:
        return []
    share = f"{metrics['column_loss_ratio']:.2g}"
    return [
        f"bit-line resistance costs a typical column of {hardware.active_rows} active rows a share of {share} of its current; not corrected for"
    ]


def _write_caution(hardware: Hardware, metrics: Mapping[str, Any]) -> list[str]:
    """A write current that the supply cannot drive through so long a bit-line."""
    if metrics["write_supply_v"] <= MAX_SUPPLY_V:
        return []
    need = f"{metrics['write_supply_v']:.2g} V"
    return [
        f"writing {hardware.cell} over {hardware.subarray_rows} rows needs {need}, more than transistors of the node stand ({MAX_SUPPLY_V:g} V)"
    ]


def write_note(hardware: Hardware, metrics: Mapping[str, Any]) -> list[str]:
    """How a cell with a channel is written: its `write_energy_bit_j` is for a write through the bit-line alone."""
    cell = preset(hardware.cell)
    if not cell.has_channel:
        return []
    volts = metrics["write_supply_v"]
    drawn_j = cell.write_current_a * volts * cell.write_pulse_s
    return [
        f"writes of {cell.name}: {cell.write_current_a:.3g} A for {cell.write_pulse_s:.3g} s through the channel from {volts:.2g} V, {drawn_j:.3g} J a bit besides the line; the cell's write_energy_bit_j is not used"
    ]


def notes(point: Point, metrics: Mapping[str, Any]) -> list[str]:
    """Where the accuracy, the shapes and the figures of a design come from."""
    first = _accuracy_note(point)
    if metrics["accuracy_ratio"] is None and point.accuracy.ratio is not None:
        first += "; on this crossbar, whose ADC clips sums, it is unknown: run `sotexplore faults KEY --family adc`"
    elif metrics["accuracy_ratio"] != point.accuracy.ratio or metrics["accuracy_kind"] != point.accuracy.kind:
        error = metrics["accuracy_error_ratio"]
        stated = "" if error is None else f", +-{error:.4f}"
        first += (
            f"; on this crossbar, whose ADC clips sums, {metrics['accuracy_ratio']:.4f}{stated}, "
            f"{metrics['accuracy_kind']} by bit-level simulation of checkpoints"
        )
    shape = "of the checkpoint" if point.row is not None else "planned by the pruning budget, not yet trained"
    return [
        first,
        f"kept filters and rows: {shape}",
        *_inner_note(point),
        "area, energy, latency, power: modelled from sourced constants, see docs/hardware.md",
    ]


def _inner_note(point: Point) -> list[str]:
    """What zeros inside the matrices come to on this chip."""
    kept = sum(item.kept_filters * item.kept_rows for item in point.workload)
    left = sum(item.surviving_weights for item in point.workload)
    if left == kept:
        return []
    share = f"{1 - left / kept:.1%} of the weights inside the kept filters and rows are zero: fewer to store"
    size = next((item.held for item in point.workload if item.held is not None), None)
    if size is None:
        return [
            f"{share}, but the arrays are counted as if they were full, so that the zeros free no sub-array and save no energy or time here"
        ]
    return [
        f"{share}; crossbars of {size.subarray_rows}x{size.subarray_cols}, for which tiles were cut, are left out where they hold no weight; their energy "
        "and time, and everything on other arrays, are counted as if they were full"
    ]


def _accuracy_note(point: Point) -> str:
    accuracy = point.accuracy
    if accuracy.kind == "measured" and point.row is not None:
        first = f"accuracy: measured with integer weights and activations and ideal array reads on {point.row['test_images']} test images (checkpoint {point.row['key']})"
        if finer := residual_bits(point.row):
            first += f", where residual adds read activations of {finer} bits, all else {point.row['activation_bits']}"
    elif accuracy.kind == "estimated":
        first = f"accuracy: estimated, not measured, by {METHOD}"
    else:
        first = "accuracy: unknown, no checkpoints near enough to estimate from"
    if len(accuracy.seeds) > 1:
        first += f", seed {min(accuracy.seeds)} of {len(accuracy.seeds)} whose mean is {np.mean(list(accuracy.seeds.values())):.4f}"
    return first
