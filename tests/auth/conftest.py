"""Fake clock, blockable token exchange, and a token endpoint on loopback that counts requests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import pytest
import trio.testing
from anyio.lowlevel import checkpoint, current_token
from attrs import define, field, frozen

from duro import AsyncDuro
from duro._clock import Clock
from duro.auth.cache import TokenCache
from duro.auth.token import ClockReading, Token
from duro.config import ClientSettings

TIMEOUT_SECONDS = 30.0


@define
class FakeClock:
    """Clock that the test moves, with random numbers that the test chooses."""

    monotonic: float = 1_000.0
    wall: float = 1_700_000_000.0
    draw: float = 1.0
    slept: list[float] = field(factory=list)
    drawn: list[tuple[float, float]] = field(factory=list)

    def advance(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds

    def uniform(self, low: float, high: float) -> float:
        self.drawn.append((low, high))
        return low + (high - low) * self.draw

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await checkpoint()

    @property
    def as_clock(self) -> Clock:
        return Clock(monotonic=lambda: self.monotonic, wall=lambda: self.wall, sleep=self.sleep, uniform=self.uniform)


@pytest.fixture
def clock():
    return FakeClock()


class FakeExchange:
    """Exchange that counts its calls, can be blocked, and returns or raises the next outcome."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.calls = 0
        self.outcomes: list[float | BaseException] = []
        self.always: float | BaseException = 3600.0
        self._gate: anyio.Event | None = None
        self._blocked_gate: anyio.Event | None = None

    def block(self) -> None:
        self._gate = anyio.Event()

    def unblock_waiting(self) -> None:
        """Keep the waiting calls blocked, and let later calls pass."""
        assert self._gate is not None
        self._blocked_gate, self._gate = self._gate, None

    def unblock(self) -> None:
        gate = self._gate or self._blocked_gate
        assert gate is not None
        gate.set()
        self._gate = self._blocked_gate = None

    async def __call__(self) -> Token:
        self.calls += 1
        name = f"token-{self.calls}"
        requested_at = ClockReading.read(self.clock.as_clock)
        gate = self._gate
        await checkpoint()
        if gate is not None:
            await gate.wait()
        outcome = self.outcomes.pop(0) if self.outcomes else self.always
        if isinstance(outcome, BaseException):
            raise outcome
        return Token.from_grant(name, expires_in=outcome, requested_at=requested_at, clock=self.clock.as_clock)


@pytest.fixture
def exchange(clock):
    return FakeExchange(clock)


@pytest.fixture
def cache(exchange, clock):
    return TokenCache(exchange, clock.as_clock)


async def wait_until_blocked() -> None:
    """Wait until every other task waits."""
    if not isinstance(current_token().native_token, asyncio.AbstractEventLoop):
        await trio.testing.wait_all_tasks_blocked()
        return
    limit = time.monotonic() + TIMEOUT_SECONDS
    quiet = 0
    while quiet < 3:
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        blocked = all(task._fut_waiter is not None and not task._fut_waiter.done() for task in others)
        quiet = quiet + 1 if blocked else 0
        assert time.monotonic() < limit, "the other tasks did not block"


@pytest.fixture(name="wait_until_blocked")
def wait_until_blocked_fixture():
    return wait_until_blocked


@define
class Outcomes:
    """Results and errors of concurrent calls."""

    results: list[Any] = field(factory=list)
    errors: list[BaseException] = field(factory=list)

    async def run(self, call: Callable[[], Awaitable[Any]]) -> None:
        try:
            self.results.append(await call())
        except Exception as error:
            self.errors.append(error)

    @property
    def count(self) -> int:
        return len(self.results) + len(self.errors)


async def run_concurrently(
    number: int, call: Callable[[], Awaitable[Any]], *, during: Callable[[], Awaitable[None]] | None = None
) -> Outcomes:
    """Run a number of calls concurrently. Run ``during`` as soon as all of them wait."""
    outcomes = Outcomes()
    async with anyio.create_task_group() as group:
        for _ in range(number):
            group.start_soon(outcomes.run, call)
        if during is not None:
            await wait_until_blocked()
            await during()
    assert outcomes.count == number
    return outcomes


@pytest.fixture(name="run_concurrently")
def run_concurrently_fixture():
    return run_concurrently


@frozen
class Reply:
    """Reaction of the endpoint to a POST: a grant, an error, or a failure of the connection."""

    status: int = 200
    expires_in: Any = 3600
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    behavior: str = "respond"


@frozen
class Received:
    """Request other than a POST for a token."""

    headers: dict[str, str]
    body: bytes


class TokenServer:
    """Token endpoint and API on loopback that count the received requests.

    The endpoint uses ``replies`` in order, and ``always`` afterwards. Any other
    request needs a token that was granted and not revoked.
    """

    Reply = Reply

    def __init__(self) -> None:
        self.posts = 0
        self.requests: list[Received] = []
        self.valid: set[str] = set()
        self.replies: list[Reply] = []
        self.always = Reply()
        self.status_of_calls = 401
        self._change = threading.Condition()
        self._gate: asyncio.Event | None = None
        self._awaited_calls = 0
        self._all_arrived: asyncio.Event | None = None
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(listener),))
        self._thread.start()

    def stop(self) -> None:
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(TIMEOUT_SECONDS)
        assert not self._thread.is_alive()
        self._loop.close()

    @property
    def options(self) -> dict[str, str]:
        return {"base_url": self.url, "client_id": "cid_test_counted", "client_secret": "csec_test_counted"}

    @property
    def calls(self) -> int:
        return len(self.requests)

    @property
    def credentials(self) -> list[str]:
        return [request.headers.get("authorization", "") for request in self.requests]

    def block(self) -> None:
        """Delay the responses to all POSTs until `unblock`."""
        self._gate = asyncio.Event()

    def unblock(self) -> None:
        gate, self._gate = self._gate, None
        assert gate is not None
        self._loop.call_soon_threadsafe(gate.set)

    def delay_calls(self, number: int) -> None:
        """Delay the responses to calls until a number of calls have arrived."""
        self._awaited_calls = number
        self._all_arrived = asyncio.Event()

    def revoke(self) -> None:
        self.valid.clear()

    async def arrived(self, posts: int) -> None:
        """Wait until a number of POSTs have arrived."""
        await anyio.to_thread.run_sync(self._wait_for, lambda: self.posts >= posts)

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        with self._change:
            assert self._change.wait_for(condition, TIMEOUT_SECONDS), "the request did not arrive"

    async def _serve(self, listener: socket.socket) -> None:
        server = await asyncio.start_server(self._connection, sock=listener, backlog=2048)
        await self._stopping.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await server.wait_closed()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._request(reader, writer):
                    pass
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if first.startswith("POST /v1/oauth/token "):
            reply = await self._exchange()
        else:
            reply = await self._call(Received(headers, body))
        if reply.behavior == "hang":
            await asyncio.Event().wait()
        if reply.behavior == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return False
        content = self._content(reply)
        head = [
            f"HTTP/1.1 {reply.status} Status",
            "content-type: application/json",
            f"content-length: {len(content)}",
        ]
        head += [f"{name}: {value}" for name, value in reply.headers]
        writer.write("\r\n".join([*head, "", ""]).encode("latin-1") + content)
        await writer.drain()
        return True

    async def _exchange(self) -> Reply:
        gate = self._gate
        with self._change:
            self.posts += 1
            reply = self.replies.pop(0) if self.replies else self.always
            self._change.notify_all()
        if gate is not None:
            await gate.wait()
        return reply

    async def _call(self, received: Received) -> Reply:
        self.requests.append(received)
        all_arrived = self._all_arrived
        if all_arrived is not None:
            self._awaited_calls -= 1
            if self._awaited_calls <= 0:
                self._all_arrived = None
                all_arrived.set()
            await all_arrived.wait()
        if received.headers.get("authorization", "").removeprefix("Bearer ") in self.valid:
            return Reply(body=b'{"items": [], "nextCursor": null, "hasMore": false}')
        return Reply(
            self.status_of_calls, body=b'{"error": {"code": "unauthorized", "message": "The token is not valid."}}'
        )

    def _content(self, reply: Reply) -> bytes:
        if reply.body is not None:
            return reply.body
        if reply.status != 200:
            return b'{"error": {"code": "unavailable", "message": "No tokens now."}}'
        token = f"at_test_{self.posts}"
        self.valid.add(token)
        return json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": reply.expires_in}).encode()


@pytest.fixture
def server():
    server = TokenServer()
    yield server
    server.stop()


@pytest.fixture
def client(server, clock, monkeypatch):
    """Client with the test's clock, enough connections for all calls, and no retries."""
    monkeypatch.setattr("duro.client.ClientSettings", partial(ClientSettings, clock=clock.as_clock))
    return AsyncDuro(**server.options, max_connections=400, retries=0)


class ApiCaller:
    """Callable that calls the API, once or concurrently."""

    def __init__(self, client: AsyncDuro) -> None:
        self._client = client

    async def __call__(self, **options: Any) -> Any:
        return await self._client.request("GET", "/v1/plans", **options)

    async def run_concurrently(self, number: int, *, during: Callable[[], Awaitable[None]] | None = None) -> Outcomes:
        return await run_concurrently(number, self, during=during)


@pytest.fixture
def call_api(client):
    return ApiCaller(client)
