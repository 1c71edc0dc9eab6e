"""``duro token``: get an access token, masked for people or complete for a script."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from .output import print_json

if TYPE_CHECKING:
    from .account import Account

__all__ = ["mask", "show_token"]

_VISIBLE_CHARACTERS: Final = 4


def show_token(account: Account, *, reveal: bool, as_json: bool = False) -> None:
    """Get an access token, and print its type, expiry and masked text.

    Args:
        account: Account of the token.
        reveal: Print only the complete token on standard output, and the rest on standard error.
        as_json: Print one JSON object on standard output instead.

    Raises:
        DuroError: The token exchange failed, or the account uses a secret key.
    """
    with account.client() as client:
        token = client.token()
    if as_json:
        shown = token.access_token if reveal else mask(token.access_token)
        expiry = f"{token.expires_at:%Y-%m-%dT%H:%M:%SZ}"
        print_json({"token": shown, "type": token.token_type, "expiresAt": expiry, "expiresIn": token.expires_in})
        return
    details = sys.stderr if reveal else sys.stdout
    print(f"type     {token.token_type}", file=details)
    print(f"expires  {token.expires_at:%Y-%m-%d %H:%M:%S} UTC, in {token.expires_in:.0f} s", file=details)
    if reveal:
        print(token.access_token)
    else:
        print(f"token    {mask(token.access_token)}")


def mask(access_token: str) -> str:
    """Mask a token, except for the last characters, by which people can recognize it.

    Args:
        access_token: Complete token.

    Returns:
        Eight stars and the last four characters; only the stars if the token is shorter than 16 characters.

    Example:
        >>> mask("at_test_9hT2vLqXz0bKc7Rn")
        '********c7Rn'
    """
    # Four characters of a short token would reveal too large a part of it.
    return "********" + (access_token[-_VISIBLE_CHARACTERS:] if len(access_token) >= 4 * _VISIBLE_CHARACTERS else "")
