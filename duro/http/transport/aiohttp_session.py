"""Transport over an ``aiohttp.ClientSession``."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

import aiohttp
from multidict import CIMultiDict, istr
from yarl import URL

from ...errors import DuroError
from ..request import Headers, Response
from . import RequestNotSentError
from .body import BodyBuffer
from .failures import convert_errors
from .timeouts import CONNECT_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from ..request import Request

__all__ = ["ADDED_HEADERS", "Progress", "SessionTransport", "receive_body"]

# Errors of aiohttp that come before a request is written, if it was not written before.
_NOT_SENT_ERRORS: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
# aiohttp would send an idempotent request again after these.
_RESENDING_ERRORS: Final = (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)
# Headers that aiohttp would add.
ADDED_HEADERS: Final = ("accept", "accept-encoding", "content-type", "user-agent")
# aiohttp warns of larger bodies that are passed as bytes.
_MAX_BYTES_BODY: Final = 2**20 - 1


class SessionTransport:
    """``aiohttp.ClientSession`` of the user, with its connector, cookies, proxy and traces.

    A request counts as sent from the start. Only an error of the connector proves that it was not.

    Args:
        session: Session to send through.
        owned: Whether ``aclose`` closes the session.
    """

    def __init__(self, session: aiohttp.ClientSession, *, owned: bool = False) -> None:
        self._session = session
        self._owned = owned
        self._skipped_headers: tuple[str, ...] | None = ADDED_HEADERS
        # The argument of a request replaces the middlewares of its session, which aiohttp does not make public.
        self._middlewares = (*getattr(session, "_middlewares", ()), _send_once)

    async def send(self, request: Request) -> Response:
        """Send through the session, without redirects and without a second attempt.

        Args:
            request: Request to send.

        Returns:
            The complete response.

        Raises:
            RequestNotSentError: aiohttp could not open a connection.
            ResponseLostError: Anything else failed.
            ResponseTooLargeError: The response is larger than the request allows.
        """
        if self._session.closed:
            raise RequestNotSentError("the aiohttp session is closed", is_permanent=True)
        progress = Progress(request)
        return await convert_errors(self._send(request, progress), is_sent=progress.may_be_sent, keep=(DuroError,))

    @property
    def route(self) -> str:
        """Way to the API, for messages."""
        return "through the aiohttp.ClientSession passed as transport="

    async def aclose(self) -> None:
        """Close the session, unless the user passed it."""
        if self._owned:
            await self._session.close()

    async def _send(self, request: Request, progress: Progress) -> Response:
        progress.assume_sent()
        return await self._exchange(request)

    async def _exchange(self, request: Request, **options: Any) -> Response:
        response = await self._request(request, **options)
        try:
            # At the end of the body, aiohttp releases the connection.
            return await receive_body(response.status, response.raw_headers, response.content, request)
        except BaseException:
            response.close()
            raise

    async def _request(self, request: Request, **options: Any) -> aiohttp.ClientResponse:
        content = request.content
        headers = CIMultiDict([(_to_name(name), _HeaderValue(value, "latin-1")) for name, value in request.headers])
        try:
            return await self._session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=headers,
                skip_auto_headers=self._skipped_headers,
                data=content if content is None or len(content) <= _MAX_BYTES_BODY else io.BytesIO(content),
                timeout=aiohttp.ClientTimeout(
                    # A timeout of each read would take more time, and end no call earlier.
                    total=request.timeout,
                    connect=min(CONNECT_TIMEOUT_SECONDS, request.timeout),
                ),
                allow_redirects=False,
                auto_decompress=False,
                raise_for_status=False,
                middlewares=self._middlewares,
                **options,
            )
        except _LostConnectionError as error:
            lost = error.cause
        raise lost


async def receive_body(
    status: int, lines: Iterable[tuple[bytes, bytes]], content: aiohttp.StreamReader, request: Request
) -> Response:
    """Receive the body of a response.

    Args:
        status: HTTP status.
        lines: Header lines as received.
        content: Stream of the body.
        request: Request, with the limit of the body.

    Returns:
        The complete response.

    Raises:
        ResponseTooLargeError: The body is larger than the limit.
        DecompressionError: The body does not match its ``Content-Encoding``.
    """
    headers = Headers.from_lines([(name.lower(), value) for name, value in lines])
    buffer = BodyBuffer(headers, limit=request.max_response_bytes)
    while chunk := await content.readany():
        buffer.add(chunk)
    return Response(status, headers, buffer.decompress())


class Progress:
    """Progress of one request.

    Attributes:
        is_sent: Whether a byte of the request may have been written, ``None`` if that is unknown.
    """

    def __init__(self, request: Request) -> None:
        self._on_send: Callable[[bool], None] | None = request.on_send
        self.is_sent: bool | None = None

    def assume_sent(self) -> None:
        """Set that a byte may be written at any time."""
        self._report_send()

    def begin_connecting(self) -> None:
        """Set that nothing was written."""
        self.is_sent = False

    def end_connecting(self) -> None:
        """Set that the first byte may be written."""
        self.is_sent = True
        self._report_send()

    def may_be_sent(self, error: Exception) -> bool:
        """Return whether a byte of the request may have been written before an exception."""
        return not isinstance(error, _NOT_SENT_ERRORS) if self.is_sent is None else self.is_sent

    def release_request(self) -> None:
        """Release the request, which has ended."""
        self._on_send = None

    def _report_send(self) -> None:
        if self._on_send is not None:
            self._on_send(True)


class _LostConnectionError(Exception):
    """Failure of a connection, in a class after which aiohttp does not send the request again.

    Attributes:
        cause: Error of aiohttp.
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


async def _send_once(
    request: aiohttp.ClientRequest, send: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]]
) -> aiohttp.ClientResponse:
    """Middleware that prevents aiohttp from sending a request again."""
    try:
        return await send(request)
    except _RESENDING_ERRORS as error:
        raise _LostConnectionError(error) from error


@lru_cache(maxsize=128)
def _to_name(name: bytes) -> istr:
    """Return the name of a header in the class for which aiohttp need not lower the case again."""
    return istr(name.decode("ascii"))


class _HeaderValue(str):
    """Value of a header. aiohttp keeps it in objects whose repr shows all values."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"

    def __reduce__(self) -> NoReturn:
        raise TypeError("headers cannot be pickled, because they may contain a secret")
