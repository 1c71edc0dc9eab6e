"""Promo codes."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from ..codec.open_enum import OpenEnum
from .base import Model

__all__ = ["DiscountDuration", "DiscountType", "PromoCode"]


class DiscountType(OpenEnum):
    """What ``discount_value`` counts."""

    PERCENTAGE = "percentage"
    FIXED = "fixed"


class DiscountDuration(OpenEnum):
    """How many charges a discount lowers."""

    ONCE = "once"
    FOREVER = "forever"
    REPEATING = "repeating"


@frozen(kw_only=True)
class PromoCode(Model):
    """A code that lowers the price.

    Attributes:
        id: The promo code.
        code: What customers type.
        discount_type: What ``discount_value`` counts.
        discount_value: A percentage of at most 100, or an amount in minor units (kobo).
        duration: How many charges it lowers.
        redeemed_count: How often it was used.
        remaining: How often it can still be used, ``None`` for no limit.
        active: Whether it is accepted.
        expires_at: From when it is refused, ``None`` for never.
        created_at: When it was made.
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
