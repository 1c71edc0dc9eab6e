"""Models of customers."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from .base import Model

__all__ = ["Customer"]


@frozen(kw_only=True)
class Customer(Model):
    """Customer of the merchant.

    Attributes:
        id: Id (``cus_…``).
        email: Email address, ``None`` if unknown.
        phone: Phone number: digits with the country code, ``None`` if unknown.
        name: Full name, ``None`` if unknown.
        merchant_ref: Identifier in the merchant's system, ``None`` if not set.
        blacklisted: Whether the customer is blacklisted.
        blacklist_reason: Reason of the blacklisting, ``None`` if not set.
        created_at: Time of creation.
    """

    id: str
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    merchant_ref: str | None = None
    blacklisted: bool
    blacklist_reason: str | None = None
    created_at: datetime
