"""Webhook endpoint on loopback with a configurable response, which keeps the deliveries that it receives."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue

import httpx
from attrs import field, frozen

from tests.support.timeouts import TIMEOUT


@frozen
class ReceivedDelivery:
    path: str
    headers: httpx.Headers
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["Duro-Event-Id"]


@frozen
class ReceiverResponse:
    """Response of the endpoint. Status 0 closes the connection without a response."""

    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = b""


class Receiver:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/webhooks/duro"
        self.response = ReceiverResponse()
        self.arrived: SimpleQueue[ReceivedDelivery] = SimpleQueue()
        # Cleared, it holds back every response.
        self.gate = threading.Event()
        self.gate.set()
        self._received: list[ReceivedDelivery] = []
        self._lock = threading.Lock()
        self._in_progress = 0
        self.max_in_progress = 0

    @property
    def received(self) -> list[ReceivedDelivery]:
        return list(self._received)

    def handle(self, delivery: ReceivedDelivery) -> ReceiverResponse:
        with self._lock:
            self._received.append(delivery)
            self._in_progress += 1
            self.max_in_progress = max(self.max_in_progress, self._in_progress)
        self.arrived.put(delivery)
        # Longer than the tests wait for anything else, so that a delivery does not end before their failure.
        assert self.gate.wait(2 * TIMEOUT)
        with self._lock:
            self._in_progress -= 1
        return self.response


@contextmanager
def listening() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            response = receiver.handle(ReceivedDelivery(self.path, httpx.Headers(self.headers.items()), body))
            if not response.status:
                return
            try:
                self.send_response(response.status)
                for name, value in response.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(response.body)))
                self.end_headers()
                self.wfile.write(response.body)
            except ConnectionError:
                """The sandbox has closed the connection, for example after a timeout."""

        def log_message(self, *_: object) -> None:
            """Print no log lines."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver = Receiver(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.gate.set()
            server.shutdown()
            thread.join()
