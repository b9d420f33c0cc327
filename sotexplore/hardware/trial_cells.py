"""Cells under trial: edited copies that no file holds, known by a name that their fields decide.

A held cell never changes under its name, so that figures remembered by name stay right. Names carry a `~`, which no
file's cell may, and go when too many others came after them; whoever asks again holds its cell again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import fields, replace
from typing import Final

from sotexplore.hardware.cell import Cell
from sotexplore.store import content_key

MARK: Final = "~"
_MOST: Final = 512
_HELD: OrderedDict[str, Cell] = OrderedDict()


def hold(cell: Cell) -> str:
    """Makes the cell known to the model and returns the name it goes by.

    Args:
        cell: a checked cell; its own name does not matter.
    """
    values = {item.name: getattr(cell, item.name) for item in fields(Cell) if item.name not in ("name", "provenance")}
    name = f"edited{MARK}{content_key(values)[:10]}"
    _HELD[name] = replace(cell, name=name)
    _HELD.move_to_end(name)
    while len(_HELD) > _MOST:
        _HELD.popitem(last=False)
    return name


def find(name: str) -> Cell | None:
    """The held cell of that name; None where there is none."""
    return _HELD.get(name)
