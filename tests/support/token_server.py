"""Token endpoint and API on loopback that count the received requests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import anyio
from attrs import frozen

from tests.support.timeouts import TIMEOUT


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
        self._is_out: Callable[[], bool] = lambda: False
        self._outage_reply = Reply()
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
        self._thread.join(TIMEOUT)
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

    def fail_while(self, is_out: Callable[[], bool], reply: Reply) -> None:
        """Use a reply for each POST that arrives during an outage.

        Args:
            is_out: Function that returns whether the outage lasts. It is called on the thread of the server.
            reply: Reaction to a POST during the outage.
        """
        self._outage_reply, self._is_out = reply, is_out

    async def arrived(self, posts: int) -> None:
        """Wait until a number of POSTs have arrived."""
        await anyio.to_thread.run_sync(self._wait_for, lambda: self.posts >= posts)

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        with self._change:
            assert self._change.wait_for(condition, TIMEOUT), "the request did not arrive"

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
            planned = self.replies.pop(0) if self.replies else self.always
            reply = self._outage_reply if self._is_out() else planned
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
