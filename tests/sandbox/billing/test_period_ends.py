"""Ends of periods: cancellations, cycles, pauses, trials and plan changes, as the clock reaches them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from duro.sandbox.billing.charges import charge_invoice
from duro.sandbox.billing.customers import blacklist_customer
from duro.sandbox.billing.invoices import close_invoice
from duro.sandbox.billing.plan_changes import schedule_plan_change
from duro.sandbox.billing.plans import update_plan
from duro.sandbox.billing.recovered_periods import settle_recovered
from duro.sandbox.billing.renewals import resume_subscription
from duro.sandbox.billing.subscription_states import Action
from duro.sandbox.billing.subscriptions import (
    cancel_subscription,
    change_status,
    pause_subscription,
    start_subscription,
)
from duro.sandbox.errors import ApiError
from duro.sandbox.recovery.settings import update_settings
from duro.sandbox.storage.rows import find

from .conftest import START, Shop

FIRST_END = datetime(2026, 2, 28, 9, tzinfo=UTC)


def statuses(shop: Shop) -> list[str]:
    return [invoice["status"] for invoice in shop.invoices()]


class TestCancelAtPeriodEnd:
    def test_it_happens_at_the_end_without_a_charge(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        flagged = shop.act(cancel_subscription, subscription, at_period_end=True)
        assert (flagged["status"], flagged["cancel_at_period_end"]) == ("active", 1)
        shop.clock.advance(until="subscription_cancelled")
        assert shop.clock.now() == FIRST_END
        assert shop.subscription(subscription)["status"] == "canceled"
        assert (shop.amounts(), shop.clock.next_due()) == ([3000], None)
        assert shop.events()[-2:] == ["subscription_updated", "subscription_cancelled"]

    def test_a_second_call_has_no_effect(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        for _ in range(2):
            shop.act(cancel_subscription, subscription, at_period_end=True)
        assert shop.events().count("subscription_updated") == 1

    def test_a_trial_ends_without_a_charge(self, shop: Shop) -> None:
        subscription = shop.subscribe(trial_days=7)
        shop.act(cancel_subscription, subscription, at_period_end=True)
        shop.clock.advance(days=7)
        assert (shop.subscription(subscription)["status"], shop.amounts()) == ("canceled", [])

    def test_a_paused_subscription_is_canceled_when_its_period_ends(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        shop.act(pause_subscription, subscription)
        assert shop.act(cancel_subscription, subscription, at_period_end=True)["status"] == "paused"
        shop.clock.advance(until="subscription_cancelled")
        assert (shop.clock.now(), shop.amounts()) == (FIRST_END, [3000])

    def test_a_paused_subscription_whose_period_is_over_is_canceled_now(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        shop.act(pause_subscription, subscription)
        shop.clock.advance(days=60)
        assert shop.act(cancel_subscription, subscription, at_period_end=True)["status"] == "canceled"

    def test_a_cancellation_now_overrides_the_flag(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        shop.act(cancel_subscription, subscription, at_period_end=True)
        assert shop.act(cancel_subscription, subscription)["status"] == "canceled"
        assert shop.clock.next_due() is None

    @pytest.mark.parametrize("status", ["incomplete", "past_due", "unpaid", "canceled", "expired"])
    def test_other_statuses_refuse_it(self, shop: Shop, status: str) -> None:
        subscription = shop.subscribe()
        with shop.backend.store.transaction() as db:
            db.execute("UPDATE subscriptions SET status = ?", (status,))
        with pytest.raises(ApiError, match=rf"that is {status} cannot be canceled at its period end") as error:
            shop.act(cancel_subscription, subscription, at_period_end=True)
        assert error.value.status == 409


class TestCycles:
    def test_the_subscription_expires_at_the_end_of_the_last_paid_period(self, shop: Shop) -> None:
        subscription = shop.subscribe(max_cycles=3)
        shop.clock.advance(until="subscription_expired")
        assert shop.clock.now() == datetime(2026, 4, 30, 9, tzinfo=UTC)
        assert shop.subscription(subscription)["cycles_completed"] == 3
        assert (len(shop.charges()), shop.clock.next_due()) == (3, None)

    def test_an_update_of_the_plan_does_not_change_the_number(self, shop: Shop) -> None:
        plan = shop.plan(max_cycles=2)
        shop.subscribe(plan)
        shop.call(update_plan, plan, {"max_cycles": 9})
        shop.clock.advance(days=365)
        assert len(shop.charges()) == 2

    def test_a_trial_is_not_a_cycle(self, shop: Shop) -> None:
        shop.subscribe(trial_days=7, max_cycles=2)
        shop.clock.advance(days=365)
        assert len(shop.charges()) == 2


class TestPauses:
    def test_a_paused_subscription_is_not_charged(self, shop: Shop) -> None:
        shop.act(pause_subscription, shop.subscribe())
        item = shop.clock.next_due()
        assert item is not None
        assert (item.kind, item.at) == ("period_end", FIRST_END)
        shop.clock.advance(days=365)
        assert (shop.amounts(), shop.clock.next_due()) == ([3000], None)

    def test_a_resume_within_the_period_keeps_it(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        shop.act(pause_subscription, subscription)
        shop.clock.advance(days=10)
        resumed = shop.act(resume_subscription, subscription)
        assert resumed["current_period_end"] == "2026-02-28T09:00:00.000Z"
        shop.clock.advance(until=FIRST_END)
        assert shop.amounts() == [3000, 3000]

    def test_a_resume_after_the_period_charges_a_new_one_that_begins_now(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        shop.act(pause_subscription, subscription)
        shop.clock.advance(days=45)
        resumed = shop.act(resume_subscription, subscription)
        period = resumed["status"], resumed["current_period_start"], resumed["current_period_end"]
        assert period == ("active", "2026-03-17T09:00:00.000Z", "2026-04-17T09:00:00.000Z")
        assert shop.events()[-3:] == ["subscription_resumed", "invoice_created", "subscription_payment_success"]
        shop.clock.advance(until="subscription_payment_success")
        # The day of the resume is the new billing day.
        assert shop.clock.now() == datetime(2026, 4, 17, 9, tzinfo=UTC)

    def test_a_resume_whose_charge_fails_is_past_due(self, shop: Shop, fail_charges: Callable[..., None]) -> None:
        subscription = shop.subscribe()
        shop.act(pause_subscription, subscription)
        shop.clock.advance(days=45)
        fail_charges("do_not_honor")
        assert shop.act(resume_subscription, subscription)["status"] == "past_due"


class TestTrials:
    def test_the_end_of_a_trial_is_the_first_renewal(self, shop: Shop) -> None:
        subscription = shop.subscribe(trial_days=28)
        shop.clock.advance(days=100)
        assert shop.subscription(subscription)["status"] == "active"
        assert [charge.at[:10] for charge in shop.charges()] == ["2026-02-28", "2026-03-28", "2026-04-28"]

    def test_a_failed_conversion_is_past_due(self, shop: Shop, fail_charges: Callable[..., None]) -> None:
        subscription = shop.subscribe(trial_days=7)
        fail_charges("do_not_honor")
        shop.clock.advance(days=7)
        assert shop.subscription(subscription)["status"] == "past_due"
        assert shop.events()[-3:] == ["invoice_created", "subscription_payment_failed", "subscription_past_due"]


class TestScheduledPlanChanges:
    def test_the_next_period_has_the_terms_of_the_new_plan(self, shop: Shop) -> None:
        subscription, larger = shop.subscribe(), shop.plan(amount=9000, interval="quarter")
        changed = shop.act(schedule_plan_change, subscription, larger)
        assert changed["amount"] == 3000
        shop.clock.advance(until="subscription_plan_changed")
        assert shop.clock.now() == FIRST_END
        assert shop.events()[-3:] == ["subscription_plan_changed", "invoice_created", "subscription_payment_success"]
        changed = shop.subscription(subscription)
        assert (changed["plan_id"], changed["scheduled_plan_id"]) == (larger["id"], None)
        assert (shop.amounts(), changed["current_period_end"]) == ([3000, 9000], "2026-05-31T09:00:00.000Z")

    def test_a_cancellation_comes_first(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        shop.act(schedule_plan_change, subscription, shop.plan(amount=9000))
        shop.act(cancel_subscription, subscription, at_period_end=True)
        shop.clock.advance(days=60)
        assert "subscription_plan_changed" not in shop.events()


class TestFailures:
    @pytest.fixture(autouse=True)
    def turn_recovery_off(self, shop: Shop) -> None:
        shop.backend.transact(lambda db: update_settings(db, {"dunning_enabled": False}))

    def test_a_failed_renewal_keeps_the_period(self, shop: Shop, fail_charges: Callable[..., None]) -> None:
        subscription = shop.subscribe()
        fail_charges("insufficient_funds")
        shop.clock.advance(days=60)
        failed = shop.subscription(subscription)
        assert (failed["status"], failed["current_period_end"]) == ("past_due", "2026-02-28T09:00:00.000Z")
        last = shop.charges()[-1]
        assert (last.status, last.failure_code, last.attempt, last.rail) == ("failed", "51", 1, "card")
        assert (statuses(shop), shop.clock.next_due()) == (["paid", "open"], None)

    def test_a_failed_first_charge_leaves_the_subscription_incomplete(
        self, shop: Shop, fail_charges: Callable[..., None]
    ) -> None:
        fail_charges("expired_card")
        subscription = shop.subscribe()
        assert shop.subscription(subscription)["status"] == "incomplete"
        assert shop.events() == ["subscription_created", "invoice_created", "subscription_payment_failed"]
        assert (statuses(shop), shop.clock.next_due()) == (["open"], None)

    def test_a_later_payment_activates_an_incomplete_subscription(
        self, shop: Shop, fail_charges: Callable[..., None]
    ) -> None:
        fail_charges("expired_card")
        subscription = shop.subscribe()
        shop.clock.advance(days=2)
        (invoice,) = shop.invoices()
        assert shop.call(charge_invoice, invoice, rail="transfer", attempt=2).succeeded
        activated = shop.act(settle_recovered, subscription, invoice)
        assert (activated["status"], activated["current_period_start"]) == ("active", "2026-01-31T09:00:00.000Z")
        assert shop.events()[-2:] == ["subscription_payment_success", "subscription_activated"]

    @pytest.mark.parametrize("failing", [1, 2])
    def test_a_cancellation_voids_the_open_invoice(
        self, shop: Shop, fail_charges: Callable[..., None], failing: int
    ) -> None:
        fail_charges(*[None] * (failing - 1), "expired_card")
        subscription = shop.subscribe()
        shop.clock.advance(days=60)
        assert shop.act(cancel_subscription, subscription)["status"] == "canceled"
        assert (statuses(shop)[-1], shop.clock.next_due()) == ("void", None)

    def test_a_blacklisted_customer_fails_without_an_attempt(self, shop: Shop) -> None:
        subscription = shop.subscribe()
        customer_id = shop.subscription(subscription)["customer_id"]
        customer = shop.backend.transact(lambda db: find(db, "customers", customer_id))
        shop.call(blacklist_customer, customer, None)
        shop.clock.advance(days=60)
        assert (shop.subscription(subscription)["status"], len(shop.charges())) == ("past_due", 1)

    def test_a_recovery_moves_to_the_period_of_the_invoice(self, shop: Shop, fail_charges: Callable[..., None]) -> None:
        subscription = shop.subscribe()
        fail_charges("do_not_honor")
        shop.clock.advance(days=30)
        invoice = shop.invoices()[-1]
        shop.call(charge_invoice, invoice, attempt=2)
        recovered = shop.act(settle_recovered, subscription, invoice)
        assert (recovered["status"], recovered["current_period_end"]) == ("active", "2026-03-31T09:00:00.000Z")
        assert shop.events()[-3:] == [
            "subscription_payment_success",
            "subscription_payment_recovered",
            "subscription_recovered",
        ]

    def test_a_recovery_after_the_period_starts_the_next_one_now(
        self, shop: Shop, fail_charges: Callable[..., None]
    ) -> None:
        subscription = shop.subscribe(interval="week")
        fail_charges("do_not_honor")
        shop.clock.advance(days=40)
        invoice = shop.invoices()[-1]
        shop.call(charge_invoice, invoice, attempt=2)
        shop.act(settle_recovered, subscription, invoice)
        shop.clock.advance()
        # One invoice for the week that begins now, and none for the weeks in between.
        assert len(shop.invoices()) == 3
        renewed = shop.subscription(subscription)
        period = renewed["current_period_start"], renewed["current_period_end"]
        assert period == ("2026-03-12T09:00:00.000Z", "2026-03-19T09:00:00.000Z")

    def test_the_credit_of_an_uncollectible_invoice_returns(
        self, shop: Shop, fail_charges: Callable[..., None]
    ) -> None:
        subscription = shop.subscribe()
        with shop.backend.store.transaction() as db:
            db.execute("UPDATE subscriptions SET credit = 500")
        fail_charges("do_not_honor")
        shop.clock.advance(days=30)
        invoice = shop.invoices()[-1]
        assert (invoice["amount"], invoice["credit_used"], shop.subscription(subscription)["credit"]) == (2500, 500, 0)
        shop.call(close_invoice, invoice, "uncollectible")
        assert shop.act(change_status, subscription, Action.EXHAUST)["credit"] == 500


def test_metadata_is_in_every_event_of_the_subscription(shop: Shop) -> None:
    shop.call(start_subscription, shop.customer(), shop.plan(), metadata={"order": 7})
    shop.clock.advance(days=30)
    payloads = shop.backend.transact(lambda db: db.execute("SELECT payload FROM events").fetchall())
    assert len(payloads) == 6
    assert all(b'"metadata":{"order":7}' in row["payload"] for row in payloads)
    assert shop.clock.now() > START
