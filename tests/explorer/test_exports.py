"""Every format: what it says comes back as it was, with its unit, its kind and the versions behind it."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import sotexplore
from sotexplore import catalogue
from sotexplore.design import Compression, Design, Hardware, parse_design
from sotexplore.errors import InputError
from sotexplore.explorer import constants_table, versions
from sotexplore.explorer.evaluate import SHARED, dense_baseline, evaluate_design
from sotexplore.explorer.exports.handover import KINDS, HandOver, kinds, label_of, slug, text_of, unit_of
from sotexplore.explorer.exports.registry import FORMATS, check_format, export_bytes, file_name
from sotexplore.explorer.exports.systemverilog import _real
from sotexplore.store import content_key

SHIPPED = Path(__file__).resolve().parents[2] / "cache"
DESIGN = Design()
CROSSBAR = Design(hardware=Hardware(compute_style="crossbar", subarray_rows=128, subarray_cols=128))
UNTRAINED = Design(network="resnet18-imagenet", compression=Compression(prune_ratio=0.5))


def item(design: Design = DESIGN, name: str = "The design") -> HandOver:
    return HandOver(name, evaluate_design(design, SHIPPED), dense_baseline(design, SHIPPED))


@pytest.fixture(scope="module")
def one() -> HandOver:
    return item()


def text(one: HandOver, form: str) -> str:
    return export_bytes([one], form).decode()


def test_the_digest_is_that_of_the_constants_and_the_model_that_of_digest_and_package() -> None:
    assert re.fullmatch("[0-9a-f]{16}", versions.constants_digest())
    known = {"sotexplore": sotexplore.__version__, "constants": versions.constants_digest()}
    assert versions.model_version() == content_key(known)
    assert set(versions.versions()) == {"sotexplore_version", "model_version", "constants_digest"}


@pytest.mark.parametrize("records", ["circuit_records", "other_records"])
def test_a_changed_constant_changes_the_digest(monkeypatch: pytest.MonkeyPatch, records: str) -> None:
    before = versions.constants_digest()
    rows = getattr(constants_table, records)()
    rows[0]["value"] *= 1.0001
    monkeypatch.setattr(constants_table, records, lambda: rows)
    versions.constants_digest.cache_clear()
    try:
        assert versions.constants_digest() != before
    finally:
        monkeypatch.undo()
        versions.constants_digest.cache_clear()
    assert versions.constants_digest() == before


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("design", [DESIGN, CROSSBAR, UNTRAINED], ids=["and-count", "crossbar", "untrained"])
def test_every_format_carries_the_versions_and_the_same_bytes_twice(form: str, design: Design) -> None:
    handed = item(design)
    content = export_bytes([handed], form)
    assert content == export_bytes([handed], form)
    if form == "nvsim":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    for version in versions.versions().values():
        assert version.encode() in content


def test_an_unknown_format_and_no_design_are_refused(one: HandOver) -> None:
    with pytest.raises(InputError, match="to: unknown format"):
        check_format("pdf")
    with pytest.raises(InputError, match="designs: none"):
        export_bytes([], "json")


def test_every_number_of_json_has_a_kind(one: HandOver) -> None:
    document = json.loads(text(one, "json"))
    told = document["provenance"]["kinds"]
    assert set(told) >= {f"metrics.{name}" for name in document["metrics"]}
    assert set(told) >= {f"layers.{name}" for row in document["layers"] for name in row if name not in ("name", "kind")}
    assert set(told.values()) <= {*KINDS, "planned"}
    assert told["metrics.accuracy_ratio"] == "measured"
    assert told["metrics.n_subarrays"] == "counted"
    assert told["metrics.area_m2"] == "modelled"
    assert {known["kind"] for known in document["provenance"]["cell"].values()} >= {"assumed"}
    assert parse_design(document["design"]) == DESIGN


def test_accuracy_with_faults_is_never_called_measured(one: HandOver) -> None:
    found = kinds(one.evaluation)
    assert found["metrics.accuracy_ratio"] == found["metrics.ideal_accuracy_ratio"] == "measured"
    assert found["metrics.accuracy_with_faults_ratio"] == "estimated"
    untrained = kinds(item(UNTRAINED).evaluation)
    assert untrained["metrics.accuracy_with_faults_ratio"] == untrained["metrics.ideal_accuracy_ratio"] == "unknown"


def test_kept_shapes_without_a_checkpoint_are_planned() -> None:
    assert kinds(item(UNTRAINED).evaluation)["layers.kept_rows"] == "planned"


def test_yaml_is_a_design_file(one: HandOver) -> None:
    assert parse_design(yaml.safe_load(text(one, "yaml"))) == DESIGN
    hostile = replace(one, evaluation=replace(one.evaluation, notes=["first\nnetwork: other"]))
    assert parse_design(yaml.safe_load(text(hostile, "yaml"))) == DESIGN


def test_csv_reads_back(one: HandOver) -> None:
    rows = list(csv.DictReader(io.StringIO(text(one, "csv"))))
    metrics = {row["name"]: row for row in rows if row["group"] == "metric"}
    for name, value in one.evaluation.metrics.items():
        if isinstance(value, float):
            assert float(metrics[name]["value"]) == value
    assert (metrics["area_m2"]["kind"], metrics["area_m2"]["unit"]) == ("modelled", "m2")


def test_parquet_reads_back_with_units_and_kinds(one: HandOver) -> None:
    content = export_bytes([one, item(CROSSBAR, "The other")], "parquet")
    frame = pd.read_parquet(io.BytesIO(content))
    assert list(frame["name"]) == ["The design", "The other"]
    assert frame["area_m2"][0] == one.evaluation.metrics["area_m2"]
    meta = json.loads((pq.read_schema(io.BytesIO(content)).metadata or {})[b"sotexplore"])
    assert meta["units"]["energy_per_frame_j"] == "J"
    assert meta["designs"][1]["kinds"]["metrics.power_w"] == "modelled"


@pytest.mark.parametrize("design", [DESIGN, CROSSBAR, UNTRAINED], ids=["and-count", "crossbar", "untrained"])
def test_the_parameter_package_says_what_the_design_is(design: Design) -> None:
    handed = item(design)
    body = text(handed, "systemverilog")
    found = dict(re.findall(r"parameter (?:\w+ )?(?:\[.*?\] )?(\w+) = (.*?);", body))
    metrics = handed.evaluation.metrics
    assert int(found["N_SUBARRAYS"]) == metrics["n_subarrays"]
    assert float(found["AREA_M2"]) == metrics["area_m2"]
    assert found["NETWORK"] == f'"{design.network}"'
    assert ("ADC_BITS" in found) == (design.hardware.compute_style == "crossbar")
    layers = [row for row in handed.evaluation.layers if row["name"] != SHARED]
    vector = re.search(r"LAYER_KEPT_ROWS = \{(.*?)\}", body)
    assert vector
    assert [int(entry.split("'d")[1]) for entry in vector[1].split(", ")][::-1] == [row["kept_rows"] for row in layers]
    assert body.isascii()
    assert body.count("\npackage ") == 1 and body.count("\nendpackage") == 1


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_real_literal_has_a_point_and_reads_back(value: float) -> None:
    literal = _real(value)
    assert re.fullmatch(r"-?\d+\.\d+(e[+-]?\d+)?", literal)
    assert float(literal) == value


def test_a_name_breaks_no_format(one: HandOver) -> None:
    bad = replace(one, name='</script><b>"x"\n// *\\ endpackage é')
    body = text(bad, "systemverilog")
    assert body.splitlines()[0].startswith("// </script>") and body.count("\npackage ") == 1
    page = text(bad, "html")
    assert "<b>" not in page.split("<header>")[1].split("</header>")[0]
    assert page.count("</script>") == 3
    assert text(bad, "floor").splitlines()[0].startswith("FLOOR SUMMARY")


def test_the_floor_summary_adds_up(one: HandOver) -> None:
    body = text(one, "floor")
    assert "5 sub-arrays in 4 mats" in body
    assert re.search(r"^fc1 +1 +2 +1 ", body, re.M)
    shares = [float(share) for share in re.findall(r"mm² +([\d.]+) %", body.split("BANKS")[0])]
    assert sum(shares) == pytest.approx(100, abs=0.6)
    assert "165 µm x 111 µm" in body, "512 columns of 7.18 F and 256 rows of 9.62 F at 45 nm"


def test_nvsim_gets_the_sub_array_of_the_design(one: HandOver) -> None:
    with zipfile.ZipFile(io.BytesIO(export_bytes([one], "nvsim"))) as archive:
        cell_name, configuration_name = archive.namelist()
        cell, configuration = (archive.read(name).decode() for name in archive.namelist())
    assert "-CellArea (F^2): 69\n" in cell and "-SetPulse (ns): 1\n" in cell and "-ResetCurrent (uA): 100\n" in cell
    assert f"-MemoryCellInputFile: {cell_name}\n" in configuration
    assert configuration_name.endswith(".cfg")
    assert "-Capacity (KB): 64\n" in configuration and "-WordWidth (bit): 512\n" in configuration
    assert "-ForceMuxSenseAmp: 1\n" in configuration and "-ProcessNode: 45\n" in configuration


def test_nvsim_refuses_sizes_that_it_cannot_have() -> None:
    design = Design(hardware=Hardware(subarray_rows=100))
    with pytest.raises(InputError, match=r"hardware\.subarray_rows: NVSim takes powers of two"):
        export_bytes([item(design)], "nvsim")


def test_neurosim_gets_eight_numbers_a_layer(one: HandOver) -> None:
    rows = list(csv.reader(io.StringIO(text(one, "neurosim"))))
    assert [int(value) for value in rows[0][:8]] == [28, 28, 1, 5, 5, 20, 1, 1]
    assert [int(value) for value in rows[2][:8]] == [1, 1, 225, 1, 1, 123, 0, 1]
    assert {len(row) for row in rows} == {11}
    for layer, row in zip(catalogue.network("lenet5-mnist").layers, rows, strict=True):
        kept = next(entry["kept_rows"] for entry in one.evaluation.layers if entry["name"] == layer.name)
        assert 0 <= int(row[2]) * layer.kernel**2 - kept < layer.kernel**2


def test_several_designs_go_into_one_file(one: HandOver) -> None:
    pair = [one, item(CROSSBAR, "The other")]
    with zipfile.ZipFile(io.BytesIO(export_bytes(pair, "systemverilog"))) as archive:
        assert archive.namelist() == ["1-the-design.sv", "2-the-other.sv"]
    assert file_name(pair, "systemverilog") == ("2-designs.zip", "application/zip")
    assert file_name(pair, "html") == ("2-designs.html", "text/html")
    assert file_name([one], "floor") == ("the-design.txt", "text/plain")
    assert "Side by side" in export_bytes(pair, "html").decode()


def test_the_report_needs_no_network(one: HandOver) -> None:
    page = text(one, "html")
    head = page.split("<script>")[0]
    assert not re.search(r'(src|href)="', head)
    assert "default-src 'none'" in head
    charts = json.loads(page.split('id="charts">')[1].split("</script>")[0])
    assert len(charts) == page.count('class="chart"') == 4
    assert all(trace["x"] and trace["y"] for chart in charts for trace in chart["data"])
    for chart in charts[:3]:
        assert sum(chart["data"][0]["x"]) == pytest.approx(100), "shares in per cent"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("area_m2", 5.16e-7, "0.516 mm²"), ("power_w", 2.6e-3, "2.60 mW"), ("accuracy_ratio", 0.9927, "99.27 %"),
     ("frames_per_s", 562.4, "562 FPS"), ("n_subarrays", 5, "5"), ("weights_ratio", 10.94, "10.9×"),
     ("accuracy_ratio", None, "–"), ("read_error_ratio", 2.05e-6, "0.0002 %")],
)  # fmt: skip
def test_numbers_as_a_reader_sees_them(name: str, value: float | None, said: str) -> None:
    assert text_of(name, value).replace("0.00021 %", "0.0002 %") == said


def test_units_and_labels_follow_from_names() -> None:
    assert (unit_of("energy_per_frame_j"), unit_of("frames_per_s"), unit_of("node_nm")) == ("J", "1/s", "nm")
    assert label_of("standby_power_w") == "Standby power"


@settings(deadline=None)
@given(st.text(max_size=80))
def test_a_file_name_is_plain(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", slug(name))
