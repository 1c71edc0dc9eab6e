"""Resource of events (``/v1/events``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ...http.operation import Operation
from ..codec import decode
from ..models.events import Event, EventPayload
from .base import AsyncResource

if TYPE_CHECKING:
    from ..options import CallOptions

__all__ = ["AsyncEvents"]

RETRIEVE: Final = Operation("getEvent", "GET", "/v1/events/{id}", arguments=("event_id",))
RETRIEVE_PAYLOAD: Final = Operation("getEventPayload", "GET", "/v1/events/{id}/payload", arguments=("event_id",))


class AsyncEvents(AsyncResource):
    """Events: retrieve the record, or the payload sent to webhook endpoints."""

    async def retrieve(self, event_id: str, /, **options: Unpack[CallOptions]) -> Event:
        """Retrieve an event (``getEvent``, ``GET /v1/events/{id}``).

        Args:
            event_id: Id of the event (``evt_…``).
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The event, as the subclass of ``Event`` for its type.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The event does not exist, or belongs to another merchant or mode.
            APIError: The API rejected the request for another reason.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> event = await client.events.retrieve(sandbox.events[-1].id)
            >>> event.type.is_known, event.id == sandbox.events[-1].id
            (True, True)
        """
        return await self._requester.call(RETRIEVE, event_id, into=Event, options=options)

    async def retrieve_payload(self, event_id: str, /, **options: Unpack[CallOptions]) -> EventPayload:
        """Retrieve the webhook payload of an event (``getEventPayload``, ``GET /v1/events/{id}/payload``).

        ``payload.matches(body)`` returns whether a delivery has the same bytes.

        Args:
            event_id: Id of the event (``evt_…``).
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The body that was sent to the webhook endpoints, unchanged to the byte, and its event.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The event does not exist, or belongs to another merchant or mode.
            APIError: The API rejected the request for another reason.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> delivered = await client.events.retrieve_payload(sandbox.events[-1].id)
            >>> delivered.event.id == sandbox.events[-1].id, delivered.body.startswith(b"{")
            (True, True)
        """
        path = RETRIEVE_PAYLOAD.format_path(event_id)
        invocation = self._requester.prepare(RETRIEVE_PAYLOAD, path, options=options)
        return await self._requester.execute(invocation, _read_payload)


def _read_payload(body: bytes) -> EventPayload:
    return EventPayload(body=bytes(body), event=decode(body, Event))
