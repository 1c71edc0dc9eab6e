from __future__ import annotations

import copy
import json
import logging
import math
import pickle
import traceback
from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro import TokenExchangeError
from duro._clock import Clock
from duro.auth.token import ClockReading, Token, parse_token
from duro.http.request import Headers, Response

SECRET = "at_test_do-not-show"
HEADERS = Headers([(b"x-request-id", b"req_7")])


def grant_token(clock, lifetime: float) -> Token:
    return Token.from_grant(
        SECRET, expires_in=lifetime, requested_at=ClockReading.read(clock.as_clock), clock=clock.as_clock
    )


def parsed(body: bytes, clock: Clock | None = None) -> Token:
    clock = clock or Clock()
    return parse_token(Response(200, HEADERS, body), requested_at=ClockReading.read(clock), clock=clock)


def grant(**members: object) -> bytes:
    members = {"access_token": SECRET, "token_type": "Bearer", "expires_in": 3600} | members
    return json.dumps({name: value for name, value in members.items() if value is not ...}).encode()


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


# Parsing the response of the endpoint


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [
        (3600, 3600.0),
        (3600.0, 3600.0),
        (0.001, 0.001),
        ("3600", 3600.0),
        ("0060", 60.0),
        (1, 1.0),
        (86400, 86400.0),
        ("86400", 86400.0),
    ],
    ids=repr,
)
def test_expires_in_accepts_int_float_and_digits(expires_in, lifetime):
    assert parsed(grant(expires_in=expires_in)).expires_in == lifetime


def test_missing_expires_in_means_five_minutes_and_a_warning(caplog):
    with caplog.at_level(logging.WARNING, "duro.auth"):
        token = parsed(grant(expires_in=...))

    assert token.expires_in == 300
    assert "no expires_in" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "expires_in",
    [
        0,
        -1,
        -0.0,
        0.0,
        "0",
        "-5",
        86400.001,
        86401,
        "86401",
        10**30,
        math.nan,
        math.inf,
        -math.inf,
        True,
        False,
        None,
        "",
        " 3600",
        "3600 ",
        "3600\n",
        "3600.0",
        "1e3",
        "1_000",
        "٣٦٠٠",
        "²",
        "soon",
        [3600],
        {"seconds": 3600},
    ],
    ids=repr,
)
def test_other_values_of_expires_in_are_rejected(expires_in):
    with pytest.raises(TokenExchangeError, match="expires_in is not a number of seconds") as error:
        parsed(grant(expires_in=expires_in))

    assert error.value.status == 200
    assert error.value.request_id == "req_7"


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 400, b"9" * 5000])
def test_numbers_out_of_range_are_rejected(number):
    with pytest.raises(TokenExchangeError):
        parsed(b'{"access_token": "a", "token_type": "Bearer", "expires_in": %s}' % number)


@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_token_type_is_bearer_in_any_case(token_type):
    token = parsed(grant(token_type=token_type))

    assert token.token_type == "Bearer"
    assert token.headers.get("authorization") == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    "token_type", ["mac", "", "Bearer ", "DPoP", None, ..., 1, True, ["Bearer"], "Be\uff41rer"], ids=repr
)
def test_other_token_types_are_rejected(token_type):
    with pytest.raises(TokenExchangeError, match="token_type is not 'Bearer'"):
        parsed(grant(token_type=token_type))


@pytest.mark.parametrize(
    "access_token",
    [None, ..., "", 7, ["a"], "two words", "line\r\nx-injected: 1", "tail\n", "nul\0", "ünicode", "a" * 16385],
    ids=lambda value: repr(value)[:20],
)
def test_access_token_that_does_not_fit_a_header_is_rejected(access_token):
    with pytest.raises(TokenExchangeError, match="access_token is missing or malformed"):
        parsed(grant(access_token=access_token))


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"text"', b"<html>", b"{", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 200_000, b"{}", b"7"],
    ids=lambda body: repr(body[:10]),
)
def test_body_without_a_grant_is_rejected(body):
    with pytest.raises(TokenExchangeError, match="check base_url"):
        parsed(body)


def test_wrapped_grant_is_unwrapped():
    wrapped = b'{"ok": true, "data": %s}' % grant()

    assert parsed(wrapped).access_token == SECRET


@pytest.mark.parametrize("wrapping", [b'{"data": %s}', b'{"ok": 1, "data": %s}', b'{"ok": false, "data": %s}'])
def test_data_without_ok_is_rejected(wrapping):
    with pytest.raises(TokenExchangeError):
        parsed(wrapping % grant())


def test_unknown_members_are_ignored():
    assert parsed(grant(scope="all", refresh_token="rt", extra={"a": [1]})).access_token == SECRET


@pytest.mark.parametrize(
    "members", [{"expires_in": -1}, {"token_type": "mac"}, {"access_token": f"{SECRET} {SECRET}"}, {"expires_in": None}]
)
def test_error_and_its_locals_show_no_secret(members):
    with pytest.raises(TokenExchangeError) as caught:
        parsed(grant(**members))

    error = caught.value
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    text = "".join(traceback.TracebackException(type(error), error, frames, capture_locals=True).format())
    assert SECRET not in text
    assert "parse_token" in text
    assert error.__context__ is None
    assert error.__cause__ is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
grants = st.fixed_dictionaries(
    {},
    optional={
        "access_token": st.sampled_from(["abc"]) | anything,
        "token_type": st.sampled_from(["Bearer", "bearer"]) | anything,
        "expires_in": anything | st.integers(-10, 100_000) | st.floats() | st.from_regex(r"[0-9]{1,12}"),
        "ok": st.booleans() | anything,
        "data": anything,
    },
)


def check(body: bytes) -> None:
    try:
        token = parsed(body)
    except TokenExchangeError:
        return
    assert 0 < token.expires_in <= 86400
    assert math.isfinite(token.expires_in)
    assert 0 < token.soft_limit <= token.hard_limit <= token.expires_in
    assert token.token_type == "Bearer"
    assert b"\n" not in token.headers[0][1]


@given(document=grants)
def test_any_grant_is_a_valid_token_or_an_error(document):
    check(json.dumps(document).encode())


@given(expires_in=anything | st.integers() | st.floats() | st.text(alphabet="0123456789.eE+-_ \n٣²"))
def test_any_expires_in_is_a_valid_lifetime_or_an_error(expires_in):
    check(grant(expires_in=expires_in))


@given(body=st.binary() | st.text().map(str.encode) | anything.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_a_valid_token_or_an_error(body):
    check(body)
