from __future__ import annotations

import math

import pytest

from duro._checks import check_integer, check_number, is_integer, is_number
from duro.errors import ConfigurationError, InvalidArgumentError


@pytest.mark.parametrize(
    ("value", "integer", "number"),
    [
        (0, True, True),
        (-7, True, True),
        (10**400, True, True),
        (1.5, False, True),
        (math.inf, False, False),
        (math.nan, False, False),
        (True, False, False),
        ("1", False, False),
        (None, False, False),
    ],
)
def test_integers_and_finite_numbers_are_recognized(value, integer, number):
    assert (is_integer(value), is_number(value)) == (integer, number)


def test_numbers_within_bounds_are_returned():
    assert check_number("delay", 3, above=0, maximum=3) == 3.0
    assert isinstance(check_number("delay", 3), float)
    assert check_integer("port", 0, minimum=0, maximum=65_535) == 0


@pytest.mark.parametrize(
    ("value", "bounds", "message"),
    [
        (0, {"above": 0}, "delay must be a number above 0, got 0"),
        (4, {"above": 0, "maximum": 3}, "delay must be a number above 0 and at most 3, got 4"),
        (-1, {"minimum": 0}, "delay must be a number of at least 0, got -1"),
        (math.nan, {}, "delay must be a number, got nan"),
        (True, {}, "delay must be a number, got True"),
        ("sk_test_1", {}, "delay must be a number, got str"),
        (10**20 - 1, {"maximum": 3}, f"delay must be a number of at most 3, got {'9' * 20}"),
        (10**20, {"maximum": 3}, "delay must be a number of at most 3, got an integer of more than 20 digits"),
        pytest.param(10**400, {}, "delay must be a number, got an integer of more than 20 digits", id="not a float"),
        (-(10**20), {"above": 0}, "delay must be a number above 0, got an integer of more than 20 digits"),
    ],
)
def test_invalid_number_is_described_without_a_secret(value, bounds, message):
    with pytest.raises(ConfigurationError) as caught:
        check_number("delay", value, **bounds)
    assert str(caught.value) == message


def test_message_ends_with_the_advice_and_has_the_chosen_class():
    with pytest.raises(InvalidArgumentError) as caught:
        check_integer("limit", 1.0, minimum=1, advice="pass a page size", error=InvalidArgumentError)
    assert str(caught.value) == "limit must be an integer of at least 1, got 1.0; pass a page size"
