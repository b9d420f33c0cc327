"""Design and view as flat values: what widgets, links and files share."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.design import Compression, Design, Hardware, Structure
from sotexplore.errors import InputError
from sotexplore.ui import state
from sotexplore.ui.formatting import QUANTITIES

SIZES = st.sampled_from([32, 64, 128, 256, 512, 1024, 2048])
DESIGNS = st.builds(
    Design,
    network=st.sampled_from(catalogue.NAMES),
    compression=st.builds(
        lambda structure, ratio, weights, activations: Compression(
            structure=structure,
            prune_ratio=0.0 if structure == "none" else ratio,
            weight_bits=weights,
            activation_bits=activations,
        ),
        st.sampled_from(get_args(Structure)),
        st.floats(0, 0.999),
        st.integers(1, 8),
        st.integers(1, 8),
    ),
    hardware=st.builds(
        Hardware,
        compute_style=st.sampled_from(["and-count", "crossbar"]),
        node_nm=st.sampled_from([22, 32, 45, 65]),
        subarray_rows=SIZES,
        subarray_cols=SIZES,
        columns_per_sense_amplifier=st.sampled_from([1, 2, 4, 8, 16, 32]),
        adc_bits=st.integers(1, 12),
        active_rows=SIZES,
        operand=st.sampled_from(["streamed", "written"]),
        schedule=st.sampled_from(["sequential", "pipelined"]),
    ),
)


@given(DESIGNS)
def test_a_design_survives_flat_values(design: Design) -> None:
    assert state.design_of(state.values_of(design)) == design


@given(DESIGNS)
def test_a_design_survives_a_link(design: Design) -> None:
    query = {name: str(value) for name, value in state.values_of(design).items()}
    assert state.link_problems(query, {}) == []


def test_every_design_field_has_a_control_name() -> None:
    names = {"network", *Compression.model_fields, *Hardware.model_fields}
    assert names - set(state.DESIGN_FIELDS) == {"area_budget_m2"}
    assert not set(state.DESIGN_FIELDS) & set(state.VIEW_FIELDS)


def test_axes_are_the_quantities() -> None:
    assert list(state.AXES.values()) == list(QUANTITIES)
    assert set(state.AXES) == set(get_args(state.Axis))


def test_structure_none_prunes_nothing() -> None:
    assert state.design_of({"structure": "none", "prune_ratio": 0.9}).compression.prune_ratio == 0


def test_out_of_range_values_are_refused() -> None:
    with pytest.raises(InputError, match="weight_bits"):
        state.design_of({"weight_bits": 9})
    with pytest.raises(InputError, match="columns_per_sense_amplifier"):
        state.design_of({"subarray_cols": 32, "columns_per_sense_amplifier": 64})


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"weight_bits": "nine"}, "weight_bits"),
        ({"weight_bits": "9"}, "weight_bits"),
        ({"prune_ratio": "1.5"}, "prune_ratio"),
        ({"prune_ratio": "nan"}, "prune_ratio"),
        ({"network": "foo"}, "network"),
        ({"compute_style": "quantum"}, "compute_style"),
        ({"x": "Chip"}, "x"),
        ({"min_accuracy_percent": "-3"}, "min_accuracy_percent"),
        ({"max_area_mm2": "inf"}, "max_area_mm2"),
        ({"no_such": "1"}, "no_such: unknown name"),
        ({"subarray_rows": "300"}, "subarray_rows: is not offered"),
        ({"cell": "no-such-cell"}, "cell: is not offered"),
    ],
)
def test_nonsense_in_a_link_is_told_in_one_line(query: dict[str, str], said: str) -> None:
    offered = {"subarray_rows": (256, 512), "cell": ("sot-69f2",)}
    (problem,) = state.link_problems(query, offered)
    assert said in problem
    assert "got" in problem
    assert "allowed" in problem
    assert "\n" not in problem


def test_what_goes_beyond_the_sub_array_is_told() -> None:
    (problem,) = state.misfits({"subarray_cols": "32", "columns_per_sense_amplifier": "64"})
    assert problem.startswith("columns_per_sense_amplifier: does not fit 32 subarray_cols")
    (problem,) = state.misfits({"compute_style": "crossbar", "active_rows": "512"})
    assert "allowed 1..256" in problem
    assert state.misfits({"active_rows": "512"}) == [], "and-count has no active rows"
    assert state.misfits({"subarray_rows": "64", "compute_style": "crossbar"}) == [], "the link does not ask for more"


def test_a_complaint_names_the_field_that_does_not_fit() -> None:
    with pytest.raises(InputError, match=r"^hardware.columns_per_sense_amplifier: .*got 64, allowed a divisor of 32"):
        state.design_of({"subarray_cols": 32, "columns_per_sense_amplifier": 64})


def test_the_good_parts_of_a_link_are_kept() -> None:
    query = {"weight_bits": "2", "log_y": "true", "prune_ratio": "0.8", "front_only": "perhaps"}
    (problem,) = state.link_problems(query, {})
    assert problem.startswith("front_only")


def test_limits_are_in_si_units() -> None:
    view = state.view_of({"min_accuracy_percent": 98.5, "max_area_mm2": 2.0, "max_power_mw": 50.0})
    limits = state.limits_of(view)
    assert limits["accuracy_ratio"] == (pytest.approx(0.985), None)
    assert limits["area_m2"] == (None, pytest.approx(2e-6))
    assert limits["power_w"] == (None, pytest.approx(0.05))
    assert "frames_per_s" not in limits
