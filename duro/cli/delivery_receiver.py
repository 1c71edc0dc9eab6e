"""Receiver of webhook deliveries on loopback, which forwards each one and returns the response."""

from __future__ import annotations

import http.client
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Final

from attrs import frozen

from .._sandbox_trace import TRACE_HEADER
from ..webhooks.headers import EVENT_ID, EVENT_TYPE, SIGNATURE
from .plain_http import send_request

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from email.message import Message

__all__ = ["ForwardedDelivery", "receive_deliveries"]

_FORWARDED: Final = ("Content-Type", SIGNATURE, EVENT_ID, EVENT_TYPE, TRACE_HEADER)
BAD_GATEWAY: Final = 502


@frozen
class ForwardedDelivery:
    """Delivery that was forwarded.

    Attributes:
        event_id: Id of the event.
        event_type: Type of the event.
        status: HTTP status of the application. ``None`` without a response.
        failure: Reason for the lack of a response. ``None`` with one.
        elapsed: Duration in seconds.
    """

    event_id: str
    event_type: str
    status: int | None
    failure: str | None
    elapsed: float


@contextmanager
def receive_deliveries(
    target: str | None, on_delivery: Callable[[ForwardedDelivery], None]
) -> Generator[str, None, None]:
    """Receive deliveries for the duration of the block.

    Args:
        target: URL to forward to. ``None`` acknowledges each delivery instead.
        on_delivery: Function to call with each delivery, on another thread.

    Yields:
        URL of the receiver.
    """

    class Handler(BaseHTTPRequestHandler):
        # With kept connections.
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            start = time.perf_counter()
            status, failure, response = _forward(target, self.headers, body)
            elapsed = time.perf_counter() - start
            event_id, event_type = self.headers.get(EVENT_ID, ""), self.headers.get(EVENT_TYPE, "")
            on_delivery(ForwardedDelivery(event_id, event_type, None if failure else status, failure, elapsed))
            # The sandbox has closed the connection, for example after its timeout.
            with suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", str(len(response)))
                self.end_headers()
                self.wfile.write(response)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the names of the base class
            """Print nothing: ``on_delivery`` prints the deliveries."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        # A handler may still wait for the application. The end of the command does not.
        server.block_on_close = False
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def _forward(target: str | None, headers: Message, body: bytes) -> tuple[int, str | None, bytes]:
    """Return the status and body for the sandbox, and the reason for the lack of a response."""
    if target is None:
        return 200, None, b""
    try:
        forwarded = {name: headers[name] for name in _FORWARDED if name in headers}
        status, response = send_request("POST", target, forwarded, body)
    except (OSError, http.client.HTTPException) as error:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return BAD_GATEWAY, reason, reason.encode()
    return status, None, response
