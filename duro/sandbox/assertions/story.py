"""Story of a sandbox: requests, charges, decisions, events and deliveries in the order of time, for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from attrs import frozen

from ...errors import redact
from ..backend import Backend
from ..billing.ledger import list_charges, list_refunds
from ..deliveries.delivery import Delivery
from ..events import list_events
from ..recovery.decision_log import list_decisions

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
    deliveries = {delivery.id: delivery for delivery in backend.deliveries.entries()}
    yield from _list_requests(backend, deliveries)
    yield from _list_money(backend)
    for decision in backend.transact(list_decisions):
        yield _Entry(decision.at, "decision", f"{decision.action}  {decision.reason}")
    for event in backend.transact(list_events):
        yield _Entry(event.at, "event", f"{event.type}  {event.id}")
    for delivery in deliveries.values():
        result = delivery.failure or f"{delivery.status}"
        fault = f"  fault {delivery.fault}" if delivery.fault else ""
        text = f"{delivery.event_type}  attempt {delivery.attempt}  {result}{fault}  {delivery.event_id}"
        yield _Entry(f"{delivery.at}", "delivery", text, subject=delivery.event_type)


def _list_requests(backend: Backend, deliveries: Mapping[int, Delivery]) -> Iterator[_Entry]:
    for request in backend.request_log.entries():
        text = f"{request.method} {request.path}  {request.status}{_describe_key(request.idempotency_key)}"
        # Without a delivery in progress, which is not among the attempts that were made.
        cause = deliveries.get(request.delivery_id or 0)
        handler = f"  by the handler of {cause.event_id}, attempt {cause.attempt}" if cause else ""
        yield _Entry(request.at, "request", text + handler)


def _list_money(backend: Backend) -> Iterator[_Entry]:
    for charge in backend.transact(list_charges):
        text = f"{charge.amount:,} {charge.status}  {charge.customer_id}"
        yield _Entry(charge.at, "charge", text + _describe_key(charge.idempotency_key), subject=charge.customer_id)
    for refund in backend.transact(list_refunds):
        text = f"{refund.amount:,}  {refund.customer_id}"
        yield _Entry(refund.at, "refund", text + _describe_key(refund.idempotency_key), subject=refund.customer_id)


def _describe_key(key: str | None) -> str:
    return "" if key is None else f"  key {redact(key)}"
