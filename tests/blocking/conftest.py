from __future__ import annotations

import asyncio
import threading

import anyio
import pytest

from duro import Duro, Response
from duro.blocking import portal

JSON = ((b"content-type", b"application/json"),)


class Hand:
    """A transport that does what the test says, on the portal's loop."""

    def __init__(self, act):
        self.act = act
        self.requests = []

    async def send(self, request):
        self.requests.append(request)
        body = await self.act(request)
        return Response(200, type(request.headers)(JSON), body if isinstance(body, bytes) else b"{}")

    async def aclose(self):
        pass


@pytest.fixture
def unclosed_client_over():
    """Give a client that nobody closes."""
    return lambda act, **options: Duro("sk_test_1", base_url="http://127.0.0.1", transport=Hand(act), **options)


@pytest.fixture
def client_over(unclosed_client_over):
    """Give a client whose requests a function answers: ``client_over(act)``."""
    clients = []

    def make(act, **options):
        clients.append(unclosed_client_over(act, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def fresh_portal():
    """A test that counts portals finds none, and leaves none that it broke."""

    def stop():
        if portal._thread is not None:
            portal._thread.stop()
            portal._thread = None

    stop()
    yield
    stop()


@pytest.fixture
def in_flight():
    """A gate in the transport: ``wait`` until a request is in it, then ``open`` it."""

    class Gate:
        def __init__(self):
            self._entered = threading.Semaphore(0)
            self._opened = anyio.Event()
            self._loop = None

        async def __call__(self, request):
            self._loop = asyncio.get_running_loop()
            self._entered.release()
            await self._opened.wait()

        def wait(self):
            assert self._entered.acquire(timeout=30)

        def open(self):
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._opened.set)

    gate = Gate()
    yield gate
    gate.open()
