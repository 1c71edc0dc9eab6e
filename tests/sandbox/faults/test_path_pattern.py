"""Path patterns of faults: wildcards, and the work that a long pattern causes."""

from __future__ import annotations

import sys
from types import FrameType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from duro.sandbox.faults.path_pattern import matches

# Few characters, so that stars often match in more than one way.
PATHS = st.text("ab/", max_size=12).map("/".__add__)
PATTERNS = st.text("ab/*", max_size=10).map("/".__add__)


def matches_by_definition(pattern: str, path: str) -> bool:
    """Compare each way to divide the path. It takes exponential time."""
    segments, parts = pattern.split("/"), path.split("/")
    return len(segments) == len(parts) and all(
        part != "" if segment == "*" else matches_segment(segment, part)
        for segment, part in zip(segments, parts, strict=True)
    )


def matches_segment(segment: str, part: str) -> bool:
    if segment == "":
        return part == ""
    if segment[0] == "*":
        return any(matches_segment(segment[1:], part[start:]) for start in range(len(part) + 1))
    return part[:1] == segment[0] and matches_segment(segment[1:], part[1:])


@given(pattern=PATTERNS, path=PATHS)
@example(pattern="/a*a", path="/a")
@example(pattern="/a*b*b", path="/abb")
@example(pattern="/*ab*ab", path="/abab")
def test_a_pattern_matches_the_paths_of_its_definition(pattern: str, path: str) -> None:
    assert matches(pattern, path) is matches_by_definition(pattern, path)


@given(path=PATHS)
def test_a_path_matches_itself_and_a_star_for_each_segment(path: str) -> None:
    assert matches(path, path)
    assert matches("/".join("*" if segment else "" for segment in path.split("/")), path)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/v1/plans/{id}", "/v1/plans/plan_1", True),
        ("/v1/plans/{id}", "/v1/plans/", False),
        ("/v1/plans/{id}", "/v1/plans/plan_1/archive", False),
        ("/v1/*", "/v1/plans", True),
        ("/v1/*", "/v1/", False),
        ("/v1/plan*", "/v1/plan", True),
        ("/v1/plan*", "/v1/plans/x", False),
        ("/v1/a.b", "/v1/aXb", False),
        ("/v1/[ab]", "/v1/a", False),
        ("/v1/a*", "/v1/a\nb", True),
    ],
)
def test_wildcards_stand_for_one_segment_or_a_part_of_it(pattern: str, path: str, *, expected: bool) -> None:
    assert matches(pattern, path) is expected


@pytest.mark.parametrize("end", ["", "*b*"])
def test_each_star_is_matched_once(end: str) -> None:
    stars = 5_000
    calls = 0

    def count_calls(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count_calls)
    try:
        matched = matches("/" + "*a" * stars + end, "/" + "a" * 2 * stars)
    finally:
        sys.setprofile(None)
    assert matched is (end == "")
    # find and len for each star, and a few more for the whole pattern.
    assert calls < 2 * stars + 100
