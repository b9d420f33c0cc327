"""Every constant is listed with its source, and the document lists what the code uses."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sotexplore import hardware
from sotexplore.explorer import constants_table
from sotexplore.hardware import uncertainty
from sotexplore.hardware.cell import PRESETS

KINDS = {"measured", "secondary", "simulated", "stated", "fitted", "assumed", "textbook"}
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "constants.md"


def test_the_document_is_what_the_tables_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == constants_table.markdown(), (
        "write it again: python -m sotexplore.explorer.constants_table > docs/constants.md"
    )


@pytest.mark.parametrize(
    "records",
    [
        constants_table.circuit_records(),
        constants_table.rule_records(),
        constants_table.scaling_records(),
        constants_table.other_records(),
        *(constants_table.technology_records(node) for node in (22, 32, 45, 65)),
        *(constants_table.cell_records(name) for name in PRESETS),
    ],
)
def test_every_constant_has_a_unit_a_kind_a_source_and_a_range_that_holds_it(records: list[dict]) -> None:
    assert records
    for record in records:
        assert record["unit"] and record["kind"] in KINDS and record["source"].strip(), record["name"]
        if record["low"] is not None:
            assert record["low"] <= record["value"] <= record["high"], record["name"]


# Numbers that are no constants of the model: where they stand, and what they are.
TABLES = {
    "constants": {
        "_ROWS",
        "TABLE",
        "_SCALING_NODES_NM",
        "_SUPPLY_V",
        "_ENERGY_COEFFICIENTS",
        "_AREA_FACTORS",
        "_SOURCE_FACTOR",
    },
    "technology": {"_TABLE", "_SPECIAL", "_YEAR", "NODES_NM"},
    "rules": {"TABLE", "ORGANISATION"},
    "margin": {"TABLE"},
    "readability": {"LIMITS_TABLE"},
    "duty": {"COIN_CELL_J"},
    "presets": {"_NO_STANDBY", "_READ_V", "_SENSE_V", "_MAGNETIC", "_SOT_ENDURANCE", "PRESET_DATA"},
}
"""Tables that the document is written from."""
NOT_OF_THE_MODEL = {
    "arrays._RADIX": "a code", "cell.LIMITS": "what a cell file may say, docs/cells.md", "chip._CHUNK_VALUES": "size of a chunk",
    "chip._BLOCK_DESIGNS": "size of a block", "circuits._REFERENCE_MEMORY_BITS": "8 KB, of which the table gives the energy",
    "circuits._AREA_OF_HTREE": "geometry of an H-tree, tested on a drawn one", "duty.SECONDS_PER_HOUR": "a unit",
    "schedule._BISECTIONS": "steps of a search", "subarray_sizes.MIN_LINES": "sizes accepted", "subarray_sizes.MAX_LINES": "sizes accepted",
    "trial_cells._MOST": "cells kept at once", "uncertainty.BAND": "percentiles shown", "uncertainty._HALVINGS": "steps of a search", "validity._BOUNDS": "sizes accepted",
}  # fmt: skip
STRUCTURE = {0, 1, 2, 3, 4}
"""Numbers of an equation's form: halves, thirds, squares, stages."""
IN_FUNCTIONS = {
    "circuits.shift_accumulate": {16}, "constants.energy_factor": {45.0}, "constants.delay_factor": {45.0},
    "constants.__init__": {1e-9}, "technology._constants": {1e-9}, "decoder.predecoder": {1e-9}, "drivers.fastest": {0.5},
    "logic._folds": {1e-12}, "margin.rows_for_error": {0.5}, "margin._rows_within": {1e-12},
    "margin.current_loss_ratio": {1e-12}, "margin.far_drop_ratio": {700.0}, "reload.held_subarrays": {1e-12},
    "reads.read_error_ratio": {64}, "margin._over_signed": {1e-12}, "margin.clipped_ratio": {0.5}, "trial_cells.hold": {10},
}  # fmt: skip
"""Units, the node or width that a table's value is for, roundings, a continuity correction, guards against overflow."""


def numbers(node: ast.AST) -> set[float]:
    return {
        item.value
        for item in ast.walk(node)
        if isinstance(item, ast.Constant) and isinstance(item.value, int | float) and not isinstance(item.value, bool)
    }


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(Path(hardware.__file__).parent.glob("*.py")):
        yield path.stem, ast.parse(path.read_text(encoding="utf-8"))


def test_no_module_of_the_model_holds_a_number_that_the_table_does_not() -> None:
    strays = []
    for module, tree in modules():
        for node in tree.body:
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None or not numbers(node.value):
                continue
            name = ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0])
            if name not in TABLES.get(module, set()) and f"{module}.{name}" not in NOT_OF_THE_MODEL:
                strays.append(f"{module}.{name} = {ast.unparse(node.value)}")
    assert not strays, "put them into rules.TABLE, constants.TABLE or margin.TABLE, with source and range"


def test_no_function_of_the_model_holds_a_number_that_the_table_does_not() -> None:
    strays = []
    for module, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                body = set().union(*(numbers(item) for item in node.body))
                odd = body - STRUCTURE - IN_FUNCTIONS.get(f"{module}.{node.name}", set())
                strays += [
                    f"{module}.{node.name}: {value}"
                    for value in odd
                    if module not in ("cell_files", "traffic", "uncertainty")
                ]
    assert not strays, "put them into rules.TABLE, constants.TABLE or margin.TABLE, with source and range"


def test_every_constant_with_a_range_is_drawn_in_a_study() -> None:
    drawn = {item.name for item in uncertainty.parameters(PRESETS["sot-69f2"], 45)}
    of_chip = [
        *constants_table.circuit_records(),
        *constants_table.rule_records(),
        *constants_table.technology_records(45),
    ]
    ranged = {record["name"] for record in of_chip if record["low"] < record["high"]}
    of_cell = {record["name"] for record in constants_table.cell_records("sot-69f2") if record["low"] is not None}
    assert ranged | of_cell <= drawn
    assert {"senseamp_offset_v", "input_ones_ratio", "weight_ones_ratio"} <= drawn
    named = {"write_access_ratio", "write_driver_ratio", "write_widening_ratio", "converter_area_f2", "settle_ratio"}
    assert named <= ranged, "the write path's, the sense amplifier's and the column's assumed numbers are among them"
