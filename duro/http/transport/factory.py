"""Which transport carries a client's requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypeGuard, Union

import anyio

from ...errors import ConfigurationError
from . import Transport
from .httpx import HttpxClientTransport, HttpxTransport, is_httpx_client

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from ...config import Settings
    from ..request import Request, Response

__all__ = ["AnyTransport", "transport_opener"]

AnyTransport: TypeAlias = Union[Literal["httpx"], "httpx.AsyncClient", Transport]

# The exchange has its own few connections, so that it is never queued behind business calls.
EXCHANGE_CONNECTIONS = 4


def transport_opener(transport: AnyTransport, settings: Settings) -> Callable[[], Transport]:
    """Decide how business calls are carried.

    Args:
        transport: ``"httpx"`` for connections of the client's own, an
            ``httpx.AsyncClient``, or any :class:`Transport`; the latter two
            stay the user's to close.
        settings: What the client was told.

    Returns:
        What makes the transport of an event loop.

    Raises:
        ConfigurationError: It is none of these.
    """
    if transport == "httpx":
        return lambda: HttpxTransport(settings.base_url, max_connections=settings.max_connections)
    # In this order: a client of httpx has the methods of a Transport, too.
    if is_httpx_client(transport):
        client = HttpxClientTransport(transport)
        return lambda: client
    if _is_transport(transport):
        lent = _Lent(transport)
        return lambda: lent
    raise ConfigurationError(
        f"transport is a {type(transport).__name__}; give 'httpx', an httpx.AsyncClient, or an object with "
        "async send(request) and aclose()"
    )


def exchange_transport_opener(transport: AnyTransport, settings: Settings) -> Callable[[], Transport]:
    """Decide how token exchanges are carried: apart from business calls, past all hooks of the user's client.

    A :class:`Transport` of the user's own carries them too, since only it may know the way.
    """
    if _is_transport(transport) and not is_httpx_client(transport):
        return transport_opener(transport, settings)
    return lambda: _Limited(
        HttpxTransport(settings.base_url, max_connections=EXCHANGE_CONNECTIONS), width=EXCHANGE_CONNECTIONS
    )


def _is_transport(candidate: object) -> TypeGuard[Transport]:
    return isinstance(candidate, Transport) and not isinstance(candidate, type)


class _Limited:
    """A transport with a limiter as wide as its pool in front."""

    def __init__(self, transport: Transport, *, width: int) -> None:
        self._transport = transport
        self._slots = anyio.Semaphore(width, fast_acquire=True)

    async def send(self, request: Request) -> Response:
        async with self._slots:
            return await self._transport.send(request)

    async def aclose(self) -> None:
        await self._transport.aclose()


class _Lent:
    """A transport of the user's own, which stays open."""

    def __init__(self, transport: Transport) -> None:
        self.send = transport.send

    async def aclose(self) -> None:
        """Leave it to whoever made it."""
