"""Blocking calls inside a running event loop, as notebooks make them."""

from __future__ import annotations

import asyncio
import signal
from importlib.util import find_spec

import anyio
import pytest

from duro import AsyncDuro, Duro

pytestmark = pytest.mark.process


async def call_both_clients(options):
    with Duro(**options) as client:
        created = client.customers.create(email="notebook@example.com")
        async with AsyncDuro(**options) as asynchronous:
            assert await asynchronous.customers.retrieve(created.id) == created
        return client.customers.retrieve(created.id).email


def test_a_blocking_call_works_in_an_asyncio_coroutine(sandbox):
    assert asyncio.run(call_both_clients(sandbox.options)) == "notebook@example.com"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_blocking_call_works_in_an_anyio_task(backend, sandbox):
    # The portal runs asyncio, independent of the library that runs the caller.
    assert anyio.run(call_both_clients, sandbox.options, backend=backend) == "notebook@example.com"


@pytest.mark.skipif(find_spec("IPython") is None, reason="IPython is not installed")
def test_a_blocking_call_works_in_a_notebook_cell_that_awaits(raw_server, run_program, tmp_path, monkeypatch):
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
        "awaited = AsyncDuro('sk_test_1', base_url=client._asynchronous._requester.state.pipeline.base_url)",
        "print((await awaited.request('GET', '/v1/awaited'))['path']); await awaited.aclose(); client.close()",
    ):
        shell.run_cell(cell).raise_error()
    """
    running = run_program(source, raw_server.url)
    running.wait()
    assert running.read_lines() == ["/v1/awaiting", "/v1/plain", "/v1/awaited"], running.errors
    assert running.status == 0


@pytest.mark.skipif(find_spec("IPython") is None, reason="IPython is not installed")
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals")
def test_an_interrupted_cell_notes_the_key_and_the_next_cell_can_use_the_client(
    raw_server, run_program, tmp_path, monkeypatch
):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    raw_server.reply = lambda request: (
        raw_server.HANG if request.path == "/v1/hang" else raw_server.json(b'"%s"' % request.path.encode())
    )
    source = """
    import signal, sys
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    # A program started in the background may inherit an ignored SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.run_cell(f"from duro import Duro; client = Duro('sk_test_1', base_url={sys.argv[1]!r}, timeout=600)")
    for cell in (
        "client.request('POST', '/v1/hang', idempotency_key='key-of-mine')",
        "import asyncio; await asyncio.sleep(0); client.request('POST', '/v1/hang', idempotency_key='key-of-mine')",
    ):
        error = shell.run_cell(cell).error_in_exec
        print("cell:", type(error).__name__, *error.__notes__, flush=True)
    shell.run_cell("print('cell:', client.request('GET', '/v1/after')); client.close()").raise_error()
    """
    running = run_program(source, raw_server.url)
    for _ in range(2):
        raw_server.wait_for_request()
        running.send_signal(signal.SIGINT)
        assert raw_server.wait_for_disconnect().path == "/v1/hang"
    running.wait()
    results = [line for line in running.read_lines() if line.startswith("cell:")]
    assert [line.split()[1] for line in results] == ["KeyboardInterrupt", "KeyboardInterrupt", "/v1/after"], (
        running.errors
    )
    assert all("idempotency_key='key-of-mine'" in line for line in results[:2])
    assert len(raw_server.received) == 3


def test_a_blocking_call_works_in_a_nested_loop_as_in_ipykernel(raw_server, run_program):
    # ipykernel runs a cell in a callback of the main thread's event loop.
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
    running = run_program(source, raw_server.url)
    running.wait()
    assert running.read_lines() == ["/v1/callback", "/v1/task", "/v1/thread"], running.errors
    assert running.unexpected_errors == []
