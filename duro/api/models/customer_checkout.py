"""Checkout sessions, as the customer's browser sees them."""

from __future__ import annotations

from attrs import frozen

from .base import Model

__all__ = ["CheckoutPage", "CheckoutPayment", "CheckoutProgress"]


@frozen(kw_only=True)
class CheckoutPage(Model):
    """What a checkout page shows: the session and the merchant's branding; all of it is in ``extra``."""


@frozen(kw_only=True)
class CheckoutPayment(Model):
    """What became of an attempt to pay.

    Attributes:
        status: How it ended.
        subscription_id: The subscription that it started, ``None`` for a one-off amount.
    """

    status: str
    subscription_id: str | None = None


@frozen(kw_only=True)
class CheckoutProgress(Model):
    """Where a session stands; the API does not document its fields, and all of them are in ``extra``."""
