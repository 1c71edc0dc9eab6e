"""A blocking call inside a running event loop, as notebooks make it."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

import anyio
import pytest

from duro import AsyncDuro, Duro

pytestmark = pytest.mark.process


async def both_ways(options):
    with Duro(**options) as client:
        made = client.customers.create(email="notebook@example.com")
        async with AsyncDuro(**options) as awaited:
            assert await awaited.customers.retrieve(made.id) == made
        return client.customers.retrieve(made.id).email


def test_a_blocking_call_works_in_a_coroutine_of_asyncio(sandbox):
    assert asyncio.run(both_ways(sandbox.options)) == "notebook@example.com"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_blocking_call_works_in_a_task_of_anyio(backend, sandbox):
    # The portal runs asyncio, whatever library the caller's context names.
    assert anyio.run(both_ways, sandbox.options, backend=backend) == "notebook@example.com"


@pytest.mark.skipif(find_spec("IPython") is None, reason="IPython is not installed")
def test_a_blocking_call_works_in_a_cell_that_awaits(wire, program, tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    source = """
    import sys
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    for cell in (
        f"from duro import AsyncDuro, Duro; client = Duro('sk_test_1', base_url={sys.argv[1]!r})",
        "import asyncio; await asyncio.sleep(0); print(client.request('GET', '/v1/awaiting')['path'])",
        "print(client.request('GET', '/v1/plain')['path'])",
        "awaited = AsyncDuro('sk_test_1', base_url=client.asynchronous._caller.core.pipeline.base_url)",
        "print((await awaited.request('GET', '/v1/awaited'))['path']); await awaited.aclose(); client.close()",
    ):
        shell.run_cell(cell).raise_error()
    """
    running = program(source, wire.url)
    running.end()
    assert running.lines() == ["/v1/awaiting", "/v1/plain", "/v1/awaited"], running.errors
    assert running.status == 0


def test_a_blocking_call_works_in_a_nested_loop_as_a_kernel_runs_it(wire, program):
    # ipykernel handles a cell in a callback of a loop that runs for ever on the main thread.
    source = """
    import asyncio, sys
    from duro import Duro

    client = Duro("sk_test_1", base_url=sys.argv[1])
    loop = asyncio.new_event_loop()

    def cell():
        print(client.request("GET", "/v1/callback")["path"])
        loop.create_task(coroutine_cell())

    async def coroutine_cell():
        print(client.request("GET", "/v1/task")["path"])
        print(await asyncio.to_thread(lambda: client.request("GET", "/v1/thread")["path"]))
        client.close()
        loop.stop()

    loop.call_soon(cell)
    loop.run_forever()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    """
    running = program(source, wire.url)
    running.end()
    assert running.lines() == ["/v1/callback", "/v1/task", "/v1/thread"], running.errors
    assert running.noise == []
