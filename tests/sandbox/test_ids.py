"""Ids: unique, and sorted by age."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from duro.sandbox.ids import IdGenerator

NOON = datetime(2026, 6, 28, 12, tzinfo=UTC)


def test_ids_of_one_millisecond_sort_in_the_order_of_creation() -> None:
    ids = IdGenerator()
    made = [ids.generate("sub", NOON) for _ in range(1000)]
    assert made == sorted(set(made))


def test_ids_contain_their_time() -> None:
    ids = IdGenerator()
    for moment in (NOON, NOON + timedelta(milliseconds=1), NOON + timedelta(days=365)):
        prefix, _, ulid = ids.generate("sub", moment).partition("_")
        milliseconds = 0
        for character in ulid[:10]:
            milliseconds = milliseconds * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(character)
        assert (prefix, len(ulid)) == ("sub", 26)
        assert milliseconds == round(moment.timestamp() * 1000)


def test_ids_are_unique_across_threads() -> None:
    ids = IdGenerator()
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(ids.generate, ["req"] * 4000, [NOON] * 4000))
    assert len(set(made)) == len(made)


def test_a_reset_follows_a_clock_that_was_set_back() -> None:
    ids = IdGenerator()
    ahead = ids.generate("sub", NOON + timedelta(days=30))
    assert ids.generate("sub", NOON) > ahead
    ids.reset()
    assert ids.generate("sub", NOON) < ahead
