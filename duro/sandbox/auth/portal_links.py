"""Tokens of portal links: each carries an e-mail address, signed with the seed of the sandbox."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final

from ...config import Mode
from ..errors import ApiError
from ..storage.seed import DIGEST_BYTES, Seed

__all__ = ["create_link_token", "read_link_token"]

_PURPOSE: Final = "portal link"


def create_link_token(seed: Seed, email: str, mode: Mode = "test") -> str:
    """Return the token of the portal link of an e-mail address. It does not expire, and a restart does not change it.

    Args:
        seed: Seed of the sandbox.
        email: E-mail address of the customer.
        mode: Mode of the customer.
    """
    return f"{_prefix(mode)}{base64.urlsafe_b64encode(_sign(seed, email) + email.encode()).decode().rstrip('=')}"


def read_link_token(seed: Seed, token: str, mode: Mode = "test") -> str:
    """Return the e-mail address of a portal link.

    Args:
        seed: Seed of the sandbox.
        token: Token from the link.
        mode: Mode of the request.

    Raises:
        ApiError: This sandbox did not create the token (401).
    """
    text = token.removeprefix(_prefix(mode))
    padding = "=" * (-len(text) % 4)
    try:
        content = base64.b64decode(text + padding, altchars=b"-_", validate=True)
        signature, email = content[:DIGEST_BYTES], content[DIGEST_BYTES:].decode()
    except (binascii.Error, ValueError):
        raise _invalid_link() from None
    if not token.startswith(_prefix(mode)) or not hmac.compare_digest(signature, _sign(seed, email)):
        raise _invalid_link()
    return email


def _prefix(mode: Mode) -> str:
    return f"plk_{mode}_"


def _sign(seed: Seed, email: str) -> bytes:
    return seed.derive(_PURPOSE, email).to_bytes(DIGEST_BYTES)


def _invalid_link() -> ApiError:
    return ApiError(401, "The portal link is invalid; open a link of this sandbox, or enter the e-mail address.")
