"""Invoices: what a billing period costs, and the charge that pays it."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Final

from ..._types import JSONObject
from ..calls import Call, Operation
from ..clock import timestamp
from ..records import find, insert, update
from .transactions import attempts_on

__all__ = ["OPERATIONS", "charge_invoice", "issue_invoice"]


def represent(invoice: sqlite3.Row) -> JSONObject:
    """Give an invoice the contract's shape."""
    return {
        "id": invoice["id"],
        "subscriptionId": invoice["subscription_id"],
        "amount": invoice["amount"],
        "currency": invoice["currency"],
        "status": invoice["status"],
        "periodStart": invoice["period_start"],
        "periodEnd": invoice["period_end"],
        "paidAt": invoice["paid_at"],
        "createdAt": invoice["created_at"],
    }


def issue_invoice(
    call: Call, subscription: sqlite3.Row, plan: sqlite3.Row, period_start: datetime, period_end: datetime
) -> sqlite3.Row:
    """Issue the invoice for one period of a subscription.

    Args:
        call: The call.
        subscription: Whose period it is.
        plan: What the period costs.
        period_start: When the period begins.
        period_end: When it ends.

    Returns:
        An open invoice.
    """
    identifier = call.new_id("inv")
    values = {
        "id": identifier,
        "subscription_id": subscription["id"],
        "customer_id": subscription["customer_id"],
        "amount": plan["amount"],
        "currency": plan["currency"],
        "status": "open",
        "period_start": timestamp(period_start),
        "period_end": timestamp(period_end),
        "created_at": call.at,
    }
    insert(call.records, "invoices", values)
    return find(call.records, "invoices", identifier)


def charge_invoice(call: Call, invoice: sqlite3.Row) -> None:
    """Charge an open invoice to the customer's card: the attempt goes to the ledger, and the invoice is paid."""
    attempt = {
        "id": call.new_id("txn"),
        "invoice_id": invoice["id"],
        "customer_id": invoice["customer_id"],
        "status": "succeeded",
        "amount": invoice["amount"],
        "rail": "card",
        "reference": call.new_id("ref"),
        "idempotency_key": call.idempotency_key,
        "created_at": call.at,
    }
    insert(call.records, "transactions", attempt)
    update(call.records, "invoices", invoice["id"], {"status": "paid", "paid_at": call.at})


def retrieve_invoice(call: Call) -> JSONObject:
    """``getInvoice``: the invoice with its attempts."""
    invoice = find(call.records, "invoices", call.path["id"])
    return {**represent(invoice), "attempts": attempts_on(call.records, invoice["id"])}


OPERATIONS: Final = (Operation("GET", "/v1/invoices/{id}", retrieve_invoice),)
