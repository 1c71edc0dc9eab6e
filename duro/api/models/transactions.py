"""Models of transactions."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from ..codec.open_enum import OpenEnum
from .base import Model

__all__ = ["Rail", "Transaction", "TransactionStatus"]


class Rail(OpenEnum):
    """Rail: the payment network that moves the money."""

    CARD = "card"
    TRANSFER = "transfer"
    USSD = "ussd"
    VIRTUAL_ACCOUNT = "virtual_account"
    DIRECT_DEBIT = "direct_debit"


class TransactionStatus(OpenEnum):
    """Status of a charge attempt."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@frozen(kw_only=True)
class Transaction(Model):
    """Transaction: one attempt to charge an invoice.

    Attributes:
        id: Id.
        invoice_id: Invoice that is charged.
        customer_id: Customer who is charged, ``None`` if unknown.
        status: Status of the attempt.
        amount: Amount in minor units (kobo).
        rail: Rail of the attempt.
        failure_code: Reason of the failure, ``None`` without a failure.
        reference: Reference of the payment processor, ``None`` if unknown.
        created_at: Time of the attempt.
    """

    id: str
    invoice_id: str
    customer_id: str | None = None
    status: TransactionStatus
    amount: int
    rail: Rail
    failure_code: str | None = None
    reference: str | None = None
    created_at: datetime
