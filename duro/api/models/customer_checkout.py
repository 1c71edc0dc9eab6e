"""Models of checkout sessions in the customer's browser."""

from __future__ import annotations

from attrs import frozen

from .base import Model

__all__ = ["CheckoutPage", "CheckoutPayment", "CheckoutProgress"]


@frozen(kw_only=True)
class CheckoutPage(Model):
    """Data of a checkout page: session and branding, in ``extra``."""


@frozen(kw_only=True)
class CheckoutPayment(Model):
    """Result of a payment attempt at the checkout.

    Attributes:
        status: Status of the payment.
        subscription_id: Subscription that the payment created, ``None`` for a one-time amount.
    """

    status: str
    subscription_id: str | None = None


@frozen(kw_only=True)
class CheckoutProgress(Model):
    """Status of a checkout session, in ``extra``.

    The API does not document the fields.
    """
