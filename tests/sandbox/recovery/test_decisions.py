"""Decisions: the table of the contract, category by category and attempt by attempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro.sandbox.recovery.backoff import MAX_ATTEMPTS
from duro.sandbox.recovery.decisions import RAIL_ORDER, FailedAttempt, decide
from duro.sandbox.recovery.failure_codes import CATEGORIES, FailureCategory

BEFORE_PAYDAY, PAYDAY = datetime(2026, 2, 10, 9, tzinfo=UTC), datetime(2026, 2, 28, 9, tzinfo=UTC)


def fail(category: FailureCategory, attempt: int = 1, **values: object) -> FailedAttempt:
    at = values.pop("at", BEFORE_PAYDAY)
    common = {"rail": "card", "first_failed_at": at, **values}
    return FailedAttempt("inv_1", "sub_1", attempt, category, at=at, **common)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("failed", "action", "rail", "next_at"),
    [
        (fail("insufficient_funds"), "retry_payday", "card", "2026-02-28T09:00"),
        (fail("insufficient_funds", rail="ussd"), "retry_payday", "ussd", "2026-02-28T09:00"),
        (fail("insufficient_funds", at=PAYDAY), "retry", "card", "2026-03-01T09:00"),
        (fail("insufficient_funds", 2, at=PAYDAY, first_failed_at=BEFORE_PAYDAY), "retry", "card", "2026-03-02T09:00"),
        (fail("do_not_honor"), "retry", "card", "2026-02-11T09:00"),
        (fail("processor_error"), "retry", "card", "2026-02-11T09:00"),
        (fail("processor_error", 4), "retry", "card", "2026-02-17T09:00"),
        (fail("expired_card"), "request_card_update", "card", None),
        (fail("card_not_supported", 4), "request_card_update", "card", None),
        (fail("hard_decline", hard_declines=1), "retry", "card", "2026-02-11T09:00"),
        (fail("hard_decline", 2, hard_declines=2), "switch_rail", "ussd", "2026-02-13T09:00"),
        (fail("hard_decline", 3, hard_declines=3, rail="ussd"), "switch_rail", "transfer", "2026-02-15T09:00"),
        (
            fail("hard_decline", 4, hard_declines=4, rail="transfer"),
            "switch_rail",
            "virtual_account",
            "2026-02-17T09:00",
        ),
        (fail("hard_decline", 4, hard_declines=2, rail="direct_debit"), "switch_rail", "card", "2026-02-17T09:00"),
        *((fail(category, MAX_ATTEMPTS), "exhaust", None, None) for category in CATEGORIES),
    ],
)
def test_the_first_rule_that_applies_decides(
    failed: FailedAttempt, action: str, rail: str | None, next_at: str | None
) -> None:
    decision = decide(failed)
    assert (decision.action, decision.rail) == (action, rail)
    assert decision.next_at == (next_at and f"{next_at}:00.000Z")


@pytest.mark.parametrize("category", CATEGORIES)
def test_without_recovery_a_failure_has_no_next_attempt(category: FailureCategory) -> None:
    decision = decide(fail(category), is_enabled=False)
    assert (decision.action, decision.rail, decision.next_at) == ("none", None, None)


@pytest.mark.parametrize(
    ("failed", "reason"),
    [
        (
            fail("insufficient_funds"),
            "Insufficient funds on the 10th: waiting for payday, 28 February 09:00 UTC; attempt 2 of 5",
        ),
        (fail("do_not_honor"), "Do not honor on the 10th: retry over card on 11 February 09:00 UTC; attempt 2 of 5"),
        (fail("expired_card"), "Expired card on the 10th: waiting for a new card; attempt 2 of 5"),
        (
            fail(
                "hard_decline", 2, hard_declines=2, first_failed_at=BEFORE_PAYDAY, at=BEFORE_PAYDAY + timedelta(days=1)
            ),
            (
                "Hard decline on the 11th: declined again over card, switching to USSD on 13 February 09:00 UTC;"
                " attempt 3 of 5"
            ),
        ),
        (
            fail("processor_error", 5, at=datetime(2026, 3, 22, tzinfo=UTC)),
            (
                "Processor error on the 22nd: attempt 5 of 5 failed; the invoice is uncollectible and the subscription"
                " unpaid"
            ),
        ),
    ],
)
def test_the_reason_is_a_sentence(failed: FailedAttempt, reason: str) -> None:
    assert decide(failed).reason == reason


failed_attempts = st.builds(
    lambda first_failed_at, elapsed, **values: FailedAttempt(
        "inv_1", "sub_1", first_failed_at=first_failed_at, at=first_failed_at + elapsed, **values
    ),
    first_failed_at=st.datetimes(max_value=datetime(7000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - see timezones
    elapsed=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=100)),
    attempt=st.integers(1, MAX_ATTEMPTS),
    category=st.sampled_from(CATEGORIES),
    rail=st.sampled_from(RAIL_ORDER),
    hard_declines=st.integers(0, MAX_ATTEMPTS),
)


@given(failed_attempts)
def test_a_scheduled_attempt_is_always_later_than_the_failure(failed: FailedAttempt) -> None:
    decision = decide(failed)
    if decision.next_at is None:
        assert decision.action in {"request_card_update", "exhaust"}
    else:
        assert decision.next_at > decision.at
        assert decision.rail is not None
