"""Invoices and refunds."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from ..codec.open_enum import OpenEnum
from .base import Model
from .transactions import Transaction  # noqa: TC001 - the same

__all__ = ["Invoice", "InvoiceDetail", "InvoiceRefundResult", "InvoiceStatus"]


class InvoiceStatus(OpenEnum):
    """Where an invoice stands."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


@frozen(kw_only=True)
class Invoice(Model):
    """What one period of a subscription costs.

    Attributes:
        id: Carries the prefix ``inv_``.
        subscription_id: The subscription.
        amount: In minor units (kobo).
        currency: The currency of the amount.
        status: Where it stands.
        period_start: When the period begins.
        period_end: When it ends.
        paid_at: When it was paid, ``None`` if it was not.
        created_at: When it was made.
    """

    id: str
    subscription_id: str
    amount: int
    currency: str
    status: InvoiceStatus
    period_start: datetime
    period_end: datetime
    paid_at: datetime | None = None
    created_at: datetime


@frozen(kw_only=True)
class InvoiceDetail(Invoice):
    """An invoice with the attempts to charge it.

    Attributes:
        attempts: Every attempt, oldest first.
    """

    attempts: tuple[Transaction, ...]


@frozen(kw_only=True)
class InvoiceRefundResult(Model):
    """What became of a refund.

    Attributes:
        invoice_id: The invoice.
        refunded: What was given back, in minor units (kobo).
        status: How the refund stands.
    """

    invoice_id: str
    refunded: int
    status: str
