"""Invoices: what is to be paid, the charge that pays it, and the refund that gives it back."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Final

from attrs import frozen

from ...._json import JSONObject, JSONValue
from ...._unset import UNSET, Unset
from ...clock import timestamp
from ...errors import ApiError
from ...storage.rows import find, insert, update
from ...validation import PositiveInteger, Text
from ..dispatch import Call, Operation
from . import customers
from .transactions import attempts_on

__all__ = ["OPERATIONS", "InvoiceDraft", "charge_invoice", "issue_invoice"]


@frozen
class InvoiceRefund:
    """The body of ``refundInvoice``; without an amount, all that is left goes back."""

    amount: PositiveInteger | Unset = UNSET
    reason: Text | Unset = UNSET


@frozen
class InvoiceDraft:
    """What an invoice is about.

    Attributes:
        customer_id: Who pays.
        amount: Minor units.
        currency: Of the amount.
        period_start: When the period that is paid for begins.
        period_end: When it ends; a one-off sale has no period, and ends where it starts.
        subscription_id: The subscription, if it is for one.
    """

    customer_id: str
    amount: int
    currency: str
    period_start: datetime
    period_end: datetime
    subscription_id: str | None = None


def to_json(invoice: sqlite3.Row) -> JSONObject:
    """Give an invoice the contract's shape, which has no null for a sale without a subscription."""
    return {
        "id": invoice["id"],
        "subscriptionId": invoice["subscription_id"] or "",
        "amount": invoice["amount"],
        "currency": invoice["currency"],
        "status": invoice["status"],
        "periodStart": invoice["period_start"],
        "periodEnd": invoice["period_end"],
        "paidAt": invoice["paid_at"],
        "createdAt": invoice["created_at"],
    }


def issue_invoice(call: Call, bill: InvoiceDraft) -> sqlite3.Row:
    """Issue an open invoice.

    Args:
        call: The call.
        bill: What it is about.

    Returns:
        The invoice.
    """
    identifier = call.new_id("inv")
    values = {
        "id": identifier,
        "subscription_id": bill.subscription_id,
        "customer_id": bill.customer_id,
        "amount": bill.amount,
        "currency": bill.currency,
        "status": "open",
        "period_start": timestamp(bill.period_start),
        "period_end": timestamp(bill.period_end),
        "created_at": call.at,
    }
    insert(call.db, "invoices", values)
    invoice = find(call.db, "invoices", identifier)
    call.emit("invoice_created", _embedded(call, invoice, bill.amount))
    return invoice


def charge_invoice(call: Call, invoice: sqlite3.Row, rail: str = "card") -> None:
    """Charge an open invoice to its customer: the attempt goes to the ledger, and the invoice is paid.

    Args:
        call: The call.
        invoice: The invoice.
        rail: How the money travels.
    """
    attempt = {
        "id": call.new_id("txn"),
        "invoice_id": invoice["id"],
        "customer_id": invoice["customer_id"],
        "status": "succeeded",
        "amount": invoice["amount"],
        "rail": rail,
        "reference": call.new_id("ref"),
        "idempotency_key": call.idempotency_key,
        "created_at": call.at,
    }
    insert(call.db, "transactions", attempt)
    paid = update(call.db, "invoices", invoice["id"], {"status": "paid", "paid_at": call.at})
    if paid["subscription_id"]:
        call.emit("subscription_payment_success", _embedded(call, paid, paid["amount"]))


def retrieve_invoice(call: Call) -> JSONObject:
    """``getInvoice``: the invoice with its attempts."""
    invoice = find(call.db, "invoices", call.path["id"])
    return {**to_json(invoice), "attempts": attempts_on(call.db, invoice["id"])}


def refund_invoice(call: Call) -> JSONObject:
    """``refundInvoice``: once or in parts, until nothing is left; the invoice stays a paid one."""
    invoice = find(call.db, "invoices", call.path["id"])
    body = call.read(InvoiceRefund)
    if invoice["status"] != "paid":
        raise ApiError(409, f"An invoice that is {invoice['status']} cannot be refunded; only a paid one can.")
    left = _refundable(call.db, invoice)
    if not left:
        raise ApiError(409, "The whole invoice is refunded already.")
    amount = left if isinstance(body.amount, Unset) else body.amount
    if amount > left:
        issue = f"expected at most {left}, which is left of the invoice"
        raise ApiError(422, "Not valid: amount.", [{"path": "amount", "issue": issue}])
    values = {
        "id": call.new_id("rfd"),
        "invoice_id": invoice["id"],
        "customer_id": invoice["customer_id"],
        "amount": amount,
        "reason": None if isinstance(body.reason, Unset) else body.reason,
        "idempotency_key": call.idempotency_key,
        "created_at": call.at,
    }
    insert(call.db, "refunds", values)
    call.emit("subscription_payment_refunded", _embedded(call, invoice, amount))
    status = "refunded" if amount == left else "partially_refunded"
    return {"invoiceId": invoice["id"], "refunded": amount, "status": status}


def _refundable(db: sqlite3.Connection, invoice: sqlite3.Row) -> int:
    (refunded,) = db.execute(
        "SELECT coalesce(sum(amount), 0) FROM refunds WHERE invoice_id = ?", (invoice["id"],)
    ).fetchone()
    left: int = invoice["amount"] - refunded
    return left


def _embedded(call: Call, invoice: sqlite3.Row, amount: int) -> JSONObject:
    data: dict[str, JSONValue] = {
        "invoice": to_json(invoice),
        "customer": customers.to_json(find(call.db, "customers", invoice["customer_id"])),
        "amount": amount,
    }
    if invoice["subscription_id"]:
        data["subscriptionId"] = invoice["subscription_id"]
    return data


OPERATIONS: Final = (
    Operation("GET", "/v1/invoices/{id}", retrieve_invoice),
    Operation("POST", "/v1/invoices/{id}/refund", refund_invoice),
)
