"""URLs of webhook endpoints: their form, and the addresses that deliveries must not reach."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from ..._urls import find_url_problem
from ..validation import InvalidValueError

__all__ = ["check_endpoint_url", "is_private"]


def check_endpoint_url(value: object) -> str:
    """Check the URL of an endpoint. Names are not resolved here.

    Args:
        value: URL, ``https://``, or ``http://`` on loopback.

    Returns:
        The URL.

    Raises:
        InvalidValueError: The URL is malformed, unencrypted or private, or contains a password or a fragment.
    """
    if not isinstance(value, str):
        raise InvalidValueError("expected https:// URL, or http:// on loopback")
    if problem := find_url_problem(value):
        raise InvalidValueError(f"expected https:// URL, or http:// on loopback; this one {problem}")
    parts = urlsplit(value)
    if parts.fragment:
        raise InvalidValueError("expected URL without a fragment, because HTTP does not send it")
    if is_private(parts.hostname or ""):
        raise InvalidValueError("expected public or loopback address; Duro does not deliver to private networks")
    return value


def is_private(host: str) -> bool:
    """Return whether a host is an address that is neither public nor loopback, such as a link-local one.

    Args:
        host: Name, or address in any form that the operating system accepts. Names are never private.

    Example:
        >>> [is_private(host) for host in ("10.0.0.1", "169.254.169.254", "127.0.0.1", "shop.example")]
        [True, True, False, False]
    """
    address = _parse_address(host)
    return address is not None and not address.is_loopback and (address.is_multicast or not address.is_global)


def _parse_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            # Short and numeric forms too, such as "10.1" and "2852039166". getaddrinfo accepts them.
            return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
        except OSError:
            return None
    return getattr(address, "ipv4_mapped", None) or address
