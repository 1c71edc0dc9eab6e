"""``Model``: the billing rules of the contract for one subscription, which share no code with the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from .records import Decline, Invoice, Plan, Promo
from .rules import CARD_CATEGORIES, MICROSECOND, clamp_day, decide, discount_of, end_of_period, prorate, round_half_up

__all__ = ["Model"]

NEVER = datetime(1, 1, 1, tzinfo=UTC)
CARD_DEADLINE = timedelta(days=30)
CANCELABLE = {"incomplete", "trialing", "active", "past_due", "paused", "unpaid"}


@dataclass
class Model:
    """Expected state of a customer with one subscription, after each action and at each time."""

    now: datetime
    plan: Plan
    status: str = "incomplete"
    billing_day: int = 0
    interval: tuple[str, int] = ("", 0)
    start: datetime = NEVER
    end: datetime = NEVER
    paid_price: int = 0
    cycles: int = 0
    credit: int = 0
    flag: bool = False
    scheduled: Plan | None = None
    promo: Promo | None = None
    dunning: bool = True
    escalation: int | None = None
    blacklisted: bool = False
    script: list[str] = field(default_factory=list)
    declines: list[Decline] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    ledger: list[tuple] = field(default_factory=list)
    events: list[tuple] = field(default_factory=list)
    decisions: list[tuple] = field(default_factory=list)
    # Times of due items, by kind.
    due: dict[str, datetime] = field(default_factory=dict)
    rail: str = "card"

    RANKS = ("period_end", "attempt", "card_deadline", "escalation")

    def emit(self, *types: str) -> None:
        self.events += [(type_, self.now) for type_ in types]

    def period(self) -> tuple[datetime | None, datetime | None]:
        """Return the running period. A subscription that was never paid does not have one."""
        return (self.start, self.end) if self.end != NEVER else (None, None)

    # Actions

    def create(self) -> None:
        self.billing_day, self.interval = self.now.day, (self.plan.interval, self.plan.count)
        self.emit("subscription_created")
        if self.plan.trial_days:
            self.start = self.now
            self.status, self.end = "trialing", self.now + timedelta(days=self.plan.trial_days)
            self.due["period_end"] = self.end
            return
        invoice = self.bill_period(self.now, end_of_period(self.now, self.plan, self.billing_day))
        if self.charge(invoice, "card"):
            self.activate(invoice)
        else:
            self.emit("subscription_payment_failed")

    def activate(self, invoice: Invoice) -> None:
        self.status = "active"
        self.pay(invoice)
        self.emit("subscription_payment_success", "subscription_activated")

    def cancel(self, at_period_end: bool) -> bool:
        if not at_period_end:
            if self.status not in CANCELABLE:
                return False
            self.stop("canceled", "subscription_cancelled")
            return True
        if self.status not in {"trialing", "active", "paused"}:
            return False
        if self.status == "paused" and self.end <= self.now:
            self.stop("canceled", "subscription_cancelled")
        elif not self.flag:
            self.flag = True
            self.emit("subscription_updated")
        return True

    def pause(self) -> bool:
        if self.status != "active":
            return False
        self.status = "paused"
        self.emit("subscription_paused")
        return True

    def resume(self) -> bool:
        if self.status != "paused":
            return False
        self.status = "active"
        self.emit("subscription_resumed")
        self.due["period_end"] = max(self.end, self.now)
        self.run_due(self.now)
        return True

    def change_plan(self, plan: Plan) -> bool:
        if self.status == "trialing":
            self.plan, self.scheduled = plan, None
            self.emit("subscription_plan_changed")
            return True
        if self.status != "active":
            return False
        day = self.billing_day if clamp_day(self.start, self.billing_day) == self.start else self.start.day
        length = (end_of_period(self.start, plan, day) - self.start) // MICROSECOND
        new = plan.amount * Fraction((self.end - self.start) // MICROSECOND, length)
        share = Fraction((self.end - self.now) // MICROSECOND, (self.end - self.start) // MICROSECOND)
        price = prorate(self.paid_price, new, share)
        if price > 0:
            used = min(self.credit, price)
            invoice = Invoice("upgrade", price - used, price, used, self.now, self.end)
            self.credit -= used
            self.invoices.append(invoice)
            self.emit("invoice_created")
            if not self.charge(invoice, "card"):
                self.close(invoice, "void")
                self.emit("subscription_payment_failed")
                return False
            invoice.status = "paid"
            self.emit("subscription_payment_success")
        else:
            self.credit -= price
        self.paid_price = round_half_up(new)
        self.plan, self.scheduled = plan, None
        self.emit("subscription_plan_changed")
        return True

    def replace_card(self) -> bool:
        self.declines = [decline for decline in self.declines if decline.category not in CARD_CATEGORIES]
        opened = [invoice for invoice in self.invoices if invoice.status == "open"]
        if self.status == "incomplete" and opened:
            if self.charge(opened[0], "card"):
                self.activate(opened[0])
            else:
                self.emit("subscription_payment_failed")
            self.run_due(self.now)
        elif self.status == "past_due" and "card_deadline" in self.due:
            del self.due["card_deadline"]
            self.due["attempt"] = self.now
            self.rail = "card"
            self.run_due(self.now)
        return True

    # Time

    def advance(self, to: datetime) -> None:
        self.run_due(to)
        self.now = to

    def run_due(self, to: datetime) -> None:
        while self.due:
            kind = min(self.due, key=lambda kind: (self.due[kind], self.RANKS.index(kind)))
            if self.due[kind] > to:
                return
            self.now = max(self.now, self.due.pop(kind))
            getattr(self, f"run_{kind}")()

    def run_period_end(self) -> None:
        if self.flag:
            self.stop("canceled", "subscription_cancelled")
        elif self.status == "paused":
            return
        elif self.plan.max_cycles is not None and self.status == "active" and self.cycles >= self.plan.max_cycles:
            self.stop("expired", "subscription_expired")
        else:
            self.renew()

    def renew(self) -> None:
        start = self.now
        if self.status == "trialing" or start != self.end:
            self.billing_day = start.day
        if self.scheduled is not None:
            self.plan, self.scheduled = self.scheduled, None
            self.emit("subscription_plan_changed")
        if self.interval != (self.plan.interval, self.plan.count) and clamp_day(start, self.billing_day) != start:
            self.billing_day = start.day
        self.interval = (self.plan.interval, self.plan.count)
        invoice = self.bill_period(start, end_of_period(start, self.plan, self.billing_day))
        if not self.charge(invoice, "card"):
            self.status = "past_due"
            self.emit("subscription_payment_failed", "subscription_past_due")
            self.decide_next(invoice)
            return
        was = self.status
        self.status = "active"
        self.pay(invoice)
        self.emit("subscription_payment_success", *(["subscription_activated"] if was == "trialing" else []))

    def run_attempt(self) -> None:
        invoice = next(invoice for invoice in self.invoices if invoice.status == "open")
        if not self.charge(invoice, self.rail):
            self.emit("subscription_payment_failed")
            self.decide_next(invoice)
            return
        self.due.clear()
        self.status = "active"
        self.emit("subscription_payment_success", "subscription_payment_recovered", "subscription_recovered")
        self.pay(invoice)

    def run_card_deadline(self) -> None:
        invoice = next(invoice for invoice in self.invoices if invoice.status == "open")
        self.decisions.append((len(invoice.rails), invoice.categories[-1], "exhaust", None, None, self.now))
        self.exhaust(invoice)

    def run_escalation(self) -> None:
        self.stop("canceled", "subscription_cancelled")

    # Money

    def bill_period(self, start: datetime, end: datetime) -> Invoice:
        price = self.plan.amount
        if self.promo is not None and self.promo.left != 0:
            price -= discount_of(self.promo, price)
            if self.promo.left is not None:
                self.promo.left -= 1
        used = min(self.credit, price)
        self.credit -= used
        invoice = Invoice("period", price - used, price, used, start, end)
        self.invoices.append(invoice)
        self.emit("invoice_created")
        return invoice

    def charge(self, invoice: Invoice, rail: str) -> bool:
        if invoice.amount == 0:
            return True
        outcome = "hard_decline" if self.blacklisted else self.next_outcome(rail)
        if not self.blacklisted:
            status = "succeeded" if outcome == "ok" else "failed"
            self.ledger.append((invoice.amount, status, len(invoice.rails) + 1, rail, self.now))
        invoice.rails.append(rail)
        if outcome != "ok":
            invoice.categories.append(outcome)
            invoice.first = invoice.first or self.now
        return outcome == "ok"

    def next_outcome(self, rail: str) -> str:
        """Return the outcome of the next charge: of the script, or of the oldest decline for the rail."""
        if self.script:
            return self.script.pop(0)
        for decline in self.declines:
            if decline.rail in {None, rail}:
                decline.left -= 1
                if not decline.left:
                    self.declines.remove(decline)
                return decline.category
        return "ok"

    def pay(self, invoice: Invoice) -> None:
        invoice.status = "paid"
        self.start, self.end = invoice.start, invoice.end
        self.paid_price = invoice.price
        self.cycles += 1
        self.due["period_end"] = max(self.end, self.now)

    def close(self, invoice: Invoice, status: str) -> None:
        invoice.status = status
        self.credit += invoice.credit

    def decide_next(self, invoice: Invoice) -> None:
        """Decide what follows a failed attempt."""
        assert invoice.first is not None
        if self.escalation is not None:
            self.due["escalation"] = max(self.now, invoice.first + timedelta(days=self.escalation))
        else:
            self.due.pop("escalation", None)
        if not self.dunning:
            self.decisions.append((len(invoice.rails), invoice.categories[-1], "none", None, None, self.now))
            return
        action, self.rail, at = decide(invoice.categories, invoice.rails, invoice.first, self.now)
        self.decisions.append((len(invoice.rails), invoice.categories[-1], action, self.rail, at, self.now))
        if action == "exhaust":
            self.exhaust(invoice)
        elif action == "request_card_update":
            self.emit("subscription_payment_action_required")
            self.due["card_deadline"] = self.now + CARD_DEADLINE
        else:
            assert at is not None
            self.due["attempt"] = at

    def exhaust(self, invoice: Invoice) -> None:
        self.close(invoice, "uncollectible")
        self.status = "unpaid"
        self.emit("subscription_unpaid")

    def stop(self, status: str, event: str) -> None:
        for invoice in self.invoices:
            if invoice.status == "open":
                self.close(invoice, "void")
        self.due.clear()
        self.status = status
        self.emit(event)
