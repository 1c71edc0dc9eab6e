"""Plain HTTP requests of the command line to servers on this machine, without retries and redirects."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["send_request"]

# Longer than the 10 seconds that the sandbox allows for a delivery.
TIMEOUT_SECONDS: Final = 15.0


def send_request(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, bytes]:
    """Send a request, and return the status and the body of its response.

    Args:
        method: HTTP method.
        url: URL, ``http://`` or ``https://``. ``SSL_CERT_FILE`` applies.
        headers: Headers of the request.
        body: Body of the request.

    Raises:
        OSError: No connection, or no response in time.
        HTTPException: The response is not HTTP.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
