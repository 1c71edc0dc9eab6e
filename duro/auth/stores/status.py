"""Status of the token that a fleet shares, for people who operate it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ...errors import ConfigurationError
from .encryption import InvalidPayloadError, TokenCipher

if TYPE_CHECKING:
    from ..._secrets import Secret
    from .protocol import TokenStore

__all__ = ["SharedTokenStatus", "read_status"]


@frozen
class SharedTokenStatus:
    """Shared token, without the token itself.

    Attributes:
        generation: Number of the token in its store.
        age: Seconds since the exchange.
        remaining: Seconds until the token expires.
        writer: Host name and process id of the process that exchanged the credentials.
    """

    generation: int
    age: float
    remaining: float
    writer: str


async def read_status(store: TokenStore, key: str, secret: Secret) -> SharedTokenStatus | None:
    """Read the status of a shared token. Nothing is exchanged.

    Args:
        store: Token store.
        key: Key of the token.
        secret: Client secret, which decrypts the token.

    Returns:
        The status, ``None`` if the store does not have a token that this secret decrypts.

    Raises:
        ConfigurationError: The store failed, or its value was damaged or changed.
    """
    try:
        stored = await store.read(key)
        sealed = None if stored is None else TokenCipher(secret, key).decrypt(stored.payload)
    except InvalidPayloadError as error:
        raise ConfigurationError(f"the token store is not usable: {error}; the next exchange replaces it") from None
    except Exception as error:  # noqa: BLE001 - a store may fail in any way
        raise ConfigurationError(f"the token store failed: {error}; check its address and the server") from None
    if stored is None or sealed is None:
        return None
    return SharedTokenStatus(
        stored.generation, max(0.0, sealed.expires_in - stored.remaining), stored.remaining, sealed.writer
    )
