"""Every constant is listed with its source, and the document lists what the code uses."""

from pathlib import Path

import pytest

from sotexplore.explorer import constants_table
from sotexplore.hardware.cell import PRESETS

KINDS = {"measured", "simulated", "stated", "fitted", "assumed", "textbook"}
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "constants.md"


def test_the_document_is_what_the_tables_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == constants_table.markdown(), (
        "write it again: python -m sotexplore.explorer.constants_table > docs/constants.md"
    )


@pytest.mark.parametrize(
    "records",
    [
        constants_table.circuit_records(),
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
