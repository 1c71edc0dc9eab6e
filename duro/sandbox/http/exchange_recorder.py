"""Exchange recorder: keeps the start of the bodies of a request and its response, and their harmless headers."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from ..request_log import MAX_BODY_BYTES, Exchange

__all__ = ["ExchangeRecorder"]

# None of these holds a credential, unlike Authorization and Cookie.
_SHOWN: Final = frozenset(
    {
        "accept",
        "content-length",
        "content-type",
        "idempotency-key",
        "link",
        "retry-after",
        "user-agent",
    }
)


class ExchangeRecorder:
    """Recorder of one request.

    Args:
        scope: ASGI scope of the request.

    Attributes:
        is_started: Whether the application has sent the start of the response.
        is_complete: Whether the application has sent the whole response.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._request_body = bytearray()
        self._response_headers: list[tuple[bytes, bytes]] = []
        self._response_body = bytearray()
        self.is_started: bool = False
        self.is_complete: bool = False

    def watch(self, receive: Receive) -> Receive:
        """Return a receive channel that records the messages of another one.

        Args:
            receive: ASGI receive channel of the request.
        """

        async def receive_recorded() -> Message:
            message = await receive()
            _extend(self._request_body, message)
            return message

        return receive_recorded

    def record(self, message: Message) -> None:
        """Record a message of the response.

        Args:
            message: ASGI message that the application sends.
        """
        if message["type"] == "http.response.start":
            self.is_started = True
            self._response_headers = message["headers"]
        else:
            _extend(self._response_body, message)
            self.is_complete = not message.get("more_body", False)

    def build(self) -> Exchange:
        """Return the recorded contents."""
        return Exchange(
            request_headers=_select_headers(Headers(scope=self._scope)),
            request_body=self._request_body,
            response_headers=_select_headers(Headers(raw=self._response_headers)),
            response_body=self._response_body,
        )


def _extend(body: bytearray, message: Message) -> None:
    body += message.get("body", b"")[: MAX_BODY_BYTES - len(body)]


def _select_headers(headers: Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in _SHOWN}
