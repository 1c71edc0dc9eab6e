"""Models of payment links."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from .base import Model

__all__ = ["PaymentLink"]


@frozen(kw_only=True)
class PaymentLink(Model):
    """Payment link: a shareable link that sells one plan.

    Attributes:
        id: Id.
        plan_id: Plan that is sold.
        slug: Last part of the URL: lower-case letters, digits and hyphens.
        active: Whether customers can buy with the link.
        created_at: Time of creation.
    """

    id: str
    plan_id: str
    slug: str
    active: bool
    created_at: datetime
