"""Exception of responses that break the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .._redaction import redact
from .base import CallError, DuroError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DecodingError"]


class DecodingError(CallError):
    """Response to a read that breaks the contract. For a write, it is the cause of an ``OutcomeUnknownError``.

    Attributes:
        path: Path of the invalid value, such as ``$.items[3].amount``.
        body: Response body as received.
    """

    def __init__(self, message: str, *, path: str = "$", body: bytes = b"") -> None:
        super().__init__(message)
        self.path = path
        self.body = body

    def __reduce__(self) -> tuple[Callable[..., DuroError], tuple[object, ...]]:
        restore, (kind, args, state) = super().__reduce__()
        # The body may contain a token, and a pickle leaves the process.
        masked = redact(self.body.decode("utf-8", "replace")).encode()
        return restore, (kind, args, {**cast("dict[str, object]", state), "body": masked})
