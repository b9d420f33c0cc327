"""Cells of the user's own: the documented template, where files are looked for, and what is refused."""

import re
from pathlib import Path

import pytest
import yaml

from sotexplore.errors import InputError
from sotexplore.hardware import cell, cell_files
from sotexplore.hardware.cell import LIMITS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "cells.md"
TEMPLATE = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)[0]
FIELDS = yaml.safe_load(TEMPLATE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's cells; the working directory holds no other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(cell_files.FOLDER_VARIABLE, str(tmp_path / "own"))
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


def write(path: Path, **change: object) -> Path:
    path.write_text(yaml.safe_dump(FIELDS | change), encoding="utf-8")
    return path


def test_the_documents_template_is_a_cell_and_names_every_field(folder: Path) -> None:
    path = folder / "my-sot.yaml"
    path.write_text(TEMPLATE, encoding="utf-8")
    found = cell.preset("my-sot")
    assert (found.name, found.kind, found.area_f2, found.separate_write_port) == ("my-sot", "sot", 60, True)
    assert set(LIMITS) <= set(FIELDS)
    assert "my-sot" in cell.names()


def test_the_documents_ranges_are_those_of_the_code() -> None:
    for name, (unit, _, high) in LIMITS.items():
        row = next(line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{name}`"))
        assert f"| {unit} |" in row
        assert any(float(number) == high for number in re.findall(r"[\d.]+(?:e-?\d+)?", row.split("|")[3])), name


def test_a_cell_goes_by_its_own_name_first(folder: Path) -> None:
    write(folder / "file.yaml", name="inside", area_f2=70)
    assert cell.preset("inside").area_f2 == 70
    with pytest.raises(
        InputError, match=r"hardware\.cell: the file file\.yaml calls its cell otherwise \(got file, allowed inside"
    ):
        cell.preset("file")
    with pytest.raises(InputError, match=r"hardware\.cell: no such cell \(got none, allowed .*sot-69f2.*inside"):
        cell.preset("none")


def test_cells_where_we_are_are_found_and_the_named_folder_goes_first(folder: Path) -> None:
    here = folder.parent / "cells"
    here.mkdir()
    write(here / "local.yml", area_f2=61)
    write(here / "both.yaml", area_f2=61)
    write(folder / "both.yaml", area_f2=62)
    assert cell.preset("local").area_f2 == 61
    assert cell.preset("both").area_f2 == 62


def test_a_changed_file_is_read_again(folder: Path) -> None:
    path = write(folder / "mine.yaml", area_f2=60)
    assert cell.preset("mine").area_f2 == 60
    write(path, area_f2=123.5)
    assert cell.preset("mine").area_f2 == 123.5


def test_numbers_with_an_exponent_but_no_point_are_numbers(folder: Path) -> None:
    path = folder / "plain.yaml"
    path.write_text(TEMPLATE.replace("1.0e-9", "1e-9").replace("8.0e3", "8e3"), encoding="utf-8")
    assert cell.load(path).write_pulse_s == 1e-9
    assert cell.load(path).resistance_low_ohm == 8000


def test_a_field_may_carry_its_origin_and_range(folder: Path) -> None:
    given = {"value": 8e3, "kind": "measured", "source": "lot 7", "low": 7e3, "high": 9e3}
    found = cell.load(write(folder / "mine.yaml", resistance_low_ohm=given))
    assert found.resistance_low_ohm == 8e3
    assert tuple(found.provenance["resistance_low_ohm"]) == (8e3, "measured", "lot 7", 7e3, 9e3)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"area_f2": 1}, "area_f2"),
        ({"area_f2": "wide"}, "area_f2"),
        ({"write_pulse_s": float("nan")}, "write_pulse_s"),
        ({"resistance_high_ohm": 6e3}, "resistance_high_ohm"),
        ({"colour": "blue"}, "colour"),
        ({"name": "sot-69f2"}, "name"),
        ({"name": "../up"}, "name"),
        ({"name": 7}, "name"),
        ({"area_f2": {"kind": "measured"}}, "area_f2.value"),
        ({"area_f2": {"value": 60, "unit": "F2"}}, "area_f2.unit"),
        ({"area_f2": {"value": 60, "kind": "guessed"}}, "area_f2.kind"),
        ({"area_f2": {"value": 60, "low": 61}}, "area_f2.low"),
        ({"area_f2": {"value": 60, "high": 1e6}}, "area_f2.high"),
        ({"area_f2": {"value": 60, "high": "much"}}, "area_f2.high"),
        ({"area_f2": {"value": 0.5}}, "area_f2"),
    ],
)
def test_what_is_wrong_is_refused_by_name(folder: Path, change: dict[str, object], field: str) -> None:
    path = write(folder / "mine.yaml", **change)
    with pytest.raises(InputError) as caught:
        cell.load(path)
    assert caught.value.field == f"hardware.cell.{field}"


@pytest.mark.parametrize(
    "field",
    [
        name
        for name in FIELDS
        if name in LIMITS
        and name
        not in (
            "read_voltage_v",
            "sense_voltage_v",
            "channel_resistance_ohm",
            "write_access_width_f",
            "write_voltage_v",
        )
    ],
)
def test_a_missing_field_is_refused_by_name(folder: Path, field: str) -> None:
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({name: value for name, value in FIELDS.items() if name != field}), encoding="utf-8")
    with pytest.raises(InputError, match="missing") as caught:
        cell.preset("mine")
    assert caught.value.field == f"hardware.cell.{field}"


def test_a_file_that_is_none_is_refused(folder: Path) -> None:
    (folder / "broken.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(InputError, match="is not YAML"):
        cell.preset("broken")
    with pytest.raises(InputError, match="does not exist"):
        cell.load(folder / "none.yaml")
    assert "broken" not in cell.names()


def test_a_preset_is_found_whatever_the_folders_hold(folder: Path) -> None:
    (folder / "sot-69f2.yaml").write_text("area_f2: 1", encoding="utf-8")
    assert cell.preset("sot-69f2").area_f2 == 69


def test_a_folder_that_is_none_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cell_files.FOLDER_VARIABLE, str(folder / "none"))
    with pytest.raises(InputError, match="SOTEXPLORE_CELLS: is not a folder"):
        cell.preset("mine")
    assert cell.preset("sot-69f2").name == "sot-69f2"
