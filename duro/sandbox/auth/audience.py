"""Audiences of the API: merchants, their web pages, customers who have signed in, and the public."""

from __future__ import annotations

import enum

__all__ = ["Audience"]


class Audience(enum.Enum):
    """Group of callers that an operation serves. It determines the credential."""

    MERCHANT = "merchant"  # secret key or access token
    BROWSER = "browser"  # publishable key, and the credentials of a merchant
    IDENTITY = "identity"  # identity token
    PORTAL = "portal"  # portal session
    PUBLIC = "public"  # without a credential
