"""Spaces: lists and ranges, the product, and bad input."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore.design import Design
from sotexplore.errors import InputError
from sotexplore.explorer.space import parse_space


def test_a_design_is_a_space_of_one() -> None:
    space = parse_space(Design().to_dict())
    assert space.size == 1
    columns = space.hardware_columns()
    assert columns["subarray_rows"].tolist() == [256]
    assert math.isnan(columns["area_budget_m2"][0])


def test_lists_and_ranges_multiply() -> None:
    space = parse_space(
        {
            "network": ["lenet5-mnist", "digits-cnn"],
            "compression": {"prune_ratio": {"start": 0.5, "stop": 0.9, "step": 0.1}, "weight_bits": [2, 4]},
            "hardware": {
                "subarray_rows": {"start": 64, "stop": 256, "step": 64},
                "compute_style": ["and-count", "crossbar"],
            },
        }
    )
    assert space.size == 2 * 5 * 2 * 4 * 2
    assert [item.prune_ratio for item in space.compressions if item.weight_bits == 2] == [0.5, 0.6, 0.7, 0.8, 0.9]
    assert sorted(set(space.hardware_columns()["subarray_rows"].tolist())) == [64, 128, 192, 256]


@given(
    st.lists(st.sampled_from([32, 64, 128]), min_size=1, unique=True),
    st.lists(st.sampled_from([22, 45]), min_size=1, unique=True),
)
def test_columns_enumerate_the_product(rows: list[int], nodes: list[int]) -> None:
    columns = parse_space({"hardware": {"subarray_rows": rows, "node_nm": nodes}}).hardware_columns()
    pairs = list(zip(columns["subarray_rows"].tolist(), columns["node_nm"].tolist(), strict=True))
    assert sorted(pairs) == sorted(product(rows, nodes))


def test_no_pruning_has_one_structure() -> None:
    space = parse_space({"compression": {"structure": ["filter", "shape"], "prune_ratio": [0, 0.5]}})
    assert [(item.structure, item.prune_ratio) for item in space.compressions] == [
        ("none", 0),
        ("filter", 0.5),
        ("shape", 0.5),
    ]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"colour": 1}, "colour"),
        ({"hardware": {"colour": [1]}}, "hardware.colour"),
        ({"compression": {"colour": [1]}}, "compression.colour"),
        ({"compression": {"prune_ratio": [0.5, 1.5]}}, "compression.prune_ratio"),
        ({"compression": {"weight_bits": {"start": 1, "stop": 9, "step": 1}}}, "compression.weight_bits"),
        ({"hardware": {"subarray_rows": []}}, "hardware.subarray_rows"),
        ({"hardware": {"subarray_rows": [0, 64]}}, "hardware.subarray_rows"),
        ({"hardware": {"subarray_rows": {"start": 64, "stop": 32, "step": 1}}}, "hardware.subarray_rows"),
        ({"hardware": {"subarray_rows": {"start": 64, "stop": 128, "step": 0}}}, "hardware.subarray_rows"),
        ({"hardware": {"subarray_rows": {"from": 64}}}, "hardware.subarray_rows"),
        ({"network": ["lenet5-mnist", "x"]}, "network"),
        ({"checkpoint": ["zz"]}, "checkpoint"),
        ({"checkpoint": "0123456789abcdef", "compression": {"weight_bits": 4}}, "checkpoint"),
        ({"hardware": 5}, "hardware"),
        (
            {
                "hardware": {
                    name: {"start": 32, "stop": 2048, "step": 1}
                    for name in ("subarray_rows", "active_rows", "subarray_cols")
                }
            },
            "space",
        ),
    ],
)
def test_bad_spaces(data: dict[str, object], field: str) -> None:
    with pytest.raises(InputError, match=f"^{field}: "):
        parse_space(data)
