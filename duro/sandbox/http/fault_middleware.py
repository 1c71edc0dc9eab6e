"""The layer that carries faults out: it stands where an answer can still be lost on its way."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..api.responses import ApiResponse
from ..backend import Backend
from ..errors import ApiError
from ..faults.path_pattern import is_control
from ..faults.rules import Fault
from .connection import Connection
from .request_log_middleware import RequestLogMiddleware

__all__ = ["FaultMiddleware"]

# What a proxy says that has lost the server behind it.
GARBAGE: Final = HTMLResponse("<!doctype html><title>Please wait</title><p>We will be back in a moment.</p>")


class FaultMiddleware:
    """Stands around the recorder: the journal tells how the API answered, whatever the client got to see.

    Args:
        application: The API.
        backend: Whose faults strike, and whose journal is kept.
    """

    def __init__(self, application: ASGIApp, backend: Backend) -> None:
        self._backend = backend
        self._api = RequestLogMiddleware(application, backend)
        self._unanswered = RequestLogMiddleware(_read_through, backend)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through, or let a fault strike it."""
        path: str = scope["path"]
        fault = None if is_control(path) else self._backend.faults.strike(scope["method"], path)
        if fault is None:
            await self._api(scope, receive, send)
        else:
            await self._strike(fault, scope, receive, send)

    async def _strike(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        connection = Connection(scope, receive)
        answer = _Caught(scope["method"])
        match fault.kind:
            case "status":
                await RequestLogMiddleware(_failure(fault), self._backend)(scope, receive, send)
            case "delay":
                heard = await _heard(receive)
                if await connection.sleep(fault.seconds):
                    await self._api(scope, heard, send)
                else:
                    await connection.is_lost()
            case "reset_before":
                await self._unanswered(scope, receive, send)
                await connection.reset()
            case "silence":
                await (self._api if fault.commit else self._unanswered)(scope, receive, answer)
                await connection.is_lost()
            case "reset_after":
                await self._api(scope, receive, answer)
                await connection.reset()
            case "garbage":
                await self._api(scope, receive, answer)
                await GARBAGE(scope, receive, send)
            case "truncate":
                await self._api(scope, receive, answer)
                connection.write(answer.head + answer.body[: len(answer.body) // 2])
                await connection.close()
            case "drip":
                await self._api(scope, receive, answer)
                await connection.drip(answer.head + answer.body, pause=fault.pause)
                await connection.close()


class _Caught:
    """Takes an answer in the client's place, as the bytes that the client would have got."""

    def __init__(self, method: str) -> None:
        self._method = method
        self.head = b""
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            status: int = message["status"]
            lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
            # Written past HTTP's own state, the answer is the connection's last.
            lines += [b"%s: %s" % header for header in (*message["headers"], (b"connection", b"close"))]
            self.head = b"".join(line + b"\r\n" for line in (*lines, b""))
        elif self._method != "HEAD":
            self.body += message.get("body", b"")


def _failure(fault: Fault) -> ASGIApp:
    refusal = ApiError(fault.status, "A fault of the sandbox struck this request, and nothing was done.")
    headers = None if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    return ApiResponse.from_error(refusal).response(headers)


async def _read_through(_scope: Scope, receive: Receive, _send: Send) -> None:
    await _heard(receive)


async def _heard(receive: Receive) -> Receive:
    """Read a request to its end, and give what reads it once more: uvicorn forgets it when the client goes away."""
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    unread = iter(messages)

    async def once_more() -> Message:
        for message in unread:
            return message
        return await receive()

    return once_more
