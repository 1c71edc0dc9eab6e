"""Redaction of secrets in texts."""

from __future__ import annotations

import re

__all__ = ["redact"]

# With a mode in it, a prefix marks a secret anywhere. Without one, it has to start a word: "task_list" is not a secret.
_SECRET_PATTERN = re.compile(
    r"((?:sk|csec|cs)_(?:test|live)_|whsec_|\b(?:sk|csec|cs)_(?!(?:test|live)_))[A-Za-z0-9_\-]+"
)
# The repetitions are bounded, so that a text of slashes and colons is matched in linear time.
_PASSWORD_PATTERN = re.compile(r"(//[^/@\s:]{0,100}:)[^/@\s]{1,100}(?=@)")


def redact(text: str) -> str:
    """Mask Duro secrets and the passwords of URLs in a text.

    Args:
        text: Any text, for example a message from a server.

    Returns:
        The text, with each secret cut down to its prefix.

    Example:
        >>> redact("no such key: sk_test_4eC39HqLyjWDarjtT1zdp7dc")
        'no such key: sk_test_…'
    """
    return _PASSWORD_PATTERN.sub(r"\1…", _SECRET_PATTERN.sub(r"\1…", text))
