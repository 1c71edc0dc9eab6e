"""Actions that a fault may take on one HTTP request."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..api.responses import ApiResponse
from ..errors import ApiError
from ..faults.faulty_request import FaultyRequest, RawResponse
from ..faults.kinds import FaultKind
from .body_limit import MAX_BODY_BYTES
from .connection import Connection
from .mode_middleware import backend_of
from .request_log_middleware import RequestLogMiddleware

__all__ = ["HttpFaultyRequest"]


class HttpFaultyRequest(FaultyRequest):
    """HTTP request that a fault applies to.

    The request log lies inside: it records the API's response, even if the client receives another one or none.

    Args:
        application: API without faults and without the request log.
        scope: ASGI scope of the request.
        receive: ASGI receive channel.
        send: ASGI send channel.
        kind: Kind of the fault, for the request log.
    """

    def __init__(self, application: ASGIApp, scope: Scope, receive: Receive, send: Send, *, kind: FaultKind) -> None:
        self._connection = Connection(scope, receive)
        self._early_deliveries = backend_of(scope).early_deliveries
        self._application = application
        self._scope = scope
        self._receive = receive
        self._send = send
        self._kind: FaultKind = kind

    @property
    def connection(self) -> Connection:
        """Connection of the client."""
        return self._connection

    async def read_request(self) -> None:
        """Read the request now, up to the limit of its body. A later ``forward`` or ``process`` uses the copy."""
        receive = self._receive
        messages = [await receive()]
        size = len(messages[0].get("body", b""))
        while messages[-1].get("more_body", False) and size <= MAX_BODY_BYTES:
            messages.append(await receive())
            size += len(messages[-1].get("body", b""))
        remaining = iter(messages)

        async def replay() -> Message:
            for message in remaining:
                return message
            return await receive()

        self._receive = replay

    async def forward(self) -> None:
        """Process the request, and send the response to the client."""
        await self._run(self._application, self._send)

    async def forward_after_deliveries(self) -> None:
        """Process the request, deliver the events that it caused, and then send the response to the client."""
        # Read first, so that no other request is processed between the next line and this one.
        await self.read_request()
        last_id = self._early_deliveries.last_id()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._early_deliveries.deliver(after=last_id)
            await self._send(message)

        await self._run(self._application, send)

    async def process(self) -> RawResponse:
        """Process the request, and return the response instead of sending it."""
        capture = _ResponseCapture(self._scope["method"])
        await self._run(self._application, capture)
        return RawResponse(capture.head, capture.body)

    async def discard(self) -> None:
        """Count and read the request without processing it."""

        async def read(_scope: Scope, receive: Receive, _send: Send) -> None:
            # The channel that records the request.
            self._receive = receive
            await self.read_request()

        await self._run(read, self._send)

    async def reject(self, status: int, *, retry_after: float | None = None) -> None:
        """Send an error response in the API's format, and log it.

        Args:
            status: HTTP status.
            retry_after: Seconds of the ``Retry-After`` header. ``None`` leaves the header out.
        """
        error = ApiError(status, "A fault of the sandbox applied to this request. It was not processed.")
        headers = None if retry_after is None else {"Retry-After": f"{retry_after:g}"}

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            # Read for the record of the request, as a server that processes the request does.
            self._receive = receive
            await self.read_request()
            await ApiResponse.from_error(error).response(headers)(scope, self._receive, send)

        await self._run(respond, self._send)

    async def send_html(self, html: str) -> None:
        """Send an HTML page with status 200, without logging it."""
        await HTMLResponse(html)(self._scope, self._receive, self._send)

    async def _run(self, application: ASGIApp, send: Send) -> None:
        await RequestLogMiddleware(application, self._kind)(self._scope, self._receive, send)


class _ResponseCapture:
    """ASGI send channel that collects the bytes of a response."""

    def __init__(self, method: str) -> None:
        self._method = method
        self.head = b""
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            status: int = message["status"]
            lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
            # Raw bytes bypass the server's HTTP state, so the connection cannot be used again.
            lines += [b"%s: %s" % header for header in (*message["headers"], (b"connection", b"close"))]
            self.head = b"".join(line + b"\r\n" for line in (*lines, b""))
        elif self._method != "HEAD":
            self.body += message.get("body", b"")
