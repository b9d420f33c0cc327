"""Links: a view as short text and back, and what is kept of a link that is old, damaged or made up."""

import base64
import hashlib
import json
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotexplore import catalogue
from sotexplore.design import Compression, Design, Hardware
from sotexplore.ui import permalink, state
from sotexplore.ui.permalink import MAX_CHARACTERS, MAX_PINS, Pin, decode, encode

SIZES = st.sampled_from([32, 64, 128, 256, 512, 1024, 2048])
COMPRESSIONS = st.one_of(
    st.builds(
        Compression, structure=st.sampled_from(["filter", "shape", "filter+shape"]),
        prune_ratio=st.integers(0, 199).map(lambda step: step * 0.005), weight_bits=st.integers(1, 8), activation_bits=st.integers(1, 8),
    ),
    st.builds(Compression, structure=st.just("none"), prune_ratio=st.just(0.0), weight_bits=st.integers(1, 8)),
)  # fmt: skip
DESIGNS = st.builds(
    Design,
    network=st.sampled_from(catalogue.NAMES),
    compression=COMPRESSIONS,
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
        area_budget_m2=st.none() | st.floats(1e-9, 1e-3),
    ),
)
KEYED = st.builds(Design, checkpoint=st.text("0123456789abcdef", min_size=8, max_size=64))
PINS = st.builds(
    Pin,
    name=st.text(max_size=60).filter(lambda text: text.isprintable()),
    design=DESIGNS | KEYED,
    checkpoint=st.none() | st.text("0123456789abcdef", min_size=8, max_size=8),
)
VIEWS = st.fixed_dictionaries(
    {},
    optional={
        "x": st.sampled_from(list(state.AXES)), "log_y": st.booleans(), "front_only": st.booleans(),
        "min_accuracy_percent": st.floats(0.01, 100), "max_area_mm2": st.floats(1e-3, 1e3),
        "min_frames_per_s": st.integers(1, 10**9),
    },
)  # fmt: skip


@settings(deadline=None)
@given(DESIGNS, VIEWS, st.lists(PINS, max_size=MAX_PINS))
def test_a_view_comes_back_whole(design: Design, view: dict[str, Any], pins: list[Pin]) -> None:
    values = state.values_of(design)
    shared = decode(encode(design=values, view=view, pins=pins), {})
    assert shared.problems == ()
    assert {**state.values_of(Design()), **shared.design} == values
    assert state.view_of(dict(shared.view)) == state.view_of(view)
    assert list(shared.pins) == pins


@settings(deadline=None)
@given(st.lists(PINS, min_size=MAX_PINS, max_size=MAX_PINS))
def test_a_link_with_six_pins_fits_into_an_address(pins: list[Pin]) -> None:
    named = [replace(pin, name=f"design {place}") for place, pin in enumerate(pins)]
    assert len(encode(design={}, view={}, pins=named)) < 1200


def test_a_usual_link_is_short_enough_to_paste() -> None:
    values = state.values_of(Design(network="resnet20-cifar10", hardware=Hardware(subarray_rows=128)))
    view = {"min_accuracy_percent": 90, "min_frames_per_s": 1000, "x": "Power"}
    assert len(encode(design=values, view=view)) < 100


@settings(deadline=None)
@given(st.text(max_size=300) | st.text("0123456789abcdefABCDEF-_", max_size=300).map(lambda text: "1" + text))
def test_no_text_breaks_it(text: str) -> None:
    shared = decode(text, {})
    assert shared.problems
    assert all("\n" not in problem and "allowed" in problem for problem in shared.problems)


@settings(deadline=None)
@given(DESIGNS, st.integers(1, 30))
def test_a_link_that_was_cut_says_so(design: Design, lost: int) -> None:
    text = encode(design=state.values_of(design), view={})[:-lost]
    (problem,) = decode(text, {}).problems
    assert problem.startswith("link: ")


def packed(content: Any) -> str:
    packer = zlib.compressobj(zdict=permalink._DICTIONARY)
    raw = packer.compress(json.dumps(content).encode()) + packer.flush()
    return "1" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    ("content", "said", "kept"),
    [
        ([{"weight_bits": 9, "activation_bits": 2}, {}, []], "weight_bits", {"activation_bits": 2}),
        ([{"subarray_rows": 300, "weight_bits": 2}, {}, []], "subarray_rows: is not offered", {"weight_bits": 2}),
        ([{"gone_field": 1, "weight_bits": 2}, {}, []], "gone_field: unknown name", {"weight_bits": 2}),
        ([{"columns_per_sense_amplifier": 64, "subarray_cols": 32}, {}, []], "columns_per_sense_amplifier", {"subarray_cols": 32}),
        ([[], {"x": "Power"}, []], "design: is no mapping", {}),
        ([{"weight_bits": [1]}, {}, []], "weight_bits", {}),
        ([{}, {"x": "Chip", "log_y": True}, []], "x:", {}),
        ([{"weight_bits": 2}, {}, [["a", None, {"weight_bits": 99}], ["b", None, {}]]], "pin: compression.weight_bits", {"weight_bits": 2}),
        ([{}, {}, [[1, 2]]], "pin: pins: is no pin", {}),
        ([{}, {}, [["a", None, {"checkpoint": "no key"}]]], "pin: checkpoint", {}),
        ([{}, {}, "pins"], "pins: is no list", {}),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_and_the_rest_kept(content: Any, said: str, kept: dict[str, Any]) -> None:
    shared = decode(packed(content), {"subarray_rows": (32, 64)})
    (problem,) = shared.problems
    assert said in problem
    assert dict(shared.design) == kept
    if content[1].get("log_y"):
        assert dict(shared.view) == {"log_y": True}
    if len(content[2]) == 2:
        assert [pin.name for pin in shared.pins] == ["b"]


def test_other_versions_long_links_and_bombs_are_refused() -> None:
    assert decode("2abc", {}).problems[0].startswith("link: is of another version")
    assert decode("1" * (MAX_CHARACTERS + 1), {}).problems[0].startswith("link: is too long")
    assert decode(packed([{}, {}, ["x" * 10_000_000]]), {}).problems
    seven = packed([{}, {}, [[f"pin {place}", None, {"weight_bits": 1 + place}] for place in range(7)]])
    shared = decode(seven, {})
    assert len(shared.pins) == MAX_PINS and shared.problems[0].startswith("pins: are too many")


def test_the_dictionary_of_a_version_never_changes() -> None:
    digest = hashlib.sha256(permalink._DICTIONARY).hexdigest()
    assert (permalink.VERSION, digest[:16]) == ("1", "b8245d4528212ccc"), "links of version 1 would no longer open"
    assert decode("1ePndALD4i67GcBuWUIKpBgCBvQ_s", {}).design == {"weight_bits": 2, "subarray_cols": 1024}
