from __future__ import annotations

import copy
import json
import math
import pickle
import sys
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from duro.api.codec.strict_json import MAX_DEPTH, parse_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def nested(depth, opening=b"[", core=b"", closing=b"]"):
    return opening * depth + core + closing * depth


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(JSON, st.booleans())
def test_json_is_parsed(data, ascii_only):
    assert parse_json(json.dumps(data, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")) == data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"nope",
        b"'a'",
        b"[1,]",
        b"{} {}",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b'"\xed\xa0\x80"',
        b'"\xc0\xaf"',
        b'"\x00"',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"01",
        b"1" * 5_000,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_input_outside_rfc_8259_is_rejected(content):
    with pytest.raises(ValueError, match=r"."):
        parse_json(content)


@pytest.mark.parametrize("number", [b"1e309", b"-1e309", b"1e999999999", b"[" + b"9" * 400 + b".0]"])
def test_number_too_large_for_a_float_is_rejected(number):
    with pytest.raises(ValueError, match="too large"):
        parse_json(number)


def test_integers_are_exact_and_floats_are_finite():
    assert parse_json(b"9" * 4_000) == int("9" * 4_000)
    assert parse_json(b"1e308") == 1e308
    assert parse_json(b"1e-999") == 0.0


def test_last_of_repeated_names_wins_and_lone_surrogates_are_kept():
    assert parse_json(b'{"a":1,"a":2}') == {"a": 2}
    assert parse_json(b'"\\ud800"') == "\ud800"


@pytest.mark.parametrize(
    ("opening", "core", "closing"),
    [(b"[", b"", b"]"), (b'{"a":', b"1", b"}"), (b'[{"a":', b"1", b"}]"), (b'[1,{},"[",', b"1", b"]")],
    ids=["lists", "objects", "both", "with company"],
)
def test_max_depth_is_the_same_on_every_python(opening, core, closing):
    levels = opening.count(b"[") + opening.count(b'{"')
    levels = 1 if opening.startswith(b"[1") else levels
    document = parse_json(nested(MAX_DEPTH // levels - (b"{}" in opening), opening, core, closing))
    assert copy.deepcopy(document) == pickle.loads(pickle.dumps(document)) == document  # noqa: S301
    for depth in (MAX_DEPTH // levels + 1, 500, 5_000, 100_000, 1_000_000):
        with pytest.raises(ValueError, match="nested more than 64 levels deep") as caught:
            parse_json(nested(depth, opening, core, closing))
        assert caught.value.__context__ is None


def test_depth_is_counted_per_branch():
    document = b"[" + b",".join([nested(MAX_DEPTH - 1)] * 100) + b"]"
    assert len(parse_json(document)) == 100
    with pytest.raises(ValueError, match="64"):
        parse_json(b"[" + document + b"]")
    assert parse_json(b'"' + nested(1_000) + b'"') == "[" * 1_000 + "]" * 1_000


def test_recursion_limit_does_not_change_max_depth():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        with pytest.raises(ValueError, match="64"):
            parse_json(nested(5_000))
    finally:
        sys.setrecursionlimit(before)


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [
        nested(2_000_000),
        b"[" * 4_000_000,
        b'"' + b"\\" * 4_000_001,
        b"1" * 4_000_000,
        b"1." + b"1" * 4_000_000,
        b"1e" + b"1" * 4_000_000,
        b"[" + b"[],{}," * 500_000 + b"[]]",
        b"[" + (b"9" * 4_300 + b",") * 900 + b"1]",
    ],
    ids=["deep", "open", "backslashes", "digits", "fraction", "exponent", "wide", "long numbers"],
)
def test_hostile_input_takes_linear_time(content):
    began = time.process_time()
    try:
        parse_json(content)
    except ValueError as error:
        assert len(str(error)) < 300  # noqa: PT017 - either outcome is right
    assert time.process_time() - began < 5


@given(st.binary() | st.text(alphabet='[]{}",:\\0123456789eE+-. ntfau').map(str.encode))
@example(b"[" * 100_000)
def test_any_bytes_are_parsed_or_rejected(content):
    try:
        document = parse_json(content)
    except ValueError:
        return
    assert not isinstance(document, float) or math.isfinite(document)
    json.dumps(document, allow_nan=False)


@pytest.mark.parametrize("width", [1, 10, 100])
def test_depth_is_measured_below_wide_levels_and_beside_brackets_in_strings(width):
    siblings = b'{"text":"[[[{{{"},' * width
    for levels in (1, 30, MAX_DEPTH - 1):
        assert parse_json(b"[" + siblings + nested(levels) + b"]")
    with pytest.raises(ValueError, match="64"):
        parse_json(b"[" + siblings + nested(MAX_DEPTH) + b"]")
