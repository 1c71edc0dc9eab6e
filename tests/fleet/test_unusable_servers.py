"""Redis servers that cannot be used: the client exchanges by itself, and logs one warning without a secret."""

from __future__ import annotations

import logging

import pytest

from duro import AsyncDuro
from duro.auth import shared_exchange
from tests.support.redis_servers import RedisServer

pytestmark = [pytest.mark.fleet, pytest.mark.anyio]


@pytest.fixture(autouse=True)
def _extended_limits(monkeypatch):
    """Extend the time for the store, so that a machine with other work gets the error of the server."""
    monkeypatch.setattr(shared_exchange, "SECONDS_BEFORE_EXCHANGE", 10.0)
    monkeypatch.setattr(shared_exchange, "SECONDS_AFTER_EXCHANGE", 10.0)


@pytest.fixture(scope="module")
def server():
    """Start a server with a user for reads only, and with a user for all commands."""
    with RedisServer(
        "user reader on >reader-word ~* +@read +@connection", "user writer on >writer-word ~* +@all"
    ) as running:
        yield running


async def check_calls_go_on(sandbox, url, caplog):
    """Make calls with a new token each, and check that each of them costs one exchange."""
    caplog.set_level(logging.DEBUG)
    before = sandbox.stats.token_exchanges
    async with AsyncDuro(**sandbox.options, token_store=url) as client:
        for _ in range(3):
            await client.request("GET", "/v1/plans")
            sandbox.revoke_tokens()
        counters = client.token_store_counters
    assert counters.exchanges == sandbox.stats.token_exchanges - before == 3
    assert counters.store_hits == 0
    assert counters.store_errors > 0
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert warnings[0].startswith("the token store failed, and this process exchanges by itself: ")
    assert "word" not in caplog.text.replace("username-password", "")
    return warnings[0]


async def test_closed_port(sandbox, closed_port, caplog):
    await check_calls_go_on(sandbox, f"redis://127.0.0.1:{closed_port}", caplog)


async def test_wrong_password(sandbox, server, caplog):
    message = await check_calls_go_on(sandbox, server.url_of("writer", "another-word"), caplog)
    assert "invalid username-password pair" in message


async def test_user_without_the_right_to_run_scripts(sandbox, server, caplog):
    message = await check_calls_go_on(sandbox, server.url_of("reader", "reader-word"), caplog)
    assert "no permissions to run the 'eval' command" in message


async def test_server_that_is_full(sandbox, caplog):
    with RedisServer("maxmemory 1kb", "maxmemory-policy noeviction") as server:
        message = await check_calls_go_on(sandbox, server.url, caplog)
    assert "maxmemory" in message


async def test_replica(sandbox, server, caplog):
    """A replica rejects writes, for example after a failover if the URL is that of the old primary."""
    with RedisServer(f"replicaof 127.0.0.1 {server.port}") as replica:
        await check_calls_go_on(sandbox, replica.url, caplog)


async def test_server_that_is_not_redis(sandbox, caplog):
    address = sandbox.options["base_url"].partition("//")[2]
    await check_calls_go_on(sandbox, f"redis://{address}", caplog)
