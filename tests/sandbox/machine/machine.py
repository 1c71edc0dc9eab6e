"""``BillingMachine``: random calls, clock moves, failures and crashes of a strict sandbox."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, consumes, initialize, invariant, multiple, rule

from duro import OutcomeUnknownError
from duro.sandbox.recovery.failure_codes import CATEGORIES
from tests.sandbox.machine.base import SandboxMachine, refusable
from tests.sandbox.machine.checks import check_due_items, check_periods
from tests.sandbox.machine.crashes import content_of, copy_before_commit

__all__ = ["BillingMachine"]

RAILS = ["card", "transfer", "ussd", "virtual_account", "direct_debit"]
amounts = st.sampled_from([100, 3000, 500_000])
categories = st.sampled_from(CATEGORIES)
rails = st.sampled_from(RAILS)
CRASH_SPANS = [{"days": 8}, {"days": 33}, {"until": "invoice_created", "limit": timedelta(days=33)}]


class BillingMachine(SandboxMachine):
    """Merchant who sells subscriptions to customers whose charges fail at times."""

    plans = Bundle("plans")
    customers = Bundle("customers")
    subscriptions = Bundle("subscriptions")
    sessions = Bundle("sessions")
    codes = Bundle("codes")

    # Plans, customers and codes

    @initialize(target=plans)
    def first_plan(self):
        return self.client.plans.create(name="Pro", amount=3000, interval="month").id

    @initialize(target=customers)
    def first_customer(self):
        return self.client.customers.create(email="ada@example.com").id

    @initialize(target=subscriptions)
    def first_subscription(self):
        plan = self.client.plans.create(name="Pro", amount=3000, interval="month")
        customer = self.client.customers.create(email="bob@example.com")
        return self.client.subscriptions.create(customer_id=customer.id, plan_id=plan.id).id

    @rule(
        target=plans,
        amount=amounts,
        interval=st.sampled_from(["week", "month"]),
        interval_count=st.integers(1, 2),
        trial_days=st.sampled_from([0, 0, 7]),
        max_cycles=st.sampled_from([None, None, 1, 3]),
    )
    def create_plan(self, **values):
        return self.client.plans.create(name="Plan", **values).id

    @rule(plan=plans, amount=amounts)
    def update_plan(self, plan, amount):
        with refusable():
            self.client.plans.update(plan, amount=amount)

    @rule(plan=consumes(plans))
    def archive_plan(self, plan):
        with refusable():
            self.client.plans.archive(plan)

    @rule(target=customers, decline=st.sampled_from([None, None, *CATEGORIES]))
    def create_customer(self, decline):
        address = "ada" if decline is None else f"decline+{decline}"
        return self.client.customers.create(email=f"{address}@{self.name()}.example.com").id

    @rule(customer=consumes(customers))
    def blacklist(self, customer):
        self.client.customers.blacklist(customer)

    @rule(
        target=codes,
        discount=st.sampled_from([("percentage", 50), ("percentage", 100), ("fixed", 1000)]),
        duration=st.sampled_from(
            [{"duration": "once"}, {"duration": "forever"}, {"duration": "repeating", "duration_cycles": 2}]
        ),
    )
    def create_promo_code(self, discount, duration):
        type_, value = discount
        return self.client.promo_codes.create(
            code=self.name().upper(), discount_type=type_, discount_value=value, **duration
        ).code

    # Subscriptions

    @rule(target=subscriptions, customer=customers, plan=plans)
    def subscribe(self, customer, plan):
        with refusable():
            return self.client.subscriptions.create(customer_id=customer, plan_id=plan).id
        return multiple()

    @rule(target=subscriptions, customer=customers, plan=plans)
    def subscribe_with_a_lost_response(self, customer, plan):
        key, charges = self.name(), len(self.sandbox.ledger)
        self.sandbox.faults.add("reset_after", path="/v1/subscriptions")
        with suppress(OutcomeUnknownError):
            self.client.subscriptions.create(customer_id=customer, plan_id=plan, idempotency_key=key)
        once = len(self.sandbox.ledger)
        assert once <= charges + 1
        with refusable():
            return self.client.subscriptions.create(customer_id=customer, plan_id=plan, idempotency_key=key).id
        assert len(self.sandbox.ledger) == once
        return multiple()

    @rule(subscription=subscriptions, at_period_end=st.booleans())
    def cancel(self, subscription, at_period_end):
        action = "cancel_at_period_end" if at_period_end else "cancel"
        self.act(
            action,
            subscription,
            lambda: self.client.subscriptions.cancel(subscription, at_period_end=at_period_end),
        )

    @rule(subscription=subscriptions)
    def pause(self, subscription):
        self.act("pause", subscription, lambda: self.client.subscriptions.pause(subscription))

    @rule(subscription=subscriptions)
    def resume(self, subscription):
        self.act("resume", subscription, lambda: self.client.subscriptions.resume(subscription))

    @rule(subscription=subscriptions, days=st.sampled_from([1, 33]))
    def pause_for_some_days(self, subscription, days):
        self.pause(subscription)
        self.sandbox.clock.advance(days=days)
        self.resume(subscription)

    @rule(subscription=subscriptions, amount=amounts, interval=st.sampled_from(["week", "month"]))
    def change_to_a_new_plan(self, subscription, amount, interval):
        self.change_plan(subscription, self.client.plans.create(name="New", amount=amount, interval=interval).id)

    @rule(subscription=subscriptions, plan=plans)
    def change_plan(self, subscription, plan):
        self.act("change_plan", subscription, lambda: self.client.subscriptions.change_plan(subscription, plan_id=plan))

    @rule(subscription=subscriptions, code=codes)
    def redeem(self, subscription, code):
        response = httpx.post(
            f"{self.sandbox.url}/_sandbox/promo-codes/{code}/redeem", json={"subscriptionId": subscription}
        )
        assert response.status_code in {200, 409}, response.text

    @rule(number=st.integers(0, 9), amount=st.sampled_from([None, 1, 3000]))
    def refund(self, number, amount):
        invoices = list(dict.fromkeys(charge.invoice_id for charge in self.sandbox.ledger))
        if invoices:
            with refusable():
                self.client.invoices.refund(invoices[number % len(invoices)], amount=amount)

    # Checkout

    @rule(target=sessions, plan=st.none() | plans, address=st.sampled_from(["ada@example.com", "bob@example.com"]))
    def open_session(self, plan, address):
        with refusable():
            target = {"amount": 700} if plan is None else {"plan_id": plan}
            return self.client.checkout.create_session(customer_email=address, **target).token
        return multiple()

    @rule(session=sessions, code=codes)
    def enter_promo_code(self, session, code):
        with refusable():
            self.sandbox.checkout(session).enter_promo_code(code)

    @rule(session=sessions, rail=rails)
    def pay(self, session, rail):
        with refusable():
            self.sandbox.checkout(session).pay(rail)

    @rule(session=sessions, rail=rails, category=categories)
    def fail_to_pay(self, session, rail, category):
        with refusable():
            self.sandbox.checkout(session).fail(category, rail)

    @rule(session=sessions)
    def settle(self, session):
        with refusable():
            self.sandbox.transfers.settle(session)

    # Failures

    @rule(customer=customers, category=categories, times=st.sampled_from([1, 3, None]), rail=st.none() | rails)
    def decline(self, customer, category, times, rail):
        self.sandbox.cards.decline(customer, category, times=times, rail=rail)

    @rule(customer=customers, outcomes=st.lists(st.sampled_from(["ok", *CATEGORIES]), max_size=6))
    def script(self, customer, outcomes):
        self.sandbox.cards.script(customer, outcomes)

    @rule(shares=st.sampled_from([{}, {"insufficient_funds": 0.4}, {"expired_card": 0.2, "hard_decline": 0.3}]))
    def profile(self, shares):
        self.sandbox.cards.profile(shares)

    @rule(customer=customers)
    def replace_card(self, customer):
        self.sandbox.cards.replace(customer)

    @rule(is_enabled=st.booleans(), escalation=st.sampled_from(["cancel", "none"]), days=st.sampled_from([2, 30]))
    def update_recovery(self, is_enabled, escalation, days):
        self.client.settings.update_recovery(
            dunning_enabled=is_enabled, dunning_escalation=escalation, dunning_escalation_days=days
        )

    # Time, restarts and crashes

    @rule(span=st.sampled_from([{"hours": 1}, {"days": 1}, {"days": 8}, {"days": 33}]))
    def advance(self, span):
        self.sandbox.clock.advance(**span)

    @rule()
    def advance_to_the_next_item(self):
        item = self.sandbox.clock.next_due()
        if item is not None and item.at - self.sandbox.clock.now() < timedelta(days=100):
            self.sandbox.clock.advance(until=item.at)

    @rule()
    def restart(self):
        before = content_of(self.sandbox)
        self.close()
        self.open(self.database)
        assert content_of(self.sandbox) == before

    @rule(count=st.integers(1, 4), span=st.sampled_from(CRASH_SPANS))
    def crash_during_an_advance(self, count, span):
        self.files += 1
        copy = self.directory / f"sandbox-{self.files}.db"
        end = copy_before_commit(self.sandbox, self.database, copy, count)
        with suppress(LookupError):
            self.sandbox.clock.advance(**span)
        if end():
            whole = content_of(self.sandbox)
            self.close()
            self.open(copy)
            assert content_of(self.sandbox) == whole

    @invariant()
    def every_subscription_continues(self):
        SandboxMachine.steps += 1
        # A new period that begins now is due at once. The worker of the sandbox would run it at any later time.
        self.sandbox.clock.advance()
        check_due_items(self.sandbox)
        check_periods(self.sandbox)
        assert self.sandbox.violations == ()
