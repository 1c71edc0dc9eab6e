"""Transport over an ``httpx.AsyncClient`` or ``httpx2.AsyncClient`` of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from ..event_loop import run_to_completion
from ..request import Headers, Response
from . import RequestNotSentError
from .body import read_body
from .failures import convert_errors, iterate_chain
from .httpx_request import RequestBuilder

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Mapping
    from types import ModuleType

    import httpx

    from ..request import Request

__all__ = ["HttpxClientTransport"]

# Errors of httpcore that come before a request is written. Errors of httpx alone prove nothing: other
# libraries under an httpx client use the same classes, also for failures after the request.
_NOT_SENT_ERRORS: Final = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"})


class HttpxClientTransport:
    """Client of httpx or httpx2 that the user passed, with its proxies, certificates and hooks.

    A request counts as sent from the start, unless httpcore reports that it is
    still connecting. Below the client may be a transport of which nothing is known.

    Args:
        client: Client to send through.
        library: Module of the client's class, ``httpx`` or ``httpx2``.
        owned: Whether ``aclose`` closes the client.
    """

    def __init__(self, client: httpx.AsyncClient, library: ModuleType, *, owned: bool = False) -> None:
        self._client = client
        self._requests = RequestBuilder(library)
        self._owned = owned

    async def send(self, request: Request) -> Response:
        """Send through the user's client, without its auth and without redirects.

        Args:
            request: Request to send.

        Returns:
            The complete response.

        Raises:
            RequestNotSentError: httpcore could not open a connection, and wrote nothing.
            ResponseLostError: Anything else failed.
            ResponseTooLargeError: The response is larger than the request allows.
        """
        if self._client.is_closed:
            raise RequestNotSentError(f"the {self._name} passed as transport= is closed", is_permanent=True)
        progress = _Progress(request.on_send)
        return await convert_errors(
            self._send(request, progress), is_sent=lambda error: progress.is_sent or not _ends_before_sending(error)
        )

    @property
    def route(self) -> str:
        """Way to the API, for messages. The client's proxies are not known."""
        return f"through the {self._name} passed as transport="

    async def aclose(self) -> None:
        """Close the client if a factory of the user created it for this client."""
        if self._owned:
            await self._client.aclose()

    @property
    def _name(self) -> str:
        return f"{type(self._client).__module__.partition('.')[0]}.{type(self._client).__name__}"

    async def _send(self, request: Request, progress: _Progress) -> Response:
        progress.begin()
        try:
            response = await self._client.send(
                self._requests.build(request, progress.trace), stream=True, auth=None, follow_redirects=False
            )
        finally:
            await progress.aclose()
        headers = Headers.from_lines((name.lower(), value) for name, value in response.headers.raw)
        try:
            # The raw stream, because httpx decompresses each chunk without a limit and leaves generators unfinished.
            stream = cast("AsyncIterable[bytes]", response.stream)
            body = await read_body(stream, headers, limit=request.max_response_bytes)
        finally:
            # An interrupted close would leave the connection's slot in httpcore's pool occupied for good.
            await run_to_completion(response.aclose)
        return Response(response.status_code, headers, body)


class _Progress:
    """Progress of one request, from the ``trace`` extension of httpcore.

    Attributes:
        is_traced: Whether httpcore reported that it opens a connection.
        is_sent: Whether a byte of the request may have been written.
    """

    def __init__(self, on_send: Callable[[bool], None]) -> None:
        self._on_send = on_send
        self.is_traced = False
        self.is_sent = False
        self._connecting: Any = None

    async def aclose(self) -> None:
        """Close a socket whose TLS handshake was cancelled, because httpcore leaves it open."""
        if self._connecting is not None:
            await run_to_completion(self._connecting.aclose)

    def begin(self) -> None:
        self._on_send(True)

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Handle an event of httpcore."""
        if event.endswith(".send_request_headers.started"):
            # A proxy gets a CONNECT request first.
            if getattr(info.get("request"), "method", b"") != b"CONNECT":
                self.is_sent = True
                self._on_send(True)
        elif event.endswith(("connect_tcp.started", "connect_unix_socket.started")):
            self.is_traced = True
            if not self.is_sent:
                self._on_send(False)
        elif event.endswith(("connect_tcp.complete", "connect_unix_socket.complete")):
            self._connecting = info.get("return_value")
        if event.endswith(("start_tls.complete", ".send_request_headers.started")):
            self._connecting = None


def _ends_before_sending(error: Exception) -> bool:
    """Return whether httpcore itself failed, before it wrote a request."""
    return type(error).__module__.partition(".")[0] in ("httpx", "httpx2") and any(
        type(each).__module__.partition(".")[0] in ("httpcore", "httpcore2") and type(each).__name__ in _NOT_SENT_ERRORS
        for each in iterate_chain(error)
    )
