"""Who a customer is, and how they pay."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - cattrs reads the annotations at run time
from datetime import datetime  # noqa: TC003 - the same
from typing import Any

from attrs import field, frozen

from ...auth.credentials import IdentityToken
from .base import Model, SecretModel, hidden
from .transactions import Rail  # noqa: TC001 - the same

__all__ = ["Identity", "IdentityVerification", "OtpDelivery", "SavedMethod"]


@frozen(kw_only=True)
class OtpDelivery(Model):
    """A one-time code that is on its way.

    Attributes:
        expires_at: Until when it can be used.
        delivered: Whether it was handed over.
    """

    expires_at: datetime
    delivered: bool


@frozen(kw_only=True)
class IdentityVerification(SecretModel):
    """A person who has shown who they are; give it as ``credential=`` to the operations of that person.

    Attributes:
        token: The identity token; no repr shows it.
        identity: The person; the API does not document the members.
    """

    token: str = field(repr=hidden)
    identity: Mapping[str, Any]

    @property
    def credential(self) -> IdentityToken:
        """The token as a credential."""
        return IdentityToken(self.token)


@frozen(kw_only=True)
class Identity(Model):
    """A person and their saved methods; the API does not document the fields, and all of them are in ``extra``."""


@frozen(kw_only=True)
class SavedMethod(Model):
    """A way to pay that a person has saved.

    Attributes:
        id: The method.
        rail: The way the money takes.
        brand: The card's brand, if it is a card.
        last4: The last four digits.
        is_default: Whether it is used when none is named.
        created_at: When it was saved.
    """

    id: str
    rail: Rail
    brand: str | None = None
    last4: str | None = None
    is_default: bool
    created_at: datetime
