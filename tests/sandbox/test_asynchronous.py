"""AsyncSandbox: equal to Sandbox in names, signatures and docstrings, on asyncio and trio."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox, Sandbox
from duro.sandbox.asynchronous import AsyncClockControl, AsyncLiveMode, asynchronous_docstring
from duro.sandbox.billing.clock_control import ClockControl
from duro.sandbox.deliveries.deliverer import WorkerDeliverer
from duro.sandbox.modes.live_mode import LiveMode

BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])
# Methods that wait for the server, the clock or an endpoint.
AWAITED = {"start", "stop", "advance", "wait_for_deliveries", "save"}


def public(value: object) -> set[str]:
    return {name for name in dir(value) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("blocking", "asynchronous"),
    [(Sandbox, AsyncSandbox), (LiveMode, AsyncLiveMode), (ClockControl, AsyncClockControl)],
)
def test_both_have_equal_names_signatures_and_docstrings(blocking: type[object], asynchronous: type[object]) -> None:
    names = public(blocking)
    assert public(asynchronous) == names
    assert inspect.getdoc(asynchronous) == asynchronous_docstring(inspect.getdoc(blocking))
    for name in names:
        one, other = getattr(blocking, name), getattr(asynchronous, name)
        assert inspect.getdoc(one), name
        assert inspect.getdoc(other) == asynchronous_docstring(inspect.getdoc(one)), name
        if isinstance(one, property):
            assert isinstance(other, property), name
        else:
            assert str(inspect.signature(other)) == str(inspect.signature(one)).replace("Sandbox", "AsyncSandbox"), name
            assert inspect.iscoroutinefunction(other) == (name in AWAITED), name


def test_constructors_have_equal_signatures() -> None:
    assert inspect.signature(AsyncSandbox) == inspect.signature(Sandbox)


def test_docstrings_are_those_of_asynchronous_code() -> None:
    assert "async with AsyncSandbox() as sandbox:" in (AsyncSandbox.__doc__ or "")
    assert ">>> await sandbox.wait_for_deliveries()" in (AsyncSandbox.wait_for_deliveries.__doc__ or "")
    assert asynchronous_docstring("sandbox.clock.advance(days=1).now") == "(await sandbox.clock.advance(days=1)).now"
    assert asynchronous_docstring(None) is None


@BACKENDS
def test_properties_read_the_running_sandbox(backend: str) -> None:
    async def use_sandbox() -> None:
        async with AsyncSandbox(token_lifetime=60) as sandbox, AsyncDuro(**sandbox.options) as client:
            await client.customers.create(email="ada@example.com")
            before = sandbox.clock.now()
            await sandbox.clock.advance(days=30)
            assert (sandbox.clock.now() - before).days == 30
            await sandbox.wait_for_deliveries()
            assert [request.path for request in sandbox.requests] == ["/v1/oauth/token", "/v1/customers"]
            assert sandbox.is_alive
            assert repr(sandbox) == f"<AsyncSandbox {sandbox.url}>"
            for name in sorted(public(AsyncSandbox) - AWAITED):
                value = getattr(sandbox, name)
                assert callable(value) or name in {"clock", "live", "transfers"} or value == getattr(sandbox, name)

    anyio.run(use_sandbox, backend=backend)


@BACKENDS
def test_a_cancelled_block_stops_the_server(backend: str) -> None:
    urls: list[str] = []

    async def use_sandbox() -> None:
        with anyio.CancelScope() as scope:
            async with AsyncSandbox() as sandbox:
                urls.append(sandbox.url)
                scope.cancel()
                await anyio.sleep_forever()

    anyio.run(use_sandbox, backend=backend)
    with pytest.raises(httpx.ConnectError):
        httpx.get(urls[0])


@BACKENDS
def test_a_start_that_is_cancelled_leaves_no_server(backend: str) -> None:
    sandbox = AsyncSandbox()

    async def use_sandbox() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            async with sandbox:
                await anyio.sleep_forever()

    anyio.run(use_sandbox, backend=backend)
    assert not sandbox.is_alive


def test_a_start_that_is_cancelled_by_its_task_leaves_no_server() -> None:
    sandbox = AsyncSandbox()

    async def use_sandbox() -> None:
        task = asyncio.ensure_future(sandbox.__aenter__())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(use_sandbox())
    assert not sandbox.is_alive


@pytest.mark.parametrize(
    ("use", "advice"),
    [
        (lambda: AsyncSandbox().__enter__(), "is asynchronous; write 'async with', or use Sandbox"),  # type: ignore[attr-defined]
        (lambda: Sandbox().__aenter__(), "is blocking; write 'with', or use AsyncSandbox"),  # type: ignore[attr-defined]
    ],
)
def test_the_block_of_the_other_sandbox_is_refused_with_advice(use: Callable[[], Any], advice: str) -> None:
    with pytest.raises(TypeError, match=advice):
        use()


@BACKENDS
def test_a_blocking_advance_on_an_event_loop_with_an_endpoint_is_refused(backend: str, sandbox: Sandbox) -> None:
    async def advance() -> None:
        sandbox.clock.advance(days=1)

    before = sandbox.clock.now()
    anyio.run(advance, backend=backend)
    sandbox.endpoints.add("http://127.0.0.1:9/closed-port")
    with pytest.raises(RuntimeError, match="use AsyncSandbox"):
        anyio.run(advance, backend=backend)
    sandbox.clock.advance(days=1)
    assert (sandbox.clock.now() - before).days == 2


@BACKENDS
def test_an_asynchronous_advance_runs_in_another_thread(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    monkeypatch.setattr(WorkerDeliverer, "check_thread", lambda _: threads.append(threading.current_thread()))

    async def advance() -> None:
        async with AsyncSandbox() as sandbox:
            sandbox.endpoints.add("http://127.0.0.1:9/closed-port")
            await sandbox.clock.advance(days=1)

    anyio.run(advance, backend=backend)
    assert threading.main_thread() not in threads
    assert len(threads) == 1


@BACKENDS
def test_a_branch_is_an_asynchronous_sandbox_of_its_own(backend: str) -> None:
    async def use_sandbox() -> None:
        async with AsyncSandbox() as sandbox, sandbox.branch() as other, AsyncDuro(**sandbox.options) as client:
            assert isinstance(other, AsyncSandbox)
            await client.customers.create(email="ada@example.com")
            assert len(other.requests) < len(sandbox.requests)

    anyio.run(use_sandbox, backend=backend)


def test_a_start_that_fails_stops_what_it_has_started(sandbox: Sandbox) -> None:
    async def use_sandbox() -> None:
        async with AsyncSandbox(port=int(sandbox.url.rpartition(":")[2])):
            pytest.fail("the port is in use")

    with pytest.raises(OSError, match="in use"):
        anyio.run(use_sandbox)
