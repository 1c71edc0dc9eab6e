"""Mode of a credential: test or live, as its prefix states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...config import Mode

__all__ = ["find_credential", "mode_of"]

_CHECKOUT: Final = "/checkout/"
_PORTAL: Final = "/portal/"


def mode_of(credential: str) -> Mode:
    """Return the mode of a key, token, client id or session. A credential without a mode is that of test mode.

    Args:
        credential: Credential, such as ``sk_live_…`` or ``cs_test_…``.

    Example:
        >>> mode_of("cs_live_0001"), mode_of("sk_test_live_1"), mode_of("")
        ('live', 'test', 'test')
    """
    return "live" if credential.partition("_")[2].startswith("live_") else "test"


def find_credential(path: str, headers: Mapping[str, str]) -> str:
    """Return the credential of an API request, unless it is in the body. It is empty for a request without one.

    Args:
        path: Path of the request.
        headers: Headers of the request, case-insensitive.
    """
    if path.startswith(_CHECKOUT):
        return path.removeprefix(_CHECKOUT)
    if path.startswith(_PORTAL):
        return headers.get("x-portal-session", "")
    return headers.get("Authorization", "").rpartition(" ")[2]
