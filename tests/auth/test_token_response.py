"""Parsing of the response of the token endpoint."""

from __future__ import annotations

import json
import logging
import math
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro import TokenExchangeError
from duro._clock import Clock
from duro.auth.token import ClockReading, Token, parse_token
from duro.http.request import Headers, Response

SECRET = "at_test_do-not-show"
HEADERS = Headers([(b"x-request-id", b"req_7")])


def parsed(body: bytes, clock: Clock | None = None) -> Token:
    clock = clock or Clock()
    return parse_token(Response(200, HEADERS, body), requested_at=ClockReading.read(clock), clock=clock)


def grant(**members: object) -> bytes:
    members = {"access_token": SECRET, "token_type": "Bearer", "expires_in": 3600} | members
    return json.dumps({name: value for name, value in members.items() if value is not ...}).encode()


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


@pytest.mark.slow
@given(document=grants)
def test_any_grant_is_a_valid_token_or_an_error(document):
    check(json.dumps(document).encode())


@given(expires_in=anything | st.integers() | st.floats() | st.text(alphabet="0123456789.eE+-_ \n٣²"))
def test_any_expires_in_is_a_valid_lifetime_or_an_error(expires_in):
    check(grant(expires_in=expires_in))


@pytest.mark.slow
@given(body=st.binary() | st.text().map(str.encode) | anything.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_a_valid_token_or_an_error(body):
    check(body)
