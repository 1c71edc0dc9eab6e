"""Proxy of an address: environment variables, system settings, and checks of proxy URLs."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import urllib.request
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from ..._secrets import RedactedStr
from ..._urls import is_loopback
from ...errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ProxyUrl", "check_proxy", "find_proxy"]

_SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_SEPARATORS: Final = re.compile(r"[,\s]+")
# A host, an address in brackets or a network, with an optional port.
_ENTRY: Final = re.compile(r"(?P<host>\[[^\[\]]*\](?:/\d+)?|[^:\[\]]+)(?::(?P<port>\d{1,5}))?")


class ProxyUrl(RedactedStr):
    """URL of a proxy whose repr shows neither the user name nor the password, even if the URL is malformed."""

    __slots__ = ()

    def __repr__(self) -> str:
        userinfo, at, host = self.rpartition("@")
        if not at:
            return repr(str(self))
        scheme = userinfo.partition("://")[0]
        return repr(f"{scheme}://…@{host}" if scheme in _SCHEMES else f"…@{host}")


def find_proxy(base_url: str) -> str | None:
    """Return the proxy for an address, from the environment or from the settings of macOS or Windows.

    ``HTTPS_PROXY`` or ``HTTP_PROXY`` applies by the scheme of the address, else
    ``ALL_PROXY``. Lower-case names take precedence. ``NO_PROXY`` lists hosts
    without a proxy. Loopback addresses never have one.

    Args:
        base_url: Address of the API.

    Returns:
        URL of the proxy, ``None`` for a direct connection.

    Raises:
        ConfigurationError: The proxy is malformed, or needs a package that is missing.

    Example:
        >>> find_proxy("http://127.0.0.1:8787") is None
        True
    """
    target = urlsplit(base_url)
    host = _normalize(target.hostname or "")
    if not host or _is_loopback(host) or _is_excluded(target, _read_variable(os.environ, "no_proxy")[1]):
        return None
    for name in (f"{target.scheme}_proxy", "all_proxy"):
        variable, value = _read_variable(os.environ, name)
        if value:
            return check_proxy(_with_scheme(value), name=variable)
    value = _read_system_settings(target.scheme)
    if not value or urllib.request.proxy_bypass(host):
        return None
    return check_proxy(_with_scheme(value), name="the proxy of the system settings")


def check_proxy(proxy: str, *, name: str = "proxy") -> str:
    """Check the URL of a proxy.

    Args:
        proxy: URL: ``http://``, ``https://``, ``socks5://`` or ``socks5h://``. It may contain a user name and a
            password.
        name: Name of the setting, for the message.

    Returns:
        The URL. Its repr does not show the password.

    Raises:
        ConfigurationError: The URL is malformed, or needs a package that is missing. The message does not repeat it.

    Example:
        >>> check_proxy("http://user:pass@proxy.example:3128")
        'http://…@proxy.example:3128'
    """
    if not isinstance(proxy, str):
        raise ConfigurationError(
            f"{name} must be a URL, got {type(proxy).__name__}; pass a string such as 'http://proxy.example:3128'"
        )
    proxy = ProxyUrl(proxy)
    if problem := _find_problem(proxy):
        raise ConfigurationError(
            f"{name} must be a URL such as 'http://proxy.example:3128', got a string that {problem}"
        )
    if urlsplit(proxy).scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise ConfigurationError(
            f"{name} is a SOCKS proxy, which needs the package 'socksio'; "
            "install it with: pip install 'duro-sdk[socks]'"
        )
    return proxy


def _find_problem(proxy: str) -> str | None:
    """Return the end of a sentence that does not repeat the URL, because it may contain a password."""
    if not proxy.isascii() or any(mark <= " " or mark == "\x7f" for mark in proxy):
        return "has characters that are not printable ASCII; percent-encode them"
    if not proxy.lower().startswith(tuple(f"{scheme}://" for scheme in _SCHEMES)):
        return f"does not begin with {', '.join(f'{scheme}://' for scheme in _SCHEMES[:-1])} or {_SCHEMES[-1]}://"
    try:
        parts = urlsplit(proxy)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "cannot be parsed; percent-encode the special characters of the password"
    if not host or port == 0:
        return "does not contain a host and a valid port"
    if parts.path not in ("", "/") or "?" in proxy or "#" in proxy or parts.netloc.count("@") > 1:
        return "has more than a host, a port and a password; percent-encode the special characters of the password"
    return None


def _with_scheme(value: str) -> str:
    return ProxyUrl(value if "://" in value else f"http://{value}")


def _read_system_settings(scheme: str) -> str:
    """Return the proxy of macOS or Windows. On Linux, the function reads the environment again and finds the same."""
    proxies = urllib.request.getproxies()
    return ProxyUrl(proxies.get(scheme) or proxies.get("all") or "")


def _read_variable(environment: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return the name and the value of a variable, in lower case if it is set, else in upper case."""
    upper = name.upper()
    # A CGI server passes the header "Proxy" of a web request as HTTP_PROXY.
    names = (name,) if upper == "HTTP_PROXY" and "REQUEST_METHOD" in environment else (name, upper)
    return next(
        ((each, ProxyUrl(value)) for each in names if (value := environment.get(each, "").strip())), (upper, "")
    )


def _normalize(host: str) -> str:
    """Return a host in lower case, without brackets and trailing dot. Addresses are in their shortest form."""
    host = host.lower().strip("[]").rstrip(".")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _is_loopback(host: str) -> bool:
    return is_loopback(host) or host.endswith(".localhost")


def _is_excluded(target: SplitResult, no_proxy: str) -> bool:
    """Return whether ``NO_PROXY`` lists the host of an address."""
    host = _normalize(target.hostname or "")
    port = target.port or _DEFAULT_PORTS.get(target.scheme)
    return any(_matches(entry.lower(), host, port) for entry in _SEPARATORS.split(no_proxy) if entry)


def _matches(entry: str, host: str, port: int | None) -> bool:
    """Return whether an entry of ``NO_PROXY`` contains a host.

    Names are not resolved. Malformed entries do not match.
    """
    if entry == "*" or _network_contains(entry, host):
        return True
    found = _ENTRY.fullmatch(entry)
    if found is None or (found["port"] is not None and int(found["port"]) != port):
        return False
    if _network_contains(found["host"], host):
        return True
    # Both "example.com" and ".example.com" contain the domain and its subdomains, as for curl.
    name = found["host"].removeprefix("*").strip(".")
    return bool(name) and not _is_address(host) and (host == name or host.endswith(f".{name}"))


def _network_contains(network: str, host: str) -> bool:
    """Return whether a host is an address that is equal to another one, or in a network such as ``10.0.0.0/8``."""
    try:
        address = ipaddress.ip_address(host)
        start, slash, bits = network.replace("[", "").replace("]", "").partition("/")
        return address in ipaddress.ip_network(f"{_normalize(start)}{slash}{bits}", strict=False)
    except ValueError:
        return False


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
