"""Clients of the library coredis, built from an address."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from ...._redis.tls import load_ssl_context
from ...._redis.url import build_credentials

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import coredis.client

    from ...._redis.url import RedisAddress

__all__ = ["CONNECT_TIMEOUT_SECONDS", "open_client"]

CONNECT_TIMEOUT_SECONDS: Final = 2.0
# Shown by the command CLIENT LIST.
_CLIENT_NAME: Final = "duro"


@asynccontextmanager
async def open_client(address: RedisAddress) -> AsyncGenerator[coredis.client.Client[bytes], None]:
    """Connect to the server that an address names, and yield a client.

    The client has one connection to each server, on which the commands of concurrent tasks are pipelined.

    Args:
        address: Address of the servers.

    Returns:
        Context manager that yields the client.
    """
    options: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT_SECONDS, **build_credentials(address.login)}
    if address.tls:
        options["ssl_context"] = await load_ssl_context(address)
    open_kind = {"single": _open_single, "sentinel": _open_sentinel, "cluster": _open_cluster}[address.kind]
    async with open_kind(address, options) as client:
        yield client


@asynccontextmanager
async def _open_single(
    address: RedisAddress, options: dict[str, Any]
) -> AsyncGenerator[coredis.client.Client[bytes], None]:
    import coredis

    ((host, port),) = address.hosts
    client = coredis.Redis(
        host, port, db=address.database, max_connections=1, verify_version=False, client_name=_CLIENT_NAME, **options
    )
    async with client:
        await client.ping()
        yield client


@asynccontextmanager
async def _open_sentinel(
    address: RedisAddress, options: dict[str, Any]
) -> AsyncGenerator[coredis.client.Client[bytes], None]:
    import coredis
    from coredis.connection import TCPLocation

    logins = {"username", "password"}
    sentinel_options = {name: value for name, value in options.items() if name not in logins}
    sentinel = coredis.Sentinel(
        [TCPLocation(host, port) for host, port in address.hosts],
        sentinel_kwargs={**sentinel_options, **build_credentials(address.sentinel_login)},
        db=address.database,
        client_name=_CLIENT_NAME,
        **options,
    )
    async with sentinel:
        client = sentinel.primary_for(address.service)
        async with client:
            await client.ping()
            yield client


@asynccontextmanager
async def _open_cluster(
    address: RedisAddress, options: dict[str, Any]
) -> AsyncGenerator[coredis.client.Client[bytes], None]:
    import coredis
    from coredis.connection import TCPLocation
    from coredis.retry import NoRetryPolicy

    client: coredis.RedisCluster[bytes] = coredis.RedisCluster(
        decode_responses=False,
        startup_nodes=[TCPLocation(host, port) for host, port in address.hosts],
        max_connections=1,
        max_connections_per_node=True,
        # The command CONFIG is forbidden on many hosted clusters.
        skip_full_coverage_check=True,
        verify_version=False,
        retry_policy=NoRetryPolicy(),
        **options,
    )
    async with client:
        yield client
