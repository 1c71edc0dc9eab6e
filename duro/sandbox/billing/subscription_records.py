"""Records of a subscription and its invoices, with what the API does not show: credit, anchor and flags."""

from __future__ import annotations

import sqlite3
from typing import Final

from attrs import field, frozen

__all__ = ["InvoiceRecord", "SubscriptionRecord", "find_subscription_record", "list_invoice_records"]

_SUBSCRIPTION: Final = (
    "SELECT id, customer_id, plan_id, status, amount, currency, interval, interval_count, max_cycles, anchor,"
    " current_period_start, current_period_end, cycles_completed, credit, cancel_at_period_end, scheduled_plan_id"
    " FROM subscriptions WHERE id = ?"
)
# The order of rowid is that of the creation.
_INVOICES: Final = (
    "SELECT id, subscription_id, kind, amount, credit_used, currency, status, period_start, period_end, paid_at"
    " FROM invoices WHERE subscription_id = ? ORDER BY rowid"
)


@frozen
class SubscriptionRecord:
    """Present state of a subscription. Times are in the API's format.

    Attributes:
        id: Id of the subscription.
        customer_id: Id of the customer.
        plan_id: Id of the plan.
        status: Status, such as ``active``.
        amount: Price of a period at the time of purchase, in minor units.
        currency: ISO 4217 code.
        interval: Unit of the period, such as ``month``.
        interval_count: Number of intervals in a period.
        max_cycles: Number of periods after which the subscription ends, ``None`` without a limit.
        anchor: Start of the first paid period. Its day of the month is the billing day.
        current_period_start: Start of the current period, ``None`` before the first.
        current_period_end: End of the current period, ``None`` before the first.
        cycles_completed: Number of paid periods.
        credit: Credit that the next invoices use, in minor units.
        cancel_at_period_end: Whether the subscription ends with the current period.
        scheduled_plan_id: Id of the plan from the next period on, ``None`` without a scheduled change.
    """

    id: str
    customer_id: str
    plan_id: str
    status: str
    amount: int
    currency: str
    interval: str
    interval_count: int
    max_cycles: int | None
    anchor: str
    current_period_start: str | None
    current_period_end: str | None
    cycles_completed: int
    credit: int
    cancel_at_period_end: bool = field(converter=bool)
    scheduled_plan_id: str | None


@frozen
class InvoiceRecord:
    """Invoice of a subscription. Times are in the API's format.

    Attributes:
        id: Id of the invoice.
        subscription_id: Id of the subscription.
        kind: ``period``, or ``upgrade`` for the difference of a plan change.
        amount: Amount to charge, without the credit that was used, in minor units.
        credit_used: Credit that was used, in minor units.
        currency: ISO 4217 code.
        status: Status, such as ``paid``.
        period_start: Start of the period.
        period_end: End of the period.
        paid_at: Time of the payment, ``None`` before it.
    """

    id: str
    subscription_id: str
    kind: str
    amount: int
    credit_used: int
    currency: str
    status: str
    period_start: str
    period_end: str
    paid_at: str | None


def find_subscription_record(db: sqlite3.Connection, identifier: str) -> SubscriptionRecord | None:
    """Return a subscription, or ``None`` if it does not exist.

    Args:
        db: Open transaction.
        identifier: Id of the subscription.
    """
    row = db.execute(_SUBSCRIPTION, (identifier,)).fetchone()
    return None if row is None else SubscriptionRecord(*row)


def list_invoice_records(db: sqlite3.Connection, subscription_id: str) -> tuple[InvoiceRecord, ...]:
    """Return the invoices of a subscription, oldest first.

    Args:
        db: Open transaction.
        subscription_id: Id of the subscription.
    """
    return tuple(InvoiceRecord(*row) for row in db.execute(_INVOICES, (subscription_id,)))
