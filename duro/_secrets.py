"""Values whose repr shows no secret."""

from __future__ import annotations

from .errors import redact

__all__ = ["RedactedStr", "Secret", "SecretBytes"]


class Secret:
    """A text that no repr, log, traceback or pickle shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text itself, to the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled; read it again where it is needed")


class SecretBytes(bytes):
    """Bytes that no repr shows: they may hold a token or a code, as the body of an answer, or a secret."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


class RedactedStr(str):
    """A path or address, whose repr masks the tokens and passwords in it."""

    __slots__ = ()

    @classmethod
    def of(cls, text: str) -> str:
        """Mask a text; leave what is none as it is, for the check that will refuse it."""
        return cls(text) if isinstance(text, str) else text

    def __repr__(self) -> str:
        return redact(super().__repr__())
