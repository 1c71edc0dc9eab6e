"""Time line of a customer or a subscription: requests, charges, decisions, events and deliveries, newest first."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final, Literal, TypeAlias

from attrs import frozen

from ..errors import ApiError
from ..request_log import RequestEntry
from ..storage.pages import ListPage, Selection, cut_page

__all__ = ["TimelineEntry", "TimelineKind", "TimelineSubject", "read_timeline"]

TimelineKind: TypeAlias = Literal["request", "charge", "decision", "event", "delivery"]


@frozen
class TimelineSubject:
    """Customer of a time line, or one subscription of the customer.

    Attributes:
        customer_id: Id of the customer.
        subscription_id: Id of the subscription. ``None`` for all that belongs to the customer.
    """

    customer_id: str
    subscription_id: str | None = None


@frozen
class TimelineEntry:
    """Entry of a time line. The members after ``number`` depend on the kind.

    Attributes:
        at: Sandbox time, in the API's format.
        kind: Kind of the entry.
        number: Position among the entries of its kind, which is the id of a delivery.
        id: Id of the request, invoice, event or delivery.
        title: Method and path, rail, action, event type, or URL of the endpoint.
        status: Status of the request, charge or delivery, or the category of the failure.
        text: Idempotency key, reason of the decision, or reason of the failure.
        amount: Amount in minor units.
        currency: Currency of the amount.
        attempt: Number of the attempt.
    """

    at: str
    kind: TimelineKind
    number: int
    id: str
    title: str
    status: str | None = None
    text: str | None = None
    amount: int | None = None
    currency: str | None = None
    attempt: int | None = None


# In the order of cause and effect, which is the order within one millisecond.
_KINDS: Final[tuple[TimelineKind, ...]] = ("request", "charge", "decision", "event", "delivery")
_MAX_NUMBER: Final = 2**62
_CURSOR: Final = re.compile(r"([0-9T:.Z-]{24})_([0-4])_([0-9]{1,18})", re.ASCII)

_CHARGES: Final = """
    SELECT
        transactions.created_at AS at, 'charge', transactions.rowid AS number, invoice_id, rail, transactions.status,
        failure_code, transactions.amount, currency, attempt
    FROM transactions CROSS JOIN invoices ON invoices.id = invoice_id
    WHERE transactions.customer_id = ? AND (? IS NULL OR subscription_id = ?)
"""
_DECISIONS: Final = """
    SELECT
        decisions.at AS at, 'decision', decisions.id AS number, invoice_id, action, category, reason, NULL, NULL,
        attempt
    FROM subscriptions
    CROSS JOIN invoices ON invoices.subscription_id = subscriptions.id AND invoices.kind = 'period'
    CROSS JOIN decisions ON decisions.invoice_id = invoices.id
    WHERE subscriptions.customer_id = ? AND (? IS NULL OR subscriptions.id = ?)
"""
_EVENTS: Final = """
    SELECT created_at AS at, 'event', rowid AS number, id, type, NULL, NULL, NULL, NULL, NULL
    FROM events WHERE customer_id = ? AND (? IS NULL OR subscription_id = ?)
"""
_EVENT_IDS: Final = "SELECT id FROM events WHERE customer_id = ? AND (? IS NULL OR subscription_id = ?)"
_DELIVERIES: Final = """
    SELECT
        coalesce(deliveries.at, due_at) AS at, 'delivery', deliveries.id AS number, event_id, type, state, failure,
        NULL, NULL, attempt
    FROM events CROSS JOIN deliveries ON event_id = events.id
    WHERE customer_id = ? AND (? IS NULL OR subscription_id = ?)
"""
_QUERIES: Final = {1: _CHARGES, 2: _DECISIONS, 3: _EVENTS, 4: _DELIVERIES}

_Position: TypeAlias = tuple[str, int, int]


def read_timeline(
    db: sqlite3.Connection, subject: TimelineSubject, requests: Iterable[RequestEntry], selection: Selection
) -> ListPage[TimelineEntry]:
    """Read a page of a time line.

    Args:
        db: Open transaction.
        subject: Customer or subscription.
        requests: Requests of the log, oldest first. Those whose path contains the id of the subject, and those that
            caused one of its events, belong to it.
        selection: Page to read. It is newest first.

    Raises:
        ApiError: The cursor does not exist (400).
    """
    cursor = None if selection.cursor is None else _parse_cursor(selection.cursor)
    own = _select_requests(db, subject, requests)
    moments = [moment for moment in own if cursor is None or _position(moment) < cursor]
    for rank in _QUERIES:
        moments += _read_kind(db, rank, subject, cursor, selection.limit + 1)
    moments.sort(key=_position, reverse=True)
    return cut_page(moments, selection, lambda moment: "_".join(map(str, _position(moment))))


def _position(moment: TimelineEntry) -> _Position:
    return moment.at, _KINDS.index(moment.kind), moment.number


def _select_requests(
    db: sqlite3.Connection, subject: TimelineSubject, requests: Iterable[RequestEntry]
) -> Iterator[TimelineEntry]:
    identifier = subject.subscription_id or subject.customer_id
    parameters = (subject.customer_id, subject.subscription_id, subject.subscription_id)
    events = {row["id"] for row in db.execute(_EVENT_IDS, parameters)}
    for number, entry in enumerate(requests):
        if identifier in entry.path or not events.isdisjoint(entry.event_ids):
            title, status = f"{entry.method} {entry.path}", "none" if entry.status is None else str(entry.status)
            yield TimelineEntry(entry.at, "request", number, entry.request_id, title, status, entry.idempotency_key)


def _read_kind(
    db: sqlite3.Connection, rank: int, subject: TimelineSubject, cursor: _Position | None, limit: int
) -> list[TimelineEntry]:
    condition, parameters = "TRUE", list[str | int]()
    if cursor is not None:
        at, cursor_rank, number = cursor
        # Within one millisecond, the kinds before that of the cursor are still to come.
        condition = "(at, number) < (?, ?)"
        parameters = [at, number if rank == cursor_rank else _MAX_NUMBER if rank < cursor_rank else -1]
    rows = db.execute(
        f"SELECT * FROM ({_QUERIES[rank]}) WHERE {condition} ORDER BY at DESC, number DESC LIMIT ?",  # noqa: S608 - constants
        (subject.customer_id, subject.subscription_id, subject.subscription_id, *parameters, limit),
    )
    return [TimelineEntry(*row) for row in rows]


def _parse_cursor(text: str) -> _Position:
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise ApiError(400, "The cursor does not exist; open the time line again.")
    return match[1], int(match[2]), int(match[3])
