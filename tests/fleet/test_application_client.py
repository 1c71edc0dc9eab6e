"""Token store on a ``redis.asyncio.Redis`` of the application."""

from __future__ import annotations

import pytest
import redis.asyncio

from duro import AsyncDuro

pytestmark = [pytest.mark.fleet, pytest.mark.asyncio]


@pytest.mark.parametrize("decode_responses", [False, True])
async def test_client_of_the_application_carries_the_token(server, sandbox, decode_responses):
    async with redis.asyncio.Redis.from_url(server.url, decode_responses=decode_responses) as application:
        # The client of the application blocks the event loop while it connects for the first time.
        await application.ping()
        for expected in (1, 0):
            before = sandbox.stats.token_exchanges
            async with AsyncDuro(**sandbox.options, token_store=application) as client:
                await client.plans.list().page()
                assert client.token_store_counters.store_errors == 0
            assert sandbox.stats.token_exchanges - before == expected
        assert await application.ping(), "the application's client is left open"


async def test_closed_port_of_the_application_costs_an_exchange_and_no_call(sandbox, closed_port):
    application = redis.asyncio.Redis(port=closed_port)
    with pytest.raises(redis.exceptions.ConnectionError):
        await application.ping()
    async with AsyncDuro(**sandbox.options, token_store=application) as client:
        await client.plans.list().page()
        assert client.token_store_counters.exchanges == 1
        assert client.token_store_counters.store_errors > 0
    await application.aclose()
