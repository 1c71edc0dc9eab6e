"""What hypothesis makes of the contract's schemas: bodies to send, and answers to read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from .openapi import MOMENT, kinds_of

# As the wire has it: milliseconds, and Z.
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


def values(schema, name, *, respond):
    """Make values that a schema allows; ``answers`` adds what a later server may say."""
    choices = [_values_of(kind, schema, name, respond=respond) for kind in kinds_of(schema)]
    return st.one_of(choices)


def _values_of(kind, schema, name, *, respond):
    if kind == "null":
        return st.none()
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        return st.integers(schema.get("minimum", -(2**53)), schema.get("maximum", 2**53))
    if kind == "number":
        return st.floats(allow_nan=False, allow_infinity=False)
    if kind == "array":
        return st.lists(values(schema["items"], name, respond=respond), max_size=3)
    if kind == "object":
        return objects(schema, respond=respond)
    return _strings(schema, name, respond=respond)


def _strings(schema, name, *, respond):
    if "enum" in schema:
        known = st.sampled_from(schema["enum"])
        return known | st.text() if respond else known
    if schema.get("format") == "date-time" or MOMENT.fullmatch(name):
        return TIMESTAMPS
    if schema.get("format") == "email":
        return st.emails()
    if schema.get("format") == "uri":
        return st.from_regex(r"https://[a-z]{1,10}\.example/[a-z]{0,10}", fullmatch=True)
    return IDENTIFIERS if name == "id" or name.endswith("Id") else st.text()


def objects(schema, *, respond):
    """Make objects; an answer has every documented member, and perhaps others, a body only what is required."""
    if "additionalProperties" in schema:
        return st.dictionaries(st.text(), values(schema["additionalProperties"], "", respond=respond), max_size=3)
    if "properties" not in schema:
        return OBJECTS
    members = {name: values(each, name, respond=respond) for name, each in schema["properties"].items()}
    if respond:
        return st.tuples(UNKNOWN, st.fixed_dictionaries(members)).map(lambda pair: {**pair[0], **pair[1]})
    required = {name: members.pop(name) for name in schema.get("required", [])}
    return st.fixed_dictionaries(required, optional=members)
