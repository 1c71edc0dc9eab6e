"""Models of promo codes."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from ..codec.open_enum import OpenEnum
from .base import Model

__all__ = ["DiscountDuration", "DiscountType", "PromoCode"]


class DiscountType(OpenEnum):
    """Unit of a discount's value: percent or minor units."""

    PERCENTAGE = "percentage"
    FIXED = "fixed"


class DiscountDuration(OpenEnum):
    """Duration of a discount: one charge, all charges, or a number of charges."""

    ONCE = "once"
    FOREVER = "forever"
    REPEATING = "repeating"


@frozen(kw_only=True)
class PromoCode(Model):
    """Promo code: a discount that customers redeem with a code.

    Attributes:
        id: Id.
        code: Code that customers enter.
        discount_type: Unit of ``discount_value``.
        discount_value: Percentage of at most 100, or amount in minor units (kobo).
        duration: Charges that are discounted.
        redeemed_count: Number of redemptions so far.
        remaining: Number of redemptions left, ``None`` for unlimited.
        active: Whether customers can redeem the code.
        expires_at: Time of expiry, ``None`` for never.
        created_at: Time of creation.
    """

    id: str
    code: str
    discount_type: DiscountType
    discount_value: int
    duration: DiscountDuration
    redeemed_count: int
    remaining: int | None = None
    active: bool
    expires_at: datetime | None = None
    created_at: datetime
