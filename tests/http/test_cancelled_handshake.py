"""Deadline that passes during a TLS handshake: the socket is closed, also by a client of the user."""

from __future__ import annotations

import socket

import anyio
import anyio.to_thread
import httpx
import pytest

from duro import AsyncDuro
from duro.errors import ConnectionFailedError
from tests.support.timeouts import TIMEOUT


def read_to_end(listener):
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(TIMEOUT)
        while connection.recv(65536):
            pass


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("transport", ["default", "httpx client"])
async def test_deadline_during_a_handshake_closes_the_socket(transport):
    options = {} if transport == "default" else {"transport": httpx.AsyncClient}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT)
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        client = AsyncDuro("sk_test_1", base_url=url, timeout=0.5, retries=0, **options)
        async with client, anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.to_thread.run_sync, read_to_end, listener)
            with pytest.raises(ConnectionFailedError):
                await client.request("POST", "/v1/anything")
