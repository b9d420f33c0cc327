"""Bundles: what is put in comes out, what differs is told, what is no bundle is refused and named."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore.checkpoint import list_checkpoints
from sotexplore.design import MAX_FILE_BYTES, Compression, Design, Hardware
from sotexplore.errors import InputError
from sotexplore.explorer.bundle import Bundle, bundle_bytes, differences, read_file
from sotexplore.explorer.evaluate import Evaluation, evaluate_design
from sotexplore.explorer.exports.handover import HandOver
from sotexplore.explorer.exports.registry import export_bytes
from sotexplore.explorer.versions import versions

SHIPPED = Path(__file__).resolve().parents[2] / "cache"
DESIGNS = (
    Design(),
    Design(compression=Compression(prune_ratio=0.87)),
    Design(checkpoint="08d83df94558b28f", hardware=Hardware(area_budget_m2=1e-6)),
)
VIEW = {"x": "Power", "min_accuracy_percent": 98.5}


@pytest.fixture(scope="module")
def evaluations() -> list[Evaluation]:
    return [evaluate_design(design, SHIPPED) for design in DESIGNS]


@pytest.fixture(scope="module")
def content(evaluations: list[Evaluation]) -> bytes:
    items = [HandOver(f"design {place}", item) for place, item in enumerate(evaluations)]
    return bundle_bytes(items, VIEW, list_checkpoints(SHIPPED).rows)


def bundle_of(content: bytes, **changed: Any) -> Bundle:
    document = json.loads(content) | changed
    found = read_file("x.json", json.dumps(document).encode())
    assert isinstance(found, Bundle)
    return found


def test_what_is_put_in_comes_out(content: bytes, evaluations: list[Evaluation]) -> None:
    bundle = bundle_of(content)
    assert [item.design for item in bundle.designs] == list(DESIGNS)
    assert bundle.view == VIEW
    assert set(bundle.checkpoints) == {"08d83df94558b28f"}
    assert bundle.checkpoints["08d83df94558b28f"]["accuracy_ratio"] == 0.9927
    assert {name: getattr(bundle, name) for name in versions()} == versions()
    assert differences(bundle, evaluations) == []
    assert len(content) < 40_000


def test_what_differs_is_told(content: bytes, evaluations: list[Evaluation]) -> None:
    told = differences(bundle_of(content, model_version="0" * 16, constants_digest="1" * 16), evaluations)
    assert [line.split(":")[0] for line in told] == ["model version", "constants"]
    told = differences(bundle_of(content, cells={"mine": {"area_f2": 50.0}}), evaluations)
    assert told[0].startswith("memory cell mine: not here")
    told = differences(bundle_of(content, cells={"sot-69f2": {"area_f2": 50.0}}), evaluations)
    assert told == ["memory cell sot-69f2: other area_f2 here"]


def test_a_lost_checkpoint_and_other_figures_are_told(
    content: bytes, evaluations: list[Evaluation], tmp_path: Path
) -> None:
    elsewhere = [evaluate_design(design, tmp_path) for design in DESIGNS[:2]]
    told = differences(bundle_of(content), [*elsewhere, None])
    assert told[0] == (
        "design 0: rested on checkpoint 08d83df94558b28f, which this cache lacks; here it is estimated or planned"
    )
    assert told[1].startswith("design 0: other accuracy_ratio, accuracy_kind")
    assert told[-1] == "design 2: cannot be evaluated here"


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_an_exported_design_opens(evaluations: list[Evaluation], form: str) -> None:
    for evaluation in evaluations:
        assert read_file(f"d.{form}", export_bytes([HandOver("d", evaluation)], form)) == evaluation.design


@settings(deadline=None)
@given(st.floats(1e-12, 1e-2))
def test_a_design_file_loses_no_digit(area: float) -> None:
    design = Design(hardware=Hardware(area_budget_m2=area))
    assert read_file("d.json", design.to_json().encode()) == design
    assert read_file("d.yaml", design.to_yaml().encode()) == design


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"x" * (MAX_FILE_BYTES + 1), "file: is too large"),
        (b"\xff\xfe\x00", "file: is no text"),
        (b"[1, 2]", "file: does not hold a mapping"),
        (b"a: [", "file: is not YAML or JSON"),
        (b"[" * 100_000, "file: is not YAML or JSON"),
        (b'{"network": NaN}', "network: "),
        (b"network: nowhere", "network: "),
        (b"what: 1", "what: unknown key"),
        (b"", "file: does not hold a mapping"),
        (b'{"sotexplore_bundle": 2}', "sotexplore_bundle: is of another version (got 2, allowed 1)"),
        (b'{"sotexplore_bundle": 1}', "designs: is no list"),
        (b'{"sotexplore_bundle": 1, "designs": []}', "sotexplore_version: is missing"),
        (b'{"sotexplore_bundle": 1, "designs": [3]}', "designs.0: is no mapping"),
        (
            b'{"sotexplore_bundle": 1, "designs": [{"name": "a", "design": {"hardware": {"subarray_rows": 1}}}]}',
            "designs.0.hardware.subarray_rows",
        ),
    ],
)
def test_what_is_no_bundle_is_refused_in_one_line(text: bytes, said: str) -> None:
    with pytest.raises(InputError) as error:
        read_file("x.json", text)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_file_or_a_message(data: bytes) -> None:
    try:
        read_file("x.json", data)
    except InputError as error:
        assert "allowed" in str(error)


def test_one_wrong_field_is_named(content: bytes) -> None:
    document = json.loads(content)
    document["surplus"] = 1
    with pytest.raises(InputError, match="surplus: unknown key"):
        read_file("x.json", json.dumps(document).encode())
    with pytest.raises(InputError, match="designs: "):
        bundle_of(content, designs=document["designs"] * 5)


def test_a_bundle_is_plain_json(content: bytes) -> None:
    assert yaml.safe_load(content)["view"]["x"] == "Power"
