"""`sotexplore simulate`: what it prints, bad input, and shipped checkpoints on real test images."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_networks import Case, check_counts

from sotexplore.checkpoint import list_checkpoints, load_checkpoint
from sotexplore.cli import main
from sotexplore.errors import InputError
from sotexplore.simulation.command import fault_texts, parse_arrays, parse_settings, simulate_checkpoint
from sotexplore.simulation.device import margin_error_ratio
from sotexplore.simulation.faults import IDEAL

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


LENET5 = [row for row in ROWS if row["network"] == "lenet5-mnist"]
FIVE = ["4f19436f9f81cecd", "7b1cd4c8cd8ec4c2", "44ae71370a511a12", "4a45a96e506dc071", "10c5a691ad0aa09d"]
"""Dense 8-bit, filter 4-bit, shape 4-bit, filter+shape 2-bit, filter+shape W1A4: different bits and structures."""
RESNET20 = ["76d4aed79f43d095", "8035d5a3858e89c4", "d7dd1f7bb72e7221", "5801117e325dccc5"]
"""Unpruned W4A4; filter+shape at a quarter of the sub-arrays, W4A4 and W8A4; unpruned W2A2 with residual adds at 8 bits."""


def check_exact(row: dict[str, Any], style: str, n_images: int) -> None:
    """No class score differs from the reference's, and every layer counts what the hardware model charges for."""
    report = simulate_checkpoint(CACHE, row["key"], n_images=n_images, hardware=STYLES[style])
    assert (report.images, report.mismatches) == (n_images, 0)
    assert report.accuracy_ratio == pytest.approx(row["accuracy_ratio"], abs=3 / n_images**0.5)
    checkpoint = load_checkpoint(CACHE, row["key"])
    case = Case(checkpoint.network, checkpoint.layers, np.empty(0, np.uint8))
    check_counts(case, parse_arrays(STYLES[style])[0], report.simulation)


@pytest.mark.real_data
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("key", FIVE)
def test_shipped_lenet5_checkpoints_are_exact(key: str, style: str) -> None:
    check_exact(next(row for row in LENET5 if row["key"] == key), style, 100 if key == FIVE[-1] else 40)


def test_those_of_resnet20_are_of_different_bits_and_structures() -> None:
    rows = [row for row in ROWS if row["key"] in RESNET20]
    points = {(row["structure"], row["weight_bits"]) for row in rows}
    assert points == {("none", 4), ("filter+shape", 4), ("filter+shape", 8), ("none", 2)}
    assert any("carried_bits" in layer for row in rows for layer in row["layers"])


def test_the_five_are_of_different_bits_and_structures() -> None:
    rows = [row for row in LENET5 if row["key"] in FIVE]
    assert len({(row["weight_bits"], row["activation_bits"]) for row in rows}) == 4
    assert {row["structure"] for row in rows} == {"none", "filter", "shape", "filter+shape"}


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("key", FIVE)
def test_shipped_lenet5_checkpoints_are_exact_on_1000_images(key: str, style: str) -> None:
    check_exact(next(row for row in LENET5 if row["key"] == key), style, 1000)


@pytest.mark.cifar10
@pytest.mark.parametrize("style", STYLES)
def test_shipped_resnet20_checkpoints_are_exact(style: str) -> None:
    """Ten images each."""
    for row in ROWS:
        if row["key"] in RESNET20:
            check_exact(row, style, 10)


@pytest.mark.cifar10
@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("key", RESNET20)
def test_shipped_resnet20_checkpoints_are_exact_on_1000_images(key: str, style: str) -> None:
    check_exact(next(row for row in ROWS if row["key"] == key), style, 1000)


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
        (("--fault", "thermal_stability=x"), "faults.thermal_stability"),
        (("--fault", "colour=1"), "faults.colour"),
        (("--fault", "storage_time_s=1e12"), "faults.storage_time_s"),
        (("--fault", "read_disturb_ratio=0.5"), "faults.read_disturb_ratio"),
        (("--fault", "frames_since_write=9"), "faults.frames_since_write"),
        (("--compute-style", "crossbar", "--fault", "read_error_ratio=margin"), "faults.read_error_ratio"),
        (("--faults", "nowhere.yaml"), "file"),
        (("--compute-style", "crossbar", "--full-scale-rows", 0), "hardware.full_scale_rows"),
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


def test_faults_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("preset: true\nseed: 4\nstorage_time_s: 1.0e9\nspread_ratio: 0.12\n")
    arrays, hardware = parse_arrays({})
    settings = parse_settings(fault_texts(path, ["seed=5"]), arrays, hardware)
    assert settings.seed == 5
    assert settings.thermal_stability == 41
    assert settings.retention_loss_ratio == pytest.approx(0.5, abs=0.2)
    assert settings.device is not None
    assert settings.device.spread_ratio == 0.12
    path.write_text("read_error_ratio: [1]\n")
    with pytest.raises(InputError, match=r"faults\.read_error_ratio"):
        fault_texts(path, [])
    path.write_text("- 1\n")
    with pytest.raises(InputError, match="mapping"):
        fault_texts(path, [])


def test_every_fault_is_off_by_default() -> None:
    arrays, hardware = parse_arrays({})
    assert parse_settings([], arrays, hardware) == IDEAL


def test_a_clipping_crossbar_says_how_often(digits_cache: Path) -> None:
    key = DIGITS[0]["key"]
    found = simulate_checkpoint(digits_cache, key, n_images=40, hardware=STYLES["crossbar"] | {"adc_bits": 2}).to_dict()
    assert 0 < found["clipped_ratio"] < 1
    assert found["mismatches"] > 0


def test_sampled_cells_come_with_both_error_rates() -> None:
    report = simulate_checkpoint(CACHE, DIGITS[0]["key"], n_images=20, faults=["tmr_ratio=0.3"]).to_dict()
    assert 0 < report["read_error_ratio"] < 1.2 * report["margin_error_ratio"]
