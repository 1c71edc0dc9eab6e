"""Requests: the list of API requests, and one request with its attempts and a command that repeats it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, get_args

from attrs import evolve, frozen

from ...backend import Backend
from ...errors import ApiError
from ...faults.kinds import FaultKind
from ...request_log import RequestEntry
from ...storage.pages import ListPage, select_entries
from ..curl import build_command
from ..lists import build_options, read_selection
from ..navigation import ROOT
from ..operation_names import find_operation
from ..page import DashboardForm, DashboardPage, Visit

__all__ = ["FORMS", "PAGES"]

LIST: Final = f"{ROOT}/requests"
MAX_ATTEMPTS: Final = 50
METHODS: Final = [("", "Any"), *((method, method) for method in ("GET", "POST", "PATCH", "DELETE"))]
STATUSES: Final = [("", "Any"), ("2", "2xx"), ("4", "4xx"), ("5", "5xx"), ("none", "No response")]
FAULTS: Final = build_options(get_args(FaultKind))
FILTERS: Final = ("method", "status", "path", "key", "fault")


@frozen
class RequestRow:
    """Request of the list.

    Attributes:
        entry: Entry of the request log.
        operation: Id of the operation. Empty for a path that the contract does not have.
        attempt: Number of the request among those with its key, from 1. 1 without a key.
        attempts: Number of requests with its key.
    """

    entry: RequestEntry
    operation: str
    attempt: int = 1
    attempts: int = 1


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
    selection = evolve(read_selection(query), filters={})
    matching = [entry for entry in entries if _matches(entry, query)]
    return select_entries(matching, selection, lambda entry: entry.request_id).map(_RowFactory(entries))


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
    attempts = () if key is None else tuple(entry for entry in entries if entry.idempotency_key == key)
    build_row = _RowFactory(entries)
    return build_row(found), tuple(map(build_row, attempts[-MAX_ATTEMPTS:]))


class _RowFactory:
    """Factory of rows, which counts the requests with each key.

    Args:
        entries: All requests, oldest first.
    """

    def __init__(self, entries: Iterable[RequestEntry]) -> None:
        self._attempts: Counter[str] = Counter()
        self._numbers: dict[str, int] = {}
        for entry in entries:
            if entry.idempotency_key is not None:
                self._attempts[entry.idempotency_key] += 1
                self._numbers[entry.request_id] = self._attempts[entry.idempotency_key]

    def __call__(self, entry: RequestEntry) -> RequestRow:
        operation = find_operation(entry.method, entry.path)
        attempts = 1 if entry.idempotency_key is None else self._attempts[entry.idempotency_key]
        name = "" if operation is None else operation.id
        return RequestRow(entry, name, self._numbers.get(entry.request_id, 1), attempts)


def _matches(entry: RequestEntry, query: Mapping[str, str]) -> bool:
    status = "none" if entry.status is None else str(entry.status)
    return (
        query.get("method", "") in ("", entry.method)
        and query.get("fault", "") in ("", entry.fault)
        and status.startswith(query.get("status", "").strip())
        and query.get("path", "").strip() in entry.path
        and query.get("key", "").strip() in (entry.idempotency_key or "")
    )


def _view_list(backend: Backend, visit: Visit) -> Mapping[str, object]:
    page = select_requests(backend, visit.query)
    return {
        "rows": page.entries,
        "cursor": page.cursor,
        "methods": METHODS,
        "statuses": STATUSES,
        "faults": FAULTS,
        "origin": visit.origin,
        "is_filtered": any(visit.query.get(name) for name in FILTERS),
    }


def _view_detail(backend: Backend, visit: Visit) -> Mapping[str, object]:
    row, attempts = find_attempts(backend, visit.path["id"])
    entry = row.entry
    command = build_command(visit.origin, entry.method, entry.path, key=entry.idempotency_key)
    return {"row": row, "attempts": attempts, "command": command}


PAGES: Final = (
    DashboardPage(LIST, "requests.html", _view_list, LIST),
    DashboardPage(f"{LIST}/{{id}}", "request.html", _view_detail, LIST),
)
FORMS: Final[tuple[DashboardForm, ...]] = ()
