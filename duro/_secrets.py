"""Values whose repr hides secrets, and redaction of texts from a server."""

from __future__ import annotations

import re
from typing import Final

from .errors import redact

__all__ = ["RedactedStr", "Secret", "SecretBytes", "sanitize"]

# Longer than any password that redact finds, so that the first cut does not split a visible one.
_MARGIN_CHARS: Final = 10_000
_UNPRINTABLE: Final = re.compile(r"[^ -~]+")


class Secret:
    """A string that no repr, log, traceback or pickle shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the string itself. Only the code that sends it should call this."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled; read it again in the other process")


class SecretBytes(bytes):
    """Bytes that may contain a secret, such as a response body. The repr shows only their number."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


class RedactedStr(str):
    """A path or URL whose repr masks tokens and passwords."""

    __slots__ = ()

    @classmethod
    def of(cls, text: str) -> str:
        """Wrap a string. Return other types unchanged, because a later check reports them."""
        return cls(text) if isinstance(text, str) else text

    def __repr__(self) -> str:
        return redact(super().__repr__())


def sanitize(text: str, *, max_chars: int) -> str:
    """Prepare a text from a server for a message or a log: printable on one line, then redacted, then cut.

    Args:
        text: Text of any length.
        max_chars: Length of the result at most, in characters.

    Returns:
        The text without secrets. A space replaces each whitespace character. A ``?`` replaces each lone surrogate
        and each control or format character, such as the start of a terminal's escape sequence.

    Example:
        >>> sanitize("no such key: sk_test_4eC39HqLyjWDarjtT1zdp7dc", max_chars=100)
        'no such key: sk_test_…'
    """
    # A cut before the redaction could split a secret. The first cut only bounds the time for megabytes of text.
    bounded = text[: max_chars + _MARGIN_CHARS]
    return redact(bounded if bounded.isprintable() else _UNPRINTABLE.sub(_replace, bounded))[:max_chars]


def _replace(unprintable: re.Match[str]) -> str:
    return "".join(
        character if character.isprintable() else " " if character.isspace() else "?" for character in unprintable[0]
    )
