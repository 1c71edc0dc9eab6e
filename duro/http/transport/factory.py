"""Choice of the transport for the calls and the token exchanges of a client."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeGuard, Union, cast

from anyio.lowlevel import current_token

from ..._unset import Unset
from ...config import HOSTS
from ...errors import ConfigurationError
from ..event_loop import PerLoop
from . import Transport
from .binding import bind
from .first_use import ImportingTransport
from .limited import LimitedTransport
from .proxies import find_proxy
from .tls import TlsContext
from .user_transport import UserTransport

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    import aiohttp
    import httpx
    import httpx2

    from ...config import ClientSettings

__all__ = ["AnyTransport", "TransportFactory", "TransportSource"]

TransportName: TypeAlias = Literal["httpx", "httpx2", "aiohttp"]
TransportSource: TypeAlias = Union[
    TransportName, "httpx.AsyncClient", "httpx2.AsyncClient", "aiohttp.ClientSession", Transport
]
AnyTransport: TypeAlias = Union[TransportSource, "Callable[[], TransportSource]"]

# Exchanges have a few connections of their own, so that they never wait for business calls.
MAX_EXCHANGE_CONNECTIONS: Final = 4

# Names, and the packages that they need beside those that are always installed.
_NAMES: Final = {"httpx": (), "httpx2": ("httpx2", "httpcore2"), "aiohttp": ("aiohttp",)}
_ADVICE: Final = (
    "pass 'httpx', 'httpx2', 'aiohttp', an AsyncClient of httpx or httpx2, an aiohttp.ClientSession, an object with "
    "async send(request) and aclose(), or a function that returns one of these"
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
        self._of_user: PerLoop[Transport] | None = None
        if _is_name(transport):
            _check_name(transport)
        else:
            _check_source(transport, settings)
            self._of_user = PerLoop(self._create_of_user)

    def create(self) -> Transport:
        """Create the transport for the calls of the running event loop."""
        transport = self._create_named(self._source) if self._of_user is None else self._of_user.get()
        if self._settings.is_sandbox and self._settings.base_url not in HOSTS.values():
            from .tracing import TracingTransport

            return TracingTransport(transport)
        return transport

    def create_for_exchanges(self) -> Transport:
        """Create the transport for the token exchanges of the running event loop."""
        if self._of_user is None:
            return LimitedTransport(self._create_named(self._source), max_connections=MAX_EXCHANGE_CONNECTIONS)
        return self._of_user.get()

    def _create_named(self, name: object) -> Transport:
        if name == "aiohttp":
            _check_asyncio()
        module, create = {
            "httpx": (f"{__package__}.httpcore", self._create_httpcore),
            "httpx2": (f"{__package__}.httpcore2", self._create_httpcore2),
            "aiohttp": (f"{__package__}.aiohttp_transport", self._create_aiohttp),
        }[str(name)]
        return create() if module in sys.modules else ImportingTransport(module, create)

    def _create_httpcore(self) -> Transport:
        # Imported at first use, because httpcore imports trio where it is installed.
        from .httpcore import HttpcoreTransport

        return HttpcoreTransport(self._settings.base_url, self._tls, self._find_proxy())

    def _create_httpcore2(self) -> Transport:
        from .httpcore2 import Httpcore2Transport

        return Httpcore2Transport(self._settings.base_url, self._tls, self._find_proxy())

    def _create_aiohttp(self) -> Transport:
        from .aiohttp_transport import AiohttpTransport

        proxy = self._find_proxy()
        if proxy is not None and proxy.startswith("socks"):
            raise ConfigurationError(
                "transport='aiohttp' does not support SOCKS proxies; use transport='httpx', or pass an "
                "aiohttp.ClientSession with a connector that supports them"
            )
        return AiohttpTransport(self._settings.base_url, self._tls, proxy)

    def _find_proxy(self) -> str | None:
        settings = self._settings
        return find_proxy(settings.base_url) if isinstance(settings.proxy, Unset) else settings.proxy

    def _create_of_user(self) -> Transport:
        source: object = self._source
        is_created = False
        if _is_factory(source):
            source, is_created = source(), True
        if _is_name(source):
            _check_name(source)
            return self._create_named(source)
        if _is_session(source):
            from .aiohttp_session import SessionTransport

            _check_asyncio()
            bind(source)
            return SessionTransport(source, owned=is_created)
        library = _find_httpx(source)
        if library is not None:
            from .httpx_client import HttpxClientTransport

            bind(source)
            return HttpxClientTransport(cast("httpx.AsyncClient", source), library, owned=is_created)
        if _is_transport(source):
            return UserTransport(source, owned=is_created)
        raise ConfigurationError(
            f"the function passed as transport= must return a transport, got {type(source).__name__}; {_ADVICE}"
        )


def _check_source(transport: object, settings: ClientSettings) -> None:
    if not (_find_httpx(transport) or _is_session(transport) or _is_transport(transport) or _is_factory(transport)):
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


def _check_name(name: TransportName) -> None:
    if any(importlib.util.find_spec(package) is None for package in _NAMES[name]):
        raise ConfigurationError(
            f"transport={name!r} needs the package {name!r}; install it with: pip install 'duro-sdk[{name}]'"
        )


def _check_asyncio() -> None:
    if not isinstance(current_token().native_token, asyncio.AbstractEventLoop):
        raise ConfigurationError(
            "aiohttp runs on asyncio only; on trio, use transport='httpx', an httpx.AsyncClient or a Transport"
        )


def _is_name(candidate: object) -> TypeGuard[TransportName]:
    return isinstance(candidate, str) and candidate in _NAMES


def _is_session(candidate: object) -> TypeGuard[aiohttp.ClientSession]:
    module = sys.modules.get("aiohttp")
    return module is not None and isinstance(candidate, module.ClientSession)


def _find_httpx(client: object) -> ModuleType | None:
    """Return the library of a client, ``httpx`` or its fork ``httpx2``, or ``None`` for any other object."""
    # A program that has such a client has imported its library.
    libraries = (sys.modules.get(name) for name in ("httpx", "httpx2"))
    return next((each for each in libraries if each and isinstance(client, getattr(each, "AsyncClient", ()))), None)


def _is_transport(candidate: object) -> TypeGuard[Transport]:
    return isinstance(candidate, Transport) and not isinstance(candidate, type)


def _is_factory(candidate: object) -> TypeGuard[Callable[[], object]]:
    if isinstance(candidate, type):
        # A class creates transports if its instances are transports.
        return isinstance(candidate, Transport)
    return callable(candidate) and not _is_transport(candidate)
