from __future__ import annotations

import asyncio
import threading

import anyio
import pytest

from duro import Duro, Response
from duro.blocking import portal

JSON = ((b"content-type", b"application/json"),)


class FunctionTransport:
    """Transport that calls a function of the test for each request, in the portal's loop."""

    def __init__(self, function):
        self.function = function
        self.requests = []

    async def send(self, request):
        self.requests.append(request)
        body = await self.function(request)
        return Response(200, type(request.headers)(JSON), body if isinstance(body, bytes) else b"{}")

    async def aclose(self):
        pass


@pytest.fixture
def make_unclosed_client():
    """Return a function that creates a client, which the test does not have to close."""

    def make(function, **options):
        return Duro("sk_test_1", base_url="http://127.0.0.1", transport=FunctionTransport(function), **options)

    return make


@pytest.fixture
def make_client(make_unclosed_client):
    """Return a function that creates a client; its argument responds to the requests: ``make_client(respond)``."""
    clients = []

    def make(function, **options):
        clients.append(make_unclosed_client(function, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def fresh_portal():
    """Stop the portal before and after the test."""

    def stop():
        if portal._thread is not None:
            portal._thread.stop()
            portal._thread = None

    stop()
    yield
    stop()


@pytest.fixture
def gate():
    """Gate that holds requests in the transport: ``wait`` until a request arrives, then ``open`` the gate."""

    class Gate:
        def __init__(self):
            self._arrivals = threading.Semaphore(0)
            self._opened = anyio.Event()
            self._loop = None

        async def __call__(self, request):
            self._loop = asyncio.get_running_loop()
            self._arrivals.release()
            await self._opened.wait()

        def wait(self):
            assert self._arrivals.acquire(timeout=30)

        def open(self):
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._opened.set)

    gate = Gate()
    yield gate
    gate.open()
