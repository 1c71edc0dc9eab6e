"""Resolution of host names in daemon threads, on every event loop."""

from __future__ import annotations

import asyncio
import os
import socket
import threading

import anyio
import pytest
import trio

from duro.http.transport.resolver import resolve
from tests.support.timeouts import TIMEOUT

V4, V6 = socket.AF_INET, socket.AF_INET6


class NameServer:
    """Replacement of ``socket.getaddrinfo`` that counts its calls and returns after ``release`` is set."""

    def __init__(self):
        self.calls = 0
        self.release = threading.Event()
        self.error = None
        self.entries = [(V4, "192.0.2.1")]

    def getaddrinfo(self, host, port, **hints):
        self.calls += 1
        self.release.wait(30)
        if self.error:
            raise self.error
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for family, address in self.entries]


@pytest.fixture
def name_server(monkeypatch):
    for thread in resolver_threads():
        # Of an earlier test, which may end while the thread is still returning.
        thread.join(TIMEOUT)
    server = NameServer()
    monkeypatch.setattr(socket, "getaddrinfo", server.getaddrinfo)
    yield server
    server.release.set()


def resolver_threads():
    return [thread for thread in threading.enumerate() if thread.name == "duro-resolver"]


async def resolve_in_tasks(count, before_release):
    """Resolve the same name in tasks, and call a function when all of them wait."""
    outcomes = []

    async def resolve_one():
        try:
            outcomes.append(await resolve("api.example.com", 443))
        except OSError as error:
            outcomes.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(resolve_one)
        await anyio.wait_all_tasks_blocked()
        before_release()
    return outcomes


@pytest.mark.anyio
async def test_equal_lookups_share_one_daemon_thread(name_server):
    threads = []

    def release():
        threads.extend(resolver_threads())
        name_server.release.set()

    assert await resolve_in_tasks(50, release) == [["192.0.2.1"]] * 50
    assert len(threads) == name_server.calls == 1
    assert threads[0].daemon


@pytest.mark.anyio
async def test_results_are_not_cached(name_server):
    name_server.release.set()
    for host in ("one.example.com", "two.example.com", "one.example.com"):
        await resolve(host, 443)
    assert name_server.calls == 3


@pytest.mark.anyio
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.0.2.7"])
async def test_addresses_are_not_looked_up(address, name_server):
    assert await resolve(address, 443) == [address]
    assert name_server.calls == 0


@pytest.mark.anyio
async def test_each_waiter_gets_its_own_copy_of_an_error(name_server):
    name_server.error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    errors = await resolve_in_tasks(3, name_server.release.set)
    assert [(type(error), error.args) for error in errors] == [(socket.gaierror, name_server.error.args)] * 3
    assert len(set(map(id, errors))) == 3


@pytest.mark.anyio
async def test_cancelling_one_waiter_leaves_the_others_waiting(name_server):
    async with anyio.create_task_group() as tasks:
        cancelled = anyio.CancelScope()

        async def resolve_until_cancelled():
            with cancelled:
                await resolve("api.example.com", 443)

        tasks.start_soon(resolve_until_cancelled)
        await anyio.wait_all_tasks_blocked()
        assert await resolve_in_tasks(1, lambda: (cancelled.cancel(), name_server.release.set())) == [["192.0.2.1"]]
    assert cancelled.cancelled_caught


@pytest.mark.anyio
async def test_families_alternate_and_repetitions_are_dropped(name_server):
    name_server.entries = [(V6, "::1"), (V6, "::2"), (V6, "::1"), (V4, "192.0.2.1"), (V6, "::3"), (V4, "192.0.2.2")]
    name_server.release.set()
    assert await resolve("api.example.com", 443) == ["::1", "192.0.2.1", "::2", "192.0.2.2", "::3"]


@pytest.mark.parametrize("run", [asyncio.run, trio.run], ids=["asyncio", "trio"])
def test_end_of_the_loop_does_not_wait_for_a_name_server(run, name_server):
    async def leave():
        with anyio.move_on_after(0.01):
            await resolve("api.example.com", 443)

    def main():
        if run is trio.run:
            run(leave)
        else:
            run(leave())

    main()
    (thread,) = resolver_threads()
    name_server.release.set()
    # An exception in the thread would reach threading.excepthook and fail the test.
    thread.join(30)
    assert not thread.is_alive()


@pytest.mark.anyio
async def test_lookups_of_the_parent_process_are_not_awaited_in_a_child(name_server, monkeypatch):
    def release():
        # As in a forked child: another process ID, and without the thread of the parent.
        monkeypatch.setattr(os, "getpid", lambda: -1)
        name_server.release.set()

    await resolve_in_tasks(1, release)
    await resolve("api.example.com", 443)
    assert name_server.calls == 2
