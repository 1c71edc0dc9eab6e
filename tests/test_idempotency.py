"""``derive_key``: stable keys, one for each list of parts."""

from __future__ import annotations

import enum
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import duro
from duro import Interval, InvalidArgumentError, Secret, derive_key
from duro.api.options import check_idempotency_key

ORDER = uuid.UUID("0b8a7c1e-55f0-4f3b-9d6e-2a1f0c9b8d7e")
WAT = timezone(timedelta(hours=1))
NOON = datetime(2026, 6, 28, 12, tzinfo=UTC)

# Keys that users have stored, so these must never change.
VECTORS = [
    (("refund", "order_1", 2), "4d5455fd-2c87-86b2-9772-159bba11f905"),
    (("refund", "order_12"), "8d823f9c-378b-8fb7-9a8c-066c94d13334"),
    (("a", "bc"), "a6fc8ece-6cac-8125-b659-933bfe1e3120"),
    (("ab", "c"), "6bfb397d-881d-82d5-b423-2e55a025ef8e"),
    ((1,), "46c7fbff-0542-80be-b1ef-0ea78579a03e"),
    (("1",), "d6cdd439-c097-88fd-ae17-88f7f60a3198"),
    ((-1,), "89b3b4ed-c07f-81b9-9292-652ad95102ca"),
    ((10**30,), "07e7e9ed-39b8-84f9-aca5-69ad9a953731"),
    (("ọ̀rẹ́",), "f5c17fd5-0acb-85e6-8032-569a4abdf299"),
    ((ORDER,), "0e124915-4aef-8bcd-a3d5-4c86252eab7f"),
    ((str(ORDER),), "f9d8bd91-e6f3-8857-9dd6-f219f9063acc"),
    ((date(2026, 6, 28),), "889f29b8-c6b2-8e00-910e-0f53e6d913a6"),
    (("2026-06-28",), "4ee7728c-61f4-8d2e-bad0-33eb4260562a"),
    ((NOON,), "2ce995f9-c057-8d53-810c-ac7aeb5136b1"),
    ((NOON.replace(microsecond=1),), "9989150e-c243-8088-a52c-4e62356f6c14"),
    (("renewal", "sub_1", NOON), "ba685ecc-2744-8da7-afa1-192088b7b600"),
]


@pytest.mark.parametrize(("parts", "key"), VECTORS)
def test_key_is_the_same_in_every_release(parts, key):
    assert derive_key(*parts) == key


def test_keys_of_the_vectors_differ():
    assert len({key for _, key in VECTORS}) == len(VECTORS)


@pytest.mark.parametrize(("parts", "_"), VECTORS)
def test_key_is_a_uuid_that_every_call_accepts(parts, _):
    key = derive_key(*parts)
    assert check_idempotency_key(key) == key
    assert str(uuid.UUID(key)) == key
    assert (uuid.UUID(key).version, uuid.UUID(key).variant) == (8, uuid.RFC_4122)


def test_time_zone_of_an_instant_does_not_matter():
    assert derive_key(NOON) == derive_key(NOON.astimezone(WAT))


def test_string_enums_count_as_their_text():
    assert derive_key(Interval("month")) == derive_key("month")


def test_integer_enums_count_as_their_number():
    assert derive_key(enum.IntEnum("Number", "ONE").ONE) == derive_key(1)


KEY_PARTS = st.one_of(
    st.text(min_size=1, alphabet=st.characters(codec="utf-8")),
    st.text(min_size=1, max_size=3, alphabet="ab1:s"),
    st.integers(),
    st.uuids(),
    st.dates(),
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
)


@given(one=st.lists(KEY_PARTS, min_size=1, max_size=4), other=st.lists(KEY_PARTS, min_size=1, max_size=4))
def test_different_parts_have_different_keys(one, other):
    same = [(type(part), part) for part in one] == [(type(part), part) for part in other]
    assert (derive_key(*one) == derive_key(*other)) is same


@given(text=st.text(min_size=3, max_size=8, alphabet="ab1:s"), cuts=st.tuples(st.integers(1, 2), st.integers(1, 2)))
def test_different_cuts_of_one_text_have_different_keys(text, cuts):
    keys = [derive_key(text[:cut], text[cut:]) for cut in cuts]
    assert (keys[0] == keys[1]) is (cuts[0] == cuts[1])
    assert derive_key(text) not in keys


@pytest.mark.parametrize(
    "part", [True, False, None, 1.5, Decimal(1), b"bytes", ["a"], {}, Secret("sk_test_needle"), object, timedelta(1)]
)
def test_part_of_another_type_is_rejected(part):
    with pytest.raises(InvalidArgumentError, match=f"part 2 must be a string.*, got {type(part).__name__}; pass"):
        derive_key("refund", part)


def test_no_parts_are_rejected():
    with pytest.raises(InvalidArgumentError, match="at least one value"):
        derive_key()


def test_empty_string_is_rejected():
    with pytest.raises(InvalidArgumentError, match="part 2 must not be an empty string"):
        derive_key("refund", "")


def test_lone_surrogate_is_rejected_without_the_text():
    with pytest.raises(InvalidArgumentError, match="part 1 must not contain a lone surrogate") as caught:
        derive_key("needle\ud800")
    assert caught.value.__context__ is None


def test_naive_datetime_is_rejected():
    with pytest.raises(InvalidArgumentError, match="part 1 must have a time zone"):
        derive_key(NOON.replace(tzinfo=None))


def test_instant_outside_the_years_of_utc_is_rejected():
    with pytest.raises(InvalidArgumentError, match="within the years 1 to 9999"):
        derive_key(datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))))


def test_integers_have_no_limit_of_digits():
    assert derive_key(10**5000) != derive_key(10**5000 + 1)


def test_key_is_accepted_by_a_call(sandbox):
    key = derive_key("customer", ORDER)
    with duro.Duro(**sandbox.options) as client:
        created = [client.customers.create(name="Ada", idempotency_key=key) for _ in range(2)]
    assert created[0].id == created[1].id
