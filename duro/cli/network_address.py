"""Address of this machine in its network, for a server that listens on all addresses."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

__all__ = ["find_network_url"]

# Addresses that are reserved for documentation. They select the route to other networks.
_PROBES: Final = {
    "0.0.0.0": (socket.AF_INET, "192.0.2.1"),  # noqa: S104 - not bound here
    "": (socket.AF_INET, "192.0.2.1"),
    "::": (socket.AF_INET6, "2001:db8::1"),
}


def find_network_url(host: str, url: str) -> str | None:
    """Return the URL of a server for other machines.

    Args:
        host: Address that the server listens on.
        url: URL of the server for this machine.

    Returns:
        The URL, or ``None`` if the server listens on one address only, or this machine is in no network.
    """
    if host not in _PROBES:
        return None
    family, probe = _PROBES[host]
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as datagram_socket:
            # Nothing is sent: connect only selects the address that datagrams would come from.
            datagram_socket.connect((probe, 9))
            address = datagram_socket.getsockname()[0]
    except OSError:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{f'[{address}]' if ':' in address else address}:{parts.port}"
