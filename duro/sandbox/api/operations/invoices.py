"""Invoices: retrieve, refund."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from ...._json_types import JSONObject
from ...._unset import UNSET, Unset
from ...billing import refunds
from ...billing.charges import list_attempts
from ...representation import invoice_to_json, transaction_to_json
from ...storage.rows import find
from ...validation import PositiveInteger, Text
from ..operation import ApiOperation
from ..request_context import RequestContext

__all__ = ["OPERATIONS"]


@frozen
class InvoiceRefund:
    """Body of ``refundInvoice``. Without an amount, all that remains is refunded."""

    amount: PositiveInteger | Unset = UNSET
    reason: Text | Unset = UNSET


def retrieve_invoice(context: RequestContext) -> JSONObject:
    """``getInvoice``: the invoice with its attempts."""
    invoice = find(context.uow.db, "invoices", context.path["id"])
    attempts = [transaction_to_json(attempt) for attempt in list_attempts(context.uow.db, invoice["id"])]
    return {**invoice_to_json(invoice), "attempts": attempts}


def refund_invoice(context: RequestContext) -> JSONObject:
    """``refundInvoice``: in full or in parts."""
    invoice = find(context.uow.db, "invoices", context.path["id"])
    body = context.read_body(InvoiceRefund)
    amount = None if isinstance(body.amount, Unset) else body.amount
    reason = None if isinstance(body.reason, Unset) else body.reason
    refund = refunds.refund_invoice(context.uow, invoice, amount, reason)
    return {"invoiceId": invoice["id"], "refunded": refund.amount, "status": refund.status}


OPERATIONS: Final = (
    ApiOperation("GET", "/v1/invoices/{id}", retrieve_invoice),
    ApiOperation("POST", "/v1/invoices/{id}/refund", refund_invoice),
)
