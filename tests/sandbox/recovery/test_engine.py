"""Recovery of failed renewals, from the failure to the end, by the sandbox's clock."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from duro import Duro, Subscription
from duro.sandbox import Sandbox
from duro.sandbox.billing.charges import ChargeResult
from duro.sandbox.recovery.engine import handle_failure
from tests.sandbox.recovery.conftest import Subscribe, Subscribed

RENEWAL = datetime(2026, 2, 10, 9, tzinfo=UTC)
FAILED = ["invoice_created", "subscription_payment_failed", "subscription_past_due"]
RECOVERED = ["subscription_payment_success", "subscription_payment_recovered", "subscription_recovered"]


def find(client: Duro, subscription: Subscribed) -> Subscription:
    (found,) = client.customers.list_subscriptions(subscription.customer_id)
    return found


def events_after(sandbox: Sandbox, moment: datetime) -> list[str]:
    return [event.type for event in sandbox.events if datetime.fromisoformat(event.at) >= moment]


def attempts(sandbox: Sandbox) -> list[tuple[int, str, str, str | None, float]]:
    """Return attempt, rail, status, code and hours after the renewal of each charge since then."""
    return [
        (
            charge.attempt,
            charge.rail,
            charge.status,
            charge.failure_code,
            (datetime.fromisoformat(charge.at) - RENEWAL) / timedelta(hours=1),
        )
        for charge in sandbox.ledger
        if datetime.fromisoformat(charge.at) >= RENEWAL
    ]


def actions(sandbox: Sandbox) -> list[tuple[int, str]]:
    return [(decision.attempt, decision.action) for decision in sandbox.decisions]


def test_a_failed_renewal_is_past_due_and_retried_after_a_day(
    frozen: Sandbox, client: Duro, subscribe: Subscribe
) -> None:
    subscription = subscribe()
    frozen.cards.decline(subscription.customer_id, "processor_error")
    frozen.clock.advance(until=RENEWAL)
    assert find(client, subscription).status == "past_due"
    assert events_after(frozen, RENEWAL) == FAILED
    due = frozen.clock.next_due()
    assert due is not None
    assert (due.kind, due.at) == ("recovery_attempt", RENEWAL + timedelta(days=1))
    frozen.clock.advance(days=1)
    recovered = find(client, subscription)
    assert (recovered.status, recovered.current_period_start) == ("active", RENEWAL)
    assert events_after(frozen, RENEWAL) == FAILED + RECOVERED
    assert attempts(frozen) == [(1, "card", "failed", "timeout", 0), (2, "card", "succeeded", None, 24)]
    due = frozen.clock.next_due()
    assert due is not None
    assert (due.kind, due.at) == ("period_end", recovered.current_period_end)


def test_a_decision_is_recorded_with_its_reason(frozen: Sandbox, subscribe: Subscribe) -> None:
    subscription = subscribe()
    frozen.cards.decline(subscription.customer_id, "insufficient_funds")
    frozen.clock.advance(until=RENEWAL)
    (decision,) = frozen.decisions
    assert decision.invoice_id == frozen.ledger[-1].invoice_id
    assert decision.subscription_id == subscription.id
    assert (decision.attempt, decision.category, decision.action) == (1, "insufficient_funds", "retry_payday")
    assert (decision.rail, decision.at) == ("card", "2026-02-10T09:00:00.000Z")
    assert decision.next_at == "2026-02-28T09:00:00.000Z"
    assert decision.reason == (
        "Insufficient funds on the 10th: waiting for payday, 28 February 09:00 UTC; attempt 2 of 5"
    )


def test_five_attempts_by_backoff_exhaust_a_recovery(frozen: Sandbox, client: Duro, subscribe: Subscribe) -> None:
    subscription = subscribe()
    frozen.cards.decline(subscription.customer_id, "do_not_honor", times=None)
    frozen.clock.advance(days=60)
    assert [hours for *_, hours in attempts(frozen)] == [0, 24, 72, 120, 168]
    assert actions(frozen) == [(1, "retry"), (2, "retry"), (3, "retry"), (4, "retry"), (5, "exhaust")]
    assert find(client, subscription).status == "unpaid"
    assert client.invoices.retrieve(frozen.ledger[-1].invoice_id).status == "uncollectible"
    retries = ["subscription_payment_failed"] * 4
    assert events_after(frozen, RENEWAL) == [*FAILED, *retries, "subscription_unpaid"]
    assert frozen.clock.next_due() is None


def test_insufficient_funds_wait_for_payday_and_then_follow_the_backoff(frozen: Sandbox, subscribe: Subscribe) -> None:
    subscription = subscribe()
    frozen.cards.decline(subscription.customer_id, "insufficient_funds", times=3)
    frozen.clock.advance(until="subscription_recovered")
    # The 30th is outside the window, so that the last attempt waits for the next payday.
    moments = [RENEWAL + timedelta(hours=hours) for *_, hours in attempts(frozen)]
    assert [f"{moment:%m-%d %H}" for moment in moments] == ["02-10 09", "02-28 09", "03-02 09", "03-04 09"]


def test_a_second_hard_decline_switches_from_rail_to_rail(frozen: Sandbox, subscribe: Subscribe) -> None:
    subscription = subscribe()
    frozen.cards.decline(subscription.customer_id, "hard_decline", times=None, rail=None)
    frozen.clock.advance(days=60)
    assert [(rail, hours) for _, rail, _, _, hours in attempts(frozen)] == [
        ("card", 0),
        ("card", 24),
        ("ussd", 72),
        ("transfer", 120),
        ("virtual_account", 168),
    ]
    assert [decision.rail for decision in frozen.decisions] == ["card", "ussd", "transfer", "virtual_account", None]


def test_an_expired_card_is_not_charged_until_it_is_replaced(
    frozen: Sandbox, client: Duro, subscribe: Subscribe
) -> None:
    subscription = subscribe()
    frozen.cards.decline(subscription.customer_id, "expired_card", times=None)
    frozen.clock.advance(days=50)
    assert events_after(frozen, RENEWAL) == [*FAILED, "subscription_payment_action_required"]
    assert len(attempts(frozen)) == 1
    frozen.cards.replace(subscription.customer_id)
    assert find(client, subscription).status == "active"
    assert events_after(frozen, RENEWAL) == [*FAILED, "subscription_payment_action_required", *RECOVERED]
    assert [attempt for attempt, *_ in attempts(frozen)] == [1, 2]


def test_a_new_card_that_fails_continues_the_recovery(frozen: Sandbox, subscribe: Subscribe) -> None:
    subscription = subscribe()
    frozen.cards.script(subscription.customer_id, ["card_not_supported", "processor_error", "ok"])
    frozen.clock.advance(until="subscription_payment_action_required")
    frozen.cards.replace(subscription.customer_id)
    assert actions(frozen) == [(1, "request_card_update"), (2, "retry")]
    frozen.clock.advance(until="subscription_recovered")
    assert [hours for *_, hours in attempts(frozen)] == [0, 0, 72]


def test_a_new_card_does_not_advance_an_attempt_that_is_scheduled(frozen: Sandbox, subscribe: Subscribe) -> None:
    subscription = subscribe()
    frozen.cards.decline(subscription.customer_id, "processor_error")
    frozen.clock.advance(until=RENEWAL)
    frozen.cards.replace(subscription.customer_id)
    assert len(attempts(frozen)) == 1


def test_a_request_for_a_card_ends_after_thirty_days(frozen: Sandbox, client: Duro, subscribe: Subscribe) -> None:
    subscription = subscribe()
    frozen.cards.decline(subscription.customer_id, "expired_card", times=None)
    frozen.clock.advance(until="subscription_unpaid")
    assert frozen.clock.now() == RENEWAL + timedelta(days=30)
    assert actions(frozen) == [(1, "request_card_update"), (1, "exhaust")]
    assert frozen.decisions[-1].reason == (
        "Expired card on the 12th: no new card within 30 days; the invoice is uncollectible and the subscription unpaid"
    )
    frozen.cards.replace(subscription.customer_id)
    assert find(client, subscription).status == "unpaid"


def test_a_new_card_ends_the_deadline_although_it_fails(frozen: Sandbox, subscribe: Subscribe) -> None:
    subscription = subscribe()
    frozen.cards.script(subscription.customer_id, ["expired_card", "insufficient_funds", "ok"])
    frozen.clock.advance(until=RENEWAL + timedelta(days=25))
    frozen.cards.replace(subscription.customer_id)
    assert frozen.clock.next_due("card_deadline") is None
    frozen.clock.advance(until="subscription_recovered")
    assert frozen.clock.now() == datetime(2026, 3, 28, 9, tzinfo=UTC)


def test_a_recovered_period_that_is_over_is_followed_by_a_period_from_now(
    frozen: Sandbox, client: Duro, subscribe: Subscribe
) -> None:
    subscription = subscribe(interval="week")
    frozen.cards.decline(subscription.customer_id, "insufficient_funds")
    frozen.clock.advance(until="subscription_recovered")
    payday = datetime(2026, 1, 28, 9, tzinfo=UTC)
    assert frozen.clock.now() == payday
    frozen.clock.advance(seconds=1)
    assert find(client, subscription).current_period_start == payday
    assert len(frozen.ledger) == 4


def test_a_failed_trial_conversion_recovers(frozen: Sandbox, client: Duro, subscribe: Subscribe) -> None:
    subscription = subscribe(trial_days=31)
    frozen.cards.decline(subscription.customer_id, "processor_error")
    frozen.clock.advance(until="subscription_recovered")
    assert events_after(frozen, RENEWAL) == FAILED + RECOVERED
    assert find(client, subscription).status == "active"


def test_a_cancellation_ends_the_recovery(frozen: Sandbox, client: Duro, subscribe: Subscribe) -> None:
    subscription = subscribe()
    frozen.cards.decline(subscription.customer_id, "do_not_honor", times=None)
    frozen.clock.advance(until="subscription_past_due")
    client.subscriptions.cancel(subscription.id)
    assert frozen.clock.next_due() is None
    frozen.clock.advance(days=60)
    assert len(attempts(frozen)) == len(frozen.decisions) == 1
    assert client.invoices.retrieve(frozen.ledger[-1].invoice_id).status == "void"


def test_a_blacklisted_customer_is_not_charged_during_the_recovery(
    frozen: Sandbox, client: Duro, subscribe: Subscribe
) -> None:
    subscription = subscribe()
    client.customers.blacklist(subscription.customer_id)
    frozen.clock.advance(days=60)
    assert attempts(frozen) == []
    assert {decision.category for decision in frozen.decisions} == {"hard_decline"}
    assert [attempt for attempt, _ in actions(frozen)] == [1, 2, 3, 4, 5]
    assert find(client, subscription).status == "unpaid"


def test_an_exhausted_recovery_returns_the_credit(frozen: Sandbox, client: Duro, subscribe: Subscribe) -> None:
    subscription = subscribe(interval="day", interval_count=30)
    cheaper = client.plans.create(name="Basic", amount=400_000, interval="day", interval_count=30)
    client.subscriptions.change_plan(subscription.id, plan_id=cheaper.id)
    frozen.cards.decline(subscription.customer_id, "do_not_honor", times=None)
    frozen.clock.advance(until="subscription_past_due")
    assert (frozen.ledger[-1].amount, credit_of(frozen)) == (300_000, 0)
    frozen.clock.advance(until="subscription_unpaid")
    assert credit_of(frozen) == 100_000


def credit_of(sandbox: Sandbox) -> int:
    credit: int = sandbox._require().backend.transact(
        lambda db: db.execute("SELECT credit FROM subscriptions").fetchone()["credit"]
    )
    return credit


class TestFirstCharge:
    """First charge of a subscription, which attempts do not recover."""

    @pytest.fixture
    def incomplete(self, frozen: Sandbox, client: Duro) -> Subscribed:
        customer = client.customers.create(email="ada@example.com")
        frozen.cards.decline(customer.id, "insufficient_funds")
        plan = client.plans.create(name="Pro", amount=500_000, interval="month")
        created = client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        return Subscribed(created.id, customer.id, created.status)

    def test_it_leaves_the_subscription_incomplete_without_attempts(
        self, frozen: Sandbox, client: Duro, incomplete: Subscribed
    ) -> None:
        assert incomplete.status == "incomplete"
        frozen.clock.advance(days=60)
        assert (len(frozen.ledger), len(frozen.decisions)) == (1, 0)
        assert find(client, incomplete).status == "incomplete"

    def test_a_payment_with_a_new_card_activates_the_subscription(
        self, frozen: Sandbox, client: Duro, incomplete: Subscribed
    ) -> None:
        frozen.cards.replace(incomplete.customer_id)
        assert find(client, incomplete).status == "active"
        assert [event.type for event in frozen.events[-2:]] == [
            "subscription_payment_success",
            "subscription_activated",
        ]
        assert [charge.attempt for charge in frozen.ledger] == [1, 2]

    def test_a_payment_that_fails_again_leaves_it_incomplete(
        self, frozen: Sandbox, client: Duro, incomplete: Subscribed
    ) -> None:
        frozen.cards.decline(incomplete.customer_id, "do_not_honor")
        frozen.cards.replace(incomplete.customer_id)
        assert find(client, incomplete).status == "incomplete"
        assert frozen.decisions == ()


def test_a_success_is_not_a_failure_to_decide_on(sandbox: Sandbox) -> None:
    row = cast("sqlite3.Row", {})
    with sandbox._backend.store.transaction() as db:
        uow = sandbox._backend.work.for_request(db, RENEWAL, b"test")
        with pytest.raises(ValueError, match="result must be that of a failed attempt, got a success"):
            handle_failure(uow, row, row, ChargeResult(succeeded=True))
