"""``duro token``: an access token, shown to people or handed to a script."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .account import Account

__all__ = ["mask", "show_token"]

_SHOWN: Final = 4


def show_token(account: Account, *, reveal: bool) -> None:
    """Exchange, and print what came of it.

    Args:
        account: Whose token.
        reveal: Leave the token itself on standard output, alone, and all else on standard error.

    Raises:
        DuroError: There is no token to be had.
    """
    with account.client() as duro:
        token = duro.token()
    facts = sys.stderr if reveal else sys.stdout
    print(f"type     {token.token_type}", file=facts)
    print(f"expires  {token.expires_at:%Y-%m-%d %H:%M:%S} UTC, in {token.expires_in:.0f} s", file=facts)
    if reveal:
        print(token.access_token)
    else:
        print(f"token    {mask(token.access_token)}")


def mask(access_token: str) -> str:
    """Hide a token, all but the end by which people know it again.

    Args:
        access_token: The token.

    Returns:
        Stars and the last four characters; of a short token, stars alone.

    Example:
        >>> mask("at_test_9hT2vLqXz0bKc7Rn")
        '********c7Rn'
    """
    # Four of a few characters would be too much of it.
    return "********" + (access_token[-_SHOWN:] if len(access_token) >= 4 * _SHOWN else "")
