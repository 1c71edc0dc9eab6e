"""Control routes that list the records of a sandbox, oldest first: all of them, or a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import anyio.to_thread
from attrs import AttrsInstance, evolve
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..._json_types import JSONValue
from ..api.responses import ApiResponse
from ..auth.otp import select_codes
from ..backend import Backend
from ..billing.ledger_pages import select_charges, select_refunds
from ..deliveries.delivery_pages import select_attempts
from ..deliveries.endpoints import Endpoint
from ..events import select_events
from ..invariants.errors import Violation
from ..recovery.decision_log import select_decisions
from ..request_log import RequestEntry
from ..storage.pages import ListPage, Selection, select_entries
from .bodies import to_json
from .selections import next_link, parse_selection

__all__ = ["build_list_routes"]

_Read: TypeAlias = Callable[[Selection], ListPage[AttrsInstance]]


def build_list_routes(backend: Backend) -> list[Route]:
    """Build the routes that list the records of a backend."""

    def read_requests(selection: Selection) -> ListPage[RequestEntry]:
        return select_entries(backend.request_log.entries(), selection, lambda entry: entry.request_id)

    def read_endpoints(selection: Selection) -> ListPage[Endpoint]:
        return select_entries(backend.endpoints, selection, lambda endpoint: endpoint.id)

    def read_violations(selection: Selection) -> ListPage[Violation]:
        return select_entries(backend.violations, selection, lambda violation: violation.problem)

    def read_table(select: Callable[..., ListPage[AttrsInstance]]) -> _Read:
        return lambda selection: backend.transact(partial(select, selection=selection))

    return [
        _build_route("requests", read_requests, "method", "path", "status", "idempotency_key", "fault"),
        _build_route("ledger", read_table(select_charges), "customer_id", "invoice_id", "status"),
        _build_route("refunds", read_table(select_refunds), "customer_id", "invoice_id"),
        _build_route("decisions", read_table(select_decisions), "invoice_id", "subscription_id", "category", "action"),
        _build_route("events", read_table(select_events), "type"),
        _build_route("codes", read_table(select_codes), "channel", "recipient"),
        _build_route("deliveries", read_table(select_attempts), "event_id", "event_type", "endpoint_id", "state"),
        _build_route("endpoints", read_endpoints),
        _build_route("violations", read_violations, "invariant"),
    ]


def _build_route(name: str, read: _Read, *filters: str) -> Route:
    async def endpoint(request: Request) -> Response:
        selection = parse_selection(request, filters)
        if "limit" not in request.query_params:
            # In a worker thread, because a long list takes time, and the event loop serves other requests.
            return await anyio.to_thread.run_sync(_respond_with_all, read, selection)
        page = read(selection)
        headers = {} if page.cursor is None else {"Link": next_link(request.url, page.cursor)}
        return ApiResponse.of([to_json(entry) for entry in page.entries]).response(headers)

    return Route(f"/_sandbox/{name}", endpoint, methods=["GET"])


def _respond_with_all(read: _Read, selection: Selection) -> Response:
    """Build the response with all entries from a position, read in pages."""
    entries: list[dict[str, JSONValue]] = []
    while True:
        page = read(selection)
        entries += [to_json(entry) for entry in page.entries]
        if page.cursor is None:
            return ApiResponse.of(entries).response()
        selection = evolve(selection, cursor=page.cursor)
