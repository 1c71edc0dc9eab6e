"""Delivery log: the latest attempts to deliver events, and the number of successful ones."""

from __future__ import annotations

from attrs import field, frozen

from ...errors import redact
from ..bounded_log import BoundedLog

__all__ = ["Delivery", "DeliveryLog"]


@frozen
class Delivery:
    """One attempt to deliver an event to an endpoint.

    Attributes:
        event_id: Id of the event, sent as ``Duro-Event-Id``.
        event_type: Type of the event, such as ``subscription_paused``.
        endpoint_id: Id of the endpoint.
        url: URL of the endpoint.
        attempt: Number of the attempt, from 1 to 7.
        status: HTTP status that the endpoint returned. ``None`` without a complete response.
        failure: Reason of the failure. ``None`` after a 2xx.
        retry_at: Time of the next attempt by the sandbox's clock. ``None`` after a success or the last attempt.
        at: Sandbox time at the end of the attempt, in the API's format.
    """

    event_id: str
    event_type: str
    endpoint_id: str
    # Secrets do not belong in a URL, but users put them there.
    url: str = field(converter=redact)
    attempt: int
    status: int | None
    failure: str | None
    retry_at: str | None
    at: str


class DeliveryLog(BoundedLog[Delivery]):
    """Log of delivery attempts, and the number of successful ones."""

    def __init__(self) -> None:
        super().__init__()
        self._delivered = 0

    @property
    def delivered(self) -> int:
        """Number of attempts that the endpoint acknowledged with a 2xx, dropped entries included."""
        return self._delivered

    def append(self, entry: Delivery) -> None:
        """Append an attempt. A full log drops its oldest entry."""
        with self._lock:
            super().append(entry)
            self._delivered += entry.failure is None

    def clear(self) -> None:
        """Remove all entries and set the count to zero."""
        with self._lock:
            super().clear()
            self._delivered = 0
