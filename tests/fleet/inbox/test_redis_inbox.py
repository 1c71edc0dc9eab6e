"""``RedisInbox`` on a real server: claims, completions, and their expiry by the clock of the server."""

from __future__ import annotations

import logging

import anyio
import pytest
import redis.asyncio

from duro import ConfigurationError
from duro.webhooks import BlockingInbox, ClaimStatus, RedisInbox
from tests.support.redis_servers import RedisServer
from tests.support.timeouts import TIMEOUT

pytestmark = pytest.mark.fleet

CLAIMED, IN_PROGRESS, HANDLED = ClaimStatus


def expire(admin, event_id="evt_1"):
    """End the entry of an event, as the server does when its time is over."""
    assert admin.pexpireat(f"duro:inbox:{event_id}", 1)


async def fail(inbox, event, before):
    """Claim an event, and fail to handle it."""
    async with inbox.claim(event):
        await before()
        raise LookupError


@pytest.mark.anyio
class TestClaims:
    async def test_event_is_accepted_the_first_time_only(self, inbox, make_event):
        assert [await inbox.accept(make_event()) for _ in range(3)] == [True, False, False]
        assert await inbox.accept(make_event(2))

    async def test_forgotten_event_is_accepted_again(self, inbox, make_event):
        await inbox.accept(make_event())
        await inbox.forget(make_event())
        assert await inbox.accept(make_event())

    async def test_handler_that_fails_releases_its_claim(self, inbox, make_event):
        async def check():
            assert await inbox.acquire("evt_1", "other") is IN_PROGRESS

        with pytest.raises(LookupError):
            await fail(inbox, make_event(), before=check)
        assert await inbox.acquire("evt_1", "other") is CLAIMED

    async def test_handler_that_is_cancelled_releases_its_claim(self, inbox, make_event):
        with anyio.CancelScope() as scope:
            async with inbox.claim(make_event()):
                scope.cancel()
                await anyio.sleep_forever()
        assert await inbox.acquire("evt_1", "other") is CLAIMED

    async def test_claim_of_a_task_cancelled_while_it_acquires_is_released(self, server, inbox, make_event):
        await inbox.acquire("evt_2", "opens the connection")
        server.pause()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(inbox.accept, make_event())
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
            server.resume()
        assert await inbox.acquire("evt_1", "other") is CLAIMED

    async def test_one_of_many_concurrent_claims_succeeds(self, inbox):
        statuses = []

        async def deliver(number):
            statuses.append(await inbox.acquire("evt_1", f"holder {number}"))

        async with anyio.create_task_group() as tasks:
            for number in range(200):
                tasks.start_soon(deliver, number)
        assert statuses.count(CLAIMED) == 1
        assert statuses.count(IN_PROGRESS) == 199

    async def test_claim_ends_with_its_lease(self, server, admin):
        with RedisInbox(server.url, lease=20) as inbox:
            assert await inbox.acquire("evt_1", "crashed") is CLAIMED
            assert 0 < admin.pttl("duro:inbox:evt_1") <= 20_000
            expire(admin)
            assert await inbox.acquire("evt_1", "other") is CLAIMED

    async def test_completion_ends_with_the_retention(self, inbox, admin, make_event):
        await inbox.accept(make_event())
        week = 7 * 24 * 3_600_000
        assert week - 60_000 < admin.pttl("duro:inbox:evt_1") <= week
        expire(admin)
        assert await inbox.accept(make_event())

    async def test_late_end_of_a_replaced_claim_is_logged(self, inbox, admin, caplog, make_event):
        with caplog.at_level(logging.WARNING, "duro.webhooks"):
            async with inbox.claim(make_event()):
                expire(admin)
                assert await inbox.acquire("evt_1", "other") is CLAIMED
        assert "increase the inbox's lease" in caplog.text
        assert await inbox.acquire("evt_1", "third") is IN_PROGRESS

    async def test_late_failure_keeps_the_claim_that_replaced_it(self, inbox, admin, make_event):
        async def lose_claim():
            expire(admin)
            assert await inbox.acquire("evt_1", "other") is CLAIMED

        with pytest.raises(LookupError):
            await fail(inbox, make_event(), before=lose_claim)
        assert await inbox.acquire("evt_1", "third") is IN_PROGRESS

    async def test_late_end_of_an_expired_claim_completes_it(self, inbox, admin, caplog, make_event):
        async with inbox.claim(make_event()):
            expire(admin)
        assert not caplog.records
        assert await inbox.acquire("evt_1", "other") is HANDLED

    async def test_steps_can_be_repeated_by_their_holder(self, inbox):
        """A step is sent again if its connection is lost before the response."""
        assert [await inbox.acquire("evt_1", "one") for _ in range(2)] == [CLAIMED, CLAIMED]
        assert [await inbox.complete("evt_1", "one") for _ in range(2)] == [True, True]
        assert not await inbox.complete("evt_1", "other")
        await inbox.release("evt_1", "one")
        assert await inbox.acquire("evt_1", "other") is HANDLED

    async def test_applications_with_different_prefixes_do_not_share_events(self, server, admin, make_event):
        with RedisInbox(server.url, prefix="shop:") as shop, RedisInbox(server.url, prefix="mail:") as mail:
            assert await shop.accept(make_event())
            assert await mail.accept(make_event())
        assert sorted(admin.keys()) == [b"mail:evt_1", b"shop:evt_1"]


def test_consecutive_event_loops_share_an_inbox(inbox, make_event):
    for backend in ("asyncio", "trio", "asyncio"):
        anyio.run(inbox.accept, make_event(), backend=backend)
    assert not anyio.run(inbox.accept, make_event())


def test_blocking_twin_shares_the_events(inbox, make_event):
    blocking = BlockingInbox(inbox)
    with blocking.claim(make_event()) as claim:
        assert claim
        assert anyio.run(inbox.acquire, "evt_1", "other") is IN_PROGRESS
    assert not blocking.accept(make_event())


def test_completion_outlives_the_end_of_asyncio_run(inbox, caplog, make_event):
    """At its end, ``asyncio.run`` cancels the task that reads the responses, too."""

    async def handle():
        async with inbox.claim(make_event()):
            await anyio.sleep_forever()

    async def complete():
        async with inbox.claim(make_event(2)):
            pass

    async def main():
        import asyncio

        tasks = [asyncio.create_task(handle()), asyncio.create_task(complete())]
        await asyncio.sleep(0)
        while await inbox.acquire("evt_1", "other") is not IN_PROGRESS:
            await asyncio.sleep(0)
        return tasks

    anyio.run(main)
    assert caplog.records == []
    assert anyio.run(inbox.acquire, "evt_1", "other") is CLAIMED
    assert anyio.run(inbox.acquire, "evt_2", "other") is HANDLED


@pytest.mark.asyncio
class TestClientOfTheApplication:
    async def test_client_is_used_and_left_open(self, server, admin, make_event):
        client = redis.asyncio.Redis(port=server.port, decode_responses=True)
        with RedisInbox(client) as inbox:
            assert [await inbox.acquire("evt_1", holder) for holder in "ab"] == [CLAIMED, IN_PROGRESS]
            assert await inbox.complete("evt_1", "a")
            assert not await inbox.complete("evt_1", "b")
            assert await inbox.acquire("evt_1", "b") is HANDLED
            await inbox.forget(make_event())
            assert await inbox.acquire("evt_1", "b") is CLAIMED
            await inbox.release("evt_1", "b")
        assert await client.ping()
        await client.aclose()

    async def test_another_event_loop_is_rejected(self, server, admin, make_event):
        client = redis.asyncio.Redis(port=server.port)
        inbox = RedisInbox(client)
        await inbox.accept(make_event())
        with pytest.raises(ConfigurationError, match="another event loop; pass the URL"):
            await anyio.to_thread.run_sync(BlockingInbox(inbox).accept, make_event())
        await client.aclose()

    async def test_client_that_does_not_respond_raises_in_time(self, make_event):
        with RedisServer() as server:
            client = redis.asyncio.Redis(port=server.port)
            await client.ping()
            server.pause()
            with anyio.fail_after(TIMEOUT), pytest.raises(TimeoutError, match="did not respond"):
                await RedisInbox(client, timeout=0.2).accept(make_event())
            server.resume()
            await client.aclose()
