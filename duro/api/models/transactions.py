"""Transactions: single attempts to charge."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from ..codec.open_enum import OpenEnum
from .base import Model

__all__ = ["Rail", "Transaction", "TransactionStatus"]


class Rail(OpenEnum):
    """The way money takes."""

    CARD = "card"
    TRANSFER = "transfer"
    USSD = "ussd"
    VIRTUAL_ACCOUNT = "virtual_account"
    DIRECT_DEBIT = "direct_debit"


class TransactionStatus(OpenEnum):
    """How an attempt to charge ended."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@frozen(kw_only=True)
class Transaction(Model):
    """One attempt to charge an invoice.

    Attributes:
        id: The attempt.
        invoice_id: The invoice it was to pay.
        customer_id: Who was charged.
        status: How it ended.
        amount: In minor units (kobo).
        rail: The way the money took.
        failure_code: Why it failed, ``None`` if it did not.
        reference: The processor's reference.
        created_at: When it was made.
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
