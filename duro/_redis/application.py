"""Redis client of the application, used on its own event loop."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Protocol, TypeGuard

import anyio
from anyio.lowlevel import current_token

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["ApplicationClient", "RedisClient", "is_redis_client"]


class RedisClient(Protocol):
    """Client with the interface of ``redis.asyncio.Redis``."""

    def execute_command(self, *args: str | bytes | int, **options: object) -> Awaitable[object]:
        """Send a command.

        Args:
            args: Name of the command, and its arguments.
            options: Options of the client library, such as ``NEVER_DECODE``.

        Returns:
            Response of the server.
        """
        ...


def is_redis_client(value: object) -> TypeGuard[RedisClient]:
    """Return whether a value has the interface of ``redis.asyncio.Redis``; the blocking client has not."""
    return not isinstance(value, type) and inspect.iscoroutinefunction(getattr(value, "execute_command", None))


class ApplicationClient:
    """Redis client of the application, which owns its connections and its event loop.

    Args:
        client: Client of the application.
        timeout: Deadline of a command in seconds.
    """

    def __init__(self, client: RedisClient, *, timeout: float) -> None:
        self._client = client
        self._timeout = timeout
        self._loop: object = None

    async def execute(self, command: str, *arguments: str | bytes | int, **options: object) -> object:
        """Send a command with the client.

        Args:
            command: Name of the command.
            arguments: Arguments of the command.
            options: Options of the client library.

        Returns:
            Response of the server.

        Raises:
            ConfigurationError: The running event loop is not the one on which the client was used before.
            TimeoutError: The server did not respond in time.
        """
        loop = current_token().native_token
        self._loop = self._loop or loop
        if loop is not self._loop:
            raise ConfigurationError(
                "the Redis client belongs to another event loop; pass the URL of the server instead"
            )
        with anyio.move_on_after(self._timeout):
            return await self._client.execute_command(command, *arguments, **options)
        raise TimeoutError(f"the Redis server did not respond within {self._timeout:g} s")

    def close(self) -> None:
        """Leave the client open, because the application owns it."""
