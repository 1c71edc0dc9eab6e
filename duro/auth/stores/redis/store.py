"""Token store on Redis or Valkey."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from ...._redis.url import parse_redis_url
from ....http.event_loop import PerLoop
from ..extras import load_modules
from ..protocol import StoredToken, TokenStoreError
from . import scripts
from .session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...._redis.url import RedisAddress

__all__ = ["RedisTokenStore", "ScriptRunner", "SessionRunner", "open_redis_store"]

# Longer than any token. After that, the generation can continue from the clock of the server alone.
_GENERATION_SECONDS: Final = 48 * 3600.0
_VALUE: Final = re.compile(rb"(?P<generation>[0-9]{1,19}):(?P<payload>.*)", re.DOTALL)


class ScriptRunner(Protocol):
    """Connection on which Lua scripts run."""

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[str | bytes]) -> object:
        """Run a Lua script and return its response. It raises ``TokenStoreError`` for any failure."""
        ...

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        ...


class SessionRunner:
    """Connections to one address, for each event loop of each process.

    Args:
        address: Address of the servers.
    """

    def __init__(self, address: RedisAddress) -> None:
        self._sessions = PerLoop(lambda: Session(address))

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[str | bytes]) -> object:
        """Run a Lua script; see ``ScriptRunner``."""
        if not self._sessions.get().is_usable:
            self._sessions.pop()
        return await self._sessions.get().run(script, keys, arguments)

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        if self._sessions and (session := self._sessions.pop()):
            await session.aclose()


class RedisTokenStore:
    """Token store on Redis 6 or newer, or on Valkey.

    Args:
        runner: Connection on which the scripts run.
    """

    def __init__(self, runner: ScriptRunner) -> None:
        self._runner = runner

    async def read(self, key: str) -> StoredToken | None:
        """Return the token of a key; see ``TokenStore.read``."""
        response = await self._runner.run(scripts.READ, [_token(key)], [])
        if response is None:
            return None
        match response:
            case [bytes() as value, int() as milliseconds]:
                return _parse(value, milliseconds)
            case _:
                raise TokenStoreError("Redis returned a response of an unexpected type")

    async def acquire(self, key: str, owner: str, seconds: float) -> bool:
        """Acquire the lease of a key; see ``TokenStore.acquire``."""
        return await self._runner.run(scripts.ACQUIRE, [_lease(key)], [owner, _milliseconds(seconds)]) == 1

    async def write(self, key: str, owner: str, payload: bytes, seconds: float) -> int | None:
        """Replace the token and release the lease; see ``TokenStore.write``."""
        response = await self._runner.run(
            scripts.WRITE,
            [_token(key), _lease(key), _generation(key)],
            [owner, payload, _milliseconds(seconds), _milliseconds(_GENERATION_SECONDS)],
        )
        return int(response) if isinstance(response, bytes) else None

    async def release(self, key: str, owner: str) -> None:
        """Release the lease; see ``TokenStore.release``."""
        await self._runner.run(scripts.RELEASE, [_lease(key)], [owner])

    async def discard(self, key: str, generation: int) -> bool:
        """Remove a rejected token; see ``TokenStore.discard``."""
        return await self._runner.run(scripts.DISCARD, [_token(key)], [f"{generation}:"]) == 1

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self._runner.aclose()

    def __repr__(self) -> str:
        return "RedisTokenStore()"


def open_redis_store(url: str, *, name: str = "token_store") -> RedisTokenStore:
    """Create a store from the URL of its server. It connects at its first use.

    Args:
        url: URL of one server (``redis://``, ``rediss://``), of Sentinels (``redis+sentinel://host,host/service``)
            or of a cluster (``redis+cluster://host,host``).
        name: Name of the argument, for errors.

    Returns:
        The store.

    Raises:
        ConfigurationError: The URL is invalid, or the extra ``redis`` is not installed.
    """
    address = parse_redis_url(url, name=name)
    # The import takes 0.3 s, which is longer than a call waits for its store. So it is not left to the first call.
    load_modules("coredis", extra="redis")
    return RedisTokenStore(SessionRunner(address))


def _parse(value: bytes, milliseconds: int) -> StoredToken:
    match = _VALUE.fullmatch(value)
    # A value without a generation is not ours. The client rejects it, counts it and replaces it.
    generation, payload = (int(match["generation"]), match["payload"]) if match else (0, value)
    return StoredToken(payload, generation, max(milliseconds, 0) / 1000)


def _milliseconds(seconds: float) -> str:
    return str(max(1, int(seconds * 1000)))


# The braces keep all keys of one token in one slot of a cluster.
def _token(key: str) -> str:
    return f"duro:token:{{{key}}}"


def _lease(key: str) -> str:
    return f"duro:lease:{{{key}}}"


def _generation(key: str) -> str:
    return f"duro:generation:{{{key}}}"
