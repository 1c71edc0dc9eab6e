"""Dispatch of API requests: authenticate, replay, handle, commit."""

from __future__ import annotations

import logging

from starlette.requests import Request

from ..auth.authentication import authenticate
from ..backend import Backend
from ..errors import ApiError, ResponseError
from ..invariants.errors import StrictError
from ..storage.database import savepoint
from . import idempotency
from .operation import ApiOperation
from .request_context import RequestContext
from .responses import ApiResponse

__all__ = ["perform"]

_logger = logging.getLogger("duro.sandbox")


def perform(backend: Backend, operation: ApiOperation, request: Request, raw_body: bytes, url: str) -> ApiResponse:
    """Perform an operation in one transaction.

    The effects and the stored response are committed together. If the response
    is lost on its way, a repeat with the same key finds both of them. Work that
    the request made due at once is done before the response.

    Args:
        backend: Sandbox that serves the request.
        operation: Operation to perform.
        request: Request, for its headers and parameters.
        raw_body: Body of the request.
        url: URL of the sandbox, without a trailing slash.

    Returns:
        The response. Errors are responses too.
    """
    try:
        with backend.scheduler.transaction() as db:
            now = backend.time.now()
            person_id = authenticate(operation.audience, backend.mode, db, request.headers, now)
            key = None
            if operation.method != "GET" and operation.is_idempotent:
                key = idempotency.parse_key(request.headers.get("Idempotency-Key"))
            scope = idempotency.find_scope(operation.audience, person_id, request.url.path)
            if key is not None and (stored := idempotency.find(db, key, now, scope)):
                return stored
            context = RequestContext(
                uow=backend.work.for_request(db, now, _describe(request, raw_body), key),
                path=request.path_params,
                query=request.query_params,
                raw_body=raw_body,
                person_id=person_id,
                origin=url,
                token_lifetime=backend.token_lifetime,
            )
            response = _handle(operation, context)
            if key is not None:
                idempotency.save(db, key, response, now, scope)
            return response
    except ResponseError as error:
        return ApiResponse.from_error(error)
    except StrictError as error:
        return ApiResponse.from_violation(error)
    except Exception:
        # If the exception reached the server, it would close the connection after the response.
        _logger.exception("%s %s failed", operation.method, operation.path)
        return ApiResponse.from_error(ApiError(500, "The sandbox failed; see its log."))


def _describe(request: Request, raw_body: bytes) -> bytes:
    """Return the content of a request, from which a seed derives ids."""
    return b"\0".join([request.method.encode(), request.url.path.encode(), raw_body])


def _handle(operation: ApiOperation, context: RequestContext) -> ApiResponse:
    try:
        # An error rolls back the operation but not the transaction, in which the error response is stored.
        with savepoint(context.uow.db):
            result = operation.handler(context)
            return result if isinstance(result, ApiResponse) else ApiResponse.of(result, operation.status)
    except ResponseError as error:
        return ApiResponse.from_error(error)
