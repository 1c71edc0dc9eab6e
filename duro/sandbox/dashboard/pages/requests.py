"""Requests: the list of API requests, and one request with its attempts and a command that repeats it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Final, TypeAlias, get_args

from attrs import frozen

from ...backend import Backend
from ...errors import ApiError
from ...faults.kinds import FaultKind
from ...request_log import MAX_BODY_BYTES, Exchange, RequestEntry
from ...storage.pages import ListPage
from ..bodies import mask, show_body
from ..curl import build_command
from ..lists import MAX_ROWS, build_options
from ..navigation import ROOT
from ..operation_names import find_operation
from ..page import DashboardPage, Visit

__all__ = ["PAGES"]

LIST: Final = f"{ROOT}/requests"
MAX_ATTEMPTS: Final = 50
METHODS: Final = [("", "Any"), *((method, method) for method in ("GET", "POST", "PATCH", "DELETE"))]
STATUSES: Final = [("", "Any"), ("2", "2xx"), ("4", "4xx"), ("5", "5xx"), ("none", "No response")]
FAULTS: Final = build_options(get_args(FaultKind))


@frozen
class RequestRow:
    """Request of the list.

    Attributes:
        entry: Entry of the request log.
        operation: Id of the operation. Empty for a path that the contract does not have.
        attempt: Number of the request among those with its key, from 1. 1 without a key.
        attempts: Number of requests with its key. 0 without a key.
    """

    entry: RequestEntry
    operation: str
    attempt: int
    attempts: int


@frozen
class MessageRow:
    """Request or response as the page shows it.

    Attributes:
        title: ``Request`` or ``Response``.
        headers: Header lines, with secrets masked.
        body: Body, with secrets masked.
    """

    title: str
    headers: str
    body: str


def select_requests(backend: Backend, query: Mapping[str, str]) -> ListPage[RequestRow]:
    """Return a page of the requests, newest first.

    Args:
        backend: Backend whose requests are logged.
        query: ``path`` and ``key`` select requests that contain them, ``method``, ``status`` and ``fault`` those that
            have them. ``cursor`` selects the page.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    entries = backend.request_log.entries()
    following = _skip(reversed(entries), query.get("cursor"))
    rules = [rule(text) for name, rule in _RULES.items() if (text := query.get(name, "").strip())]
    found = list(islice((entry for entry in following if all(rule(entry) for rule in rules)), MAX_ROWS + 1))
    page = found[:MAX_ROWS]
    return ListPage(_build_rows(page, entries), page[-1].request_id if len(found) > len(page) else None)


def find_attempts(backend: Backend, identifier: str) -> tuple[RequestRow, tuple[RequestRow, ...]]:
    """Return a request and the latest requests with its key, oldest first.

    Args:
        backend: Backend whose requests are logged.
        identifier: ``X-Request-Id`` of the response.

    Raises:
        ApiError: The log does not have the request (404).
    """
    entries = backend.request_log.entries()
    found = next((entry for entry in entries if entry.request_id == identifier), None)
    if found is None:
        raise ApiError(404, "The request does not exist. The log keeps the latest 10,000 requests until a restart.")
    key = found.idempotency_key
    attempts = [] if key is None else [entry for entry in entries if entry.idempotency_key == key]
    (row,) = _build_rows([found], entries)
    return row, _build_rows(attempts[-MAX_ATTEMPTS:], entries)


def _skip(entries: Iterator[RequestEntry], cursor: str | None) -> Iterator[RequestEntry]:
    """Skip the entries up to that of a cursor."""
    if cursor and not any(entry.request_id == cursor for entry in entries):
        raise ApiError(400, "The cursor does not exist any more. Start with the newest requests.")
    return entries


def _build_rows(page: Iterable[RequestEntry], entries: Iterable[RequestEntry]) -> tuple[RequestRow, ...]:
    """Build the rows of a page, and count all requests with their keys."""
    keys = {entry.idempotency_key for entry in page} - {None}
    attempts: Counter[str | None] = Counter()
    numbers: dict[str, int] = {}
    for entry in entries:
        if entry.idempotency_key in keys:
            attempts[entry.idempotency_key] += 1
            numbers[entry.request_id] = attempts[entry.idempotency_key]
    return tuple(
        RequestRow(
            entry=entry,
            operation=operation.id if (operation := find_operation(entry.method, entry.path)) else "",
            attempt=numbers.get(entry.request_id, 1),
            attempts=attempts[entry.idempotency_key],
        )
        for entry in page
    )


_Rule: TypeAlias = Callable[[RequestEntry], bool]

# Only the rules of the filters that were filled in are applied, as the log has thousands of entries.
_RULES: Final[Mapping[str, Callable[[str], _Rule]]] = {
    "method": lambda text: lambda entry: entry.method == text,
    "status": lambda text: lambda entry: ("none" if entry.status is None else str(entry.status)).startswith(text),
    "path": lambda text: lambda entry: text in entry.path,
    "key": lambda text: lambda entry: text in (entry.idempotency_key or ""),
    "fault": lambda text: lambda entry: entry.fault == text,
}


def _view_list(backend: Backend, visit: Visit) -> Mapping[str, object]:
    page = select_requests(backend, visit.query)
    return {
        "rows": page.entries,
        "cursor": page.cursor,
        "methods": METHODS,
        "statuses": STATUSES,
        "faults": FAULTS,
        "origin": visit.origin,
        "is_filtered": any(visit.query.get(name) for name in _RULES),
    }


def _view_detail(backend: Backend, visit: Visit) -> Mapping[str, object]:
    row, attempts = find_attempts(backend, visit.path["id"])
    exchange = backend.request_log.find_exchange(row.entry.request_id)
    return {
        "row": row,
        "attempts": attempts,
        "messages": () if exchange is None else _describe_messages(exchange),
        "command": _build_command(row.entry, exchange, visit.origin),
        "has_whole_body": exchange is not None and not _is_cut(exchange),
    }


def _describe_messages(exchange: Exchange) -> tuple[MessageRow, MessageRow]:
    return (
        MessageRow("Request", _show_headers(exchange.request_headers), show_body(exchange.request_body)),
        MessageRow("Response", _show_headers(exchange.response_headers), show_body(exchange.response_body)),
    )


def _show_headers(headers: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {mask(value)}" for name, value in headers.items())


def _build_command(entry: RequestEntry, exchange: Exchange | None, origin: str) -> str:
    body = b"" if exchange is None or _is_cut(exchange) else exchange.request_body
    text = mask(body.decode(errors="replace"))
    return build_command(origin, entry.method, entry.path, query=entry.query, key=entry.idempotency_key, body=text)


def _is_cut(exchange: Exchange) -> bool:
    return len(exchange.request_body) == MAX_BODY_BYTES


PAGES: Final = (
    DashboardPage(LIST, "requests.html", _view_list, LIST),
    DashboardPage(f"{LIST}/{{id}}", "request.html", _view_detail, LIST),
)
