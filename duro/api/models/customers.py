"""Customers."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from .base import Model

__all__ = ["Customer"]


@frozen(kw_only=True)
class Customer(Model):
    """Somebody who pays the merchant.

    Attributes:
        id: Carries the prefix ``cus_``.
        email: The address, if known.
        phone: The telephone number, digits with the country's code.
        name: The name, if known.
        merchant_ref: The merchant's own identifier.
        blacklisted: Whether the customer is barred.
        blacklist_reason: Why, if it was said.
        created_at: When it was registered.
    """

    id: str
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    merchant_ref: str | None = None
    blacklisted: bool
    blacklist_reason: str | None = None
    created_at: datetime
