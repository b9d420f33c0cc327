"""A memory sub-array: its figures for any size, cell and node, in one call or a table at a time."""

from __future__ import annotations

from numpy.typing import ArrayLike

from sotexplore.hardware import subarray_sizes
from sotexplore.hardware.cell import Cell
from sotexplore.hardware.cell_area import at_node
from sotexplore.hardware.decoder import Drivers
from sotexplore.hardware.sot import SotWrite, sot_write
from sotexplore.hardware.subarray_costs import SubarrayFigures, evaluate
from sotexplore.hardware.subarray_table import table
from sotexplore.hardware.technology import Technology, technology

__all__ = ["SotWrite", "SubarrayFigures", "figures", "sot_write", "table"]


def figures(
    *,
    cell: Cell,
    node_nm: int,
    rows: ArrayLike,
    cols: ArrayLike,
    columns_per_sense_amplifier: ArrayLike,
    drive: Drivers = "least",
    tech: Technology | None = None,
) -> SubarrayFigures:
    """Area, latency, energy and leakage of sub-arrays of one cell.

    Args:
        cell: the memory cell.
        node_nm: process node [nm], 22, 32, 45 or 65.
        rows: word lines, integers from 32 to 2048, any shape.
        cols: bit-lines, integers from 32 to 2048; shapes broadcast.
        columns_per_sense_amplifier: integers that divide `cols`.
        drive: `least` as NVSim drives its lines, or `sized` as the chip's arrays are (`arrays.units_of`).
        tech: devices and wires, where not those of the node's table; its fields may be arrays that broadcast.

    Raises:
        InputError: for a size or a node out of range.
    """
    cell = at_node(cell, node_nm)
    size = subarray_sizes.check(rows=rows, cols=cols, columns_per_sense_amplifier=columns_per_sense_amplifier)
    subarray_sizes.check_pitch(cell=cell, size=size)
    return evaluate(cell=cell, size=size, drive=drive, tech=tech or technology(node_nm))
