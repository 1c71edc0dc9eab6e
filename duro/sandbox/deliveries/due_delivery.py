"""Due delivery and its outcome: the values that pass between the outbox and the connection of an endpoint."""

from __future__ import annotations

from attrs import field, frozen

from ..._secrets import Secret, SecretBytes

__all__ = ["DueDelivery", "Outcome"]


@frozen
class DueDelivery:
    """Delivery that is due now.

    Attributes:
        id: Id of the attempt.
        event_id: Id of the event.
        event_type: Type of the event.
        payload: Body to send.
        endpoint_id: Id of the endpoint.
        url: URL of the endpoint.
        secret: Signing secret of the endpoint.
        attempt: Number of the attempt, from 1.
        fault: Kind of the fault that applied already, if any.
    """

    id: int
    event_id: str
    event_type: str
    payload: bytes = field(converter=SecretBytes)
    endpoint_id: str
    url: str = field(repr=False)
    secret: Secret = field(converter=Secret)
    attempt: int
    fault: str | None = None


@frozen
class Outcome:
    """Outcome of a delivery attempt.

    Attributes:
        status: HTTP status of the response. ``None`` without a complete response.
        failure: Reason of the failure. ``None`` after a success.
        response: First characters of the response's body. ``None`` without a complete response.
        was_sent: Whether the request may have left this machine.
        signature: Signature header of the request. ``None`` if it did not leave this machine.
    """

    status: int | None = None
    failure: str | None = None
    response: str | None = None
    was_sent: bool = True
    signature: str | None = None
