"""Every command: what it prints, its exit codes, and that bad input is one line and writes nothing."""

import json
import math
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from sotexplore.cli import main
from sotexplore.design import load_design
from sotexplore.explorer.evaluate import METRICS, dense_baseline, evaluate_design
from sotexplore.explorer.exports.handover import HandOver
from sotexplore.explorer.exports.registry import export_bytes

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "cache"
SPACE = """
network: lenet5-mnist
compression: {prune_ratio: [0.5, 0.9], weight_bits: [4, 8]}
hardware: {subarray_rows: [64, 128], compute_style: [and-count, crossbar], active_rows: 64}
"""


class Result:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: object) -> Result:
        with pytest.raises(SystemExit) as stop:
            main([str(item) for item in arguments])
        captured = capsys.readouterr()
        return Result(int(stop.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def design(tmp_path: Path) -> Path:
    path = tmp_path / "design.yaml"
    path.write_text("network: lenet5-mnist\ncompression: {prune_ratio: 0.9, weight_bits: 4, activation_bits: 4}\n")
    return path


def test_networks(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOTEXPLORE_DATA", str(tmp_path))
    records = call("networks", "--json").json
    untrainable = {item["name"] for item in records if not item["trainable"]}
    assert untrainable == {"alexnet-imagenet", "vgg16-imagenet", "resnet18-imagenet", "resnet50-imagenet"}
    for part in ("train", "val"):
        (tmp_path / "imagenet" / part).mkdir(parents=True)
    assert all(item["trainable"] for item in call("networks", "--json").json), "where the user has the data"
    assert {"name", "dataset", "trainable", "layers"} <= set(records[0])
    assert [item["name"] for item in records][:2] == ["digits-cnn", "lenet5-mnist"]
    assert "lenet5-mnist" in call("networks").out


def test_checkpoints_have_the_contracts_fields(call: Any) -> None:
    records = call("checkpoints", "--json").json
    fields = "key network structure prune_ratio weight_bits activation_bits seed accuracy_ratio dense_accuracy_ratio test_images weights_ratio storage_ratio operations_ratio subarrays_ratio subarray_rows subarray_cols compute_style"
    assert records
    for record in records:
        assert list(record)[: len(fields.split())] == fields.split()
        assert set(record) - set(fields.split()) <= {"method", "residual_bits", "levels"}
    assert {item["method"] for item in records} >= {"admm", "magnitude", "group-lasso", "post-training"}
    assert {item["residual_bits"] for item in records} == {0, 8}
    listed = call("checkpoints").out
    assert all(record["key"] in listed for record in records), "a key was cut"
    grid = [item for item in records if item["network"] == "lenet5-mnist" and item["weight_bits"] <= 8]
    assert len(grid) >= 40
    assert {item["test_images"] for item in grid} == {10000}
    assert {0, 0.99} <= {item["prune_ratio"] for item in grid}
    assert {(w, a) for w in (8, 4, 2, 1) for a in (8, 4, 2)} <= {
        (item["weight_bits"], item["activation_bits"]) for item in grid
    }
    assert max(item["dense_accuracy_ratio"] for item in grid) >= 0.994


def test_evaluate(call: Any, design: Path) -> None:
    document = call("evaluate", design, "--json").json
    assert set(METRICS) <= set(document["metrics"])
    assert document["metrics"]["accuracy_kind"] == "measured"
    for metric, parts in document["breakdown"].items():
        assert sum(parts.values()) == pytest.approx(document["metrics"][metric], rel=1e-9)
    assert [layer["name"] for layer in document["layers"]] == ["conv1", "conv2", "fc1", "fc2", "shared"]
    assert "accuracy_ratio" in call("evaluate", design).out


def test_evaluate_a_checkpoint(call: Any, tmp_path: Path) -> None:
    row = next(item for item in call("checkpoints", "--json").json if item["weight_bits"] == 2)
    path = tmp_path / "design.json"
    path.write_text(json.dumps({"network": row["network"], "checkpoint": row["key"]}))
    document = call("evaluate", path, "--json").json
    assert document["metrics"]["accuracy_ratio"] == row["accuracy_ratio"]
    assert document["metrics"]["weights_ratio"] == pytest.approx(row["weights_ratio"])
    assert document["design"]["checkpoint"] == row["key"]


def test_sweep_and_pareto(call: Any, tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text(SPACE)
    summary = call("sweep", tmp_path / "space.yaml", "-o", tmp_path / "all.parquet", "--json").json
    frame = pd.read_parquet(tmp_path / "all.parquet")
    assert summary["points"] == len(frame) == 16
    assert summary["points_per_s"] == pytest.approx(summary["points"] / summary["seconds"])
    options = ("--maximize", "accuracy_ratio", "--minimize", "area_m2", "--minimize", "power_w", "--json")
    front = call("pareto", tmp_path / "all.parquet", *options, "-o", tmp_path / "front.csv").json
    assert front["points"] == 16
    assert 1 <= front["front"] == len(pd.read_csv(tmp_path / "front.csv"))


def test_a_swept_design_equals_the_same_design_alone(call: Any, tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text(SPACE)
    call("sweep", tmp_path / "space.yaml", "-o", tmp_path / "all.parquet")
    frame = pd.read_parquet(tmp_path / "all.parquet")
    for _, row in frame.iloc[[0, 7, 15]].iterrows():
        one = {
            "network": row["network"],
            "compression": {name: row[name] for name in ("structure", "prune_ratio", "weight_bits", "activation_bits")},
            "hardware": {name: row[name] for name in ("subarray_rows", "compute_style", "active_rows")},
        }
        (tmp_path / "one.yaml").write_text(
            yaml.safe_dump(json.loads(json.dumps(one, default=lambda value: value.item())))
        )
        metrics = call("evaluate", tmp_path / "one.yaml", "--json").json["metrics"]
        for name in METRICS:
            expected = row[name]
            if isinstance(expected, float) and math.isnan(expected):
                assert metrics[name] is None
            else:
                assert metrics[name] == (
                    pytest.approx(expected, rel=1e-12) if isinstance(expected, float) else expected
                ), name


@pytest.mark.parametrize("form", ["json", "yaml", "csv"])
def test_export(call: Any, design: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"out.{form}"
    assert call("export", design, "--to", form, "-o", target).code == 0
    text = target.read_text()
    assert "measured" in text and "sotexplore_version" in text
    if form == "yaml":
        assert call("evaluate", target, "--json").json["metrics"] == call("evaluate", design, "--json").json["metrics"]
    if form == "json":
        assert json.loads(text)["metrics"]["area_m2"] > 0


@pytest.mark.parametrize("form", ["parquet", "html", "systemverilog", "floor", "nvsim", "neurosim"])
def test_export_writes_what_the_format_makes(call: Any, design: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / "out"
    result = call("export", design, "--to", form, "-o", target)
    assert (result.code, result.out, result.err) == (0, "", "")
    chosen = load_design(design)
    handed = HandOver(design.stem, evaluate_design(chosen, SHIPPED), dense_baseline(chosen, SHIPPED))
    assert target.read_bytes() == export_bytes([handed], form)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("network: nothing", "network"),
        ("hardware: {subarray_rows: 0}", "hardware.subarray_rows"),
        ("compression: {weight_bits: 9}", "compression.weight_bits"),
        ("compression: {prune_ratio: 1.5}", "compression.prune_ratio"),
        ("what: 1", "what"),
        ("hardware: {cell: unobtainium}", "hardware.cell"),
        ("network: resnet20-cifar10\ncompression: {structure: filter, prune_ratio: 0.99}", "compression.prune_ratio"),
        ("checkpoint: '0000000000000000'", "checkpoint"),
    ],
)
@pytest.mark.parametrize("command", ["evaluate", "export", "sweep"])
def test_bad_input_is_one_line_and_writes_nothing(
    call: Any, tmp_path: Path, command: str, content: str, field: str
) -> None:
    (tmp_path / "in.yaml").write_text(content)
    more = {"evaluate": (), "export": ("--to", "json", "-o", tmp_path / "out"), "sweep": ("-o", tmp_path / "out")}[
        command
    ]
    result = call(command, tmp_path / "in.yaml", *more)
    assert result.code == 2
    assert result.err.startswith(f"error: {field}: ") and result.err.count("\n") == 1
    assert "(got " in result.err and ", allowed " in result.err
    assert not result.out
    assert sorted(item.name for item in tmp_path.iterdir()) == ["in.yaml"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("evaluate", "no-such-file.yaml"),
        ("evaluate",),
        ("fly",),
        ("pareto", "none.parquet", "-o", "x.csv", "--maximize", "accuracy_ratio"),
        ("export", "none.yaml", "--to", "pdf", "-o", "x"),
        ("app", "--port", "0"),
        ("compress", "none.yaml"),
    ],
)
def test_wrong_words_are_one_line(call: Any, arguments: tuple[str, ...]) -> None:
    result = call(*arguments)
    assert result.code == 2
    assert result.err.startswith("error: ") and result.err.count("\n") == 1


def test_a_missing_output_folder_is_named(call: Any, design: Path, tmp_path: Path) -> None:
    result = call("export", design, "--to", "json", "-o", tmp_path / "none" / "out.json")
    assert result.code == 2 and result.err.startswith("error: output: ")


@pytest.mark.parametrize("command", ["sweep", "pareto", "export", "subarray"])
@pytest.mark.parametrize("target", ["folder", "pipe", "/proc/x.csv"])
def test_an_output_that_cannot_be_written_is_named(
    call: Any, design: Path, tmp_path: Path, command: str, target: str
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "space.yaml").write_text(SPACE)
    call("sweep", tmp_path / "space.yaml", "-o", tmp_path / "all.parquet")
    words = {
        "sweep": ("sweep", tmp_path / "space.yaml"),
        "pareto": ("pareto", tmp_path / "all.parquet", "--minimize", "area_m2"),
        "export": ("export", design, "--to", "json"),
        "subarray": ("subarray", "--table", ROOT / "sotexplore" / "hardware" / "reference" / "nvsim_subarray.csv"),
    }[command]
    result = call(*words, "-o", target if target.startswith("/") else tmp_path / target)
    assert result.code == 2 and result.err.startswith("error: output: ") and result.err.count("\n") == 1
    assert (tmp_path / "pipe").is_fifo()


def test_a_cache_that_is_no_folder_is_named_before_training(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("SOTEXPLORE_CACHE", str(tmp_path / "file"))
    result = call("compress", ROOT / "recipes" / "digits-quick.yaml")
    assert result.code == 2 and result.err.startswith("error: cache: ") and result.err.count("\n") == 1


def test_a_busy_port_is_named(call: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = call("app", "--port", taken.getsockname()[1])
    assert result.code == 2 and result.err.startswith("error: port: ")


def test_layers_and_the_shared_row_close(call: Any, design: Path) -> None:
    document = call("evaluate", design, "--json").json
    for name, metric in (("area_m2", "area_m2"), ("energy_j", "energy_per_frame_j"), ("latency_s", "frame_latency_s")):
        assert sum(row[name] for row in document["layers"]) == pytest.approx(document["metrics"][metric], rel=1e-9)


@pytest.mark.parametrize(
    ("hardware", "said"),
    [
        ("{compute_style: crossbar, adc_bits: 1, active_rows: 128}", "ADC conversions"),
        ("{area_budget_m2: 1.0e-9}", "area budget"),
    ],
)
def test_what_the_figures_leave_out_is_said(call: Any, tmp_path: Path, hardware: str, said: str) -> None:
    (tmp_path / "in.yaml").write_text(f"hardware: {hardware}\n")
    assert said in " ".join(call("evaluate", tmp_path / "in.yaml", "--json").json["cautions"])
    assert "caution: " in call("evaluate", tmp_path / "in.yaml").out


def test_an_empty_cache_still_evaluates(call: Any, design: Path, empty_cache: Path) -> None:
    assert call("checkpoints", "--json").json == []
    assert call("evaluate", design, "--json").json["metrics"]["accuracy_kind"] == "unknown"
    assert not list(empty_cache.iterdir())


def test_a_damaged_checkpoint_is_a_warning_and_the_rest_is_listed(call: Any, empty_cache: Path) -> None:
    (empty_cache / "checkpoints").mkdir()
    (empty_cache / "checkpoints" / "0123456789abcdef.safetensors").write_bytes(b"short")
    result = call("checkpoints", "--json")
    assert result.code == 0 and result.json == []
    assert "0123456789abcdef" in result.err


def test_compress_prints_the_new_row_and_missing_data_is_an_error(call: Any, empty_cache: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.yaml"
    run.write_text(
        "network: digits-cnn\ncompression: {weight_bits: 8, activation_bits: 8}\nepochs: {dense: 1, prune: 1, retrain: 1, quantize: 1, finetune: 1}\n"
    )
    row = call("compress", run, "--json").json
    assert row["test_images"] == 449
    assert row["key"] in {item["key"] for item in call("checkpoints", "--json").json}
    run.write_text("network: lenet5-mnist\n")
    result = call("compress", run, "--data", tmp_path / "nowhere")
    assert result.code == 2 and result.err.startswith("error: data: mnist is missing or damaged")


def test_a_plan_tells_the_sub_arrays_that_an_area_has_room_for(call: Any, empty_cache: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.yaml"
    area = "{area_m2: 2.0e-7, hardware: {subarray_rows: 64, subarray_cols: 64, schedule: sequential}}"
    run.write_text(f"network: digits-cnn\ncompression: {{weight_bits: 8}}\nbudget: {area}\n")
    dense, *steps = call("compress", run, "--plan", "--json").json
    number = steps[-1]["budget"]["subarrays"]
    assert "budget" not in dense and number > 1 and not any(row["made"] for row in steps)
    shown = call("compress", run, "--plan").out.splitlines()
    assert shown[0].split()[-1] == "sub-arrays" and shown[-1].rstrip().endswith(f"{number} at W8")
    run.write_text(run.read_text().replace("2.0e-7", "2.0e-10"))
    refused = call("compress", run)
    assert refused.code == 2 and refused.err.startswith("error: budget.area_m2: is less than")
    assert not list(empty_cache.rglob("*.safetensors"))


def test_an_interrupt_ends_with_130(empty_cache: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.yaml"
    run.write_text("network: digits-cnn\nepochs: {dense: 900}\n")
    start = (  # a shell starts what it puts in the background with interrupts ignored, and children inherit that
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from sotexplore.cli import main; main()"
    )
    command = [sys.executable, "-c", start, "compress", str(run)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stderr is not None
        assert "run 1 of 1: digits-cnn" in process.stderr.readline()
        assert "dense 1/900" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert not list(empty_cache.rglob("*.safetensors"))
