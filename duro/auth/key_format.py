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
_QUOTES: Final = "'\"`“”"
_ELLIPSES: Final = ("…", "...", "***")
# Prefix, name of the kind, and advice for those who pass it as another kind.
_KINDS: Final = (
    ("pk_", "a publishable key, which is for browsers", "pass the secret key (sk_…)"),
    ("whsec_", "a webhook secret, which verifies deliveries", "pass it to duro.webhooks.Webhook"),
    ("cid_", "an OAuth client id", "pass client_id= and client_secret="),
    ("csec_", "an OAuth client secret", "pass client_id= and client_secret="),
    ("cs_", "a checkout token, which is not a credential", "copy it from the dashboard"),
    ("sk_", "a secret key", "pass it as secret_key="),
)


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
        raise ConfigurationError(f"{name} must have the form {example!r}{_describe_mistake(secret, kind)}")
    return cast("Mode", mode)


def _match_prefix(secret: Secret) -> tuple[str, str] | tuple[None, None]:
    # A function of its own, because the repr of a match shows its text. No frame that raises has the match as a local.
    match = _PREFIXED.fullmatch(reveal(secret))
    return (match["kind"], match["mode"]) if match else (None, None)


def _describe_mistake(secret: Secret, kind: str) -> str:
    # The text is a local variable only here and in the next function, and neither of them raises.
    if not isinstance(secret, Secret):
        return f", got {type(secret).__name__}; pass a string"
    text = reveal(secret)
    if problem := _describe_surroundings(text):
        return problem
    for prefix, received, advice in _KINDS:
        if text.startswith(prefix) and prefix != f"{kind}_":
            return f", got {received}; {advice}"
    if text.startswith(f"{kind}_"):
        return "; check for missing and additional characters"
    return "; copy it from the dashboard"


def _describe_surroundings(text: str) -> str | None:
    if not text.strip():
        return ", got an empty string; check the place that it was read from"
    if text.lower().startswith("bearer "):
        return ", got 'Bearer ' before it; pass it alone"
    if text.strip() != text:
        return ", got spaces or a line break around it; remove them"
    if text.strip(_QUOTES) != text:
        return ", got quotes around it; remove them"
    if any(mark in text for mark in _ELLIPSES):
        return ", got a shortened one; copy all of it from the dashboard"
    return None


def reveal(secret: Secret) -> str:
    """Return the string of a secret, or an empty string for another type."""
    text = secret.reveal() if isinstance(secret, Secret) else None
    return text if isinstance(text, str) else ""
