"""Inbox on a Redis server, for all machines of a fleet.

Each step is one Lua script, which the server runs atomically. Leases and retention end by the clock of the server.
An entry is a string, ``claimed <holder>`` or ``handled <holder>``. Because of the holder, each step can run again
after its response was lost, and returns the same result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from ..._checks import check_number, describe_text, describe_type
from ..._redis.application import ApplicationClient, is_redis_client
from ..._redis.connections import RedisConnections
from ..._redis.url import parse_redis_url
from ...config import check_ssl_context
from ...errors import ConfigurationError
from ...http.event_loop import run_to_completion
from .base import DEFAULT_LEASE_SECONDS, DEFAULT_RETENTION_SECONDS, Inbox
from .claims import ClaimStatus

if TYPE_CHECKING:
    import ssl

    from ..._redis.application import RedisClient

__all__ = ["RedisInbox"]

_DEFAULT_TIMEOUT_SECONDS: Final = 5.0
_MAX_TIMEOUT_SECONDS: Final = 60.0

_ACQUIRE: Final = """
local claimed = 'claimed ' .. ARGV[1]
if redis.call('SET', KEYS[1], claimed, 'NX', 'PX', ARGV[2]) then return 'claimed' end
local found = redis.call('GET', KEYS[1])
if found == claimed then return 'claimed' end
if string.sub(found, 1, 8) == 'handled ' then return 'handled' end
return 'in_progress'
"""
_COMPLETE: Final = """
local found = redis.call('GET', KEYS[1])
local handled = 'handled ' .. ARGV[1]
if found and found ~= handled and found ~= 'claimed ' .. ARGV[1] then return 0 end
redis.call('SET', KEYS[1], handled, 'PX', ARGV[2])
return 1
"""
_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == 'claimed ' .. ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class RedisInbox(Inbox):
    """Inbox on a Redis or Valkey server that all machines of a fleet share.

    Connections are opened at first use, one for each process and event loop. The extra ``redis`` must be installed.

    Args:
        server: URL of the server, such as ``"rediss://user:password@host:6379/0"``, or a ``redis.asyncio.Redis``. Pass
            a client only if all deliveries are received on its event loop. The inbox does not close it.
        lease: Lifetime of a claim in seconds; longer than the slowest handler.
        retention: Time in seconds for which a handled event is remembered.
        prefix: Start of each key. Applications that each handle all events need different prefixes.
        timeout: Deadline of each step in seconds, at most 60. It includes connecting.
        ssl_context: TLS settings for a ``rediss://`` URL; by default the host name is checked, and the certificate
            authorities of the system or of the URL's option ``ssl_ca_certs``.

    Raises:
        ConfigurationError: An argument is invalid, or the extra ``redis`` is missing.

    Example:
        >>> from duro.webhooks import RedisInbox
        >>> RedisInbox("redis://127.0.0.1:6379/0", lease=60)
        <RedisInbox at 127.0.0.1:6379, lease 60 s>
    """

    def __init__(
        self,
        server: str | RedisClient,
        *,
        lease: float = DEFAULT_LEASE_SECONDS,
        retention: float = DEFAULT_RETENTION_SECONDS,
        prefix: str = "duro:inbox:",
        timeout: float = _DEFAULT_TIMEOUT_SECONDS,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(lease=lease, retention=retention)
        timeout = check_number("timeout", timeout, above=0, maximum=_MAX_TIMEOUT_SECONDS, advice="pass seconds")
        self._prefix = _check_prefix(prefix)
        self._server, self._description = _open(server, timeout, check_ssl_context(ssl_context))

    def __repr__(self) -> str:
        return f"<RedisInbox at {self._description}, lease {self._lease:g} s>"

    async def acquire(self, event_id: str, holder: str) -> ClaimStatus:
        """Claim an event; see ``Inbox.acquire``.

        Raises:
            coredis.exceptions.RedisError: The server cannot be used. With a ``redis.asyncio.Redis``, it is
                ``redis.RedisError``.
            TimeoutError: The server did not respond in time. If it has created the claim, the event stays blocked
                until the lease ends.
        """
        status = await self._run(_ACQUIRE, event_id, holder, _to_milliseconds(self._lease))
        return ClaimStatus(status.decode() if isinstance(status, bytes) else status)

    async def complete(self, event_id: str, holder: str) -> bool:
        """Record an event as handled; see ``Inbox.complete``.

        Raises:
            coredis.exceptions.RedisError: The server cannot be used. With a ``redis.asyncio.Redis``, it is
                ``redis.RedisError``.
            TimeoutError: The server did not respond in time.
        """
        return bool(await self._run(_COMPLETE, event_id, holder, _to_milliseconds(self._retention)))

    async def release(self, event_id: str, holder: str | None) -> None:
        """Delete the entry of an event; see ``Inbox.release``.

        Raises:
            coredis.exceptions.RedisError: The server cannot be used. With a ``redis.asyncio.Redis``, it is
                ``redis.RedisError``.
            TimeoutError: The server did not respond in time.
        """
        if holder is None:
            await run_to_completion(lambda: self._server.execute("DEL", self._prefix + event_id))
        else:
            await self._run(_RELEASE, event_id, holder)

    def close(self) -> None:
        """Close the connections of all event loops; the next use opens new ones."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _run(self, script: str, event_id: str, *arguments: str | int) -> object:
        # To completion: after a cancellation, a command that is still on its way could come after the release.
        # The script itself and not its hash, because a server that restarts forgets the hashes.
        return await run_to_completion(
            lambda: self._server.execute("EVAL", script, 1, self._prefix + event_id, *arguments)
        )


def _open(
    server: object, timeout: float, ssl_context: ssl.SSLContext | None
) -> tuple[RedisConnections | ApplicationClient, str]:
    if is_redis_client(server):
        if ssl_context is not None:
            raise ConfigurationError("ssl_context must be None with a client, because the client has TLS settings")
        return ApplicationClient(server, timeout=timeout), f"a {type(server).__name__} client"
    if not isinstance(server, str):
        raise ConfigurationError(
            f"server must be a URL or a redis.asyncio.Redis, got {describe_type(server)}; pass 'redis://host:6379/0'"
        )
    address = parse_redis_url(server, name="server", kinds=("single",))
    if ssl_context is not None and not address.tls:
        raise ConfigurationError("ssl_context must be None with redis://, which does not use TLS; pass a rediss:// URL")
    if ssl_context is not None and address.tls_files:
        raise ConfigurationError("ssl_context must be None if the URL has certificates; pass only one of the two")
    ((host, port),) = address.hosts
    return RedisConnections(address, timeout=timeout, ssl_context=ssl_context), f"{host}:{port}"


def _to_milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _check_prefix(prefix: object) -> str:
    if not isinstance(prefix, str) or not prefix.isprintable():
        raise ConfigurationError(
            f"prefix must be a printable string, got {describe_text(prefix)}; "
            "it is the start of each key, such as 'shop:inbox:'"
        )
    return prefix
