"""Random stories that the sandbox and the model run, compared after each step."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from duro import ConflictError, Duro
from duro.sandbox import Sandbox

from .model import Model
from .records import Decline, Plan, Promo

__all__ = ["Story"]

CATEGORIES = [
    "insufficient_funds",
    "expired_card",
    "card_not_supported",
    "do_not_honor",
    "hard_decline",
    "processor_error",
]
INTERVALS = [("month", [1, 1, 1, 2])] * 5 + [
    ("hour", [100]),
    ("day", [7, 10]),
    ("week", [1, 1, 1, 2]),
    ("quarter", [1, 2]),
    ("biannual", [1, 2]),
    ("year", [1, 2]),
]
AMOUNTS = [101, 3333, 500_000, 999_999]

# The steps of a story, and how often each is taken.
WEIGHTS = {
    "advance": 30,
    "set_script": 8,
    "decline": 5,
    "change_plan": 10,
    "schedule": 3,
    "cancel": 1,
    "flag": 2,
    "pause": 4,
    "resume": 8,
    "replace_card": 5,
    "redeem": 2,
    "settings": 2,
    "refund": 2,
    "blacklist": 0.4,
    "edit_plan": 2,
}
PROMOS = [("percentage", 50), ("percentage", 33), ("percentage", 100), ("fixed", 1000)]
DURATIONS = [
    ({"duration": "once"}, 1),
    ({"duration": "forever"}, None),
    ({"duration": "repeating", "duration_cycles": 2}, 2),
]


def moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


class Story:
    """One customer of a sandbox, and the model of the same subscription."""

    def __init__(self, sandbox: Sandbox, client: Duro, seed: int) -> None:
        self.random = random.Random(seed)
        self.sandbox, self.client = sandbox, client
        self.log: list[str] = [f"seed {seed}"]
        sandbox.reset()
        target = sandbox.clock.now() + timedelta(
            seconds=self.random.choice([0, 86_400, 1_555_555, 2_592_000, 3_333_333])
        )
        sandbox.clock.advance(until=target)
        self.customer = client.customers.create(email="ada@example.com").id
        self.model = Model(target, self.new_plan(first=True))
        if self.random.random() < 0.2:
            self.set_script()
        self.subscription = client.subscriptions.create(customer_id=self.customer, plan_id=self.model.plan.id).id
        self.model.create()
        self.log.append(f"create {self.model.plan}")
        self.compare()

    def new_plan(self, first: bool = False) -> Plan:
        interval, counts = self.random.choice(INTERVALS)
        values = {
            "amount": self.random.choice(AMOUNTS),
            "interval": interval,
            "interval_count": self.random.choice(counts),
            "trial_days": self.random.choice([0, 0, 0, 7]) if first else 0,
            "max_cycles": self.random.choice([None, None, None, 3, 5]),
        }
        plan = self.client.plans.create(name="Plan", **values)
        return Plan(plan.id, *values.values())

    def step(self) -> None:
        (name,) = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))
        self.log.append(name)
        getattr(self, name)()
        self.compare()

    # Steps

    def advance(self) -> None:
        span = timedelta(hours=self.random.choice([1, 12, 24, 24 * 7, 24 * 16, 24 * 31, 24 * 40, 24 * 90]))
        self.log[-1] += f" {span}"
        self.sandbox.clock.advance(until=self.model.now + span)
        self.model.advance(self.model.now + span)

    def set_script(self) -> None:
        category = self.random.choice(CATEGORIES)
        outcomes = [category] * self.random.choice([1, 1, 2, 3, 5, 6])
        if self.random.random() < 0.3:
            outcomes = self.random.choices([*CATEGORIES, "ok"], k=6)
        self.log[-1] += f" {outcomes}"
        self.sandbox.cards.script(self.customer, outcomes)
        self.model.script = list(outcomes)

    def both(self, call, accepted: bool) -> None:
        succeeded = True
        try:
            call()
        except ConflictError:
            succeeded = False
        assert succeeded == accepted, "\n".join(["sandbox and model differ in accepting the last step:", *self.log])

    def change_plan(self) -> None:
        plan = self.new_plan()
        self.log[-1] += f" {plan}"
        self.both(
            lambda: self.client.subscriptions.change_plan(self.subscription, plan_id=plan.id),
            self.model.change_plan(plan),
        )

    def schedule(self) -> None:
        if self.model.status not in {"active", "trialing"}:
            return
        plan = self.new_plan()
        self.log[-1] += f" {plan}"
        self.client.request(
            "POST", f"/_sandbox/subscriptions/{self.subscription}/scheduled-plan", json={"planId": plan.id}
        )
        self.model.scheduled = plan

    def cancel(self) -> None:
        self.both(lambda: self.client.subscriptions.cancel(self.subscription), self.model.cancel(False))

    def flag(self) -> None:
        self.both(
            lambda: self.client.subscriptions.cancel(self.subscription, at_period_end=True), self.model.cancel(True)
        )

    def pause(self) -> None:
        self.both(lambda: self.client.subscriptions.pause(self.subscription), self.model.pause())

    def resume(self) -> None:
        self.both(lambda: self.client.subscriptions.resume(self.subscription), self.model.resume())

    def replace_card(self) -> None:
        self.sandbox.cards.replace(self.customer)
        self.model.replace_card()

    def redeem(self) -> None:
        if self.model.promo is not None or self.model.status in {"canceled", "expired"}:
            return
        type_, value = self.random.choice(PROMOS)
        duration, left = self.random.choice(DURATIONS)
        self.client.promo_codes.create(code="CODE", discount_type=type_, discount_value=value, **duration)
        self.client.request("POST", "/_sandbox/promo-codes/CODE/redeem", json={"subscriptionId": self.subscription})
        self.model.promo = Promo(type_, value, left)
        self.log[-1] += f" {self.model.promo}"

    def settings(self) -> None:
        dunning = self.random.random() < 0.7
        escalation = self.random.choice([None, 3, 7, 20])
        self.log[-1] += f" {dunning} {escalation}"
        self.client.settings.update_recovery(
            dunning_enabled=dunning,
            dunning_escalation="none" if escalation is None else "cancel",
            dunning_escalation_days=escalation or 7,
        )
        self.model.dunning, self.model.escalation = dunning, escalation

    def refund(self) -> None:
        paid = [
            record
            for record in self.sandbox.invoices_of(self.subscription)
            if record.status == "paid" and record.amount
        ]
        if not paid or any(event == "subscription_payment_refunded" for event, _ in self.model.events):
            return
        self.client.invoices.refund(paid[-1].id)
        self.model.emit("subscription_payment_refunded")

    def decline(self) -> None:
        decline = Decline(
            self.random.choice(CATEGORIES), self.random.choice([1, 2, 6]), self.random.choice(["card", "ussd", None])
        )
        self.log[-1] += f" {decline}"
        self.sandbox.cards.decline(self.customer, decline.category, times=decline.left, rail=decline.rail)
        self.model.declines.append(decline)

    def blacklist(self) -> None:
        self.client.customers.blacklist(self.customer)
        self.model.blacklisted = True

    def edit_plan(self) -> None:
        """Change the price of the plan, which the subscription keeps."""
        self.client.plans.update(self.model.plan.id, amount=self.random.choice(AMOUNTS))

    # Comparison

    def compare(self) -> None:
        for name, of_sandbox, of_model in self.pairs():
            assert of_sandbox == of_model, "\n".join([f"{name} differ after these steps:", *self.log])

    def pairs(self):
        model, sandbox = self.model, self.sandbox
        record = sandbox.subscription(self.subscription)
        yield "events", [(event.type, moment(event.at)) for event in sandbox.events_of(self.subscription)], model.events
        yield (
            "charges",
            [(c.amount, c.status, c.attempt, c.rail, moment(c.at)) for c in sandbox.ledger],
            model.ledger,
        )
        yield (
            "decisions",
            [(d.attempt, d.category, d.action, d.rail, moment(d.next_at), moment(d.at)) for d in sandbox.decisions],
            model.decisions,
        )
        yield (
            "invoices",
            [
                (i.kind, i.amount, i.credit_used, i.status, moment(i.period_start), moment(i.period_end))
                for i in sandbox.invoices_of(self.subscription)
            ],
            [(i.kind, i.amount, i.credit, i.status, i.start, i.end) for i in model.invoices],
        )
        yield (
            "subscription",
            [
                record.status,
                record.plan_id,
                moment(record.current_period_start),
                moment(record.current_period_end),
                record.cycles_completed,
                record.credit,
                record.cancel_at_period_end,
            ],
            [model.status, model.plan.id, *model.period(), model.cycles, model.credit, model.flag],
        )
