"""Arguments that connect a client to a sandbox."""

from __future__ import annotations

import ssl
from typing import NotRequired, TypedDict

__all__ = ["ConnectionOptions"]


class ConnectionOptions(TypedDict):
    """Arguments that connect a client to a sandbox."""

    base_url: str
    client_id: str
    client_secret: str
    # Only with TLS.
    ssl_context: NotRequired[ssl.SSLContext]
