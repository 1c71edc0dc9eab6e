"""Forms of secret keys, client ids and client secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from .._secrets import Secret
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from ..config import Mode

__all__ = ["parse_mode", "reveal"]

_PREFIXED: Final = re.compile(r"(?P<kind>sk|cid|csec)_(?P<mode>test|live)_[A-Za-z0-9_\-]{1,512}")


def parse_mode(secret: Secret, *, kind: str, name: str, example: str) -> Mode:
    """Check the form of a secret and return its mode.

    Args:
        secret: Wrapped secret or id.
        kind: Prefix without the mode.
        name: Name of the argument, for the error.
        example: Example of the form, for the error.

    Returns:
        The mode.

    Raises:
        ConfigurationError: The secret has another form.
    """
    found, mode = _match_prefix(secret)
    if found != kind:
        raise ConfigurationError(f"{name} must have the form {example!r}{_find_advice(secret)}")
    return cast("Mode", mode)


def _match_prefix(secret: Secret) -> tuple[str, str] | tuple[None, None]:
    # A function of its own, because the repr of a match shows its text. No frame that raises has the match as a local.
    match = _PREFIXED.fullmatch(reveal(secret))
    return (match["kind"], match["mode"]) if match else (None, None)


def _find_advice(secret: Secret) -> str:
    for prefix, advice in (
        ("pk_", ", got a publishable key, which is for browsers; pass the secret key (sk_…)"),
        ("cid_", ", got an OAuth client id; pass client_id= and client_secret="),
        ("csec_", ", got an OAuth client secret; pass client_id= and client_secret="),
        ("cs_", ", got a checkout token, which is not a credential; pass the secret key (sk_…)"),
        ("sk_", "; check for spaces and for missing characters"),
    ):
        if reveal(secret).startswith(prefix):
            return advice
    return "; copy it from the dashboard"


def reveal(secret: Secret) -> str:
    """Return the string of a secret, or an empty string for another type."""
    text = secret.reveal() if isinstance(secret, Secret) else None
    return text if isinstance(text, str) else ""
