"""A number on screen is the number in the table: written, read back, and the same in the browser."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalewidgets import units
from scalewidgets.errors import QuantityError, UnknownNameError

CASES = json.loads((Path(__file__).parent / "data" / "format_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES["quantities"], ids=lambda case: f"{case['kind']} {case['value']}")
def test_a_quantity_is_written_as_agreed_with_the_browser(case):
    written = units.format_quantity(
        float(case["value"]), case["kind"], case.get("digits"), signed=case.get("signed", False)
    )
    assert written == case["text"]


@pytest.mark.parametrize("case", CASES["intervals"], ids=lambda case: case["text"])
def test_an_interval_is_written_as_agreed_with_the_browser(case):
    ends = (float(case["low"]), float(case["high"]))
    assert units.format_interval(*ends, case["kind"], unit_of=case.get("unit_of")) == case["text"]


@pytest.mark.parametrize("case", CASES["digits"], ids=str)
def test_no_digit_is_shown_that_the_interval_does_not_carry(case):
    assert units.digits_for(float(case["value"]), float(case["low"]), float(case["high"])) == case["digits"]


@pytest.mark.parametrize("case", CASES["read"], ids=lambda case: case["text"])
def test_what_a_person_types_is_understood(case):
    assert units.parse_quantity(case["text"], case["kind"]) == case["value"]


@pytest.mark.parametrize("case", CASES["unreadable"], ids=lambda case: f"{case['kind']} {case['text'][:20]}")
def test_what_cannot_be_a_quantity_is_refused_with_an_example(case):
    with pytest.raises(QuantityError, match=r"Write it like .+\.$"):
        units.parse_quantity(case["text"], case["kind"])


def test_the_numbers_of_the_first_screen_read_as_designed():
    assert units.split_quantity(7e9, "params") == ("7.0", "B")
    assert units.split_quantity(5.88e23, "flops") == ("5.9e23", "FLOP")
    assert [units.format_quantity(v, "plain") for v in (477.83, 2143.4)] == ["478", "2,140"]
    assert [units.format_quantity(v, "exponent") for v in (0.34731, 0.36717)] == [".347", ".367"]


def test_an_unknown_kind_names_the_close_one():
    with pytest.raises(UnknownNameError, match="params"):
        units.format_quantity(1.0, "param")


@given(
    value=st.floats(min_value=1e-3, max_value=1e18),
    kind=st.sampled_from(["params", "tokens", "flops", "loss", "percent", "dollars", "exponent", "plain"]),
)
def test_a_quantity_read_back_is_within_its_own_rounding(value, kind):
    if kind in ("params", "tokens") and value < 10:
        value += 10  # whole things
    if kind == "dollars" and value < 0.1:
        value += 0.1
    again = units.parse_quantity(units.format_quantity(value, kind), kind)
    assert math.isclose(again, value, rel_tol=0.051)


@given(value=st.floats(allow_nan=False, allow_infinity=False), kind=st.sampled_from(sorted(units.KINDS)))
def test_no_number_is_too_odd_to_write(value, kind):
    text = units.format_quantity(value, kind)
    assert 0 < len(text) < 60
    assert text.isprintable()
    mirrored = units.format_quantity(-value, kind)
    assert mirrored.lstrip("+−") == text.lstrip("+−")


@given(value=st.floats(min_value=-1e300, max_value=1e300))
def test_an_exact_number_reads_back_bit_for_bit(value):
    assert units.parse_quantity(units.format_quantity(value, "exact"), "exact") == value
