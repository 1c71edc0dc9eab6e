"""Header lines: the values that a custom transport may pass, and those that may appear in messages."""

from __future__ import annotations

from importlib.util import find_spec

import httpx
import pytest

from duro import Headers, Response
from duro.errors import ConfigurationError, InvalidArgumentError

LINES = ((b"x-a", b"1"), (b"x-a", b"2"), (b"x-b", b"3"))


@pytest.mark.parametrize(
    "lines",
    [
        [("X-A", "1"), ("X-A", "2"), ("X-B", "3")],
        [(b"X-A", b"1"), (b"x-a", b"2"), (b"x-b", b"3")],
        [["X-A", b"1"], ("X-A", b"2"), (b"X-B", "3")],
        iter([("X-A", "1"), ("X-A", "2"), ("X-B", "3")]),
        httpx.Headers([("X-A", "1"), ("X-A", "2"), ("X-B", "3")]),
        httpx.Headers([("X-A", "1"), ("X-A", "2"), ("X-B", "3")]).raw,
        Headers([("X-A", "1"), ("X-A", "2"), ("X-B", "3")]),
    ],
    ids=["text", "bytes", "mixed", "iterator", "httpx", "httpx raw", "own"],
)
def test_all_lines_of_a_name_are_kept(lines):
    assert Headers(lines) == LINES


@pytest.mark.skipif(find_spec("multidict") is None, reason="aiohttp is not installed")
@pytest.mark.parametrize("name", ["CIMultiDict", "CIMultiDictProxy"])
def test_headers_of_aiohttp_are_accepted(name):
    import multidict

    lines = multidict.CIMultiDict([("X-A", "1"), ("X-A", "2"), ("X-B", "3")])
    assert Headers(lines if name == "CIMultiDict" else multidict.CIMultiDictProxy(lines)) == LINES


def test_mapping_is_accepted():
    assert Headers({"X-B": "3", b"X-A": b"1"}) == ((b"x-b", b"3"), (b"x-a", b"1"))


def test_bytes_that_are_not_ascii_survive_the_text_of_aiohttp():
    assert Headers({"X-A": b"\xff\xc3\xa9".decode("utf-8", "surrogateescape")}) == ((b"x-a", b"\xff\xc3\xa9"),)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (5, "headers must be header lines, got int; pass a mapping"),
        ("x-a: 1", "headers must be header lines, got str"),
        (b"x-a: 1", "headers must be header lines, got bytes"),
        (None, "headers must be header lines, got NoneType"),
        (["x-a: 1"], "headers must contain pairs of a name and a value, got str"),
        ([("x-a",)], "headers must contain pairs of a name and a value, got 1 members"),
        ([("x-a", "1", "2")], "headers must contain pairs of a name and a value, got 3 members"),
        ({"x-a": 1}, "headers must have a value of type str or bytes, got int"),
        ({1: "x-a"}, "headers must have a name of type str or bytes, got int"),
        ({"x-a": None}, "headers must have a value of type str or bytes, got NoneType"),
        ({"x a": "1"}, "headers must have valid names"),
        ({"": "1"}, "headers must have valid names"),
        ({"x-é": "1"}, "headers must have valid names"),
        ({"x-a": "secret\r\nx-b: 1"}, "headers must have values without line breaks and NUL"),
        ({"x-a": "secret\ud800"}, "headers must have a value of valid Unicode"),
    ],
)
def test_other_content_is_rejected_without_being_shown(lines, message):
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        Headers(lines)
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value, ConfigurationError)
    assert caught.value.__context__ is None


def test_name_of_get_may_have_any_case():
    assert Headers({"X-Request-Id": "req_1"}).get("X-REQUEST-ID") == "req_1"
    assert Headers({"X-A": "1"}).get("é") is None


def test_safe_headers_are_printable_and_contain_no_secret():
    lines = [(b"set-cookie", b"session=secret"), (b"x-request-id", b"\x1b[2J" + b"x" * 500), (b"retry-after", b"3")]
    safe = Headers.from_lines(lines).to_safe_dict()
    assert list(safe) == ["x-request-id", "retry-after"]
    assert safe["x-request-id"].isprintable()
    assert len(safe["x-request-id"]) == 200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("200", {}, b""), "status must be an integer of at least 100 and at most 999, got str"),
        ((True, {}, b""), "status must be an integer of at least 100 and at most 999"),
        ((20, {}, b""), "status must be an integer of at least 100 and at most 999, got 20"),
        ((10**5000, {}, b""), "at most 999, got an integer of more than 20 digits"),
        ((200, 5, b""), "headers must be header lines, got int"),
        ((200, {}, "text"), "body must be bytes, got str"),
        ((200, {}, None), "body must be bytes, got NoneType"),
    ],
)
def test_response_reports_content_of_a_wrong_type(arguments, message):
    with pytest.raises(InvalidArgumentError, match=message):
        Response(*arguments)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_response_accepts_any_bytes(kind):
    assert Response(200, {}, kind(b"{}")).body == b"{}"
