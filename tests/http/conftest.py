from __future__ import annotations

import socket
import threading
from contextlib import suppress

import anyio
import anyio.lowlevel
import pytest

from duro._clock import Clock
from duro.config import ClientSettings, RetryPolicy
from duro.http.operation import Operation
from duro.http.pipeline import Pipeline
from duro.http.request import NO_HEADERS, Headers, Invocation, Response

READ = Operation("getThing", "GET", "/v1/things")
WRITE = Operation("createThing", "POST", "/v1/things")


class ManualTime:
    """Clocks that move only during a sleep. Jitter is always at its upper bound."""

    def __init__(self):
        self.now = 5_000.0
        self.sleeps = []
        self.clock = Clock(
            monotonic=lambda: self.now,
            wall=lambda: 1_800_000_000.0 + self.now,
            sleep=self.sleep,
            uniform=lambda _low, high: high,
        )

    async def sleep(self, seconds):
        self.sleeps.append(seconds)
        self.now += seconds
        await anyio.lowlevel.checkpoint()


class ScriptedTransport:
    """Transport that returns or raises outcomes in order, repeats the last one, and records the requests.

    An outcome is a response, an exception, or a function of the request that returns one or is awaited.
    """

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.requests = []
        self.closed = 0

    async def send(self, request):
        self.requests.append(request)
        request.on_send(True)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        await anyio.lowlevel.checkpoint()
        if callable(outcome):
            outcome = outcome(request)
            if hasattr(outcome, "__await__"):
                outcome = await outcome
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def aclose(self):
        self.closed += 1


class Tokens:
    """Authorizer with ``token-1``, ``token-2`` and so on. Each 401 leads to the next one."""

    def __init__(self, *, waits=0.0, replaceable=True):
        self.waits = waits
        self.replaceable = replaceable
        self.number = 1
        self.get_calls = 0
        self.error = None
        self.delays = []
        self.accepted = None

    def _headers(self):
        return Headers([(b"authorization", b"Bearer token-%d" % self.number)])

    def cached_headers(self):
        return None if self.waits or self.error else self._headers()

    async def get_headers(self):
        self.get_calls += 1
        if self.error is not None:
            raise self.error
        await anyio.sleep(self.waits)
        return self._headers()

    def on_unauthorized(self, headers):
        self.number += 1
        return self.replaceable

    def on_accepted(self, headers):
        self.accepted = headers

    def choose_delay(self, error):
        return self.delays.pop(0) if self.delays else None


@pytest.fixture
def manual_time():
    return ManualTime()


@pytest.fixture
def tokens():
    return Tokens


@pytest.fixture
def pipeline_over(manual_time):
    """Function that creates a pipeline over a scripted transport and a manual clock."""

    def make(*outcomes, **settings):
        transport = ScriptedTransport(*outcomes)
        settings = ClientSettings("http://127.0.0.1:1", **{"clock": manual_time.clock, **settings})
        pipeline = Pipeline(settings, lambda: transport)
        return pipeline, transport

    return make


@pytest.fixture
def invocation():
    def make(
        operation=READ, *, content=None, key=None, authorizer=None, timeout=30.0, retry=None, headers=(), query=""
    ):
        if operation.is_mutation and key is None:
            key = "key-1"
        lines = [(b"accept", b"application/json"), *headers]
        if key is not None:
            lines.append((b"idempotency-key", key.encode()))
        return Invocation(
            operation,
            operation.path,
            authorizer=authorizer or Tokens(),
            timeout=timeout,
            retry=retry or RetryPolicy(),
            query=query,
            content=content,
            idempotency_key=key,
            headers=Headers(lines),
        )

    return make


@pytest.fixture
def read(invocation):
    return invocation(READ)


@pytest.fixture
def write(invocation):
    return invocation(WRITE, content=b'{"amount":1}')


@pytest.fixture
def response():
    def make(status=200, body=b"{}", headers=NO_HEADERS):
        return Response(status, Headers(headers), body)

    return make


@pytest.fixture(autouse=True)
def no_name_server(monkeypatch):
    """Fail each lookup of a host name without a name server; numeric addresses work."""
    lookup = socket.getaddrinfo

    def numbers_only(host, *arguments, **options):
        if isinstance(host, bytes):
            host = host.decode()
        if host is not None and not host.replace(".", "").isdigit():
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return lookup(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", numbers_only)


class RawServer:
    """Server on a bare socket. A function of the test handles each connection."""

    def __init__(self, handle):
        self.handle = handle
        self.connections = 0
        self.ended = 0
        self.requests = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            connection.settimeout(10)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, suppress(OSError):
            self.handle(self, connection)
        self.ended += 1

    def receive(self, connection):
        """Read one request with its body. Return ``None`` if the client closed the connection."""
        received = b""
        while b"\r\n\r\n" not in received:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        while lengths and len(body) < int(lengths[0]):
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]

    def close(self):
        # Only shutdown wakes up a thread that waits in accept; close does not.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            connection.close()
        self._thread.join(5)


@pytest.fixture
def raw_server():
    """Function that creates raw servers, which are closed after the test."""
    servers = []

    def make(handle):
        servers.append(RawServer(handle))
        return servers[-1]

    yield make
    for server in servers:
        server.close()
