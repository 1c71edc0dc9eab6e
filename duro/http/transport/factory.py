"""Choice of the transport for the calls and the token exchanges of a client."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeGuard, Union

from ..._unset import Unset
from ...errors import ConfigurationError
from ..event_loop import PerLoop
from . import Transport
from .binding import bind
from .first_use import ImportingTransport, is_imported
from .limited import LimitedTransport
from .proxies import find_proxy
from .tls import TlsContext
from .user_transport import UserTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from ...config import ClientSettings

__all__ = ["AnyTransport", "TransportFactory", "TransportSource"]

TransportSource: TypeAlias = Union[Literal["httpx"], "httpx.AsyncClient", Transport]
AnyTransport: TypeAlias = Union[TransportSource, "Callable[[], TransportSource]"]

# Exchanges have a few connections of their own, so that they never wait for business calls.
MAX_EXCHANGE_CONNECTIONS: Final = 4

_ADVICE: Final = (
    "pass 'httpx', an httpx.AsyncClient, an object with async send(request) and aclose(), or a function that returns "
    "one of these"
)


class TransportFactory:
    """Creator of the transports of one client, for each event loop and process.

    A client or transport of the user sends the token exchanges, too. Its
    proxies, certificates and mocks therefore apply to them.

    Args:
        transport: The ``transport`` argument of the client.
        settings: Settings of the client.

    Raises:
        ConfigurationError: The argument has another type.
    """

    def __init__(self, transport: AnyTransport, settings: ClientSettings) -> None:
        self._source = transport
        self._settings = settings
        self._tls = TlsContext(settings.ssl_context)
        # Calls and exchanges share what the user passed or created.
        self._of_user: PerLoop[Transport] | None = None if transport == "httpx" else PerLoop(self._create_of_user)
        if self._of_user is not None:
            _check_source(transport, settings)

    def create(self) -> Transport:
        """Create the transport for the calls of the running event loop."""
        return self._create_default() if self._of_user is None else self._of_user.get()

    def create_for_exchanges(self) -> Transport:
        """Create the transport for the token exchanges of the running event loop."""
        if self._of_user is None:
            return LimitedTransport(self._create_default(), max_connections=MAX_EXCHANGE_CONNECTIONS)
        return self._of_user.get()

    def _create_default(self) -> Transport:
        return self._create_httpcore() if is_imported() else ImportingTransport(self._create_httpcore)

    def _create_httpcore(self) -> Transport:
        # Imported at first use, because httpcore imports trio where it is installed.
        from .httpcore import HttpcoreTransport

        settings = self._settings
        proxy = find_proxy(settings.base_url) if isinstance(settings.proxy, Unset) else settings.proxy
        return HttpcoreTransport(settings.base_url, self._tls, proxy)

    def _create_of_user(self) -> Transport:
        source: object = self._source
        is_created = False
        if _is_factory(source):
            source, is_created = source(), True
        if source == "httpx":
            return self._create_default()
        if _is_httpx_client(source):
            from .httpx_client import HttpxClientTransport

            bind(source)
            return HttpxClientTransport(source, owned=is_created)
        if _is_transport(source):
            return UserTransport(source, owned=is_created)
        raise ConfigurationError(
            f"the function passed as transport= must return a transport, got {type(source).__name__}; {_ADVICE}"
        )


def _check_source(transport: object, settings: ClientSettings) -> None:
    if not (_is_httpx_client(transport) or _is_transport(transport) or _is_factory(transport)):
        raise ConfigurationError(
            f"transport must be a transport or a function that creates one, got {type(transport).__name__}; {_ADVICE}"
        )
    for name, is_given in (
        ("ssl_context", settings.ssl_context is not None),
        ("proxy", not isinstance(settings.proxy, Unset)),
    ):
        if is_given:
            raise ConfigurationError(
                f"{name} must not be passed together with transport=; configure the object passed as transport= instead"
            )


def _is_httpx_client(candidate: object) -> TypeGuard[httpx.AsyncClient]:
    # A program that has such a client has imported httpx.
    module = sys.modules.get("httpx")
    return module is not None and isinstance(candidate, module.AsyncClient)


def _is_transport(candidate: object) -> TypeGuard[Transport]:
    return isinstance(candidate, Transport) and not isinstance(candidate, type)


def _is_factory(candidate: object) -> TypeGuard[Callable[[], object]]:
    if isinstance(candidate, type):
        # A class creates transports if its instances are transports.
        return isinstance(candidate, Transport)
    return callable(candidate) and not _is_transport(candidate)
