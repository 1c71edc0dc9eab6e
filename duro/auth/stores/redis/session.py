"""Connections to Redis on one event loop, held open by a task of their own.

A client of coredis is a block with a task group, so one task must enter and leave it. A call that is cancelled cannot
own it. Each command uses the client of that task.

Coredis 6.9 loses the only place of its pool if a command is cancelled while it connects. A command on a lost connection
may also have been executed. So a client is never used again after a command that failed or was cancelled.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, cast

import anyio

from ...._secrets import sanitize
from ....http.event_loop import spawn_detached
from ..protocol import TokenStoreError
from .clients import CONNECT_TIMEOUT_SECONDS, open_client

if TYPE_CHECKING:
    from collections.abc import Sequence

    import coredis.client

    from ...._redis.url import RedisAddress

__all__ = ["COMMAND_TIMEOUT_SECONDS", "Session", "build_error"]

COMMAND_TIMEOUT_SECONDS: Final = 1.0
# A firewall may drop an idle connection without notice, and the next command would then wait for nothing.
IDLE_SECONDS: Final = 30.0

_in_session: ContextVar[bool] = ContextVar("duro_redis_session", default=False)


def _is_wanted(_: logging.LogRecord) -> bool:
    # Coredis logs each lost connection with a traceback. The store reports it with an exception.
    return not _in_session.get()


logging.getLogger("coredis").addFilter(_is_wanted)


class Session:
    """Client of one event loop, from its first command until it is idle, fails or is closed.

    Args:
        address: Address of the servers.
    """

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._client: coredis.client.Client[bytes] | None = None
        self._failure: TokenStoreError | None = None
        self._started = anyio.Event()
        self._retired = anyio.Event()
        self._ended = anyio.Event()
        self._scope = anyio.CancelScope()
        self._commands = 0
        self._task = spawn_detached(self._run, self._on_end, name="duro-redis")

    @property
    def is_usable(self) -> bool:
        """Whether new commands may use the session."""
        return not (self._retired.is_set() or self._ended.is_set())

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[str | bytes]) -> object:
        """Run a Lua script.

        Args:
            script: Source of the script.
            keys: Keys in one slot of a cluster.
            arguments: Other arguments.

        Returns:
            Response of the script: an integer, bytes, a list of these, or ``None``.

        Raises:
            TokenStoreError: No connection, no response in time, or an error response.
        """
        try:
            with anyio.fail_after(COMMAND_TIMEOUT_SECONDS):
                await self._started.wait()
                if self._client is None:
                    failure = build_error(self._failure)
                else:
                    return await self._execute(self._client, script, keys, arguments)
        except Exception as error:  # noqa: BLE001 - a store may fail in any way
            failure = build_error(error)
        # Outside of the block, because the traceback of the cause has frames whose locals are secret.
        raise failure

    async def _execute(
        self,
        client: coredis.client.Client[bytes],
        script: str,
        keys: Sequence[str],
        arguments: Sequence[str | bytes],
    ) -> object:
        self._commands += 1
        token = _in_session.set(True)
        try:
            return await client.eval(script, keys=list(keys), args=list(arguments))
        except BaseException:
            self._retired.set()
            raise
        finally:
            _in_session.reset(token)

    async def aclose(self) -> None:
        """Close the connections now. Commands in progress fail."""
        self._retired.set()
        self._scope.cancel()
        await self._ended.wait()

    async def _run(self) -> None:
        _in_session.set(True)
        try:
            with self._scope, anyio.fail_after(CONNECT_TIMEOUT_SECONDS) as limit:
                async with open_client(self._address) as self._client:
                    limit.deadline = float("inf")
                    self._started.set()
                    await self._wait_for_end()
        except Exception as error:  # noqa: BLE001 - the waiting commands raise it
            self._failure = build_error(error)

    async def _wait_for_end(self) -> None:
        while not self._retired.is_set():
            commands = self._commands
            with anyio.move_on_after(IDLE_SECONDS):
                await self._retired.wait()
            if self._commands == commands:
                self._retired.set()
        # Commands of other tasks may still be in progress.
        await anyio.sleep(COMMAND_TIMEOUT_SECONDS)

    def _on_end(self) -> None:
        self._client = None
        self._started.set()
        self._ended.set()


def build_error(cause: Exception | None) -> TokenStoreError:
    """Build the error of a command, without the cause as context.

    Args:
        cause: Exception of the client library, ``None`` if the connection was closed.

    Returns:
        The error. Its message has no secret.
    """
    if isinstance(cause, TokenStoreError):
        return TokenStoreError(*cause.args)
    if cause is None:
        return TokenStoreError("the connection to Redis was closed")
    while isinstance(cause, ExceptionGroup):
        cause = cast("ExceptionGroup[Exception]", cause).exceptions[0]
    if isinstance(cause, TimeoutError):
        return TokenStoreError("Redis did not respond in time")
    return TokenStoreError(f"Redis failed with {type(cause).__name__}: {sanitize(str(cause), max_chars=200)}")
