"""The way of one API call: credential, repeat, handler, and one commit for all of it."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NoReturn, TypeAlias, TypeVar

from attrs import AttrsInstance, frozen
from starlette.requests import Request

from ..._json import JSONObject
from ..auth.sessions import Surface, authenticate
from ..backend import Backend
from ..clock import timestamp
from ..errors import ApiError
from ..events import record_event
from ..storage.database import savepoint
from ..validation import structure
from . import idempotency
from .responses import ApiResponse

__all__ = ["Call", "Handler", "Operation", "perform"]

_logger = logging.getLogger("duro.sandbox")

Shape = TypeVar("Shape", bound=AttrsInstance)


@frozen
class Call:
    """What a handler works with: one permitted request inside its open transaction.

    Attributes:
        backend: The sandbox that serves the call.
        db: The transaction that every effect of the call belongs to.
        now: The sandbox's time, the same throughout the call.
        path: The parameters in the path.
        query: The parameters behind the path.
        raw: The body as it came.
        idempotency_key: The key that the caller sent, if any.
        person_id: The identity or portal account that signed in; empty on the other surfaces.
        origin: The sandbox's address as the caller knows it, without a trailing slash.
    """

    backend: Backend
    db: sqlite3.Connection
    now: datetime
    path: Mapping[str, str]
    query: Mapping[str, str]
    raw: bytes
    idempotency_key: str | None
    person_id: str
    origin: str

    @property
    def at(self) -> str:
        """The sandbox's time, as records keep it."""
        return timestamp(self.now)

    def new_id(self, prefix: str) -> str:
        """Make an identifier, such as ``plan_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6``."""
        return self.backend.ids.make(prefix, self.now)

    def emit(self, type_: str, data: JSONObject) -> None:
        """Record an event, which is committed with everything else that the call does, and delivered after that.

        Args:
            type_: One of the contract's event types.
            data: What its payload carries.
        """
        if record_event(self.db, self.new_id("evt"), type_, self.at, data):
            # Before the commit is early enough: whoever looks waits for the end of the transaction.
            self.backend.wakeup.notify()

    def read(self, shape: type[Shape], spelling: Callable[[str], str] | None = None) -> Shape:
        """Read the body; none at all counts as an empty object.

        Args:
            shape: The class that declares the members and their rules.
            spelling: Makes the wire's name from an attribute's name; camelCase if left out.

        Raises:
            ApiError: The body is not JSON (400), or breaks a rule (422).
        """
        return structure(shape, parse(self.raw), spelling)


# A handler answers by itself where bytes count, or where a refusal must not undo what was done.
Handler: TypeAlias = Callable[[Call], JSONObject | ApiResponse]


@frozen
class Operation:
    """One operation of the contract.

    Attributes:
        method: The HTTP method.
        path: The path, with parameters as Starlette writes them.
        handler: Does the work and gives the body of the answer, or raises a :class:`ApiError`.
        status: The status of a success.
        surface: Who it is for, which decides the credential it takes.
        takes_key: It honours an idempotency key; a GET never does.
    """

    method: str
    path: str
    handler: Handler
    status: int = 200
    surface: Surface = Surface.MERCHANT
    takes_key: bool = True


def perform(backend: Backend, operation: Operation, request: Request, raw: bytes) -> ApiResponse:
    """Serve a call, from its credential to its commit.

    Effects and idempotency record are committed together: whatever happens to
    the answer on its way, a repeat finds either both of them or neither.

    Args:
        backend: The sandbox that serves the call.
        operation: What is asked for.
        request: The request, for its headers and parameters.
        raw: Its body.

    Returns:
        The answer; a refusal is one too.
    """
    try:
        with backend.store.transaction() as db:
            now = backend.clock.now()
            person_id = authenticate(operation.surface, db, request.headers, now)
            key = None
            if operation.method != "GET" and operation.takes_key:
                key = idempotency.key_of(request.headers.get("Idempotency-Key"))
            scope = idempotency.scope_of(operation.surface, person_id, request.url.path, raw)
            if key is not None and (first := idempotency.recall(db, key, now, scope)):
                return first
            origin = str(request.base_url).rstrip("/")
            call = Call(backend, db, now, request.path_params, request.query_params, raw, key, person_id, origin)
            answer = _run(operation, call)
            if key is not None:
                idempotency.keep(db, key, answer, now, scope)
            return answer
    except ApiError as refusal:
        return ApiResponse.from_error(refusal)
    except Exception:
        # Answered here, since a server that sees the exception would close the connection behind the answer.
        _logger.exception("%s %s failed", operation.method, operation.path)
        return ApiResponse.from_error(ApiError(500, "The sandbox failed; its log tells more."))


def parse(raw: bytes) -> object:
    """Read JSON strictly.

    Raises:
        ApiError: It is no JSON (400).
    """
    try:
        return json.loads(raw or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ApiError(400, "The body is not valid JSON.") from None


def _run(operation: Operation, call: Call) -> ApiResponse:
    try:
        with savepoint(call.db):
            result = operation.handler(call)
            return result if isinstance(result, ApiResponse) else ApiResponse.of(result, operation.status)
    except ApiError as refusal:
        return ApiResponse.from_error(refusal)


def _no_constant(name: str) -> NoReturn:
    # Python would read NaN and Infinity, which JSON does not have.
    raise ValueError(name)
