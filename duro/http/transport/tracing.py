"""Transport of a client of a sandbox: sends the trace of the delivery that a handler handles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import evolve

from ..._sandbox_trace import TRACE_HEADER, current_trace
from ..request import Headers

if TYPE_CHECKING:
    from ..request import Request, Response
    from . import Transport

__all__ = ["TracingTransport"]

_NAME: Final = TRACE_HEADER.lower().encode("ascii")


class TracingTransport:
    """Transport that adds the current trace to each request.

    Args:
        transport: Transport to send through.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def route(self) -> str:
        """Way to the API, for messages."""
        return str(getattr(self._transport, "route", ""))

    async def send(self, request: Request) -> Response:
        """Send a request, with the trace if there is one."""
        if (trace := current_trace()) is not None:
            request = evolve(request, headers=Headers.from_lines((*request.headers, (_NAME, trace))))
        return await self._transport.send(request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()
