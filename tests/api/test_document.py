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

from duro.api.codec.strict_json import DEEPEST, read_document

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def nested(depth, opening=b"[", core=b"", closing=b"]"):
    return opening * depth + core + closing * depth


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(JSON, st.booleans())
def test_json_is_read_as_it_stands(data, ascii_only):
    assert read_document(json.dumps(data, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")) == data


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
def test_what_rfc_8259_does_not_have_is_refused(content):
    with pytest.raises(ValueError, match=r"."):
        read_document(content)


@pytest.mark.parametrize("number", [b"1e309", b"-1e309", b"1e999999999", b"[" + b"9" * 400 + b".0]"])
def test_no_number_becomes_infinite(number):
    with pytest.raises(ValueError, match="too large"):
        read_document(number)


def test_whole_numbers_keep_every_digit_and_fractions_are_finite():
    assert read_document(b"9" * 4_000) == int("9" * 4_000)
    assert read_document(b"1e308") == 1e308
    assert read_document(b"1e-999") == 0.0


def test_repeated_name_means_its_last_value_and_lone_surrogates_are_kept():
    assert read_document(b'{"a":1,"a":2}') == {"a": 2}
    assert read_document(b'"\\ud800"') == "\ud800"


@pytest.mark.parametrize(
    ("opening", "core", "closing"),
    [(b"[", b"", b"]"), (b'{"a":', b"1", b"}"), (b'[{"a":', b"1", b"}]"), (b'[1,{},"[",', b"1", b"]")],
    ids=["lists", "objects", "both", "with company"],
)
def test_depth_has_a_limit_that_no_python_changes(opening, core, closing):
    levels = opening.count(b"[") + opening.count(b'{"')
    levels = 1 if opening.startswith(b"[1") else levels
    document = read_document(nested(DEEPEST // levels - (b"{}" in opening), opening, core, closing))
    assert copy.deepcopy(document) == pickle.loads(pickle.dumps(document)) == document  # noqa: S301
    for depth in (DEEPEST // levels + 1, 500, 5_000, 100_000, 1_000_000):
        with pytest.raises(ValueError, match="64 arrays and objects") as caught:
            read_document(nested(depth, opening, core, closing))
        assert caught.value.__context__ is None


def test_depth_is_counted_for_each_branch_alone():
    document = b"[" + b",".join([nested(DEEPEST - 1)] * 100) + b"]"
    assert len(read_document(document)) == 100
    with pytest.raises(ValueError, match="64"):
        read_document(b"[" + document + b"]")
    assert read_document(b'"' + nested(1_000) + b'"') == "[" * 1_000 + "]" * 1_000


def test_raised_limit_of_the_interpreter_does_not_raise_this_one():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        with pytest.raises(ValueError, match="64"):
            read_document(nested(5_000))
    finally:
        sys.setrecursionlimit(before)


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
def test_hostile_text_takes_time_in_proportion_to_its_length(content):
    began = time.process_time()
    try:
        read_document(content)
    except ValueError as error:
        assert len(str(error)) < 300  # noqa: PT017 - either outcome is right
    assert time.process_time() - began < 5


@given(st.binary() | st.text(alphabet='[]{}",:\\0123456789eE+-. ntfau').map(str.encode))
@example(b"[" * 100_000)
def test_no_bytes_do_harm(content):
    try:
        document = read_document(content)
    except ValueError:
        return
    assert not isinstance(document, float) or math.isfinite(document)
    json.dumps(document, allow_nan=False)
