"""A floor summary in plain text for hardware colleagues: chip, banks, sub-array; areas, counts, dimensions, periphery."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from sotexplore.explorer.evaluate import SHARED, Evaluation
from sotexplore.explorer.exports.handover import KINDS, HandOver, provenance
from sotexplore.hardware import subarray, subarray_sizes
from sotexplore.hardware.cell import preset
from sotexplore.hardware.subarray_parts import parts
from sotexplore.hardware.technology import technology
from sotexplore.units import area, counted, percent, si, significant

_SUBARRAYS_PER_MAT = 4
_RULE = "-" * 100


def floor_bytes(item: HandOver) -> bytes:
    """The summary as UTF-8 text. All lengths and areas are modelled, all counts counted."""
    evaluation = item.evaluation
    parts_of_text = (
        _head(item),
        _chip(evaluation),
        _banks(evaluation),
        _subarray(evaluation),
        _origin(evaluation),
    )
    return ("\n\n".join("\n".join(lines) for lines in parts_of_text) + "\n").encode()


def _head(item: HandOver) -> list[str]:
    hardware = item.evaluation.design.hardware
    name = " ".join(item.name.split())
    return [
        f"FLOOR SUMMARY  {name}",
        f"{item.evaluation.design.network}, {hardware.compute_style}, {hardware.node_nm} nm, cell {hardware.cell}, "
        f"{hardware.schedule} schedule",
        f"chip > bank (one copy of a layer) > mat (2 x 2 sub-arrays) > sub-array of {hardware.subarray_rows} x "
        f"{hardware.subarray_cols} cells",
    ]


def _chip(evaluation: Evaluation) -> list[str]:
    metrics = evaluation.metrics
    total = metrics["area_m2"]
    side = si(float(np.sqrt(total)), "m")
    rows = [
        (part.replace("_", " "), area(value), percent(value / total, decimals=1))
        for part, value in sorted(evaluation.breakdown["area_m2"].items(), key=lambda entry: -entry[1])
        if value > 0
    ]
    return [
        "CHIP",
        _RULE,
        f"area {area(total, digits=4)} (a square of {side}), {metrics['n_subarrays']:,} sub-arrays in "
        f"{_mats(evaluation):,} mats, {percent(metrics['utilization_ratio'], decimals=1)} of the cells hold a weight bit",
        *_table(("component", "area", "share"), rows),
    ]


def _mats(evaluation: Evaluation) -> int:
    """Mats, each bank with mats of its own."""
    return int(sum(-(-_per_copy(row) // _SUBARRAYS_PER_MAT) * round(row["copies"]) for row in _layers(evaluation)))


def _per_copy(row: dict[str, Any]) -> int:
    return int(row["n_subarrays"] / row["copies"] + 0.5)


def _layers(evaluation: Evaluation) -> list[dict[str, Any]]:
    return [row for row in evaluation.layers if row["kind"] != SHARED]


def _banks(evaluation: Evaluation) -> list[str]:
    heads = ("layer", "banks", "sub-arrays each", "mats each", "area each", "kept filters", "kept rows", "weights",
             "cells used")  # fmt: skip
    rows = [
        (
            row["name"], f"{row['copies']:.0f}", f"{_per_copy(row)}", f"{-(-_per_copy(row) // _SUBARRAYS_PER_MAT)}",
            area(row["area_m2"] / row["copies"]), f"{row['kept_filters']} of {row['filters']}",
            f"{row['kept_rows']} of {row['rows']}", f"{row['weight_bits']} bit",
            percent(row["utilization_ratio"], decimals=1),
        )
        for row in _layers(evaluation)
    ]  # fmt: skip
    shared = next(row for row in evaluation.layers if row["kind"] == SHARED)
    rows.append((SHARED, "", "", "", area(shared["area_m2"]), "", "", "", ""))
    return ["BANKS", _RULE, *_table(heads, rows), "shared: global buffer and chip controller"]


def _subarray(evaluation: Evaluation) -> list[str]:
    hardware = evaluation.design.hardware
    cell, tech = preset(hardware.cell), technology(hardware.node_nm)
    size = subarray_sizes.check(
        rows=hardware.subarray_rows,
        cols=hardware.subarray_cols,
        columns_per_sense_amplifier=hardware.columns_per_sense_amplifier,
    )
    built = parts(cell=cell, size=size, drive="sized", tech=tech)
    figures = subarray.figures(
        cell=cell, node_nm=hardware.node_nm, rows=hardware.subarray_rows, cols=hardware.subarray_cols,
        columns_per_sense_amplifier=hardware.columns_per_sense_amplifier, drive="sized",
    )  # fmt: skip
    whole = float(figures.area_m2)
    width = float(built.wired.array_width_m + built.left_m)
    height = float(built.wired.array_height_m + built.below_m)
    strips = (
        ("cells", figures.cell_array_area_m2),
        ("decoder, left of the cells", figures.decoder_area_m2),
        ("precharge and column mux, below", figures.column_area_m2),
        ("sense amplifiers, below", figures.senseamp_area_m2),
    )
    rows = [(name, area(float(value)), percent(float(value) / whole, decimals=1)) for name, value in strips]
    sensed = hardware.subarray_cols // hardware.columns_per_sense_amplifier
    return [
        "SUB-ARRAY (memory and its own periphery; counters, accumulators, converters and latches are in the chip's table)",
        _RULE,
        f"{si(width, 'm')} x {si(height, 'm')}, {area(whole)}; cells {si(float(built.wired.array_width_m), 'm')} x "
        f"{si(float(built.wired.array_height_m), 'm')}",
        f"cell {_cell(cell.width_f, cell.height_f, cell.area_f2)}, F = {hardware.node_nm} nm",
        f"{hardware.subarray_rows} word-lines, {hardware.subarray_cols} bit-lines, {sensed} "
        f"{'ADCs' if hardware.compute_style == 'crossbar' else 'sense amplifiers'} "
        f"({counted(hardware.columns_per_sense_amplifier, 'column')} each)",
        f"read {si(float(figures.read_latency_s), 's')}, {si(float(figures.read_energy_j), 'J')} an access; leakage "
        f"{si(float(figures.leakage_w), 'W')}",
        *_table(("strip", "area", "share"), rows),
    ]


def _cell(width_f: float, height_f: float, area_f2: float) -> str:
    return f"{significant(width_f)} F x {significant(height_f)} F = {significant(area_f2)} F2"


def _origin(evaluation: Evaluation) -> list[str]:
    said = [f"{name}: {value}" for name, value in provenance(evaluation).items()]
    meanings = [f"{name}: {KINDS[name]}" for name in ("counted", "modelled")]
    notes = [f"note: {text}" for text in (*evaluation.notes, *evaluation.cautions)]
    return ["ORIGIN OF THE NUMBERS", _RULE, *said, *meanings, *notes]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as their widest entry; the first to the left, the others to the right."""
    widths = [max(len(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    for row in (heads, *rows):
        first, *others = (text.ljust(width) if not place else text.rjust(width)
                          for place, (text, width) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
        yield "  ".join((first, *others)).rstrip()
