"""URLs to which secrets may be sent: valid, and encrypted or on loopback."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

__all__ = ["find_url_problem", "is_loopback", "is_unencrypted"]

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME: Final = re.compile(rf"(?!.{{254}}){_LABEL}(?:\.{_LABEL})*\.?")


def find_url_problem(address: str, *, allow_http: bool = False) -> str | None:
    """Return the reason why secrets must not be sent to an address, or ``None`` if they may be.

    Args:
        address: Address, ``https://``, or ``http://`` on loopback.
        allow_http: Whether to accept ``http://`` on every host.

    Returns:
        The end of a sentence. It does not repeat the address, which may contain a password.
    """
    if not isinstance(address, str) or not address.isascii() or any(mark <= " " for mark in address):
        return "is not a string of printable ASCII characters without spaces"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "cannot be parsed as a URL"
    if parts.scheme not in ("https", "http"):
        return "does not start with https://"
    if not host or not _is_host(host):
        return "does not contain a valid host name"
    if parts.username is not None or parts.password is not None:
        return "contains a user name or password"
    if not allow_http and is_unencrypted(address):
        return f"is http:// to {host}, which would send secrets unencrypted (http:// is for loopback only)"
    return None


def _is_host(host: str) -> bool:
    if _HOST_NAME.fullmatch(host):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_unencrypted(address: str) -> bool:
    """Return whether requests to a valid address cross a network in clear text."""
    parts = urlsplit(address)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Return whether a host is ``localhost`` or a loopback address. Other names are not resolved."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
