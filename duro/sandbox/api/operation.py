"""Operations of the API: routes with their handlers and audiences."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from ..._json_types import JSONObject
from ..auth.audience import Audience
from .request_context import RequestContext
from .responses import ApiResponse

__all__ = ["ApiOperation", "OperationHandler"]

# A handler returns an ApiResponse where the exact bytes matter, or where an error must not roll back its effects.
OperationHandler: TypeAlias = Callable[[RequestContext], JSONObject | ApiResponse]


@frozen
class ApiOperation:
    """Operation of the contract.

    Attributes:
        method: HTTP method.
        path: Path, with parameters in Starlette's notation.
        handler: Function that returns the body of the response or raises ``ApiError``.
        status: HTTP status of a success.
        audience: Group of callers. It determines the credential.
        is_idempotent: Whether an ``Idempotency-Key`` is honoured. It never is for GET.
        mode_member: Member of the body whose prefix selects the mode, of an operation without a credential.
    """

    method: str
    path: str
    handler: OperationHandler
    status: int = 200
    audience: Audience = Audience.MERCHANT
    is_idempotent: bool = True
    mode_member: str | None = None
