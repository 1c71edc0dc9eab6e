"""Control routes that list the records of a sandbox, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from attrs import AttrsInstance
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.responses import ApiResponse
from ..auth.otp import list_codes
from ..backend import Backend
from ..billing.ledger import list_charges, list_refunds
from ..events import list_events
from ..recovery.decision_log import list_decisions
from .bodies import to_json

__all__ = ["build_list_routes"]


def build_list_routes(backend: Backend) -> list[Route]:
    """Build the routes that list the records of a backend."""
    return [
        _build_route("requests", backend.request_log.entries),
        _build_route("ledger", partial(backend.transact, list_charges)),
        _build_route("refunds", partial(backend.transact, list_refunds)),
        _build_route("decisions", partial(backend.transact, list_decisions)),
        _build_route("events", partial(backend.transact, list_events)),
        _build_route("codes", partial(backend.transact, list_codes)),
        _build_route("deliveries", backend.deliveries.entries),
        _build_route("endpoints", lambda: backend.endpoints),
    ]


def _build_route(name: str, read: Callable[[], Iterable[AttrsInstance]]) -> Route:
    async def endpoint(_request: Request) -> Response:
        return ApiResponse.of([to_json(entry) for entry in read()]).response()

    return Route(f"/_sandbox/{name}", endpoint, methods=["GET"])
