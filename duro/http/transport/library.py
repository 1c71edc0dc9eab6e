"""Classes of httpcore that the default transport uses. httpcore2, the transport layer of httpx2, has the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import httpcore

__all__ = ["Library"]


class Library(Protocol):
    """Module ``httpcore``, or its fork ``httpcore2``, whose classes have the same names, arguments and methods."""

    AsyncHTTPConnection: type[httpcore.AsyncHTTPConnection]
    AsyncConnectionPool: type[httpcore.AsyncConnectionPool]
    ConnectError: type[httpcore.ConnectError]
    Origin: type[httpcore.Origin]
    Proxy: type[httpcore.Proxy]
    ReadError: type[httpcore.ReadError]
    Request: type[httpcore.Request]
    URL: type[httpcore.URL]
    WriteError: type[httpcore.WriteError]
