"""Timeouts of the connections of all transports."""

from __future__ import annotations

from typing import Final

__all__ = ["CONNECT_TIMEOUT_SECONDS", "KEEP_ALIVE_SECONDS"]

# Bounds name resolution, TCP, messages to a proxy and TLS together.
CONNECT_TIMEOUT_SECONDS: Final = 5.0
# Shorter than the keep-alive timeouts of common servers and load balancers.
KEEP_ALIVE_SECONDS: Final = 5.0
