"""``RedisInbox`` on a real server: claims, completions, and their expiry by the clock of the server."""

from __future__ import annotations

import logging
import os
import ssl
from textwrap import dedent

import anyio
import pytest
import redis.asyncio
import trustme
from coredis.exceptions import AuthenticationError, RedisError
from coredis.exceptions import ConnectionError as ConnectionLostError

from duro import ConfigurationError
from duro.webhooks import BlockingInbox, ClaimStatus, Event, RedisInbox
from tests.fleet.redis_server import RedisServer

pytestmark = pytest.mark.fleet

CLAIMED, IN_PROGRESS, HANDLED = ClaimStatus


@pytest.fixture(scope="module")
def server():
    with RedisServer("user ada on >s3cret-word ~shop:* +@all") as server:
        yield server


@pytest.fixture
def admin(server):
    with server.connect() as client:
        client.flushall()
        yield client


@pytest.fixture
def inbox(server, admin):
    with RedisInbox(server.url) as inbox:
        yield inbox


def make_event(number=1):
    return Event.from_dict(
        {"id": f"evt_{number}", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}
    )


def expire(admin, event_id="evt_1"):
    """End the entry of an event, as the server does when its time is over."""
    assert admin.pexpireat(f"duro:inbox:{event_id}", 1)


async def fail(inbox, before):
    """Claim an event, and fail to handle it."""
    async with inbox.claim(make_event()):
        await before()
        raise LookupError


async def fails(inbox, error, match=None):
    with pytest.raises(error, match=match):
        await inbox.accept(make_event())


@pytest.mark.anyio
class TestClaims:
    async def test_event_is_accepted_the_first_time_only(self, inbox):
        assert [await inbox.accept(make_event()) for _ in range(3)] == [True, False, False]
        assert await inbox.accept(make_event(2))

    async def test_forgotten_event_is_accepted_again(self, inbox):
        await inbox.accept(make_event())
        await inbox.forget(make_event())
        assert await inbox.accept(make_event())

    async def test_handler_that_fails_releases_its_claim(self, inbox):
        async def check():
            assert await inbox.acquire("evt_1", "other") is IN_PROGRESS

        with pytest.raises(LookupError):
            await fail(inbox, before=check)
        assert await inbox.acquire("evt_1", "other") is CLAIMED

    async def test_handler_that_is_cancelled_releases_its_claim(self, inbox):
        with anyio.CancelScope() as scope:
            async with inbox.claim(make_event()):
                scope.cancel()
                await anyio.sleep_forever()
        assert await inbox.acquire("evt_1", "other") is CLAIMED

    async def test_claim_of_a_task_cancelled_while_it_acquires_is_released(self, server, inbox):
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

    async def test_completion_ends_with_the_retention(self, inbox, admin):
        await inbox.accept(make_event())
        week = 7 * 24 * 3_600_000
        assert week - 60_000 < admin.pttl("duro:inbox:evt_1") <= week
        expire(admin)
        assert await inbox.accept(make_event())

    async def test_late_end_of_a_replaced_claim_is_logged(self, inbox, admin, caplog):
        with caplog.at_level(logging.WARNING, "duro.webhooks"):
            async with inbox.claim(make_event()):
                expire(admin)
                assert await inbox.acquire("evt_1", "other") is CLAIMED
        assert "increase the inbox's lease" in caplog.text
        assert await inbox.acquire("evt_1", "third") is IN_PROGRESS

    async def test_late_failure_keeps_the_claim_that_replaced_it(self, inbox, admin):
        async def lose_claim():
            expire(admin)
            assert await inbox.acquire("evt_1", "other") is CLAIMED

        with pytest.raises(LookupError):
            await fail(inbox, before=lose_claim)
        assert await inbox.acquire("evt_1", "third") is IN_PROGRESS

    async def test_late_end_of_an_expired_claim_completes_it(self, inbox, admin, caplog):
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

    async def test_applications_with_different_prefixes_do_not_share_events(self, server, admin):
        with RedisInbox(server.url, prefix="shop:") as shop, RedisInbox(server.url, prefix="mail:") as mail:
            assert await shop.accept(make_event())
            assert await mail.accept(make_event())
        assert sorted(admin.keys()) == [b"mail:evt_1", b"shop:evt_1"]


@pytest.mark.anyio
class TestConnections:
    async def test_one_connection_carries_the_commands_of_all_tasks(self, inbox, admin):
        before = admin.info("stats")["total_connections_received"]
        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(inbox.accept, make_event(number))
        assert admin.info("stats")["total_connections_received"] - before == 1

    async def test_lost_connection_is_replaced(self, inbox, admin):
        await inbox.accept(make_event())
        admin.client_kill_filter(_type="normal", skipme=True)
        assert not await inbox.accept(make_event())

    async def test_step_is_sent_again_if_its_connection_is_lost(self, server, inbox, admin):
        await inbox.acquire("evt_1", "one")
        results = []

        async def complete():
            results.append(await inbox.complete("evt_1", "one"))

        (reader,) = [loop._reader for _, loop in inbox._server._loops.items()]
        server.pause()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(complete)
            await anyio.wait_all_tasks_blocked()
            reader.close()
            server.resume()
        assert results == [True]

    async def test_closed_inbox_opens_a_new_connection(self, inbox):
        await inbox.accept(make_event())
        inbox.close()
        assert not await inbox.accept(make_event())

    async def test_server_that_restarts_is_used_again(self):
        with RedisServer() as server, RedisInbox(server.url) as inbox:
            await inbox.accept(make_event())
            server.restart()
            assert await inbox.accept(make_event())

    async def test_server_that_is_down_raises_an_error_of_coredis(self):
        with RedisServer() as server, RedisInbox(server.url) as inbox:
            await inbox.accept(make_event())
            server.kill()
            for _ in range(3):
                with pytest.raises(ConnectionLostError):
                    await inbox.accept(make_event())
            server.start()
            assert await inbox.accept(make_event())

    async def test_server_that_does_not_respond_raises_in_time(self):
        with RedisServer() as server, RedisInbox(server.url, timeout=0.2) as inbox:
            await inbox.accept(make_event())
            server.pause()
            for _ in range(3):
                with anyio.fail_after(5), pytest.raises(TimeoutError, match=r"did not respond within 0\.2 s"):
                    await inbox.accept(make_event(2))
            server.resume()
            with anyio.fail_after(5):
                assert not await inbox.accept(make_event())

    async def test_wrong_password_is_an_error_without_the_password(self, server):
        with RedisInbox(f"redis://ada:wr0ng-word@127.0.0.1:{server.port}") as inbox:
            with pytest.raises(AuthenticationError) as caught:
                await inbox.accept(make_event())
            assert "wr0ng-word" not in f"{caught.value!r} {inbox!r} {inbox._server._address!r}"

    async def test_user_and_password_of_the_url_are_used(self, server, admin):
        url = f"redis://ada:s3cret%2Dword@127.0.0.1:{server.port}/0"
        with RedisInbox(url, prefix="shop:inbox:") as inbox:
            assert await inbox.accept(make_event())
        with RedisInbox(url) as inbox, pytest.raises(RedisError, match="permission"):
            await inbox.accept(make_event())

    async def test_database_of_the_url_is_used(self, server, admin):
        with RedisInbox(f"redis://127.0.0.1:{server.port}/3") as inbox:
            assert await inbox.accept(make_event())
        with server.connect(db=3) as client:
            assert client.keys() == [b"duro:inbox:evt_1"]

    async def test_server_that_is_full_raises_an_error_of_coredis(self):
        with RedisServer("maxmemory 1kb", "maxmemory-policy noeviction") as server, RedisInbox(server.url) as inbox:
            await fails(inbox, RedisError, match="maxmemory")

    async def test_certificate_and_host_name_are_checked(self):
        authority = trustme.CA()
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        with RedisServer(tls=(authority, authority.issue_cert("127.0.0.1"))) as server:
            with RedisInbox(server.url, ssl_context=trusting) as inbox:
                assert await inbox.accept(make_event())
            with RedisInbox(server.url) as inbox:
                await fails(inbox, ConnectionLostError)
        with RedisServer(tls=(authority, authority.issue_cert("elsewhere.example"))) as server:
            await fails(RedisInbox(server.url, ssl_context=trusting), ConnectionLostError)


def test_consecutive_event_loops_share_an_inbox(inbox):
    for backend in ("asyncio", "trio", "asyncio"):
        anyio.run(inbox.accept, make_event(), backend=backend)
    assert not anyio.run(inbox.accept, make_event())


def test_blocking_twin_shares_the_events(inbox):
    blocking = BlockingInbox(inbox)
    with blocking.claim(make_event()) as claim:
        assert claim
        assert anyio.run(inbox.acquire, "evt_1", "other") is IN_PROGRESS
    assert not blocking.accept(make_event())


def test_completion_outlives_the_end_of_asyncio_run(inbox, caplog):
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
    async def test_client_is_used_and_left_open(self, server, admin):
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

    async def test_another_event_loop_is_rejected(self, server, admin):
        client = redis.asyncio.Redis(port=server.port)
        inbox = RedisInbox(client)
        await inbox.accept(make_event())
        with pytest.raises(ConfigurationError, match="another event loop; pass the URL"):
            await anyio.to_thread.run_sync(BlockingInbox(inbox).accept, make_event())
        await client.aclose()

    async def test_client_that_does_not_respond_raises_in_time(self):
        with RedisServer() as server:
            client = redis.asyncio.Redis(port=server.port)
            await client.ping()
            server.pause()
            with anyio.fail_after(5), pytest.raises(TimeoutError, match="did not respond"):
                await RedisInbox(client, timeout=0.2).accept(make_event())
            server.resume()
            await client.aclose()


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_forked_child_opens_its_own_connection(run_program, inbox, server):
    source = """
    import os, sys, warnings
    from duro.webhooks import BlockingInbox, RedisInbox
    warnings.simplefilter("ignore", DeprecationWarning)

    inbox = BlockingInbox(RedisInbox(sys.argv[1]))
    print("parent", inbox.acquire("evt_1", "parent").name)
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        print("child", inbox.acquire("evt_1", "child").name, inbox.acquire("evt_2", "child").name)
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    print("parent", inbox.acquire("evt_2", "parent").name)
    """
    program = run_program(dedent(source), server.url)
    program.wait()
    assert program.read_lines() == ["parent CLAIMED", "child IN_PROGRESS CLAIMED", "parent IN_PROGRESS"]
    assert program.unexpected_errors == []
