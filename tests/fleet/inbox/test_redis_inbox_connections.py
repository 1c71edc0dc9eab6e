"""Connections of ``RedisInbox``: lost, closed, refused and paused servers, passwords and TLS."""

from __future__ import annotations

import os
import ssl
from textwrap import dedent

import anyio
import pytest
import trustme
from coredis.exceptions import AuthenticationError, RedisError
from coredis.exceptions import ConnectionError as ConnectionLostError

from duro.webhooks import RedisInbox
from tests.support.redis_servers import RedisServer
from tests.support.timeouts import TIMEOUT

pytestmark = pytest.mark.fleet


async def fails(inbox, error, match=None):
    with pytest.raises(error, match=match):
        await inbox.acquire("evt_1", "one")


@pytest.mark.anyio
class TestConnections:
    async def test_one_connection_carries_the_commands_of_all_tasks(self, inbox, admin, make_event):
        before = admin.info("stats")["total_connections_received"]
        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(inbox.accept, make_event(number))
        assert admin.info("stats")["total_connections_received"] - before == 1

    async def test_lost_connection_is_replaced(self, inbox, admin, make_event):
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

    async def test_closed_inbox_opens_a_new_connection(self, inbox, make_event):
        await inbox.accept(make_event())
        inbox.close()
        assert not await inbox.accept(make_event())

    async def test_server_that_restarts_is_used_again(self, make_event):
        with RedisServer() as server, RedisInbox(server.url) as inbox:
            await inbox.accept(make_event())
            server.restart()
            assert await inbox.accept(make_event())

    async def test_server_that_is_down_raises_an_error_of_coredis(self, make_event):
        with RedisServer() as server, RedisInbox(server.url) as inbox:
            await inbox.accept(make_event())
            server.kill()
            for _ in range(3):
                with pytest.raises(ConnectionLostError):
                    await inbox.accept(make_event())
            server.start()
            assert await inbox.accept(make_event())

    async def test_server_that_does_not_respond_raises_in_time(self, make_event, monkeypatch):
        with RedisServer() as server, RedisInbox(server.url) as inbox:
            await inbox.accept(make_event())
            server.pause()
            # Only now, because the other steps must not exceed it.
            monkeypatch.setattr(inbox._server, "_timeout", 0.2)
            for _ in range(3):
                with anyio.fail_after(TIMEOUT), pytest.raises(TimeoutError, match=r"did not respond within 0\.2 s"):
                    await inbox.accept(make_event(2))
            monkeypatch.undo()
            server.resume()
            assert not await inbox.accept(make_event())

    async def test_wrong_password_is_an_error_without_the_password(self, server, make_event):
        with RedisInbox(f"redis://ada:wr0ng-word@127.0.0.1:{server.port}") as inbox:
            with pytest.raises(AuthenticationError) as caught:
                await inbox.accept(make_event())
            assert "wr0ng-word" not in f"{caught.value!r} {inbox!r} {inbox._server._address!r}"

    async def test_user_and_password_of_the_url_are_used(self, server, admin, make_event):
        url = f"redis://ada:s3cret%2Dword@127.0.0.1:{server.port}/0"
        with RedisInbox(url, prefix="shop:inbox:") as inbox:
            assert await inbox.accept(make_event())
        with RedisInbox(url) as inbox, pytest.raises(RedisError, match="permission"):
            await inbox.accept(make_event())

    async def test_database_of_the_url_is_used(self, server, admin, make_event):
        with RedisInbox(f"redis://127.0.0.1:{server.port}/3") as inbox:
            assert await inbox.accept(make_event())
        with server.connect(db=3) as client:
            assert client.keys() == [b"duro:inbox:evt_1"]

    async def test_server_that_is_full_raises_an_error_of_coredis(self):
        with RedisServer("maxmemory 1kb", "maxmemory-policy noeviction") as server, RedisInbox(server.url) as inbox:
            await fails(inbox, RedisError, match="maxmemory")

    async def test_certificate_and_host_name_are_checked(self, make_event):
        authority = trustme.CA()
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        with RedisServer(tls=(authority, authority.issue_cert("127.0.0.1"))) as server:
            url = server.url.partition("?")[0]
            with RedisInbox(url, ssl_context=trusting) as inbox:
                assert await inbox.accept(make_event())
            with RedisInbox(server.url) as inbox:
                assert not await inbox.accept(make_event())
            with RedisInbox(url) as inbox:
                await fails(inbox, ConnectionLostError)
        with RedisServer(tls=(authority, authority.issue_cert("elsewhere.example"))) as server:
            await fails(RedisInbox(server.url), ConnectionLostError)


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
