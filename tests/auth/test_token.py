"""Access tokens: limits, age, secrecy and immutability."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro._clock import Clock
from duro.auth.token import ClockReading, Token

SECRET = "at_test_do-not-show"


def grant_token(clock, lifetime: float) -> Token:
    return Token.from_grant(
        SECRET, expires_in=lifetime, requested_at=ClockReading.read(clock.as_clock), clock=clock.as_clock
    )


# Limits and age


@pytest.mark.parametrize(
    ("lifetime", "hard", "earliest_soft", "latest_soft"),
    [
        (3600, 3570, 3300, 3450),
        (86400, 86370, 86100, 86250),
        (300, 270, 225, 262.5),
        (100, 90, 75, 87.5),
        (5, 4.5, 3.75, 4.375),
        (0.001, 0.0009, 0.00075, 0.000875),
    ],
)
def test_limits_are_proportional_to_the_lifetime(clock, lifetime, hard, earliest_soft, latest_soft):
    clock.draw = 1.0
    early = grant_token(clock, lifetime)
    clock.draw = 0.0
    late = grant_token(clock, lifetime)

    assert early.hard_limit == late.hard_limit == pytest.approx(hard)
    assert early.soft_limit == pytest.approx(earliest_soft)
    assert late.soft_limit == pytest.approx(latest_soft)


@given(lifetime=st.floats(min_value=0.0, max_value=86400.0, exclude_min=True, allow_subnormal=False))
def test_limits_are_ordered_for_every_lifetime(lifetime):
    token = Token.from_grant(SECRET, expires_in=lifetime, requested_at=ClockReading(0.0, 0.0), clock=Clock())

    assert 0 < token.soft_limit <= token.hard_limit <= lifetime


def test_soft_limit_is_drawn_once_per_token(clock):
    token = grant_token(clock, 3600)
    assert clock.drawn == [(0.5, 1.0)]

    clock.advance(3400)
    token.age(clock.as_clock)
    assert clock.drawn == [(0.5, 1.0)]

    assert len({grant_randomly().soft_limit for _ in range(20)}) > 1


def grant_randomly() -> Token:
    return Token.from_grant(SECRET, expires_in=3600.0, requested_at=ClockReading(0.0, 0.0), clock=Clock())


def test_age_is_the_time_since_the_request(clock):
    token = grant_token(clock, 3600)
    clock.advance(12.5)

    assert token.age(clock.as_clock) == 12.5


def test_age_includes_the_sleep_of_a_laptop(clock):
    token = grant_token(clock, 3600)
    clock.advance(10)
    clock.wall += 7200

    assert token.age(clock.as_clock) == 7210


@pytest.mark.parametrize("set_back", [60, 86400 * 365])
def test_age_is_not_reduced_by_a_wall_clock_set_back(clock, set_back):
    token = grant_token(clock, 3600)
    clock.advance(10)
    clock.wall -= set_back

    assert token.age(clock.as_clock) == 10


def test_expires_at_is_a_wall_clock_time(clock):
    clock.wall = 0.0

    assert grant_token(clock, 3600).expires_at == datetime(1970, 1, 1, 1, tzinfo=UTC)


# Secrecy and immutability


def test_string_forms_hide_the_secret(clock):
    token = grant_token(clock, 3600)
    shown = [
        repr(token),
        str(token),
        f"{token}",
        f"{[token]}",
        repr(token.headers),
        repr(token.headers.to_redacted_dict()),
    ]

    assert not [each for each in shown if SECRET in each]
    assert "expires_in=3600" in repr(token)


def test_token_is_immutable(clock):
    token = grant_token(clock, 3600)

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        token.hard_limit = 10**9


@pytest.mark.parametrize("copy_token", [pickle.dumps, copy.copy, copy.deepcopy])
def test_token_cannot_be_pickled(clock, copy_token):
    with pytest.raises(TypeError, match="cannot be pickled") as caught:
        copy_token(grant_token(clock, 3600))

    assert SECRET not in str(caught.value)


def test_headers_are_the_bearer_line_and_always_the_same_object(clock):
    token = grant_token(clock, 3600)

    assert token.headers == ((b"authorization", b"Bearer at_test_do-not-show"),)
    assert token.headers is token.headers
