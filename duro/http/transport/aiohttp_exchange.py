"""Exchange of a request and a response over a connection of aiohttp, without its session.

A session takes most of the time of a request. It builds a request, a response,
a timer and an entry in its connector for each one. Here, a request is one write,
and aiohttp parses the response.
"""

from __future__ import annotations

import asyncio
import time
from types import FunctionType
from typing import TYPE_CHECKING, Final, cast

import aiohttp
from yarl import URL

from .aiohttp_session import receive_body
from .timeouts import CONNECT_TIMEOUT_SECONDS, KEEP_ALIVE_SECONDS

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from aiohttp.client_proto import ResponseHandler

    from ..request import Request, Response
    from .address import Address
    from .aiohttp_connector import Connector

__all__ = ["Exchanger", "is_changed", "is_supported"]

# The methods of a connection are not documented. They are the same in all releases of this major version.
_MAJOR_VERSION: Final = "3."
# Name of the method in its class, which a function that replaces it does not have.
_REQUEST: Final = "ClientSession._request"


def is_supported() -> bool:
    """Return whether the installed version of aiohttp has the methods that this module uses."""
    return aiohttp.__version__.startswith(_MAJOR_VERSION)


def is_changed(session: aiohttp.ClientSession) -> bool:
    """Return whether another library added traces to a session, or replaced the method that sends its requests.

    Args:
        session: Session that would send the requests.
    """
    method: object = getattr(aiohttp.ClientSession, "_request", None)
    is_original = isinstance(method, FunctionType) and method.__code__.co_qualname == _REQUEST
    return not is_original or bool(session.trace_configs)


class Exchanger:
    """Sender of direct requests. The last connection used is used first, so that the others can expire.

    Args:
        address: Address of the API.
        connector: Connections.
    """

    def __init__(self, address: Address, connector: Connector) -> None:
        self._address = address
        self._connector = connector
        self._destination: aiohttp.ClientRequest | None = None
        # With the times at which they expire. The connector would search its own list for each request.
        self._idle: list[tuple[aiohttp.connector.Connection, float]] = []
        self._is_closed = False

    async def send(self, request: Request, context: ssl.SSLContext | bool, on_send: Callable[[], None]) -> Response:
        """Send a request, and receive the complete response.

        Args:
            request: Request to send.
            context: TLS context, ``True`` without TLS.
            on_send: Function to call before the first byte of the request may be written.

        Returns:
            The response.

        Raises:
            TimeoutError: No complete response was received in time.
            ResponseTooLargeError: The response is larger than the request allows.
            Exception: The connection failed.
        """
        message = self._address.serialize(request)
        connection = self._find_idle() or await self._connect(context, request.timeout)
        try:
            on_send()
            response = await _exchange(connection, message, request)
        except BaseException:
            connection.close()
            raise
        self._keep(connection)
        return response

    def close(self) -> None:
        """Return the idle connections to the connector, which closes them."""
        self._is_closed = True
        while self._idle:
            self._idle.pop()[0].release()

    def _find_idle(self) -> aiohttp.connector.Connection | None:
        while self._idle:
            connection, expires_at = self._idle.pop()
            if time.monotonic() <= expires_at and _is_reusable(connection):
                return connection
            connection.close()
        return None

    def _keep(self, connection: aiohttp.connector.Connection) -> None:
        if self._is_closed or not _is_reusable(connection):
            connection.close()
            return
        now = time.monotonic()
        self._idle.append((connection, now + KEEP_ALIVE_SECONDS))
        if len(self._idle) > 1 and self._idle[0][1] < now:
            # The one that was not used for the longest time. After a burst, each call closes one.
            self._idle.pop(0)[0].close()

    async def _connect(self, context: ssl.SSLContext | bool, timeout_seconds: float) -> aiohttp.connector.Connection:
        if self._destination is None:
            # A connector takes the address of a connection from a request. This one is not sent.
            self._destination = aiohttp.ClientRequest("GET", URL(self._address.prefix), ssl=context)
        timeout = aiohttp.ClientTimeout(connect=min(CONNECT_TIMEOUT_SECONDS, timeout_seconds))
        return await self._connector.open(self._destination, [], timeout)


def _is_reusable(connection: aiohttp.connector.Connection) -> bool:
    # Bytes that followed the last response would be read as the next one.
    protocol = connection.protocol
    return protocol is not None and protocol.is_connected() and not protocol.should_close


async def _exchange(connection: aiohttp.connector.Connection, message: bytes, request: Request) -> Response:
    # They are set until the connection is closed.
    protocol = cast("ResponseHandler", connection.protocol)
    transport = cast("asyncio.Transport", connection.transport)
    protocol.set_response_params(skip_payload=request.method == "HEAD", read_until_eof=True, auto_decompress=False)
    timer = _Timer(protocol, request.timeout)
    try:
        transport.write(message)
        while True:
            head, timer.content = await protocol.read()
            if head.code >= 200 or head.code == 101:
                return await receive_body(head.code, head.raw_headers, timer.content, request)
    finally:
        timer.cancel()


class _Timer:
    """Timer that ends the reads of one exchange. A cancel scope takes four times as long.

    Args:
        protocol: Reader of the status and the headers.
        seconds: Duration of the exchange at most.

    Attributes:
        content: Reader of the body, ``None`` before it begins.
    """

    def __init__(self, protocol: ResponseHandler, seconds: float) -> None:
        self._protocol = protocol
        self._seconds = seconds
        self.content: aiohttp.StreamReader | None = None
        self._handle = asyncio.get_running_loop().call_later(seconds, self._end_reads)

    def cancel(self) -> None:
        """Stop the timer."""
        self._handle.cancel()

    def _end_reads(self) -> None:
        error = TimeoutError(f"no complete response was received within {self._seconds:g} s")
        self._protocol.set_exception(error)
        if self.content is not None:
            self.content.set_exception(error)
