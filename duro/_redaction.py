"""Redaction of secrets in texts."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["redact", "redact_members"]

# With a mode in it, a prefix marks a secret anywhere. Without one, it has to start a word: "task_list" is not a secret.
_SECRETS: Final = re.compile(
    r"((?:sk|csec|cs)_(?:test|live)_|whsec_|\b(?:sk|csec|cs)_(?!(?:test|live)_))[A-Za-z0-9_\-]+"
)
# The repetitions are bounded, so that a text of slashes and colons is matched in linear time.
_PASSWORDS: Final = re.compile(r"(//[^/@\s:]{0,100}:)[^/@\s]{1,100}(?=@)")
# JSON Web Tokens, whose first part is an object in base64.
_JSON_WEB_TOKENS: Final = re.compile(r"\beyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*){0,4}")
# Links to the hosted pages, which open for everybody who has the link. A token has a digit, unlike a word.
_PAGE_LINKS: Final = re.compile(r"(/(?:checkout|portal)/)(?=[^/\s?#\"'<>]{0,200}\d)[^/\s?#\"'<>]{12,}")
_LINK_PARAMETERS: Final = re.compile(r"([?&](?:\w{0,30}token|session|signature)=)[^&\s\"'<>#]+")
# Members of JSON objects by their names.
_MEMBERS: Final = re.compile(
    r'("(?:\w{0,30}(?:token|secret|password|session|cookie|apikey|api_key)|authorization|otp|pin|cvv)"\s{0,9}:\s{0,9}")'
    r'(?:[^"\\]|\\.)+',
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Mask secrets in a text: those of Duro, JSON Web Tokens, links to hosted pages, and the passwords of URLs.

    Args:
        text: Any text, for example a message from a server.

    Returns:
        The text, with each secret cut down to its prefix.

    Example:
        >>> redact("no such key: sk_test_4eC39HqLyjWDarjtT1zdp7dc")
        'no such key: sk_test_…'
    """
    text = _PASSWORDS.sub(r"\1…", _SECRETS.sub(r"\1…", text))
    text = _JSON_WEB_TOKENS.sub("eyJ…", text)
    return _LINK_PARAMETERS.sub(r"\1…", _PAGE_LINKS.sub(r"\1…", text))


def redact_members(text: str) -> str:
    """Mask the members of JSON objects whose names are those of secrets, in valid JSON or in a part of it.

    Args:
        text: Text of a response.

    Example:
        >>> redact_members('{"access_token": "a1b2c3", "expires_in": 3600}')
        '{"access_token": "…", "expires_in": 3600}'
    """
    return _MEMBERS.sub(r"\1…", text)
