"""Checkout sessions, as the merchant's server sees them."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import field, frozen

from ..codec.open_enum import OpenEnum
from .base import SecretModel, masked

__all__ = ["CheckoutKind", "CheckoutSession", "CheckoutStatus"]


class CheckoutKind(OpenEnum):
    """What a checkout session sells."""

    SUBSCRIPTION = "subscription"
    ONE_TIME = "one_time"


class CheckoutStatus(OpenEnum):
    """Where a checkout session stands; the API documents the first status alone."""

    PENDING = "pending"


@frozen(kw_only=True)
class CheckoutSession(SecretModel):
    """A page of Duro's on which one customer pays.

    Attributes:
        id: Carries the prefix ``chk_``.
        token: Who has it may pay; no repr shows it.
        url: Where to send the browser; holds the token, and no repr shows that.
        status: Where it stands.
        kind: What it sells.
        amount: In minor units (kobo).
        currency: The currency of the amount.
        plan_id: The plan it sells, ``None`` for a one-off amount.
        created_at: When it was opened.
    """

    id: str
    token: str = field(repr=masked)
    url: str = field(repr=masked)
    status: CheckoutStatus
    kind: CheckoutKind
    amount: int
    currency: str
    plan_id: str | None = None
    created_at: datetime
