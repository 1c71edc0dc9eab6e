"""Story of a sandbox: requests, charges, refunds, events and deliveries in the order of time, for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from attrs import frozen

from ...errors import redact
from ..backend import Backend
from ..billing.ledger import list_charges, list_refunds
from ..events import list_events

__all__ = ["render_story"]

MAX_LINES: Final = 60
KIND_WIDTH: Final = 9


@frozen
class _Entry:
    """Line of the story.

    Attributes:
        at: Sandbox time, in the API's format.
        kind: Kind of the record, such as ``charge``.
        text: Description of the record.
        subject: Id or event type, by which an assertion marks the line.
    """

    at: str
    kind: str
    text: str
    subject: str = ""


def render_story(backend: Backend, marked: Collection[str] = ()) -> str:
    """Return the latest records of a sandbox as text, one on each line.

    Args:
        backend: Backend of the sandbox.
        marked: Customers and event types whose charges and deliveries get a ``>`` at the start of their lines.
    """
    # The sort is stable: within a millisecond, a request comes before its charge, and an event before its delivery.
    entries = sorted(_list_entries(backend), key=lambda entry: entry.at)
    if not entries:
        return "The sandbox has not received a request."
    lines = ["Records of the sandbox, by its clock in UTC:"]
    if left_out := len(entries[:-MAX_LINES]):
        lines.append(f"  ({left_out:,} earlier ones are left out)")
    date = ""
    for entry in entries[-MAX_LINES:]:
        if entry.at[:10] != date:
            date = entry.at[:10]
            lines.append(f"  {date}")
        mark = ">" if entry.subject in marked else " "
        lines.append(f"{mark} {entry.at[11:23]}  {entry.kind:<{KIND_WIDTH}} {entry.text}")
    return "\n".join(lines)


def _list_entries(backend: Backend) -> Iterator[_Entry]:
    yield from _list_requests(backend)
    yield from _list_money(backend)
    for event in backend.transact(list_events):
        yield _Entry(event.at, "event", f"{event.type}  {event.id}")
    for delivery in backend.deliveries.entries():
        if delivery.at is None:  # still to be made
            continue
        result = delivery.failure or f"{delivery.status}"
        text = f"{delivery.event_type}  attempt {delivery.attempt}  {result}"
        yield _Entry(delivery.at, "delivery", text, subject=delivery.event_type)


def _list_requests(backend: Backend) -> Iterator[_Entry]:
    for request in backend.request_log.entries():
        text = f"{request.method} {request.path}  {request.status}{_describe_key(request.idempotency_key)}"
        yield _Entry(request.at, "request", text)


def _list_money(backend: Backend) -> Iterator[_Entry]:
    for charge in backend.transact(list_charges):
        text = f"{charge.amount:,} {charge.status}  {charge.customer_id}"
        yield _Entry(charge.at, "charge", text + _describe_key(charge.idempotency_key), subject=charge.customer_id)
    for refund in backend.transact(list_refunds):
        text = f"{refund.amount:,}  {refund.customer_id}"
        yield _Entry(refund.at, "refund", text + _describe_key(refund.idempotency_key), subject=refund.customer_id)


def _describe_key(key: str | None) -> str:
    return "" if key is None else f"  key {redact(key)}"
