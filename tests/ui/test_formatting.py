"""Numbers as text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotexplore.ui.formatting import MISSING, QUANTITIES, area, change, percent, plain, quantity_text, si, significant


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.00123, "W", "1.23 mW"),
        (4.92e-6, "J", "4.92 µJ"),
        (999.6e-6, "W", "1.00 mW"),
        (12345.0, "FPS", "12.3 kFPS"),
        (1.0, "s", "1.00 s"),
        (0.0, "W", "0 W"),
        (None, "W", MISSING),
        (math.nan, "W", MISSING),
        (math.inf, "s", MISSING),
    ],
)
def test_si_prefixes(value: float | None, unit: str, text: str) -> None:
    assert si(value, unit) == text


@given(st.floats(1e-14, 1e13))
def test_si_text_is_within_rounding_of_its_value(value: float) -> None:
    factors = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "µ": 1e-6, "m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
    number, symbol = si(value, "W").split()
    assert float(number.replace(",", "")) * factors[symbol.removesuffix("W")] == pytest.approx(value, rel=5.1e-3)


def test_areas_choose_their_unit() -> None:
    assert area(1.46e-7) == "0.146 mm²"
    assert area(2.5e-10) == "250 µm²"
    assert area(3.2e-4) == "320 mm²"
    assert area(None) == MISSING


def test_significant_digits_never_use_scientific_form() -> None:
    assert significant(0.000123456) == "0.000123"
    assert significant(1234567.0) == "1,234,567"
    assert significant(0.0) == "0"


def test_percent() -> None:
    assert percent(0.99126) == "99.13 %"
    assert percent(None) == MISSING


def test_every_quantity_has_text_with_its_unit() -> None:
    for field, quantity in QUANTITIES.items():
        text = quantity_text(field, 0.5)
        assert quantity.unit.lstrip("mµ") in text, field
        assert quantity_text(field, None) == MISSING


@pytest.mark.parametrize(
    ("field", "value", "baseline", "text", "arrow", "verdict"),
    [
        ("area_m2", 1.0, 10.0, "÷10.0", "down", "better"),
        ("area_m2", 1.2, 1.0, "+20.0 %", "up", "worse"),
        ("frames_per_s", 3000.0, 1000.0, "×3.00", "up", "better"),
        ("frames_per_s", 1999.6, 1000.0, "×2.00", "up", "better"),
        ("area_m2", 0.5002, 1.0, "÷2.00", "down", "better"),
        ("area_m2", 0.0, 1.0, "to none", "down", "better"),
        ("frames_per_s", 900.0, 1000.0, "−10.0 %", "down", "worse"),
        ("accuracy_ratio", 0.99, 0.995, "−0.50 points", "down", "worse"),
        ("accuracy_ratio", 0.995, 0.995, "same", "off", "same"),
        ("power_w", 2.0, 2.0, "same", "off", "same"),
    ],
)
def test_change_against_the_baseline(
    *, field: str, value: float, baseline: float, text: str, arrow: str, verdict: str
) -> None:
    shift = change(field, value, baseline)
    assert shift is not None
    assert (shift.text, shift.arrow, shift.verdict) == (text, arrow, verdict)


def test_no_change_without_both_values() -> None:
    assert change("area_m2", None, 1.0) is None
    assert change("accuracy_ratio", 0.9, None) is None
    assert change("area_m2", 1.0, 0.0) is None


def test_plain_text_holds_no_markup_and_no_link() -> None:
    text = plain("[x](http://a.b) <script> **b** `c`\nwww.x.org a@b.c")
    assert "\n" not in text
    assert "://" not in text
    assert "www." not in text
    assert "\\[x\\]\\(" in text
    assert "\\<script\\>" in text
