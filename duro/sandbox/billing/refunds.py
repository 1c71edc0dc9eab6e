"""Refunds of paid invoices, in full or in parts."""

from __future__ import annotations

import sqlite3

from attrs import frozen

from ..errors import ApiError
from ..storage.rows import insert
from ..unit_of_work import UnitOfWork
from ..validation import invalid_field
from .event_data import invoice_event_data

__all__ = ["RefundResult", "refund_invoice"]


@frozen
class RefundResult:
    """Result of a refund.

    Attributes:
        amount: Refunded amount, in minor units.
        status: ``refunded``, or ``partially_refunded`` while a part of the invoice remains.
    """

    amount: int
    status: str


def refund_invoice(
    uow: UnitOfWork, invoice: sqlite3.Row, amount: int | None = None, reason: str | None = None
) -> RefundResult:
    """Refund a paid invoice. The invoice stays paid.

    Args:
        uow: Unit of work.
        invoice: Invoice to refund.
        amount: Minor units, or ``None`` for all that is not refunded yet.
        reason: Reason for the refund, if known.

    Raises:
        ApiError: The invoice is not paid or is already refunded (409), or the amount is too large (422).
    """
    if invoice["status"] != "paid":
        raise ApiError(409, f"An invoice that is {invoice['status']} cannot be refunded; only a paid one can.")
    remaining = _find_remaining(uow.db, invoice)
    if not remaining:
        raise ApiError(409, "The invoice is already refunded in full.")
    refunded = remaining if amount is None else amount
    if refunded > remaining:
        raise invalid_field("amount", f"expected at most {remaining}, the amount that is not refunded yet")
    values = {
        "id": uow.new_id("rfd"),
        "invoice_id": invoice["id"],
        "customer_id": invoice["customer_id"],
        "amount": refunded,
        "reason": reason,
        "idempotency_key": uow.idempotency_key,
        "created_at": uow.at,
    }
    insert(uow.db, "refunds", values)
    uow.emit("subscription_payment_refunded", invoice_event_data(uow, invoice, refunded))
    return RefundResult(refunded, "refunded" if refunded == remaining else "partially_refunded")


def _find_remaining(db: sqlite3.Connection, invoice: sqlite3.Row) -> int:
    (refunded,) = db.execute(
        "SELECT coalesce(sum(amount), 0) FROM refunds WHERE invoice_id = ?", (invoice["id"],)
    ).fetchone()
    remaining: int = invoice["amount"] - refunded
    return remaining
