"""An endpoint that answers as a test tells it, and keeps what it gets."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue

import httpx
from attrs import field, frozen


@frozen
class Received:
    path: str
    headers: httpx.Headers
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["Duro-Event-Id"]


@frozen
class Answer:
    """A status of zero ends the connection without an answer."""

    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = b""


class Receiver:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/webhooks/duro"
        self.answer = Answer()
        self.arrived: SimpleQueue[Received] = SimpleQueue()
        self.gate = threading.Event()
        self.gate.set()
        self._received: list[Received] = []
        self._lock = threading.Lock()
        self._at_work = 0
        self.most_at_once = 0

    @property
    def received(self) -> list[Received]:
        return list(self._received)

    def take(self, delivery: Received) -> Answer:
        with self._lock:
            self._received.append(delivery)
            self._at_work += 1
            self.most_at_once = max(self.most_at_once, self._at_work)
        self.arrived.put(delivery)
        assert self.gate.wait(20)
        with self._lock:
            self._at_work -= 1
        return self.answer


@contextmanager
def listening() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = receiver.take(Received(self.path, httpx.Headers(self.headers.items()), body))
            if not answer.status:
                return
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
            except ConnectionError:
                """Nobody waits for it any more, as after a time-out."""

        def log_message(self, *_: object) -> None:
            """Say nothing."""

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
