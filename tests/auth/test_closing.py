"""Close of a client that is cancelled or fails: the connections and the token store are closed."""

from __future__ import annotations

import asyncio
import json

import anyio
import pytest

from duro import AsyncDuro, FileTokenStore
from duro.auth.exchange import PATH
from duro.http.request import Headers, Response

GRANT = {"access_token": "at_test_1", "token_type": "Bearer", "expires_in": 3600}


class SlowTransport:
    """Transport that waits for ``gate`` when it is closed, and then may fail."""

    def __init__(self, failure):
        self.is_closed = False
        self.gate = anyio.Event()
        self._failure = failure

    async def send(self, request):
        body = GRANT if request.url.endswith(PATH) else {"ok": True, "data": {}}
        return Response(200, Headers.from_lines([(b"content-type", b"application/json")]), json.dumps(body).encode())

    async def aclose(self):
        await self.gate.wait()
        self.is_closed = True
        if self._failure:
            raise self._failure


@pytest.fixture
def closed_stores(monkeypatch):
    """Return the list of the token stores that were closed."""
    closed = []

    async def aclose(store):
        await anyio.lowlevel.checkpoint()
        closed.append(store)

    monkeypatch.setattr(FileTokenStore, "aclose", aclose)
    return closed


@pytest.fixture
def open_client(tmp_path, closed_stores):
    """Return a function that uses a new client, and returns it and its transport, which sends exchanges, too."""

    async def open_client(failure=None):
        transport = SlowTransport(failure)
        client = AsyncDuro(
            client_id="cid_test_1",
            client_secret="csec_test_1",
            transport=lambda: transport,
            token_store=f"file:{tmp_path}/tokens",
        )
        await client.request("GET", "/v1/plans")
        return client, transport

    return open_client


@pytest.mark.anyio
async def test_cancelled_scope_closes_everything(open_client, closed_stores, wait_until_blocked):
    client, transport = await open_client()
    async with anyio.create_task_group() as group:
        group.start_soon(client.aclose)
        await wait_until_blocked()
        group.cancel_scope.cancel()
        transport.gate.set()
    assert transport.is_closed
    assert len(closed_stores) == 1


@pytest.mark.asyncio
async def test_cancelled_task_closes_everything(open_client, closed_stores, wait_until_blocked):
    client, transport = await open_client()
    task = asyncio.create_task(client.aclose())
    await wait_until_blocked()
    task.cancel()
    await wait_until_blocked()
    transport.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert transport.is_closed
    assert len(closed_stores) == 1


@pytest.mark.anyio
async def test_transport_that_fails_to_close_does_not_keep_the_store_open(open_client, closed_stores):
    client, transport = await open_client(OSError("already closed"))
    transport.gate.set()
    with pytest.raises(OSError, match="already closed"):
        await client.aclose()
    assert len(closed_stores) == 1
