"""A clock that stands still, an exchange that waits to be told, and a token endpoint that counts."""

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
from duro.config import Settings

PATIENCE = 30.0


@define
class FakeClock:
    """Time moves when the test says so, and chance draws what the test says."""

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
    def given(self) -> Clock:
        return Clock(monotonic=lambda: self.monotonic, wall=lambda: self.wall, sleep=self.sleep, uniform=self.uniform)


@pytest.fixture
def clock():
    return FakeClock()


class FakeExchange:
    """Counts how often it is asked, waits while it is held, and then plays the next outcome."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.asked = 0
        self.outcomes: list[float | BaseException] = []
        self.always: float | BaseException = 3600.0
        self._gate: anyio.Event | None = None
        self._held: anyio.Event | None = None

    def hold(self) -> None:
        self._gate = anyio.Event()

    def let_pass(self) -> None:
        """Hold those that are held, but nobody else."""
        assert self._gate is not None
        self._held, self._gate = self._gate, None

    def release(self) -> None:
        gate = self._gate or self._held
        assert gate is not None
        gate.set()
        self._gate = self._held = None

    async def __call__(self) -> Token:
        self.asked += 1
        name = f"token-{self.asked}"
        requested_at = ClockReading.read(self.clock.given)
        gate = self._gate
        await checkpoint()
        if gate is not None:
            await gate.wait()
        outcome = self.outcomes.pop(0) if self.outcomes else self.always
        if isinstance(outcome, BaseException):
            raise outcome
        return Token.from_grant(name, expires_in=outcome, requested_at=requested_at, clock=self.clock.given)


@pytest.fixture
def exchange(clock):
    return FakeExchange(clock)


@pytest.fixture
def cache(exchange, clock):
    return TokenCache(exchange, clock.given)


async def settle() -> None:
    """Wait until every other task waits for something."""
    if not isinstance(current_token().native_token, asyncio.AbstractEventLoop):
        await trio.testing.wait_all_tasks_blocked()
        return
    limit = time.monotonic() + PATIENCE
    quiet = 0
    while quiet < 3:
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        blocked = all(task._fut_waiter is not None and not task._fut_waiter.done() for task in others)
        quiet = quiet + 1 if blocked else 0
        assert time.monotonic() < limit, "the other tasks do not come to rest"


@pytest.fixture(name="settle")
def settle_fixture():
    return settle


@define
class Crowd:
    """Callers at the same time, and what each of them got."""

    results: list[Any] = field(factory=list)
    errors: list[BaseException] = field(factory=list)

    async def one(self, call: Callable[[], Awaitable[Any]]) -> None:
        try:
            self.results.append(await call())
        except Exception as error:
            self.errors.append(error)

    @property
    def outcomes(self) -> int:
        return len(self.results) + len(self.errors)


async def together(
    number: int, call: Callable[[], Awaitable[Any]], *, meanwhile: Callable[[], Awaitable[None]] | None = None
) -> Crowd:
    """Let a number of callers call at once; once all of them wait, do what is to happen meanwhile."""
    crowd = Crowd()
    async with anyio.create_task_group() as group:
        for _ in range(number):
            group.start_soon(crowd.one, call)
        if meanwhile is not None:
            await settle()
            await meanwhile()
    assert crowd.outcomes == number
    return crowd


@pytest.fixture(name="together")
def together_fixture():
    return together


@frozen
class Reply:
    """What the endpoint does with a POST: a grant, a refusal, or a fate of the connection."""

    status: int = 200
    expires_in: Any = 3600
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    fate: str = "answer"


@frozen
class Received:
    """A request that is no POST for a token."""

    headers: dict[str, str]
    body: bytes


class TokenServer:
    """A token endpoint and an API on loopback, counting what really arrives.

    ``replies`` are played in turn, ``always`` afterwards. Any other request
    needs a token that was granted and not revoked.
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
        self._crowd = 0
        self._crowd_is_there: asyncio.Event | None = None
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(listener),))
        self._thread.start()

    def stop(self) -> None:
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(PATIENCE)
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

    def hold(self) -> None:
        """Response no POST until the release."""
        self._gate = asyncio.Event()

    def release(self) -> None:
        gate, self._gate = self._gate, None
        assert gate is not None
        self._loop.call_soon_threadsafe(gate.set)

    def gather(self, number: int) -> None:
        """Response no call until so many are there."""
        self._crowd = number
        self._crowd_is_there = asyncio.Event()

    def revoke(self) -> None:
        self.valid.clear()

    async def arrived(self, posts: int) -> None:
        """Wait until so many POSTs have arrived."""
        await anyio.to_thread.run_sync(self._wait_for, lambda: self.posts >= posts)

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        with self._change:
            assert self._change.wait_for(condition, PATIENCE), "the request did not arrive"

    async def _serve(self, listener: socket.socket) -> None:
        server = await asyncio.start_server(self._connection, sock=listener, backlog=2048)
        await self._ending.wait()
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
        if reply.fate == "hang":
            await asyncio.Event().wait()
        if reply.fate == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return False
        content = self._content(reply)
        head = [
            f"HTTP/1.1 {reply.status} Whatever",
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
        crowd = self._crowd_is_there
        if crowd is not None:
            self._crowd -= 1
            if self._crowd <= 0:
                self._crowd_is_there = None
                crowd.set()
            await crowd.wait()
        if received.headers.get("authorization", "").removeprefix("Bearer ") in self.valid:
            return Reply(body=b'{"items": [], "nextCursor": null, "hasMore": false}')
        return Reply(self.status_of_calls, body=b'{"error": {"code": "refused", "message": "The token is not valid."}}')

    def _content(self, reply: Reply) -> bytes:
        if reply.body is not None:
            return reply.body
        if reply.status != 200:
            return b'{"error": {"code": "in_trouble", "message": "No tokens now."}}'
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
    """It lives by the test's clock, is so wide that nobody waits for a connection, and tries nothing again."""
    monkeypatch.setattr("duro.client.Settings", partial(Settings, clock=clock.given))
    return AsyncDuro(**server.options, max_connections=400, retries=0)


class Ask:
    """One call of the API, by one caller or by many at once."""

    def __init__(self, client: AsyncDuro) -> None:
        self._client = client

    async def __call__(self, **options: Any) -> Any:
        return await self._client.request("GET", "/v1/plans", **options)

    async def together(self, number: int, *, meanwhile: Callable[[], Awaitable[None]] | None = None) -> Crowd:
        return await together(number, self, meanwhile=meanwhile)


@pytest.fixture
def ask(client):
    return Ask(client)
