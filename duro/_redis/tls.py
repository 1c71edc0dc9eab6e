"""TLS settings of connections to Redis."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import anyio.to_thread

if TYPE_CHECKING:
    from .url import RedisAddress

__all__ = ["load_ssl_context"]


async def load_ssl_context(address: RedisAddress) -> ssl.SSLContext:
    """Create the TLS context of an address, in a thread because it reads files.

    Args:
        address: Address with the paths of its certificates.

    Returns:
        Context that checks certificates and host names.
    """
    return await anyio.to_thread.run_sync(_build, address.tls_files)


def _build(files: dict[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=files.get("ssl_ca_certs"))
    if certificate := files.get("ssl_certfile"):
        context.load_cert_chain(certificate, files.get("ssl_keyfile"))
    return context
