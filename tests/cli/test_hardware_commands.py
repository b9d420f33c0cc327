"""`validate` and `bench`, and what the hardware model refuses, through the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sotexplore.cli import main

CELL = {
    "kind": "sot", "source": "a test", "area_f2": 60, "aspect_ratio": 1.2, "resistance_low_ohm": 8e3, "resistance_high_ohm": 2e4,
    "read_power_w": 8e-6, "write_current_a": 1.2e-4, "write_pulse_s": 1e-9, "write_energy_bit_j": 5e-14, "access_width_f": 4.5,
    "endurance_cycles": 1e12, "volatile": False, "standby_power_bit_w": 0, "resistance_spread_ratio": 0.05,
}  # fmt: skip


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main([str(item) for item in arguments])
        captured = capsys.readouterr()
        return int(stop.value.code or 0), captured.out, captured.err

    return call


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's cells."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cells").mkdir()
    return tmp_path / "cells"


def evaluate(run: Any, folder: Path, hardware: dict[str, Any]) -> tuple[int, str, str]:
    path = folder.parent / "design.yaml"
    path.write_text(yaml.safe_dump({"network": "lenet5-mnist", "hardware": hardware}), encoding="utf-8")
    code, out, err = run("evaluate", path, "--json")
    return code, out, err


def test_validate(run: Any) -> None:
    code, out, err = run("validate", "--json")
    rows = json.loads(out)
    assert (code, err) == (0, "")
    assert len(rows) > 1300
    keys = {"reference", "quantity", "unit", "reference_value", "model_value", "ratio", "kind", "source"}
    assert all(keys <= set(row) for row in rows)
    code, out, _ = run("validate")
    assert code == 0
    assert "ISAAC tile" in out and "OpenNVRAM" in out and "DRAM" in out


@pytest.mark.usefixtures("short_bench")
def test_bench(run: Any) -> None:
    code, out, _ = run("bench", "--json", "--no-browser")
    assert code == 0
    assert all(set(row) == {"name", "value", "unit"} for row in json.loads(out))


def test_a_cell_of_the_users_own_is_evaluated(run: Any, folder: Path) -> None:
    (folder / "mine.yaml").write_text(yaml.safe_dump(CELL), encoding="utf-8")
    code, out, _ = evaluate(run, folder, {"cell": "mine"})
    assert code == 0
    assert json.loads(out)["metrics"]["read_error_ratio"] < 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"area_f2": 2}, "hardware.cell.area_f2: out of range (got 2, allowed 4 to 1000 F2)"),
        ({"colour": "red"}, "hardware.cell.colour: unknown field (got red"),
        ({"area_f2": None}, "hardware.cell.area_f2: not a finite number (got None, allowed 4 to 1000 F2)"),
        (
            {"resistance_high_ohm": 4e3},
            "hardware.cell.resistance_high_ohm: resistance ratio, high over low, below 1 (got 0.5",
        ),
        ({"resistance_high_ohm": 8.1e3}, "hardware.subarray_rows: more than the sense margin of mine at 45 nm allows"),
    ],
)
def test_a_wrong_cell_is_one_line(run: Any, folder: Path, change: dict[str, Any], message: str) -> None:
    (folder / "mine.yaml").write_text(yaml.safe_dump(CELL | change), encoding="utf-8")
    code, out, err = evaluate(run, folder, {"cell": "mine"})
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {message}") and err.count("\n") == 1


def test_a_missing_field_is_one_line(run: Any, folder: Path) -> None:
    short = {name: value for name, value in CELL.items() if name != "write_pulse_s"}
    (folder / "mine.yaml").write_text(yaml.safe_dump(short), encoding="utf-8")
    code, _, err = evaluate(run, folder, {"cell": "mine"})
    assert code == 2 and err.startswith("error: hardware.cell.write_pulse_s: missing")


@pytest.mark.parametrize(
    ("hardware", "message"),
    [
        ({"node_nm": 28}, "hardware.node_nm"),
        ({"cell": "flash"}, "hardware.cell: "),
        (
            {"compute_style": "crossbar", "subarray_rows": 2048, "active_rows": 2048},
            "hardware.active_rows: more than the read margin of sot-69f2 at 45 nm allows at once (got 2048, allowed 1..",
        ),
        (
            {"operand": "written", "node_nm": 22, "subarray_rows": 2048},
            "hardware.subarray_rows: more than the sense margin of sot-69f2 at 22 nm allows a two-row read (got 2048, allowed 32..",
        ),
    ],
)
def test_hardware_that_cannot_be_is_one_line(run: Any, folder: Path, hardware: dict[str, Any], message: str) -> None:
    code, out, err = evaluate(run, folder, hardware)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {message}") and err.count("\n") == 1


def test_bands_of_a_design(run: Any, folder: Path) -> None:
    path = folder.parent / "design.yaml"
    path.write_text("network: lenet5-mnist\n", encoding="utf-8")
    code, out, _ = run("evaluate", path, "--bands", 32, "--json")
    document = json.loads(out)
    assert code == 0 and document["design"]["hardware"].get("packing") is None
    for name, band in document["bands"].items():
        assert band["low"] <= band["nominal"] <= band["high"], name
        strongest = document["sensitivities"][name][0]
        assert strongest["source"] and strongest["swing_ratio"] > 0
    code, out, _ = run("evaluate", path, "--bands", 32)
    assert code == 0 and "most by" in out
    code, _, err = run("evaluate", path, "--bands", 1)
    assert code == 2 and err.startswith("error: n_draws: ")


def test_what_does_not_fit_is_written_again_and_packing_saves_sub_arrays(run: Any, folder: Path) -> None:
    whole = json.loads(evaluate(run, folder, {"schedule": "sequential"})[1])
    budget = whole["metrics"]["area_m2"] * 0.7
    found = json.loads(evaluate(run, folder, {"schedule": "sequential", "area_budget_m2": budget})[1])
    assert found["metrics"]["area_m2"] <= budget and found["metrics"]["reloaded_subarrays"] > 0
    assert found["metrics"]["n_subarrays"] < whole["metrics"]["n_subarrays"] == found["metrics"]["needed_subarrays"]
    assert found["metrics"]["subarrays_ratio"] == whole["metrics"]["subarrays_ratio"]
    assert found["breakdown"]["energy_per_frame_j"]["reload"] > 0
    assert "written again in every frame" in " ".join(found["cautions"])
    for name, metric in (("area_m2", "area_m2"), ("energy_j", "energy_per_frame_j"), ("latency_s", "frame_latency_s")):
        assert sum(row[name] for row in found["layers"]) == pytest.approx(found["metrics"][metric], rel=1e-9)
    packed = json.loads(evaluate(run, folder, {"schedule": "sequential", "packing": True})[1])
    assert packed["metrics"]["n_subarrays"] < whole["metrics"]["n_subarrays"]
    assert packed["design"]["hardware"]["packing"] is True
    code, _, err = evaluate(run, folder, {"packing": True})
    assert code == 2 and err.startswith("error: hardware.packing: ")


def test_how_a_channel_is_written_is_said(run: Any, folder: Path) -> None:
    notes = " ".join(json.loads(evaluate(run, folder, {})[1])["notes"])
    assert "through the channel" in notes and "write_energy_bit_j is not used" in notes
    assert "channel" not in " ".join(json.loads(evaluate(run, folder, {"cell": "stt-54f2"})[1])["notes"])
