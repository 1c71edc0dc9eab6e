"""ASGI middleware that refuses the requests of foreign web pages.

A sandbox does not require a credential for ``/_sandbox``, and its secret key is
public. A browser on the same machine can reach it, so any web page could use it:

- A page can send requests to another origin. Browsers mark them with ``Sec-Fetch-Site`` and ``Origin``.
- The name of a page can resolve to a loopback address (DNS rebinding). Then the ``Host`` header has that name.

Clients that are not browsers send neither ``Sec-Fetch-Site`` nor ``Origin``.
The contract does not define CORS, so no other origin may read a response.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ..._checks import describe_type
from ...errors import ConfigurationError
from ..api.responses import ApiResponse
from ..errors import ApiError
from ..faults.path_pattern import is_control_path

__all__ = ["OriginCheckMiddleware", "check_allowed_hosts"]

_NAME: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?")
# A name, an IPv4 address or an IPv6 address in brackets, and optionally a port.
_HOST: Final = re.compile(r"(?:\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+))(?::[0-9]*)?")
_CHECKOUT_PREFIX: Final = "/checkout/"

_FOREIGN_HOST: Final = ApiError(
    403,
    "The Host header must be an IP address, localhost or an allowed name; to use another name, pass it to "
    "Sandbox(allowed_hosts=...) or to duro sandbox --allow-host.",
)
_FOREIGN_ORIGIN: Final = ApiError(
    403,
    "The request came from a web page of another origin and was not processed; call the sandbox from a server, or "
    "open its pages in a tab of their own.",
)


def check_allowed_hosts(names: Iterable[str]) -> frozenset[str]:
    """Check host names that a user allows.

    Args:
        names: Host names without a port. Subdomains are not included.

    Returns:
        The names in lowercase.

    Raises:
        ConfigurationError: A value is not a host name.
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ConfigurationError(
            f"allowed_hosts must be a list of host names, got {describe_type(names)}; put the name into a list"
        )
    allowed: set[str] = set()
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name.lower()):
            raise ConfigurationError(
                f"allowed_hosts must contain host names, got {name!r}; pass names without scheme and port, such as "
                "'sandbox'"
            )
        allowed.add(_normalize(name))
    return frozenset(allowed)


class OriginCheckMiddleware:
    """Middleware that is outermost, so that a refused request is neither counted nor logged, and uses up no fault.

    Args:
        application: ASGI application to protect.
        allowed_hosts: Host names of the sandbox, in lowercase. IP addresses and ``localhost`` are always allowed.
    """

    def __init__(self, application: ASGIApp, allowed_hosts: frozenset[str]) -> None:
        self._application = application
        self._allowed_hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request. The server is configured to pass only HTTP requests."""
        headers = Headers(scope=scope)
        if not all(self._is_own_host(host.lower()) for host in headers.getlist("Host")):
            await ApiResponse.from_error(_FOREIGN_HOST).response()(scope, receive, send)
        elif not (_is_own_origin(scope, headers) or _is_link_to_page(scope, headers)):
            await ApiResponse.from_error(_FOREIGN_ORIGIN).response()(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    def _is_own_host(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        if (address := match["ipv6"]) is not None:
            return _is_ip_address(address)
        name = _normalize(match["name"])
        return name == "localhost" or name.endswith(".localhost") or name in self._allowed_hosts or _is_ip_address(name)


def _normalize(name: str) -> str:
    return name.lower().removesuffix(".")


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_own_origin(scope: Scope, headers: Headers) -> bool:
    """Return whether a request is from a page of the sandbox, from the address bar, or not from a browser."""
    sites = headers.getlist("Sec-Fetch-Site")
    own = {f"{scope['scheme']}://{host}".lower() for host in headers.getlist("Host")}
    if sites:
        # A form of a page with "Referrer-Policy: no-referrer" has this origin. The site shows that it is an own page.
        own.add("null")
    return all(site in {"same-origin", "none"} for site in sites) and all(
        origin.lower() in own for origin in headers.getlist("Origin")
    )


def _is_link_to_page(scope: Scope, headers: Headers) -> bool:
    """Return whether a request opens a page of the sandbox in a tab, which changes nothing."""
    path: str = scope["path"]
    return (
        scope["method"] == "GET"
        and (is_control_path(path) or path.startswith(_CHECKOUT_PREFIX))
        and headers.getlist("Sec-Fetch-Mode") == ["navigate"]
        and headers.getlist("Sec-Fetch-Dest") == ["document"]
        and not headers.getlist("Origin")
    )
