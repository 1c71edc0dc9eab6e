"""Lua scripts on a Redis client of the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...._redis.application import ApplicationClient
from .session import COMMAND_TIMEOUT_SECONDS, build_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...._redis.application import RedisClient

__all__ = ["ApplicationRunner"]


class ApplicationRunner:
    """Connection of the application, which it opens and closes.

    Args:
        client: Client with the interface of ``redis.asyncio.Redis``.
    """

    def __init__(self, client: RedisClient) -> None:
        self._client = ApplicationClient(client, timeout=COMMAND_TIMEOUT_SECONDS)

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[str | bytes]) -> object:
        """Run a Lua script; see ``ScriptRunner``."""
        try:
            # The application may decode its responses, and an encrypted token is not text.
            return await self._client.execute("EVAL", script, len(keys), *keys, *arguments, NEVER_DECODE=True)
        except Exception as error:  # noqa: BLE001 - a store may fail in any way
            failure = build_error(error)
        # Outside of the block, because the traceback of the cause has frames whose locals are secret.
        raise failure

    async def aclose(self) -> None:
        """Leave the client open, because the application owns it."""
