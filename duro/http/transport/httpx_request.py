"""Requests in the classes of httpx, or in those of its fork httpx2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

from .body import RequestBody
from .timeouts import CONNECT_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

    import httpx

    from ..request import Request

__all__ = ["RequestBuilder"]


class RequestBuilder:
    """Builder of requests for the clients of one library.

    Args:
        library: Module ``httpx`` or ``httpx2``. Their classes have the same names, arguments and methods.
    """

    def __init__(self, library: ModuleType) -> None:
        self._create_request: type[httpx.Request] = library.Request
        self._conceal: Callable[..., httpx.Headers]
        self._conceal = cast("Any", type("ConcealedHeaders", (_Concealed, library.Headers), {}))
        self._create_body: Callable[[bytes], httpx.AsyncByteStream]
        self._create_body = type("Body", (RequestBody, library.AsyncByteStream), {})

    def build(self, request: Request, trace: Callable[..., Any]) -> httpx.Request:
        """Build a request. Its repr and those of its headers do not show a secret.

        Args:
            request: Request of the SDK.
            trace: Async function that receives the events of httpcore.

        Returns:
            Request of the library.
        """
        outgoing = self._create_request(
            request.method,
            request.url,
            headers=list(request.headers),
            content=request.content,
            extensions={
                "timeout": {
                    "connect": min(CONNECT_TIMEOUT_SECONDS, request.timeout),
                    "read": request.timeout,
                    "write": request.timeout,
                    "pool": request.timeout,  # the size of the user's pool is unknown
                },
                "trace": trace,
            },
        )
        outgoing.stream = self._create_body(request.content or b"")
        outgoing.headers = self._conceal(outgoing.headers)
        return outgoing


class _Concealed:
    """Headers whose repr shows names only. httpx conceals no header but that of ``Authorization``."""

    def __repr__(self) -> str:
        return f"ConcealedHeaders({list(cast('Iterable[str]', self))})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("headers cannot be pickled, because they may contain a secret")
