"""Events (``/v1/events``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ...http.operation import Operation
from ..codec.codec import decode
from ..models.events import Event, EventPayload
from .base import AsyncResource

if TYPE_CHECKING:
    from ..options import CallOptions

__all__ = ["AsyncEvents"]

RETRIEVE: Final = Operation("getEvent", "GET", "/v1/events/{id}")
RETRIEVE_PAYLOAD: Final = Operation("getEventPayload", "GET", "/v1/events/{id}/payload")


class AsyncEvents(AsyncResource):
    """What happened, as the API keeps it."""

    async def retrieve(self, event_id: str, /, **options: Unpack[CallOptions]) -> Event:
        """Fetch an event (``getEvent``, ``GET /v1/events/{id}``).

        Args:
            event_id: The event.
            **options: What may be said with every call.

        Returns:
            The event, of the class of its type.

        Raises:
            NotFoundError: There is no such event in this tenant and mode.

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
        """Fetch what was posted to the webhook endpoints (``getEventPayload``, ``GET /v1/events/{id}/payload``).

        ``payload.matches(body)`` tells whether a delivery had the same bytes.

        Args:
            event_id: The event.
            **options: What may be said with every call.

        Returns:
            The body, byte for byte, and the event that it tells of.

        Raises:
            NotFoundError: There is no such event in this tenant and mode.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> delivered = await client.events.retrieve_payload(sandbox.events[-1].id)
            >>> delivered.event.id == sandbox.events[-1].id, delivered.body.startswith(b"{")
            (True, True)
        """
        return await self._requester.fetch(RETRIEVE_PAYLOAD, event_id, read=_payload, options=options)


def _payload(body: bytes) -> EventPayload:
    return EventPayload(body=bytes(body), event=decode(body, Event))
