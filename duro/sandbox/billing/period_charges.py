"""Period charges: the invoice of a period, its charge, and the move of the subscription to the period."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from attrs import frozen

from ..clock import parse_timestamp, timestamp
from ..unit_of_work import UnitOfWork
from .charges import ChargeResult, charge_invoice
from .discounts import take_discount
from .due_items import schedule
from .invoices import InvoiceDraft, issue_invoice
from .periods import next_period_end

__all__ = ["PeriodCharge", "charge_period", "period_values", "renewal_key", "schedule_period_end"]


@frozen
class PeriodCharge:
    """Invoice of a period, and the result of its first charge.

    Attributes:
        invoice: Invoice as it was issued.
        result: Result of the charge.
    """

    invoice: sqlite3.Row
    result: ChargeResult


def charge_period(
    uow: UnitOfWork,
    subscription: sqlite3.Row,
    start: datetime,
    *,
    rail: str = "card",
    idempotency_key: str | None = None,
) -> PeriodCharge:
    """Issue the invoice of a period with its discount, set off the credit of the subscription, and charge the rest.

    Args:
        uow: Unit of work.
        subscription: Subscription with its anchor and terms.
        start: Start of the period.
        rail: Rail of the charge.
        idempotency_key: Key of the charge. The default is the key of the request.
    """
    anchor = parse_timestamp(subscription["anchor"])
    end = next_period_end(start, anchor, subscription["interval"], subscription["interval_count"])
    price = subscription["amount"] - take_discount(uow, subscription["id"], subscription["amount"])
    credit_used = min(subscription["credit"], price)
    draft = InvoiceDraft(
        customer_id=subscription["customer_id"],
        amount=price - credit_used,
        currency=subscription["currency"],
        period_start=start,
        period_end=end,
        subscription_id=subscription["id"],
        kind="period",
        credit_used=credit_used,
    )
    invoice = issue_invoice(uow, draft)
    return PeriodCharge(invoice, charge_invoice(uow, invoice, rail=rail, idempotency_key=idempotency_key))


def period_values(subscription: sqlite3.Row, invoice: sqlite3.Row) -> dict[str, object]:
    """Return the columns of a subscription that moves to the period of a paid invoice.

    Args:
        subscription: Subscription before the move.
        invoice: Paid invoice of the kind ``period``.
    """
    return {
        "current_period_start": invoice["period_start"],
        "current_period_end": invoice["period_end"],
        "period_amount": invoice["amount"] + invoice["credit_used"],
        "cycles_completed": subscription["cycles_completed"] + 1,
    }


def schedule_period_end(uow: UnitOfWork, subscription: sqlite3.Row) -> None:
    """Schedule the end of the current period. A period that is over ends now.

    Args:
        uow: Unit of work.
        subscription: Subscription with a current period.
    """
    end = parse_timestamp(subscription["current_period_end"])
    schedule(uow, kind="period_end", subject=subscription["id"], at=max(end, uow.now))


def renewal_key(subscription: sqlite3.Row, start: datetime) -> str:
    """Return the idempotency key of a renewal's charge.

    Args:
        subscription: Subscription that renews.
        start: Start of the new period.
    """
    return f"renewal_{subscription['id']}_{timestamp(start)}"
