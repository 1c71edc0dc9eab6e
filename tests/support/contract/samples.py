"""Hypothesis strategies for the contract's schemas: request bodies and responses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from .openapi import MOMENT, kinds_of

# The wire format: milliseconds and Z.
TIMESTAMPS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda timestamp: format_timestamp(timestamp - timedelta(microseconds=timestamp.microsecond % 1000))
)
IDENTIFIERS = st.from_regex(r"[a-z]{2,4}_[0-9A-Z]{1,26}", fullmatch=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=3)
UNKNOWN = st.dictionaries(st.from_regex(r"unknown[A-Z][a-z]{1,5}", fullmatch=True), JSON, max_size=2)


def format_timestamp(timestamp: datetime) -> str:
    return timestamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def values(schema, name, *, is_response):
    """Return a strategy for a schema; ``is_response`` includes values of later API versions."""
    choices = [_values_of(kind, schema, name, is_response=is_response) for kind in kinds_of(schema)]
    return st.one_of(choices)


def _values_of(kind, schema, name, *, is_response):
    if kind == "null":
        return st.none()
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        return st.integers(schema.get("minimum", -(2**53)), schema.get("maximum", 2**53))
    if kind == "number":
        return st.floats(allow_nan=False, allow_infinity=False)
    if kind == "array":
        return st.lists(values(schema["items"], name, is_response=is_response), max_size=3)
    if kind == "object":
        return objects(schema, is_response=is_response)
    return _strings(schema, name, is_response=is_response)


def _strings(schema, name, *, is_response):
    if "enum" in schema:
        known = st.sampled_from(schema["enum"])
        return known | st.text() if is_response else known
    if schema.get("format") == "date-time" or MOMENT.fullmatch(name):
        return TIMESTAMPS
    if schema.get("format") == "email":
        return st.emails()
    if schema.get("format") == "uri":
        return st.from_regex(r"https://[a-z]{1,10}\.example/[a-z]{0,10}", fullmatch=True)
    return IDENTIFIERS if name == "id" or name.endswith("Id") else st.text()


def objects(schema, *, is_response):
    """Return a strategy for objects: responses have documented and unknown members, bodies the required ones."""
    if "additionalProperties" in schema:
        return st.dictionaries(
            st.text(), values(schema["additionalProperties"], "", is_response=is_response), max_size=3
        )
    if "properties" not in schema:
        return OBJECTS
    members = {name: values(each, name, is_response=is_response) for name, each in schema["properties"].items()}
    if is_response:
        return st.tuples(UNKNOWN, st.fixed_dictionaries(members)).map(lambda pair: {**pair[0], **pair[1]})
    required = {name: members.pop(name) for name in schema.get("required", [])}
    return st.fixed_dictionaries(required, optional=members)
