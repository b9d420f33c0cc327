"""Tables of sub-arrays: what is added, and that nothing is written on bad input."""

import csv
from pathlib import Path

import numpy as np
import pytest

from sotexplore.errors import InputError
from sotexplore.hardware import subarray
from sotexplore.hardware.subarray_table import INPUT_COLUMNS, OUTPUT_COLUMNS

GOLDEN = {
    "area_m2": "subarray_area_m2",
    "read_latency_s": "read_latency_s",
    "write_latency_s": "write_latency_s",
    "read_energy_j": "subarray_read_energy_j",
    "write_energy_j": "subarray_write_energy_j",
}


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def inputs(golden_csv: Path) -> list[dict[str, str]]:
    return [{name: row[name] for name in INPUT_COLUMNS} for row in _read(golden_csv)]


def _save(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_golden_a_table_of_all_runs_keeps_its_rows_and_adds_the_figures(
    tmp_path: Path, inputs: list[dict[str, str]], golden_csv: Path
) -> None:
    source, target = _save(tmp_path / "in.csv", inputs), tmp_path / "out.csv"
    subarray.table(source, target)
    found = _read(target)
    assert list(found[0]) == [*INPUT_COLUMNS, *OUTPUT_COLUMNS]
    assert [{name: row[name] for name in INPUT_COLUMNS} for row in found] == inputs
    reference = _read(golden_csv)
    for name, column in GOLDEN.items():
        model = np.array([float(row[name]) for row in found])
        np.testing.assert_allclose(model, [float(row[column]) for row in reference], rtol=1e-3)
    leakage = np.array([float(row["leakage_w"]) for row in found])
    np.testing.assert_allclose(leakage, [float(row["mat_leakage_w"]) / 4 for row in reference], rtol=6e-3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_columns_beyond_the_inputs_are_kept_and_the_models_figures_take_the_place_of_others(
    tmp_path: Path, golden_csv: Path, inputs: list[dict[str, str]]
) -> None:
    given = [row | {"note": f" run {index}, own ", "read_latency_s": "1"} for index, row in enumerate(inputs)]
    subarray.table(_save(tmp_path / "in.csv", given), tmp_path / "out.csv")
    found = _read(tmp_path / "out.csv")
    assert list(found[0]) == [*INPUT_COLUMNS, "note", *OUTPUT_COLUMNS]
    assert [row["note"] for row in found] == [row["note"] for row in given]
    assert all(0 < float(row["read_latency_s"]) < 1e-6 for row in found)
    subarray.table(golden_csv, tmp_path / "golden.csv")
    columns = list(_read(golden_csv)[0])
    assert list(_read(tmp_path / "golden.csv")[0]) == [
        *(name for name in columns if name not in OUTPUT_COLUMNS),
        *OUTPUT_COLUMNS,
    ]


@pytest.mark.parametrize(
    ("column", "text", "field"),
    [
        ("rows", "31", "hardware.subarray_rows"),
        ("rows", "64.0", "hardware.subarray_rows"),
        ("rows", "", "hardware.subarray_rows"),
        ("cols", "4096", "hardware.subarray_cols"),
        ("mux", "3", "hardware.columns_per_sense_amplifier"),
        ("node_nm", "28", "hardware.node_nm"),
        ("roadmap", "HP", "hardware.roadmap"),
        ("cell_area_f2", "nan", "hardware.cell.area_f2"),
        ("cell_area_f2", "many", "hardware.cell.area_f2"),
        ("resistance_high_ohm", "100", "hardware.cell.resistance_high_ohm"),
        ("write_pulse_s", "-1e-9", "hardware.cell.write_pulse_s"),
    ],
)
def test_a_bad_value_names_field_and_line_and_nothing_is_written(
    tmp_path: Path, inputs: list[dict[str, str]], column: str, text: str, field: str
) -> None:
    inputs[4][column] = text
    target = tmp_path / "out.csv"
    with pytest.raises(InputError, match="line 6: ") as caught:
        subarray.table(_save(tmp_path / "in.csv", inputs), target)
    assert caught.value.field == field
    assert not target.exists()


def test_a_file_that_is_no_table_is_refused(tmp_path: Path, inputs: list[dict[str, str]]) -> None:
    target = tmp_path / "out.csv"
    short = [{name: value for name, value in row.items() if name != "mux"} for row in inputs]
    empty = tmp_path / "empty.csv"
    empty.write_text("", encoding="utf-8")
    header = tmp_path / "header.csv"
    header.write_text(",".join(INPUT_COLUMNS) + "\n", encoding="utf-8")
    ragged = tmp_path / "ragged.csv"
    ragged.write_text(",".join(INPUT_COLUMNS) + "\na,b\n", encoding="utf-8")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    for source in (
        _save(tmp_path / "short.csv", short),
        empty,
        header,
        ragged,
        binary,
        tmp_path / "none.csv",
        tmp_path,
    ):
        with pytest.raises(InputError) as caught:
            subarray.table(source, target)
        assert caught.value.field == "table"
    assert not target.exists()


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, golden_csv: Path) -> None:
    for target in (tmp_path / "none" / "out.csv", tmp_path):
        with pytest.raises(InputError) as caught:
            subarray.table(golden_csv, target)
        assert caught.value.field == "output"
    assert list(tmp_path.iterdir()) == []
