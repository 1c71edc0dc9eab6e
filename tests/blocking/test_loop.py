"""The portal's plain loop looks names up as asyncio does, in threads that hold nothing up."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from duro.blocking.loop import DaemonResolverLoop

QUESTION = {"family": socket.AF_INET, "type": socket.SOCK_STREAM}


@pytest.fixture
def run():
    with asyncio.Runner(loop_factory=DaemonResolverLoop) as runner:
        yield runner.run


@pytest.fixture
def name_server(monkeypatch):
    """A gate in front of ``socket.getaddrinfo``: ``asked`` counts, ``answer`` opens it."""

    class NameServer:
        def __init__(self):
            self.asked = 0
            self.answer = threading.Event()
            self.error = None

    server = NameServer()

    def getaddrinfo(host, port, **hints):
        server.asked += 1
        server.answer.wait(30)
        if server.error:
            raise server.error
        return [(host, port, hints)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield server
    server.answer.set()


async def ask(host="api.example.com"):
    return await asyncio.get_running_loop().getaddrinfo(host, 443, **QUESTION)


def test_a_name_is_looked_up_as_asyncio_does(run):
    async def both():
        loop = asyncio.get_running_loop()
        asked = await loop.getaddrinfo("localhost", 80, **QUESTION)
        return asked, await asyncio.BaseEventLoop.getaddrinfo(loop, "localhost", 80, **QUESTION)

    ours, theirs = run(both())
    assert ours == theirs


def test_those_who_ask_the_same_share_a_thread_and_its_answer(run, name_server):
    async def many():
        asking = [asyncio.create_task(ask()) for _ in range(50)]
        await asyncio.sleep(0)
        threads = [thread for thread in threading.enumerate() if thread.name == "duro-look-up"]
        name_server.answer.set()
        return threads, await asyncio.gather(*asking)

    threads, answers = run(many())
    assert len(threads) == name_server.asked == 1
    assert threads[0].daemon
    assert answers == [[("api.example.com", 443, QUESTION)]] * 50


def test_another_question_is_another_look_up_and_nothing_is_kept(run, name_server):
    name_server.answer.set()
    for host in ("one.example.com", "two.example.com", "one.example.com"):
        assert run(ask(host)) == [(host, 443, QUESTION)]
    assert name_server.asked == 3


def test_a_failure_comes_to_each_as_an_exception_of_his_own(run, name_server):
    name_server.error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def many():
        asking = [asyncio.create_task(ask()) for _ in range(3)]
        await asyncio.sleep(0)
        name_server.answer.set()
        return await asyncio.gather(*asking, return_exceptions=True)

    errors = run(many())
    assert [(type(error), error.args) for error in errors] == [(socket.gaierror, name_server.error.args)] * 3
    assert len(set(map(id, errors))) == 3


def test_who_waits_can_be_cancelled_and_the_others_go_on(run, name_server):
    async def two():
        impatient, patient = asyncio.create_task(ask()), asyncio.create_task(ask())
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        name_server.answer.set()
        return await patient

    assert run(two()) == [("api.example.com", 443, QUESTION)]


def test_an_answer_after_the_loops_end_is_nobodys(name_server):
    async def leave():
        asking = asyncio.create_task(ask())
        await asyncio.sleep(0)
        asking.cancel()

    with asyncio.Runner(loop_factory=DaemonResolverLoop) as runner:
        runner.run(leave())
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "duro-look-up"]
    name_server.answer.set()
    # A failure of it would reach the hook of threads, which fails the test.
    thread.join(30)
    assert not thread.is_alive()
