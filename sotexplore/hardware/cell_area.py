"""The area of a cell at a node, where it follows the transistors that its write current needs.

A width in metres for a given current hardly changes from node to node, so in F it grows as F shrinks. A cell whose area
was reckoned from its transistors at one node (`Cell.area_node_nm`) is reckoned again at the others by the same rule.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from sotexplore.hardware import rules
from sotexplore.hardware.cell import Cell
from sotexplore.hardware.presets import Known
from sotexplore.hardware.technology import technology

AREA_OF_WIDTH_F2 = rules.fixed("area_of_width_f2")
"""The usual rule for a cell of one transistor: A = 3 (W / F + 1) F2 each."""


def transistor_area_f2(cell: Cell, node_nm: int) -> float:
    """Area [F2] of a cell's read and write transistors.

    Equation: A = 3 (W_r / F + 1) + 3 (W_w / F + 1), W_w the cell's own or 2 I / I_on.
    """
    tech = technology(node_nm)
    ratio = float(tech.rules.write_access_ratio)
    sized = ratio * cell.write_current_a / float(tech.on_nmos_a_m) / float(tech.feature_m)
    write = cell.write_access_width_f or sized
    widths = (cell.access_width_f, write) if cell.has_channel else (max(cell.access_width_f, write / ratio),)
    return sum(AREA_OF_WIDTH_F2 * (width + 1) for width in widths)


def at_node(cell: Cell, node_nm: int) -> Cell:
    """The cell as it is at a node: the same, but for its area in F2 where that follows the transistors.

    Raises:
        InputError: a node without a table.
    """
    return cell if cell.area_node_nm in (0, node_nm) else _sized(cell, node_nm)


@lru_cache(maxsize=256)
def _sized(cell: Cell, node_nm: int) -> Cell:
    factor = transistor_area_f2(cell, node_nm) / transistor_area_f2(cell, cell.area_node_nm)
    known = dict(cell.provenance)
    if "area_f2" in known:
        known["area_f2"] = _scaled(known["area_f2"], factor)
    return replace(
        cell, area_f2=cell.area_f2 * factor, area_node_nm=node_nm, provenance=MappingProxyType(known)
    )  # fmt: skip


def _scaled(known: Known, factor: float) -> Known:
    ends = (None if end is None else end * factor for end in (known.low, known.high))
    return Known(known.value * factor, known.kind, known.source, *ends)
