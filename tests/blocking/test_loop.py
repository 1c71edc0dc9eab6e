"""Event loop of the portal: name resolution in daemon threads."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from duro.blocking.loop import DaemonResolverLoop

HINTS = {"family": socket.AF_INET, "type": socket.SOCK_STREAM}


@pytest.fixture
def run():
    with asyncio.Runner(loop_factory=DaemonResolverLoop) as runner:
        yield runner.run


@pytest.fixture
def name_server(monkeypatch):
    """Replacement of ``socket.getaddrinfo`` that counts its calls and returns after ``release`` is set."""

    class NameServer:
        def __init__(self):
            self.calls = 0
            self.release = threading.Event()
            self.error = None

    server = NameServer()

    def getaddrinfo(host, port, **hints):
        server.calls += 1
        server.release.wait(30)
        if server.error:
            raise server.error
        return [(host, port, hints)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield server
    server.release.set()


def resolver_threads():
    return [thread for thread in threading.enumerate() if thread.name == "duro-resolver"]


async def resolve(host="api.example.com"):
    return await asyncio.get_running_loop().getaddrinfo(host, 443, **HINTS)


def test_result_equals_that_of_asyncio(run):
    async def both():
        loop = asyncio.get_running_loop()
        ours = await loop.getaddrinfo("localhost", 80, **HINTS)
        return ours, await asyncio.BaseEventLoop.getaddrinfo(loop, "localhost", 80, **HINTS)

    ours, theirs = run(both())
    assert ours == theirs


def test_equal_lookups_share_one_thread_and_its_result(run, name_server):
    async def many():
        lookups = [asyncio.create_task(resolve()) for _ in range(50)]
        await asyncio.sleep(0)
        threads = resolver_threads()
        name_server.release.set()
        return threads, await asyncio.gather(*lookups)

    threads, results = run(many())
    assert len(threads) == name_server.calls == 1
    assert threads[0].daemon
    assert results == [[("api.example.com", 443, HINTS)]] * 50


def test_results_are_not_cached(run, name_server):
    name_server.release.set()
    for host in ("one.example.com", "two.example.com", "one.example.com"):
        assert run(resolve(host)) == [(host, 443, HINTS)]
    assert name_server.calls == 3


def test_each_waiter_gets_its_own_copy_of_an_error(run, name_server):
    name_server.error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def many():
        lookups = [asyncio.create_task(resolve()) for _ in range(3)]
        await asyncio.sleep(0)
        name_server.release.set()
        return await asyncio.gather(*lookups, return_exceptions=True)

    errors = run(many())
    assert [(type(error), error.args) for error in errors] == [(socket.gaierror, name_server.error.args)] * 3
    assert len(set(map(id, errors))) == 3


def test_cancelling_one_waiter_leaves_the_others_waiting(run, name_server):
    async def two():
        cancelled, other = asyncio.create_task(resolve()), asyncio.create_task(resolve())
        await asyncio.sleep(0)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        name_server.release.set()
        return await other

    assert run(two()) == [("api.example.com", 443, HINTS)]


def test_result_after_the_end_of_the_loop_is_discarded(name_server):
    async def leave():
        lookup = asyncio.create_task(resolve())
        await asyncio.sleep(0)
        lookup.cancel()

    with asyncio.Runner(loop_factory=DaemonResolverLoop) as runner:
        runner.run(leave())
    (thread,) = resolver_threads()
    name_server.release.set()
    # An exception in the thread would reach threading.excepthook and fail the test.
    thread.join(30)
    assert not thread.is_alive()
