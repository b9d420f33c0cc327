"""Which designs stand behind the chart: spaces of three sizes around the current design, as plain data for `parse_space`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from sotexplore.checkpoint import Listing
from sotexplore.design import Compression, Design, Hardware, Node, Operand, Schedule
from sotexplore.explorer.accuracy import AccuracyModel
from sotexplore.explorer.space import COMPRESSION_FIELDS

Size = Literal["Sub-array sizes", "All sliders", "All hardware"]
"""How far the space reaches around the current design; see `EXPLAINED`."""
SMALLEST: Size = "Sub-array sizes"
EXPLAINED: Mapping[str, str] = {
    "Sub-array sizes": "sub-arrays of 64 to 1024 rows and columns in both compute styles; the rest as the controls say",
    "All sliders": "also 32 and 2048 rows or columns, columns per sense amplifier, and crossbars of all exact converters",
    "All hardware": "also all nodes, operands and schedules: up to about a million designs",
}
SUBARRAY_SIZES = (64, 128, 256, 512, 1024)
ALL_SIZES = (32, *SUBARRAY_SIZES, 2048)
SHARED_COLUMNS = (1, 2, 4, 8, 16)
COMPUTE_STYLES = ("and-count", "crossbar")
EXACT_PAIRS = ((3, 2), (7, 3), (15, 4), (31, 5))
"""Active rows and ADC bits of crossbars whose ADC has a step for every sum."""
WIDE_PAIRS = (*EXACT_PAIRS, (63, 6))
EXACT_SIZES = (64, 256, 1024)
"""Rows and columns of the sub-arrays of these crossbars in the small space."""
GRID: Mapping[str, Sequence[Any]] = {
    "structure": ("filter+shape",),
    "prune_ratio": (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98),
    "weight_bits": (1, 2, 4, 8),
    "activation_bits": (2, 4, 8),
}
"""Compression settings that are shown where there is no checkpoint."""


def common_hardware(hardware: Hardware, size: Size) -> Hardware:
    """What all designs of the space share: the hardware with every field that the space runs through at its default.

    Equal results mean equal spaces, so that a slider whose steps are all in the space does not change it.
    """
    free = ["subarray_rows", "subarray_cols", "compute_style"]
    if size != SMALLEST:
        free += ["columns_per_sense_amplifier", "adc_bits", "active_rows"]
    if size == "All hardware":
        free += ["node_nm", "operand", "schedule"]
    return Hardware(**{name: value for name, value in hardware.model_dump().items() if name not in free})


def of_design(design: Design, listing: Listing, *, size: Size = SMALLEST, between: bool = False) -> tuple[str, ...]:
    """The spaces behind the chart as JSON, one after another; every compression setting of the checkpoints once.

    Args:
        design: the current design.
        listing: the cache's checkpoints.
        size: how far the space reaches.
        between: whether designs between the checkpoints join in.
    """
    rows = one_per_setting(network_rows(listing, design.network))
    design = design.model_copy(update={"hardware": common_hardware(design.hardware, size)})
    sources: list[list[dict[str, Any]]] = [rows, []] if between and rows else [rows]
    hardware = _small(design) if size == SMALLEST else _wide(design, everything=size == "All hardware")
    spaces = [_space(design, source, **axes) for source in sources for axes in hardware]
    return tuple(json.dumps(item, sort_keys=True) for item in spaces)


def network_rows(listing: Listing, network: str) -> list[dict[str, Any]]:
    """The quantized checkpoints of a network (the dense float network fits no array)."""
    return [row for row in listing.rows if row["network"] == network and row["weight_bits"] <= 8]


def one_per_setting(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One checkpoint of each compression setting, of several seeds that which a design of this setting is given."""
    model = AccuracyModel(rows)
    chosen = [model.of(Compression(**{name: row[name] for name in COMPRESSION_FIELDS})).row for row in rows]
    return list({row["key"]: dict(row) for row in chosen if row is not None}.values())


def _space(design: Design, rows: Sequence[Mapping[str, Any]], **axes: Any) -> dict[str, Any]:
    """All checkpoints, or the grid where there is none, on the design's hardware with some fields at several values."""
    common = {"network": design.network, "hardware": {**design.hardware.model_dump(), **axes}}
    if rows:
        return {**common, "checkpoint": [row["key"] for row in rows]}
    return {**common, "compression": {name: list(values) for name, values in GRID.items()}}


def _small(design: Design) -> list[dict[str, Any]]:
    """The sub-array's sizes in both styles; crossbars with fewer rows than are driven at once drive all of them."""
    sizes = {"subarray_rows": list(SUBARRAY_SIZES), "subarray_cols": list(SUBARRAY_SIZES)}
    active = design.hardware.active_rows
    crossbar = {**sizes, "compute_style": ["crossbar"]}
    short = [{**crossbar, "subarray_rows": [size], "active_rows": size} for size in SUBARRAY_SIZES if size < active]
    few = {"subarray_rows": list(EXACT_SIZES), "subarray_cols": list(EXACT_SIZES)}
    exact = [
        {**crossbar, **few, "active_rows": rows, "adc_bits": bits}
        for rows, bits in EXACT_PAIRS
        if (rows, bits) != (active, design.hardware.adc_bits)
    ]
    return [{**sizes, "compute_style": list(COMPUTE_STYLES)}, *short, *exact]


def _wide(design: Design, *, everything: bool) -> list[dict[str, Any]]:
    """Every step of the sliders; with `everything` also every node, operand and schedule."""
    axes: dict[str, Any] = {
        "subarray_rows": list(ALL_SIZES),
        "subarray_cols": list(ALL_SIZES),
        "columns_per_sense_amplifier": list(SHARED_COLUMNS),
    }
    if everything:
        axes |= {"node_nm": list(get_args(Node)), "schedule": list(get_args(Schedule))}
    operands = {"operand": list(get_args(Operand))} if everything else {}
    pairs = [
        {**axes, "compute_style": ["crossbar"], "active_rows": rows, "adc_bits": bits} for rows, bits in WIDE_PAIRS
    ]
    return [{**axes, **operands, "compute_style": ["and-count"]}, *pairs]
