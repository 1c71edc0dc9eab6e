"""Models of checkout sessions on the merchant's server."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import field, frozen

from ..codec.open_enum import OpenEnum
from .base import SecretModel
from .reprs import mask

__all__ = ["CheckoutKind", "CheckoutSession", "CheckoutStatus"]


class CheckoutKind(OpenEnum):
    """Kind of sale of a checkout session."""

    SUBSCRIPTION = "subscription"
    ONE_TIME = "one_time"


class CheckoutStatus(OpenEnum):
    """Status of a checkout session.

    The API documents ``pending`` only. Other values are kept as unknown.
    """

    PENDING = "pending"


@frozen(kw_only=True)
class CheckoutSession(SecretModel):
    """Checkout session: a hosted page on which one customer pays.

    Attributes:
        id: Id (``chk_…``).
        token: Token that allows a payment (``cs_…``). A secret: the repr masks it.
        url: URL of the hosted page. It contains the token, and the repr masks it.
        status: Status of the session.
        kind: Kind of sale: subscription or one-time amount.
        amount: Amount in minor units (kobo).
        currency: Currency of the amount, as an ISO 4217 code.
        plan_id: Plan that is sold, ``None`` for a one-time amount.
        created_at: Time of creation.
    """

    id: str
    token: str = field(repr=mask)
    url: str = field(repr=mask)
    status: CheckoutStatus
    kind: CheckoutKind
    amount: int
    currency: str
    plan_id: str | None = None
    created_at: datetime
