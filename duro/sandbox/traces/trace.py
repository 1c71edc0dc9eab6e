"""Trace: a tree of a request, its events, their deliveries, and the requests of the handlers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from attrs import frozen

from ..deliveries.delivery import Delivery
from ..events import EventEntry
from ..request_log import RequestEntry

__all__ = ["Trace", "TraceKind"]

TraceKind: TypeAlias = Literal["request", "event", "delivery"]


@frozen
class Trace:
    """Request, event or delivery, with everything that it caused. ``print`` shows it as a tree.

    Attributes:
        kind: ``request``, ``event`` or ``delivery``.
        record: Entry of ``sandbox.requests``, ``sandbox.events`` or ``sandbox.deliveries``.
        children: Events of a request, deliveries of an event, or requests of the handler of a delivery, in order.
    """

    kind: TraceKind
    record: RequestEntry | EventEntry | Delivery
    children: tuple[Trace, ...] = ()

    def __str__(self) -> str:
        return "\n".join(_render(self, ""))


def _render(trace: Trace, indent: str) -> Iterator[str]:
    yield f"{indent}{trace.kind} {_describe(trace.record)}"
    for child in trace.children:
        yield from _render(child, f"{indent}  ")


def _describe(record: RequestEntry | EventEntry | Delivery) -> str:
    match record:
        case RequestEntry():
            return f"{record.method} {record.path}  {record.status}  {record.request_id}"
        case EventEntry():
            return f"{record.type}  {record.id}"
        case Delivery():
            return f"to {record.url}  attempt {record.attempt}  {record.failure or record.status or record.state}"
