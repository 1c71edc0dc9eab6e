"""Description of a connection in messages: scheme, host, port, and the proxy."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from ..._urls import is_loopback

__all__ = ["describe_connection", "describe_origin", "find_sandbox_hint"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_SOCKS_PORT: Final = 1080


def describe_origin(url: str) -> str:
    """Return the scheme, host and port of a URL, without a user name and a password.

    Args:
        url: Valid URL of a server or a proxy.

    Example:
        >>> describe_origin("http://user:pass@proxy.example/")
        'http://proxy.example:80'
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, _SOCKS_PORT)
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def describe_connection(base_url: str, transport: object) -> str:
    """Return the address of a connection and the way to it.

    Args:
        base_url: Address of the API.
        transport: Transport of the client. Those of this package have an attribute ``route``.

    Example:
        >>> describe_connection("https://sandbox.useduro.com", None)
        'https://sandbox.useduro.com:443'
    """
    route = getattr(transport, "route", "")
    return f"{describe_origin(base_url)} {route}" if route else describe_origin(base_url)


def find_sandbox_hint(base_url: str) -> str | None:
    """Return advice for an address of this machine, ``None`` for any other.

    Args:
        base_url: Address of the API.
    """
    return "is `duro sandbox` running?" if is_loopback(urlsplit(base_url).hostname or "") else None
