"""Server that is down for 0.3 seconds in each second of virtual time: hardly a call fails, and few requests are added.

With ``-s``, each run prints a line of counts.
"""

from __future__ import annotations

import random
from collections import Counter

import anyio
import pytest

from duro import AsyncDuro
from duro.errors import DuroError
from duro.http.request import Headers, Response
from duro.http.transport import RequestNotSentError, ResponseLostError

TASKS = 50
CALLS = 6_000
MAX_FAILED_CALLS = 10
UP_SECONDS = 0.7


class RestartedServer:
    """Transport to a server that restarts. While it is down, it refuses connections and has reset those in use.

    Args:
        time: Virtual time.
        latency: Mean time in seconds from a request to its response.
    """

    def __init__(self, time, latency):
        self.requests = 0
        self._time = time
        self._latency = latency
        self._random = random.Random(1)

    async def send(self, request):
        time_up = UP_SECONDS - self._time.now % 1
        if time_up <= 0:
            raise RequestNotSentError("connection refused")
        request.on_send(True)
        self.requests += 1
        latency = self._latency * self._random.uniform(0.5, 1.5)
        await self._time.sleep(min(latency, time_up))
        if latency > time_up:
            raise ResponseLostError("connection reset")
        return Response(200, Headers([(b"content-type", b"application/json")]), b"{}")

    async def aclose(self):
        pass


@pytest.mark.load
@pytest.mark.timeout(180)
@pytest.mark.anyio
@pytest.mark.parametrize("pause", [0.0, 0.4])
@pytest.mark.parametrize("latency", [0.02, 0.1, 0.2])
async def test_server_that_restarts_fails_hardly_a_call(latency, pause, virtual_time):
    time = virtual_time(TASKS)
    server = RestartedServer(time, latency)
    numbers = iter(range(CALLS))
    random_ = random.Random(2)
    errors = Counter()

    async def work(client):
        with time.task():
            for number in numbers:
                try:
                    await client.request("POST" if number % 2 else "GET", "/v1/anything")
                except DuroError as error:
                    errors[type(error).__name__] += 1
                await time.sleep(random_.uniform(0, pause))

    client = AsyncDuro("sk_test_1", base_url="http://127.0.0.1:1", transport=server)
    async with client, anyio.create_task_group() as tasks:
        for _ in range(TASKS):
            tasks.start_soon(work, client)
    print(f"\n{latency} s, pause {pause} s: {CALLS} calls in {time.now:.0f} s, {server.requests} requests, {errors}")
    assert errors.total() <= MAX_FAILED_CALLS
