"""Models of customer identity and saved payment methods."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - cattrs reads the annotations at run time
from datetime import datetime  # noqa: TC003 - the same
from typing import Any

from attrs import field, frozen

from ...auth.credentials import IdentityToken
from .base import Model, SecretModel
from .reprs import hide
from .transactions import Rail  # noqa: TC001 - the same

__all__ = ["Identity", "IdentityVerification", "OtpDelivery", "SavedMethod"]


@frozen(kw_only=True)
class OtpDelivery(Model):
    """Delivery of a one-time password.

    Attributes:
        expires_at: Time of expiry.
        delivered: Whether the one-time password was delivered.
    """

    expires_at: datetime
    delivered: bool


@frozen(kw_only=True)
class IdentityVerification(SecretModel):
    """Verified identity. Pass it as ``credential=`` to operations of customer identity.

    Attributes:
        token: Identity token. A secret: the repr hides it.
        identity: Person who owns the token. The API does not document its members.
    """

    token: str = field(repr=hide)
    identity: Mapping[str, Any] = field(hash=False)

    @property
    def credential(self) -> IdentityToken:
        """The token as a credential."""
        return IdentityToken(self.token)


@frozen(kw_only=True)
class Identity(Model):
    """Person with their saved payment methods, in ``extra``.

    The API does not document the fields.
    """


@frozen(kw_only=True)
class SavedMethod(Model):
    """Saved payment method of a person.

    Attributes:
        id: Id.
        rail: Rail of the payment method.
        brand: Brand of the card, ``None`` for other rails.
        last4: Last four digits of the card or account number.
        is_default: Whether this payment method is charged when no other is selected.
        created_at: Time at which it was saved.
    """

    id: str
    rail: Rail
    brand: str | None = None
    last4: str | None = None
    is_default: bool
    created_at: datetime
