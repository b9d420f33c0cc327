"""Every constant of the hardware model as rows: for a page, and for docs/constants.md."""

import sys
from collections.abc import Iterator
from typing import Any, Final

from sotexplore.explorer import remarks
from sotexplore.hardware import constants, duty, margin, readability, rules
from sotexplore.hardware.cell import LIMITS, PRESETS
from sotexplore.hardware.technology import CONSTANTS, Constant

COLUMNS: Final = ("name", "value", "unit", "low", "high", "kind", "source", "derivation")
_HEAD: Final = """# Every constant of the hardware model

Value, unit, range, kind (measured, secondary, simulated, stated, fitted, assumed, textbook), source. Where low and high are the value itself, the\nconstant is a definition, a way of building or a limit, and is not drawn in a study of uncertainty. Written from the tables in
`sotexplore/hardware` by `python -m sotexplore.explorer.constants_table > docs/constants.md`; a test compares the two.
"""
_OTHERS: Final = margin.TABLE | readability.LIMITS_TABLE | remarks.LIMITS_TABLE | {"coin_cell_j": duty.COIN_CELL_J}


def circuit_records() -> list[dict[str, Any]]:
    """Circuits around the sub-arrays, at the node of their source."""
    return [
        {name: getattr(item, name) for name in COLUMNS} | {"node_nm": item.node_nm, "rule": item.rule}
        for item in constants.TABLE.values()
    ]


def technology_records(node_nm: int) -> list[dict[str, Any]]:
    """Devices and wires of a node."""
    return [_record(name, item) for name, item in CONSTANTS[node_nm].items()]


def rule_records() -> list[dict[str, Any]]:
    """Layout rules, sizes and organisation of a sub-array, at every node."""
    return [_record(name, item) for name, item in (rules.TABLE | rules.ORGANISATION).items()]


def scaling_records() -> list[dict[str, Any]]:
    """How energy and area are brought from node to node."""
    return [_record(name, item) for name, item in constants.SCALING.items()]


def other_records() -> list[dict[str, Any]]:
    """Read margin, limits and duty cycle."""
    return [_record(name, item) for name, item in _OTHERS.items()]


def cell_records(name: str) -> list[dict[str, Any]]:
    """Fields of a preset cell."""
    return [
        {"name": field, "value": item.value, "unit": LIMITS[field][0], "low": item.low, "high": item.high,
         "kind": item.kind, "source": item.source, "derivation": ""}
        for field, item in PRESETS[name].provenance.items()
    ]  # fmt: skip


def _record(name: str, item: Constant) -> dict[str, Any]:
    return {
        "name": name, "value": item.value, "unit": item.unit, "low": item.low, "high": item.high, "kind": item.kind,
        "source": item.source, "derivation": "",
    }  # fmt: skip


def markdown() -> str:
    """The text of docs/constants.md."""
    parts = [_HEAD, "## Circuits around the sub-arrays\n"]
    parts += _table(
        circuit_records(), ("name", "value", "unit", "node_nm", "rule", "low", "high", "kind", "source", "derivation")
    )
    parts += ["\n## Scaling between nodes\n", *_table(scaling_records(), COLUMNS[:-1])]
    parts += [
        "\n## Sub-array: layout rules, sizes and organisation at every node\n",
        *_table(rule_records(), COLUMNS[:-1]),
    ]
    parts += ["\n## Read margin, limits and duty cycle\n", *_table(other_records(), COLUMNS[:-1])]
    for node_nm in CONSTANTS:
        parts += [f"\n## Devices and wires, {node_nm} nm\n", *_table(technology_records(node_nm), COLUMNS[:-1])]
    for name, cell in PRESETS.items():
        parts += [f"\n## Cell `{name}`\n\n{cell.source}\n", *_table(cell_records(name), COLUMNS[:-1])]
    return "\n".join(parts) + "\n"


def _table(records: list[dict[str, Any]], columns: tuple[str, ...]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    for record in records:
        yield "| " + " | ".join(_text(record[name]) for name in columns) + " |"


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(markdown())
