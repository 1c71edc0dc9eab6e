"""The control surface under ``/_sandbox``: look into a running sandbox, and steer it, from any language."""

from __future__ import annotations

import math
from typing import Annotated

from attrs import AttrsInstance, asdict, frozen
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ..._json import JSONValue, camel_case
from ..._unset import UNSET, Unset
from ..api.responses import ApiResponse
from ..backend import Backend
from ..clock import timestamp
from ..dashboard.views import render
from ..deliveries.endpoints import EndpointCreate
from ..errors import ApiError
from ..faults.rules import read_fault
from ..validation import InvalidValueError, Text, parse_json, structure

__all__ = ["ControlSurface"]


def _span(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise InvalidValueError("expected number of seconds, at least 0")
    return value


@frozen
class ClockChange:
    """The body of ``POST /_sandbox/clock``."""

    advance: Annotated[float, _span]


@frozen
class Revocation:
    """The body of ``POST /_sandbox/tokens/revoke``; without a token, all are meant."""

    token: Text | Unset = UNSET


class ControlSurface:
    """The endpoints that no real Duro has; they take no credential and are not counted.

    Args:
        backend: The world they show and steer.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/_sandbox", self.page, methods=["GET"]),
            Route("/_sandbox/", self.page, methods=["GET"]),
            Route("/_sandbox/stats", self.stats, methods=["GET"]),
            Route("/_sandbox/requests", self.requests, methods=["GET"]),
            Route("/_sandbox/ledger", self.ledger, methods=["GET"]),
            Route("/_sandbox/refunds", self.refunds, methods=["GET"]),
            Route("/_sandbox/events", self.events, methods=["GET"]),
            Route("/_sandbox/codes", self.codes, methods=["GET"]),
            Route("/_sandbox/deliveries", self.deliveries, methods=["GET"]),
            Route("/_sandbox/endpoints", self.endpoints, methods=["GET"]),
            Route("/_sandbox/endpoints", self.add_endpoint, methods=["POST"]),
            Route("/_sandbox/endpoints", self.clear_endpoints, methods=["DELETE"]),
            Route("/_sandbox/clock", self.advance_clock, methods=["POST"]),
            Route("/_sandbox/faults", self.faults, methods=["GET"]),
            Route("/_sandbox/faults", self.add_fault, methods=["POST"]),
            Route("/_sandbox/faults", self.clear_faults, methods=["DELETE"]),
            Route("/_sandbox/tokens/revoke", self.revoke_tokens, methods=["POST"]),
            Route("/_sandbox/reset", self.reset, methods=["POST"]),
        ]

    async def page(self, _request: Request) -> Response:
        """Show everything at a glance, for people."""
        # The page loads nothing and runs nothing, whatever text it shows.
        policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return HTMLResponse(render(self._backend), headers=policy)

    async def stats(self, _request: Request) -> Response:
        """Count."""
        return ApiResponse.of(asdict(self._backend.stats())).response()

    async def requests(self, _request: Request) -> Response:
        """List the last requests, newest last."""
        return ApiResponse.of([_camel(entry) for entry in self._backend.request_log.entries()]).response()

    async def ledger(self, _request: Request) -> Response:
        """List every charge, newest last."""
        return ApiResponse.of([_camel(charge) for charge in self._backend.ledger()]).response()

    async def refunds(self, _request: Request) -> Response:
        """List every refund, newest last."""
        return ApiResponse.of([_camel(refund) for refund in self._backend.refunds()]).response()

    async def events(self, _request: Request) -> Response:
        """List every event, newest last."""
        return ApiResponse.of([_camel(event) for event in self._backend.events()]).response()

    async def codes(self, _request: Request) -> Response:
        """List every one-time code that was sent, newest last."""
        return ApiResponse.of([_camel(code) for code in self._backend.codes()]).response()

    async def deliveries(self, _request: Request) -> Response:
        """List the last attempts to deliver an event, newest last."""
        return ApiResponse.of([_camel(delivery) for delivery in self._backend.deliveries.entries()]).response()

    async def endpoints(self, _request: Request) -> Response:
        """List the webhook endpoints, in the order in which they were added."""
        return ApiResponse.of([_camel(endpoint) for endpoint in self._backend.endpoints]).response()

    async def add_endpoint(self, request: Request) -> Response:
        """Deliver events to an address from now on; answers the endpoint, without its secret."""
        endpoint = self._backend.endpoints.append(structure(EndpointCreate, parse_json(await request.body())))
        return ApiResponse.of(_camel(endpoint), 201).response()

    async def clear_endpoints(self, _request: Request) -> Response:
        """Take all webhook endpoints away; answers how many there were."""
        return ApiResponse.of({"cleared": self._backend.endpoints.clear()}).response()

    async def advance_clock(self, request: Request) -> Response:
        """Let seconds pass; answers the new time."""
        change = structure(ClockChange, parse_json(await request.body()))
        try:
            now = self._backend.clock.advance(seconds=change.advance)
        except ValueError as error:
            raise ApiError(422, "Not valid: advance.", [{"path": "advance", "issue": str(error)}]) from None
        return ApiResponse.of({"now": timestamp(now)}).response()

    async def faults(self, _request: Request) -> Response:
        """List the faults, in the order in which they are looked at, each with how often it struck."""
        return ApiResponse.of([fault.to_json() for fault in self._backend.faults]).response()

    async def add_fault(self, request: Request) -> Response:
        """Let requests to the API go wrong; answers the fault."""
        fault = self._backend.faults.append(read_fault(parse_json(await request.body())))
        return ApiResponse.of(fault.to_json(), 201).response()

    async def clear_faults(self, _request: Request) -> Response:
        """Take all faults away; answers how many there were."""
        return ApiResponse.of({"cleared": self._backend.faults.clear()}).response()

    async def revoke_tokens(self, request: Request) -> Response:
        """Revoke one token or all of them; answers how many there were."""
        body = structure(Revocation, parse_json(await request.body()))
        token = None if isinstance(body.token, Unset) else body.token
        return ApiResponse.of({"revoked": self._backend.revoke_tokens(token)}).response()

    async def reset(self, _request: Request) -> Response:
        """Begin anew; answers the counts, all of them zero."""
        self._backend.reset()
        return ApiResponse.of(asdict(self._backend.stats())).response()


def _camel(value: AttrsInstance) -> dict[str, JSONValue]:
    return {camel_case(name): member for name, member in asdict(value).items()}
