"""Choice of a client's token store: the argument, then the environment, then none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import frozen

from ..._redis.application import is_redis_client
from ..._redis.url import is_redis_url
from ...errors import ConfigurationError, redact
from .extras import CIPHER_MODULES, load_modules
from .protocol import TokenStore

if TYPE_CHECKING:
    from ..._redis.application import RedisClient

__all__ = ["VARIABLE", "AnyTokenStore", "ChosenStore", "resolve_token_store"]

AnyTokenStore: TypeAlias = "str | TokenStore | RedisClient"

VARIABLE: Final = "DURO_TOKEN_STORE"
_FILE: Final = "file:"
_MEMORY: Final = "memory:"
_ADVICE: Final = (
    "pass 'file:', 'redis://…', 'rediss://…', 'redis+sentinel://…', 'memory:', a redis.asyncio.Redis or a TokenStore"
)


@frozen
class ChosenStore:
    """Token store of a client.

    Attributes:
        store: The store.
        is_owned: Whether the client created the store, and closes it.
    """

    store: TokenStore
    is_owned: bool


def resolve_token_store(token_store: AnyTokenStore | None) -> ChosenStore | None:
    """Choose the token store of a client.

    Args:
        token_store: Store or its URL, which takes precedence over ``DURO_TOKEN_STORE``.

    Returns:
        The store, ``None`` if the client keeps its tokens in its own memory.

    Raises:
        ConfigurationError: The value is not a store, or a package is missing.
    """
    name = "token_store"
    if token_store is None and (variable := os.environ.get(VARIABLE)):
        name, token_store = VARIABLE, variable
    if token_store is None or token_store == _MEMORY:
        return None
    if isinstance(token_store, str):
        return ChosenStore(_open(token_store, name), is_owned=True)
    if is_redis_client(token_store):
        return ChosenStore(_adapt(token_store), is_owned=False)
    if isinstance(token_store, type) or not isinstance(token_store, TokenStore):
        raise ConfigurationError(f"{name} must be a URL or a TokenStore, got {type(token_store).__name__}; {_ADVICE}")
    load_modules(*CIPHER_MODULES, extra="token-store")
    return ChosenStore(token_store, is_owned=False)


def _adapt(client: RedisClient) -> TokenStore:
    from .redis import ApplicationRunner, RedisTokenStore

    load_modules(*CIPHER_MODULES, extra="token-store")
    return RedisTokenStore(ApplicationRunner(client))


def _open(url: str, name: str) -> TokenStore:
    if is_redis_url(url):
        from .redis import open_redis_store

        load_modules(*CIPHER_MODULES, extra="redis")
        return open_redis_store(url, name=name)
    if url.startswith(_FILE):
        from .file import FileTokenStore

        return FileTokenStore(url.removeprefix(_FILE).removeprefix("//") or None)
    raise ConfigurationError(f"{name} must be the URL of a token store, got {redact(url)[:100]!r}; {_ADVICE}")
