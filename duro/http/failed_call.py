"""Name of a failed call in errors. It has no secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .._secrets import sanitize
from ..errors import CallError, FailedCall

if TYPE_CHECKING:
    from ..errors import DuroError
    from .request import Invocation

__all__ = ["name_call", "set_call"]

MAX_PATH_CHARS: Final = 200
# Path parameters whose values are secrets.
_SECRET_PARAMETERS: Final = frozenset({"token"})
# Paths of `client.request` whose next segment is a token.
_RAW_TOKEN: Final = re.compile(r"(?<=^/checkout/)[^/]+")


def name_call(invocation: Invocation) -> FailedCall:
    """Return the name of a call for messages.

    Args:
        invocation: The call.

    Returns:
        Operation, method and path. The path has no secret.
    """
    operation = invocation.operation
    has_secret = not _SECRET_PARAMETERS.isdisjoint(operation.parameters)
    path = operation.path if has_secret else _RAW_TOKEN.sub("…", invocation.path)
    return FailedCall(operation.id, operation.method, sanitize(path, max_chars=MAX_PATH_CHARS))


def set_call(error: DuroError, invocation: Invocation, *, attempts: int) -> None:
    """Set the call of an error. An error that does not describe a failed call stays as it is.

    Args:
        error: Error to change.
        invocation: The call.
        attempts: Number of times that the request was sent or tried.
    """
    if isinstance(error, CallError):
        error.call = name_call(invocation)
        error.attempts = attempts
