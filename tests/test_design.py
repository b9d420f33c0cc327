"""The design schema: defaults, round trips, and every kind of bad input by its message."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sotexplore.design import Compression, Design, Hardware, load_design, parse_design
from sotexplore.errors import InputError

DESIGNS = st.builds(
    Design,
    network=st.sampled_from(["lenet5-mnist", "digits-cnn", "vgg8-cifar10"]),
    compression=st.builds(
        Compression,
        structure=st.sampled_from(["filter", "shape", "filter+shape"]),
        prune_ratio=st.floats(0, 0.99),
        weight_bits=st.integers(1, 8),
        activation_bits=st.integers(1, 8),
    ),
    hardware=st.builds(
        Hardware,
        compute_style=st.sampled_from(["and-count", "crossbar"]),
        subarray_rows=st.sampled_from([32, 100, 2048]),
        subarray_cols=st.sampled_from([64, 512]),
        columns_per_sense_amplifier=st.sampled_from([1, 8]),
        area_budget_m2=st.none() | st.floats(1e-9, 1),
    ),
)


@given(DESIGNS)
def test_a_design_survives_json_and_yaml(design: Design) -> None:
    assert parse_design(json.loads(design.to_json())) == design
    assert parse_design(yaml.safe_load(design.to_yaml())) == design


def test_what_is_left_out_has_a_default() -> None:
    assert parse_design({"network": "digits-cnn"}).hardware == Hardware()


@pytest.mark.parametrize(
    ("data", "field", "said"),
    [
        ({"sub_array": 1}, "sub_array", "network"),
        ({"hardware": {"rows": 8}}, "hardware.rows", "subarray_rows"),
        ({"compression": {"prune_ratio": 1.2}}, "compression.prune_ratio", "1.2"),
        ({"compression": {"prune_ratio": -0.1}}, "compression.prune_ratio", "-0.1"),
        ({"compression": {"prune_ratio": float("nan")}}, "compression.prune_ratio", "nan"),
        ({"compression": {"weight_bits": 0}}, "compression.weight_bits", "0"),
        ({"compression": {"activation_bits": 9}}, "compression.activation_bits", "9"),
        ({"compression": {"weight_bits": 3.5}}, "compression.weight_bits", "3.5"),
        ({"compression": {"structure": "magic"}}, "compression.structure", "magic"),
        ({"hardware": {"subarray_rows": 0}}, "hardware.subarray_rows", "0"),
        ({"hardware": {"node_nm": 28}}, "hardware.node_nm", "28"),
        ({"hardware": {"area_budget_m2": -1}}, "hardware.area_budget_m2", "-1"),
        ({"hardware": {"columns_per_sense_amplifier": 3}}, "hardware.columns_per_sense_amplifier", "got 3"),
        ({"network": "lenet"}, "network", "lenet5-mnist"),
        ({"schema_version": 2}, "schema_version", "2"),
        ({"compression": {"weight_bits": True}}, "compression.weight_bits", "got True"),
        ({"compression": {"weight_bits": 9}}, "compression.weight_bits", "allowed 1..8"),
        ({"hardware": {"node_nm": "45"}}, "hardware.node_nm", "got '45'"),
        ({"checkpoint": "../../etc/passwd"}, "checkpoint", "passwd"),
        ([1, 2], "document", "1"),
    ],
)
def test_bad_input_names_field_value_and_what_is_allowed(data: object, field: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_design(data)
    message = str(caught.value)
    assert message.startswith(f"{field}: ")
    assert said in message
    assert "(got " in message and ", allowed " in message and "\n" not in message


@pytest.mark.parametrize(
    "content",
    [
        "a: [",
        "- 1\n- 2\n",
        "\x00\x01",
        "just words",
        "d: 2026-02-30",
        f"a: {'9' * 5000}",
        "[" * 5000,
        "network: a\nnetwork: b",
        "a: &a [1]\nb: *a",
        "? [1, 2]\n: 3",
    ],
)
def test_a_file_that_holds_no_design(tmp_path: Path, content: str) -> None:
    path = tmp_path / "design.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match=r"^file: "):
        load_design(path)


def test_a_deep_value_is_told_in_one_short_line() -> None:
    value: object = "x"
    for _ in range(60):
        value = [value] * 9
    with pytest.raises(InputError) as caught:
        parse_design({"network": value})
    assert len(str(caught.value)) < 400


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        load_design(tmp_path / "none.yaml")


def test_packing_is_left_out_where_it_is_off_and_refused_in_a_pipeline() -> None:
    assert "packing" not in Design().to_dict()["hardware"]
    packed = parse_design({"hardware": {"packing": True, "schedule": "sequential"}})
    assert packed.to_dict()["hardware"]["packing"] is True
    assert parse_design(packed.to_dict()) == packed
    with pytest.raises(InputError) as caught:
        parse_design({"hardware": {"packing": True}})
    assert caught.value.field == "hardware.packing"
