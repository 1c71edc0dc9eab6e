"""Settings of recovery: attempts turned off, and the escalation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from duro import Duro
from duro.sandbox import Sandbox
from tests.sandbox.recovery.conftest import Subscribe, Subscribed

RENEWAL = datetime(2026, 2, 10, 9, tzinfo=UTC)


def status_of(client: Duro, subscription: Subscribed) -> str:
    (found,) = client.customers.list_subscriptions(subscription.customer_id)
    return found.status


def fail_renewal(sandbox: Sandbox, subscription: Subscribed, **decline: object) -> None:
    sandbox.cards.decline(subscription.customer_id, "do_not_honor", **decline)  # type: ignore[arg-type]
    sandbox.clock.advance(until="subscription_past_due")


@pytest.mark.parametrize("setting", ["dunning_enabled", "auto_recovery"])
def test_without_recovery_a_failed_renewal_stays_past_due(
    frozen: Sandbox, client: Duro, subscribe: Subscribe, setting: str
) -> None:
    client.settings.update_recovery(**{setting: False})
    subscription = subscribe()
    fail_renewal(frozen, subscription)
    frozen.clock.advance(days=60)
    assert status_of(client, subscription) == "past_due"
    assert [(decision.action, decision.next_at) for decision in frozen.decisions] == [("none", None)]
    assert len(frozen.ledger) == 2


@pytest.mark.parametrize("is_enabled", [True, False])
def test_an_escalation_cancels_a_subscription_that_is_past_due(
    frozen: Sandbox, client: Duro, subscribe: Subscribe, is_enabled: bool
) -> None:
    client.settings.update_recovery(dunning_enabled=is_enabled, dunning_escalation="cancel", dunning_escalation_days=2)
    subscription = subscribe()
    fail_renewal(frozen, subscription, times=None)
    frozen.clock.advance(until="subscription_cancelled")
    assert frozen.clock.now() == RENEWAL + timedelta(days=2)
    assert status_of(client, subscription) == "canceled"
    frozen.clock.advance(days=60)
    assert len(frozen.ledger) == (3 if is_enabled else 2)


def test_at_one_instant_a_recovery_is_exhausted_before_it_escalates(
    frozen: Sandbox, client: Duro, subscribe: Subscribe
) -> None:
    client.settings.update_recovery(dunning_escalation="cancel", dunning_escalation_days=7)
    subscription = subscribe()
    fail_renewal(frozen, subscription, times=None)
    frozen.clock.advance(days=7)
    assert [event.type for event in frozen.events[-3:]] == [
        "subscription_payment_failed",
        "subscription_unpaid",
        "subscription_cancelled",
    ]
    assert client.invoices.retrieve(frozen.ledger[-1].invoice_id).status == "uncollectible"
    assert status_of(client, subscription) == "canceled"


@pytest.mark.parametrize("escalation", ["pause", "none"])
def test_other_escalations_do_nothing(frozen: Sandbox, client: Duro, subscribe: Subscribe, escalation: str) -> None:
    client.settings.update_recovery(dunning_escalation=escalation, dunning_escalation_days=1)
    subscription = subscribe()
    fail_renewal(frozen, subscription, times=None)
    frozen.clock.advance(days=60)
    assert status_of(client, subscription) == "unpaid"


def test_a_recovered_subscription_does_not_escalate(frozen: Sandbox, client: Duro, subscribe: Subscribe) -> None:
    client.settings.update_recovery(dunning_escalation="cancel", dunning_escalation_days=2)
    subscription = subscribe()
    fail_renewal(frozen, subscription)
    frozen.clock.advance(until="subscription_recovered")
    assert frozen.clock.next_due("escalation") is None
    frozen.clock.advance(days=20)
    assert status_of(client, subscription) == "active"


def test_an_escalation_that_is_turned_on_later_counts_from_the_first_failure(
    frozen: Sandbox, client: Duro, subscribe: Subscribe
) -> None:
    subscription = subscribe()
    fail_renewal(frozen, subscription, times=None)
    client.settings.update_recovery(dunning_escalation="cancel", dunning_escalation_days=2)
    frozen.clock.advance(until="subscription_cancelled")
    assert frozen.clock.now() == RENEWAL + timedelta(days=2)


def test_an_escalation_whose_day_has_passed_follows_the_next_failure(
    frozen: Sandbox, client: Duro, subscribe: Subscribe
) -> None:
    subscription = subscribe()
    fail_renewal(frozen, subscription, times=None)
    frozen.clock.advance(days=2)
    client.settings.update_recovery(dunning_escalation="cancel", dunning_escalation_days=1)
    frozen.clock.advance(until="subscription_cancelled")
    # The time of the third attempt.
    assert datetime.fromisoformat(frozen.events[-1].at) == frozen.clock.now() == RENEWAL + timedelta(days=3)


def test_an_escalation_follows_the_settings_of_its_day(frozen: Sandbox, client: Duro, subscribe: Subscribe) -> None:
    client.settings.update_recovery(dunning_escalation="cancel", dunning_escalation_days=2)
    subscription = subscribe()
    fail_renewal(frozen, subscription, times=None)
    client.settings.update_recovery(dunning_escalation="none")
    frozen.clock.advance(days=60)
    assert status_of(client, subscription) == "unpaid"
