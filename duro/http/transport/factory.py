"""Choice of the transport for the calls and the token exchanges of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeGuard, Union

from ...errors import ConfigurationError
from . import Transport
from .httpx import HttpxClientTransport, HttpxTransport, is_httpx_client
from .limited import LimitedTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from ...config import ClientSettings

__all__ = ["AnyTransport", "choose_exchange_transport", "choose_transport"]

AnyTransport: TypeAlias = Union[Literal["httpx"], "httpx.AsyncClient", Transport]

# Exchanges have a few connections of their own, so that they never wait for business calls.
MAX_EXCHANGE_CONNECTIONS: Final = 4


def choose_transport(transport: AnyTransport, settings: ClientSettings) -> Callable[[], Transport]:
    """Choose the transport for business calls.

    Args:
        transport: ``"httpx"`` for connections that the client owns, an
            ``httpx.AsyncClient``, or any :class:`Transport`. The user closes the
            latter two.
        settings: Settings of the client.

    Returns:
        A function that creates the transport of an event loop.

    Raises:
        ConfigurationError: The argument has another type.
    """
    if transport == "httpx":
        return lambda: HttpxTransport(
            settings.base_url, max_connections=settings.max_connections, ssl_context=settings.ssl_context
        )
    # The order matters, because an httpx client has the methods of a Transport, too.
    if is_httpx_client(transport):
        client = HttpxClientTransport(transport)
        return lambda: client
    if _is_transport(transport):
        borrowed = _BorrowedTransport(transport)
        return lambda: borrowed
    raise ConfigurationError(
        f"transport must be 'httpx', an httpx.AsyncClient or a Transport, got {type(transport).__name__}; pass an "
        "object with async send(request) and aclose()"
    )


def choose_exchange_transport(transport: AnyTransport, settings: ClientSettings) -> Callable[[], Transport]:
    """Choose the transport for token exchanges, apart from business calls and from the hooks of the user's client.

    A :class:`Transport` of the user sends exchanges too, because it may be the only route to the API.

    Args:
        transport: The ``transport`` argument of the client.
        settings: Settings of the client.

    Returns:
        A function that creates the transport of an event loop.
    """
    if _is_transport(transport) and not is_httpx_client(transport):
        return choose_transport(transport, settings)
    return lambda: LimitedTransport(
        HttpxTransport(settings.base_url, max_connections=MAX_EXCHANGE_CONNECTIONS, ssl_context=settings.ssl_context),
        max_connections=MAX_EXCHANGE_CONNECTIONS,
    )


def _is_transport(candidate: object) -> TypeGuard[Transport]:
    return isinstance(candidate, Transport) and not isinstance(candidate, type)


class _BorrowedTransport:
    """Transport that belongs to the user and stays open."""

    def __init__(self, transport: Transport) -> None:
        self.send = transport.send

    async def aclose(self) -> None:
        """Do nothing, because the user closes the transport."""
