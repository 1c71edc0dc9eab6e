"""Payment links."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from .base import Model

__all__ = ["PaymentLink"]


@frozen(kw_only=True)
class PaymentLink(Model):
    """A link to share, which sells one plan.

    Attributes:
        id: The payment link.
        plan_id: What it sells.
        slug: Its last part: lower-case letters, digits and hyphens.
        active: Whether it still sells.
        created_at: When it was made.
    """

    id: str
    plan_id: str
    slug: str
    active: bool
    created_at: datetime
