"""Control routes: JSON under ``/_sandbox`` to read and control a running sandbox from any language.

The real API does not have these routes. They do not require a credential, and the request log leaves them out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, TypeVar

from attrs import AttrsInstance, asdict, frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..._json_types import JSONValue, camel_case
from ..._unset import UNSET, Unset
from ..api.responses import ApiResponse
from ..auth.credentials import revoke_tokens
from ..auth.otp import list_codes
from ..backend import Backend
from ..billing.ledger import list_charges, list_refunds
from ..clock import timestamp
from ..deliveries.endpoints import EndpointCreate
from ..events import list_events
from ..faults.rules import parse_fault
from ..validation import InvalidValueError, Text, invalid_field, parse_json, structure

__all__ = ["build_control_routes"]

Shape = TypeVar("Shape", bound=AttrsInstance)


def _check_span(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise InvalidValueError("expected number of seconds, at least 0")
    return value


@frozen
class ClockAdvance:
    """Body of ``POST /_sandbox/clock``."""

    advance: Annotated[float, _check_span]


@frozen
class TokenRevocation:
    """Body of ``POST /_sandbox/tokens/revoke``. Without a token, all tokens are revoked."""

    token: Text | Unset = UNSET


@frozen
class Reset:
    """Body of ``POST /_sandbox/reset``. It is an empty object."""


def build_control_routes(backend: Backend) -> list[Route]:
    """Build the control routes of a backend.

    Args:
        backend: Backend to read and control.
    """
    control = _Control(backend)
    return [
        Route("/_sandbox/stats", control.stats, methods=["GET"]),
        _build_list_route("requests", backend.request_log.entries),
        _build_list_route("ledger", partial(backend.transact, list_charges)),
        _build_list_route("refunds", partial(backend.transact, list_refunds)),
        _build_list_route("events", partial(backend.transact, list_events)),
        _build_list_route("codes", partial(backend.transact, list_codes)),
        _build_list_route("deliveries", backend.deliveries.entries),
        _build_list_route("endpoints", lambda: backend.endpoints),
        Route("/_sandbox/endpoints", control.add_endpoint, methods=["POST"]),
        Route("/_sandbox/endpoints", control.clear_endpoints, methods=["DELETE"]),
        Route("/_sandbox/clock", control.advance_clock, methods=["POST"]),
        Route("/_sandbox/faults", control.list_faults, methods=["GET"]),
        Route("/_sandbox/faults", control.add_fault, methods=["POST"]),
        Route("/_sandbox/faults", control.clear_faults, methods=["DELETE"]),
        Route("/_sandbox/tokens/revoke", control.revoke_tokens, methods=["POST"]),
        Route("/_sandbox/reset", control.reset, methods=["POST"]),
    ]


def _build_list_route(name: str, read: Callable[[], Iterable[AttrsInstance]]) -> Route:
    async def endpoint(_request: Request) -> Response:
        return ApiResponse.of([_to_json(entry) for entry in read()]).response()

    return Route(f"/_sandbox/{name}", endpoint, methods=["GET"])


class _Control:
    """Handlers of the routes that do more than list entries."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def stats(self, _request: Request) -> Response:
        # In snake_case, unlike the other routes: clients of the sandbox rely on these names.
        return ApiResponse.of(asdict(self._backend.stats())).response()

    async def add_endpoint(self, request: Request) -> Response:
        endpoint = self._backend.endpoints.append(await _read_body(request, EndpointCreate))
        return ApiResponse.of(_to_json(endpoint), 201).response()

    async def clear_endpoints(self, _request: Request) -> Response:
        return ApiResponse.of({"cleared": self._backend.endpoints.clear()}).response()

    async def advance_clock(self, request: Request) -> Response:
        body = await _read_body(request, ClockAdvance)
        try:
            now = self._backend.clock.advance(seconds=body.advance)
        except ValueError as error:
            raise invalid_field("advance", str(error)) from None
        return ApiResponse.of({"now": timestamp(now)}).response()

    async def list_faults(self, _request: Request) -> Response:
        return ApiResponse.of([fault.to_json() for fault in self._backend.faults]).response()

    async def add_fault(self, request: Request) -> Response:
        fault = self._backend.faults.append(parse_fault(parse_json(await request.body())))
        return ApiResponse.of(fault.to_json(), 201).response()

    async def clear_faults(self, _request: Request) -> Response:
        return ApiResponse.of({"cleared": self._backend.faults.clear()}).response()

    async def revoke_tokens(self, request: Request) -> Response:
        body = await _read_body(request, TokenRevocation)
        token = None if isinstance(body.token, Unset) else body.token
        return ApiResponse.of({"revoked": self._backend.transact(partial(revoke_tokens, token=token))}).response()

    async def reset(self, request: Request) -> Response:
        await _read_body(request, Reset)
        self._backend.reset()
        return await self.stats(request)


async def _read_body(request: Request, shape: type[Shape]) -> Shape:
    # A misspelt member would change the meaning of the request: without its token, a revocation revokes all tokens.
    return structure(shape, parse_json(await request.body()), allow_unknown=False)


def _to_json(value: AttrsInstance) -> dict[str, JSONValue]:
    return {camel_case(name): member for name, member in asdict(value).items()}
