"""Fault kinds: one frozen class each, with its options and its effect on a request.

The kinds for requests do not use ASGI. They act through a ``FaultyRequest``. It can process the
request, discard it, send a response, or act on the connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, Protocol, TypeAlias

from attrs import AttrsInstance, frozen

from ..._checks import is_number
from ..validation import Flag, InvalidValueError, integer
from .faulty_request import FaultyRequest

__all__ = [
    "KINDS",
    "DelayFault",
    "DripFault",
    "DuplicateFault",
    "EarlyFault",
    "FaultEffect",
    "FaultKind",
    "GarbageFault",
    "ReorderFault",
    "ResetAfterFault",
    "ResetBeforeFault",
    "SilenceFault",
    "StatusFault",
    "TruncateFault",
    "applies_to_deliveries",
]

FaultKind: TypeAlias = Literal[
    "status",
    "delay",
    "reset_before",
    "reset_after",
    "truncate",
    "garbage",
    "drip",
    "silence",
    "early",
    "duplicate",
    "reorder",
]

# One day. For longer waits there is "silence".
MAX_WAIT_SECONDS: Final = 86_400


def _check_seconds(value: object) -> float:
    if not is_number(value) or not 0 <= value <= MAX_WAIT_SECONDS:
        raise InvalidValueError(f"expected number of seconds from 0 to {MAX_WAIT_SECONDS}")
    return value


class FaultEffect(AttrsInstance, Protocol):
    """Interface of a fault kind."""

    kind: ClassVar[FaultKind]

    async def apply(self, request: FaultyRequest) -> None:
        """Apply the fault to one request, and return when the server is done with it."""
        ...


@frozen
class StatusFault:
    """Error response in the API's format. The call is not processed.

    Attributes:
        status: HTTP status from 400 to 599.
        retry_after: Seconds of the ``Retry-After`` header. ``None`` leaves the header out.
    """

    kind: ClassVar[FaultKind] = "status"

    status: Annotated[int, integer(400, 599, "status from 400 to 599")]
    retry_after: Annotated[float | None, _check_seconds] = None

    async def apply(self, request: FaultyRequest) -> None:
        """Respond with the status."""
        await request.reject(self.status, retry_after=self.retry_after)


@frozen
class DelayFault:
    """Late response. The call is processed after the delay, even if the client has gone.

    Attributes:
        seconds: Delay in seconds.
    """

    kind: ClassVar[FaultKind] = "delay"

    seconds: Annotated[float, _check_seconds]

    async def apply(self, request: FaultyRequest) -> None:
        """Wait, then process the call."""
        # Read first: the server drops the body of a request whose client disconnects during the delay.
        await request.read_request()
        if await request.connection.sleep(self.seconds):
            await request.forward()
        else:
            await request.connection.wait_for_disconnect()


@frozen
class ResetBeforeFault:
    """TCP reset instead of processing the call."""

    kind: ClassVar[FaultKind] = "reset_before"

    async def apply(self, request: FaultyRequest) -> None:
        """Discard the request, and reset the connection."""
        await request.discard()
        await request.connection.reset()


@frozen
class ResetAfterFault:
    """TCP reset instead of the response. The call is processed."""

    kind: ClassVar[FaultKind] = "reset_after"

    async def apply(self, request: FaultyRequest) -> None:
        """Process the call, and reset the connection."""
        await request.process()
        await request.connection.reset()


@frozen
class TruncateFault:
    """Response whose connection ends in the middle of the body. The call is processed."""

    kind: ClassVar[FaultKind] = "truncate"

    async def apply(self, request: FaultyRequest) -> None:
        """Process the call, and send the head and half of the body."""
        response = await request.process()
        request.connection.write(response.head + response.body[: len(response.body) // 2])
        await request.connection.cut()


@frozen
class GarbageFault:
    """Response with status 200 and a body that is not JSON. The call is processed."""

    kind: ClassVar[FaultKind] = "garbage"

    async def apply(self, request: FaultyRequest) -> None:
        """Process the call, and send the page of a proxy that has lost its server."""
        await request.process()
        await request.send_html(
            "<!doctype html><title>Please wait</title><p>We will be back in a moment.</p>",
        )


@frozen
class DripFault:
    """Response that arrives one byte at a time. The call is processed.

    Attributes:
        pause: Seconds between two bytes.
    """

    kind: ClassVar[FaultKind] = "drip"

    pause: Annotated[float, _check_seconds] = 0.001

    async def apply(self, request: FaultyRequest) -> None:
        """Process the call, send the response byte by byte, and close the connection."""
        response = await request.process()
        await request.connection.drip(response.head + response.body, pause=self.pause)
        await request.connection.close()


@frozen
class SilenceFault:
    """Open connection without a response.

    Attributes:
        commit: Whether the call is processed.
    """

    kind: ClassVar[FaultKind] = "silence"

    commit: Flag = True

    async def apply(self, request: FaultyRequest) -> None:
        """Process or discard the request, and wait until the client disconnects."""
        if self.commit:
            await request.process()
        else:
            await request.discard()
        await request.connection.wait_for_disconnect()


@frozen
class EarlyFault:
    """Response after the webhook deliveries of the events that the call caused."""

    kind: ClassVar[FaultKind] = "early"

    async def apply(self, request: FaultyRequest) -> None:
        """Process the call, and send the response when its deliveries have been made."""
        await request.forward_after_deliveries()


@frozen
class _DeliveryFault:
    """Fault of webhook deliveries, which the queue of their endpoint applies."""

    async def apply(self, request: FaultyRequest) -> None:
        """Process a call as without the fault."""
        await request.forward()


@frozen
class DuplicateFault(_DeliveryFault):
    """Delivery that succeeds and is made once more."""

    kind: ClassVar[FaultKind] = "duplicate"


@frozen
class ReorderFault(_DeliveryFault):
    """Delivery that is made after the next one to its endpoint."""

    kind: ClassVar[FaultKind] = "reorder"


KINDS: Final[Mapping[str, type[FaultEffect]]] = {
    effect.kind: effect
    for effect in (
        StatusFault,
        DelayFault,
        ResetBeforeFault,
        ResetAfterFault,
        TruncateFault,
        GarbageFault,
        DripFault,
        SilenceFault,
        EarlyFault,
        DuplicateFault,
        ReorderFault,
    )
}


def applies_to_deliveries(kind: type[FaultEffect]) -> bool:
    """Return whether a kind applies to webhook deliveries, and not to requests."""
    return issubclass(kind, _DeliveryFault)
