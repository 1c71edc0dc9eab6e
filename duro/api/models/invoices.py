"""Models of invoices and refunds."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import field, frozen

from ..codec.open_enum import OpenEnum
from .base import Model
from .reprs import shorten
from .transactions import Transaction  # noqa: TC001 - the same

__all__ = ["Invoice", "InvoiceDetail", "InvoiceRefundResult", "InvoiceStatus"]


class InvoiceStatus(OpenEnum):
    """Status of an invoice."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


@frozen(kw_only=True)
class Invoice(Model):
    """Invoice for one period of a subscription.

    Attributes:
        id: Id (``inv_…``).
        subscription_id: Subscription that is billed.
        amount: Amount in minor units (kobo).
        currency: Currency of the amount, as an ISO 4217 code.
        status: Status of the invoice.
        period_start: Start of the period.
        period_end: End of the period.
        paid_at: Time of the payment, ``None`` if not paid.
        created_at: Time of creation.
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
    """Invoice with its charge attempts.

    Attributes:
        attempts: Charge attempts, oldest first.
    """

    attempts: tuple[Transaction, ...] = field(repr=shorten)


@frozen(kw_only=True)
class InvoiceRefundResult(Model):
    """Result of a refund.

    Attributes:
        invoice_id: Refunded invoice.
        refunded: Refunded amount in minor units (kobo).
        status: Status of the refund.
    """

    invoice_id: str
    refunded: int
    status: str
