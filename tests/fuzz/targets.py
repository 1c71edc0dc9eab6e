"""Targets of the fuzzer: each one raises an error when a parser does not keep its promises."""

from __future__ import annotations

import json
import math
import pickle
from itertools import islice

from duro import Page
from duro._clock import Clock
from duro.api.codec import decode, decode_json, encode_json
from duro.auth.token import ClockReading, parse_token
from duro.errors import APIError, DecodingError, TokenExchangeError
from duro.http.error_response import build_api_error
from duro.http.request import Headers, Response
from duro.http.retry import parse_retry_after
from duro.http.transport import ResponseTooLargeError
from duro.http.transport.compression import DecompressionError, decompress

from .examples import KINDS, RESPONSES

CLOCK = Clock(uniform=lambda _low, high: high)
MAX_MESSAGE_LENGTH = 1_000
MAX_ERROR_LENGTH = 300_000
WALL = 1_800_000_000.0
MAX_EDITS = 12
INVALID_VALUES = (
    *("null", "true", "false", "0", "-1", "1.5", "1e308", "[]", "{}", '""', "[[]]", "[{}, null]", '{"": 0}'),
    *('"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:59-23:59"', '"2026-W05-6"', '"2026-02-30T00:00:00Z"'),
    *('"\\ud800"', '"sk_live_1"', '"a\\nb"', '{"\\ud800": "x", "a\\nb": []}', '{"ok": true, "data": {}}'),
    "9" * 4_000,
    f'"{"x" * 2_000}"',
    "[" * 50 + "]" * 50,
)


def _check(error, max_length):
    str(error).encode()
    assert len(str(error)) < max_length, len(str(error))


def decoder(content):
    """Decode any bytes as any model: a model that can be encoded and decoded again, or a DecodingError."""
    kind, body = KINDS[content[0] % len(KINDS)] if content else KINDS[0], content[1:]
    try:
        model = decode(body, kind)
    except DecodingError as error:
        assert (error.path[:1], error.body) == ("$", body)  # noqa: PT017 - an error is as correct as a model
        _check(error, MAX_MESSAGE_LENGTH)
        pickle.dumps(error)
        return
    assert decode(body, kind) == model
    for each in model.items if isinstance(model, Page) else [model]:
        assert type(each).from_dict(json.loads(encode_json(each.to_dict(wire=True)))) == each
        repr(each)


def models(content):
    """Decode a valid response in which random members have an invalid value."""
    numbers = iter(content)
    index = next(numbers, 0) % len(KINDS)
    response = json.loads(RESPONSES[index])
    for number in islice(numbers, MAX_EDITS):
        places = list(_places(response))
        container, key = places[number % len(places)]
        container[key] = json.loads(INVALID_VALUES[next(numbers, 0) % len(INVALID_VALUES)])
    decoder(bytes([index]) + json.dumps(response).encode())


def _places(container):
    keys = list(container) if isinstance(container, dict) else range(len(container))
    for key in keys:
        yield container, key
        if isinstance(container[key], dict | list):
            yield from _places(container[key])
    if isinstance(container, dict):
        yield container, "unknown"


def strict_json(content):
    """Decode any bytes as JSON: finite numbers and a bounded depth, or a DecodingError."""
    try:
        data = decode_json(content)
    except DecodingError as error:
        _check(error, MAX_MESSAGE_LENGTH)
        return
    assert pickle.loads(pickle.dumps(data)) == data  # noqa: S301
    json.dumps(data, allow_nan=False)


def compressed(content):
    """Decompress any bytes as gzip: at most as many bytes as the limit, or one of two errors."""
    try:
        plain = decompress(content, "gzip", limit=1_000)
    except (ResponseTooLargeError, DecompressionError) as error:
        _check(error, MAX_MESSAGE_LENGTH)
        return
    assert len(plain) <= 1_000


def error_response(content):
    """Read any status, headers and body as an error: an APIError that can be printed."""
    status = 300 + int.from_bytes(content[:2], "big") % 700
    value, _, body = content[2:].partition(b"\n")
    headers = Headers([(b"retry-after", value), (b"x-request-id", value)])
    credential = Headers([(b"authorization", b"Bearer " + value)])
    error = build_api_error(Response(status, headers, body), credential=credential, idempotency_key="k", wall=WALL)
    assert isinstance(error, APIError)
    assert error.status == status
    _check(error, MAX_ERROR_LENGTH + len(value))
    pickle.dumps(error)


def retry_after(content):
    """Parse any header: a finite number of seconds, or None."""
    seconds = parse_retry_after(content.decode("latin-1"), wall=WALL)
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


def token(content):
    """Parse any body of the token endpoint: a token with valid limits, or a TokenExchangeError."""
    try:
        parsed = parse_token(Response(200, Headers(), content), requested_at=ClockReading(0.0, WALL), clock=CLOCK)
    except TokenExchangeError as error:
        _check(error, MAX_MESSAGE_LENGTH)
        return
    assert 0 < parsed.soft_limit <= parsed.hard_limit <= parsed.expires_in <= 24 * 3600
    assert parsed.headers[0][1].startswith(b"Bearer ")
    assert b"\r" not in parsed.headers[0][1]
    assert b"\n" not in parsed.headers[0][1]


TARGETS = {
    each.__name__: each for each in (decoder, models, strict_json, compressed, error_response, retry_after, token)
}
