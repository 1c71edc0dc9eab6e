"""Context variables of a call that opened a connection: their values are freed while the connection is open."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref
from importlib.util import find_spec

import anyio
import pytest

from duro import AsyncDuro, Duro
from duro.blocking import portal

pytestmark = pytest.mark.plain_and_tls

variable = contextvars.ContextVar("variable")

needs_uvloop = pytest.mark.skipif(find_spec("uvloop") is None, reason="uvloop is not installed")
ASYNCIO_LOOPS = [
    pytest.param({"loop_factory": asyncio.SelectorEventLoop}, id="selector"),
    pytest.param({"use_uvloop": True}, id="uvloop", marks=needs_uvloop),
]


class Value:
    """Value of a context variable, such as the object of a web request."""


def set_value():
    """Set the variable in the context of the caller. Return a weak reference to its value."""
    value = Value()
    variable.set(value)
    return weakref.ref(value)


def assert_freed(reference, server):
    gc.collect()
    assert len(server._open) == 1
    assert reference() is None


async def pass_iterations():
    for _ in range(3):
        await anyio.sleep(0)


async def call_and_collect(server, transport="httpx"):
    references = []

    async def call():
        references.append(set_value())
        await client.request("POST", "/v1/x")

    async with AsyncDuro("sk_test_1", base_url=server.url, transport=transport) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
        # The loop releases its references to a task in its next iteration.
        await pass_iterations()
        assert_freed(references[0], server)
        await client.request("GET", "/v1/y")
        assert len(server._open) == 1


@pytest.mark.slow
@pytest.mark.parametrize("options", ASYNCIO_LOOPS)
def test_value_is_freed_while_the_connection_of_asyncio_is_open(options, raw_server):
    anyio.run(call_and_collect, raw_server, backend_options=options)


@needs_uvloop
def test_value_is_freed_while_the_connection_of_aiohttp_is_open(raw_server):
    """On the loop of asyncio, the cancelled timer of the call's deadline may keep the value a little longer."""
    anyio.run(call_and_collect, raw_server, "aiohttp", backend_options={"use_uvloop": True})


@pytest.mark.slow
def test_value_is_freed_while_the_connection_of_trio_is_open(raw_server):
    anyio.run(call_and_collect, raw_server, backend="trio")


@pytest.fixture(params=ASYNCIO_LOOPS)
def portal_loop(request, monkeypatch):
    """Run the portal on each event loop."""

    def stop():
        if portal._thread is not None:
            portal._thread.stop()
            portal._thread = None

    stop()
    monkeypatch.setattr(portal, "loop_options", lambda: request.param)
    yield
    stop()


@pytest.mark.slow
@pytest.mark.usefixtures("portal_loop")
def test_value_is_freed_while_the_connection_of_the_blocking_client_is_open(raw_server):
    references = []

    def call():
        references.append(set_value())
        client.request("POST", "/v1/x")

    with Duro("sk_test_1", base_url=raw_server.url) as client:
        contextvars.copy_context().run(call)
        portal.run(pass_iterations)
        assert_freed(references[0], raw_server)
        client.request("GET", "/v1/y")
        assert len(raw_server._open) == 1
