"""Connections of the aiohttp transport: name resolution, TCP and TLS, until a request can be sent."""

from __future__ import annotations

import socket
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from . import RequestNotSentError
from .failures import iterate_chain, remove_library_frames
from .resolver import resolve
from .timeouts import KEEP_ALIVE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Connector", "on_connected"]

# Function of the request in progress, called when it has a connection and before its first byte is written.
on_connected: Final[ContextVar[Callable[[], None]]] = ContextVar("duro_on_connected")

# asyncio of these versions leaves a TLS connection open that the server closed (CPython issue 118950).
_LEAVES_TLS_OPEN: Final = sys.version_info < (3, 12, 7) or sys.version_info[:3] == (3, 13, 0)


class Connector(aiohttp.TCPConnector):
    """Connections of one event loop, without a limit, because the limiter in front of the transport has one."""

    def __init__(self) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - of socket_factory=
            limit=0,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            resolver=Resolver(),
            use_dns_cache=False,
            enable_cleanup_closed=_LEAVES_TLS_OPEN,
        )

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - of aiohttp
    ) -> aiohttp.connector.Connection:
        """Return an idle connection or a new one, and report that the request is about to be sent."""
        connection = await self.open(req, traces, timeout)
        on_connected.get()()
        return connection

    async def open(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - of aiohttp
    ) -> aiohttp.connector.Connection:
        """Return an idle connection or a new one."""
        while True:
            connection = await self._connect(req, traces, timeout)
            protocol = connection.protocol
            if protocol is None or not protocol.should_close:
                return connection
            # Bytes that followed the last response would be read as the next one.
            connection.close()

    async def _connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - of aiohttp
    ) -> aiohttp.connector.Connection:
        try:
            return await super().connect(req, traces, timeout)
        except Exception as error:
            if any(isinstance(each, TimeoutError) for each in iterate_chain(error)):
                # The text of aiohttp contains neither the cause nor the limit.
                text = f"no connection was established within {timeout.connect:g} s"
                raise RequestNotSentError(text) from remove_library_frames(error)
            raise


class Resolver(AbstractResolver):
    """Resolver in daemon threads. Those of aiohttp delay the end of a program by up to 40 seconds."""

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
    ) -> list[ResolveResult]:
        """Return the addresses of a host."""
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await resolve(host, port)
        ]

    async def close(self) -> None:
        """Do nothing, because the threads end by themselves."""
