"""`sotexplore simulate`: what it prints, bad input, and shipped checkpoints on real test images."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sotexplore.checkpoint import list_checkpoints
from sotexplore.cli import main
from sotexplore.simulation.command import parse_arrays, parse_settings, simulate_checkpoint
from sotexplore.simulation.device import margin_error_ratio

CACHE = Path(__file__).resolve().parents[2] / "cache"
ROWS = [row for row in list_checkpoints(CACHE).rows if row["weight_bits"] <= 8]
DIGITS = [row for row in ROWS if row["network"] == "digits-cnn"]
STYLES: dict[str, dict[str, Any]] = {
    "and-count": {},
    "written": {"operand": "written", "subarray_rows": 128, "subarray_cols": 256},
    "crossbar": {"compute_style": "crossbar", "active_rows": 100, "adc_bits": 7},
}


def spread(rows: list[dict[str, Any]], count: int) -> list[str]:
    """Keys of checkpoints of bits and structures as different as can be."""
    by_setting = {
        (row["weight_bits"], row["activation_bits"], row["structure"], row["prune_ratio"]): row["key"] for row in rows
    }
    ordered = [by_setting[setting] for setting in sorted(by_setting)]
    return ordered[:: max(1, len(ordered) // count)][:count]


@pytest.fixture
def digits_cache(empty_cache: Path) -> Path:
    """A cache with one checkpoint of `digits-cnn`."""
    (empty_cache / "checkpoints").mkdir()
    shutil.copy(CACHE / "checkpoints" / f"{DIGITS[0]['key']}.safetensors", empty_cache / "checkpoints")
    return empty_cache


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([str(item) for item in arguments])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def test_json_has_the_contracts_fields(digits_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "simulate", DIGITS[0]["key"], "--images", 40, "--json")
    report = json.loads(out)
    assert code == 0
    assert set(report) == {"images", "mismatches", "accuracy_ratio", "images_per_s"}
    assert (report["images"], report["mismatches"]) == (40, 0)
    assert report["accuracy_ratio"] > 0.9


def test_a_table_with_counts(digits_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(
        capsys,
        "simulate",
        DIGITS[0]["key"],
        "--images",
        10,
        "--counts",
        "--fault",
        "tmr_ratio=0.5",
        "--fault",
        "seed=2",
    )
    assert code == 0
    assert "mismatches" in out
    assert "read error ratio" in out
    assert "array_operations per image" in out


@pytest.mark.parametrize("key", spread(DIGITS, 8))
def test_shipped_digits_checkpoints_are_exact(key: str) -> None:
    report = simulate_checkpoint(CACHE, key, n_images=20)
    assert report.mismatches == 0


@pytest.mark.parametrize("style", STYLES)
def test_the_whole_test_set_of_digits_has_the_checkpoints_accuracy(style: str) -> None:
    row = min(DIGITS, key=lambda row: (row["weight_bits"], row["key"]))
    report = simulate_checkpoint(CACHE, row["key"], hardware=STYLES[style])
    assert report.mismatches == 0
    assert report.images == row["test_images"]
    assert report.accuracy_ratio == pytest.approx(row["accuracy_ratio"], abs=1e-12)


@pytest.mark.real_data
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("key", spread([row for row in ROWS if row["network"] == "lenet5-mnist"], 5))
def test_shipped_lenet5_checkpoints_are_exact(key: str, style: str) -> None:
    report = simulate_checkpoint(CACHE, key, n_images=100, hardware=STYLES[style])
    assert report.mismatches == 0
    assert report.accuracy_ratio > 0.9


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("--compute-style", "crossbar", "--adc-bits", 0), "hardware.adc_bits"),
        (("--compute-style", "crossbar", "--subarray-rows", 64), "hardware.active_rows"),
        (("--compute-style", "optical"), "hardware.compute_style"),
        (("--fault", "read_error_ratio=1.5"), "faults.read_error_ratio"),
        (("--fault", "read_error_ratio=-1"), "faults.read_error_ratio"),
        (("--fault", "spread_ratio=x"), "faults.spread_ratio"),
        (("--fault", "adc_noise_counts=1"), "faults.adc_noise_counts"),
        (("--images", 0), "images"),
        (("--images", 100_000), "images"),
        (("--sample-cells", "--cell", "sram-6t"), "hardware.cell"),
    ],
)
def test_bad_input_is_one_line(
    digits_cache: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[object, ...], field: str
) -> None:
    code, out, err = call(capsys, "simulate", DIGITS[0]["key"], *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {field}: ")
    assert err.count("\n") == 1


def test_unknown_and_damaged_checkpoints(digits_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = next((digits_cache / "checkpoints").iterdir())
    whole = path.read_bytes()
    attempts = (
        ("0" * 16, whole), (path.stem, whole[: len(whole) // 2]), (path.stem, whole[:-1] + bytes([whole[-1] ^ 1])),
        (path.stem, b""),
    )  # fmt: skip
    for key, content in attempts:
        path.write_bytes(content)
        code, _, err = call(capsys, "simulate", key)
        assert code == 2
        assert err.startswith("error: checkpoint: ")
        assert err.count("\n") == 1


def test_a_header_that_lacks_a_field(digits_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = next((digits_cache / "checkpoints").iterdir())
    content = path.read_bytes().replace(b'\\"shift\\"', b'\\"shaft\\"', 1)
    path.write_bytes(content)
    code, _, err = call(capsys, "simulate", path.stem)
    assert code == 2
    assert err.startswith("error: checkpoint: is damaged")


def test_float_checkpoints_are_refused(empty_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row for row in list_checkpoints(CACHE).rows if row["weight_bits"] == 32]
    (empty_cache / "checkpoints").mkdir()
    shutil.copy(CACHE / "checkpoints" / f"{rows[0]['key']}.safetensors", empty_cache / "checkpoints")
    code, _, err = call(capsys, "simulate", rows[0]["key"])
    assert code == 2
    assert "float weights" in err


def test_error_rates_from_the_margin() -> None:
    arrays, hardware = parse_arrays({"operand": "written", "subarray_rows": 128})
    settings = parse_settings(["read_error_ratio=margin", "tmr_ratio=1.0"], arrays, hardware)
    assert settings.device is None
    assert 1e-6 < settings.read_error_ratio < 0.5
    sampled = parse_settings(["tmr_ratio=1.0"], arrays, hardware)
    assert sampled.device is not None
    assert margin_error_ratio(sampled.device, arrays) == pytest.approx(settings.read_error_ratio)


def test_sampled_cells_come_with_both_error_rates() -> None:
    report = simulate_checkpoint(CACHE, DIGITS[0]["key"], n_images=20, faults=["tmr_ratio=0.3"]).to_dict()
    assert 0 < report["read_error_ratio"] < 1.2 * report["margin_error_ratio"]
