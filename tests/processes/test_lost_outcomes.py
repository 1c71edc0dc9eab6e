"""Programs that end or are interrupted during a write: one warning with the idempotency key."""

from __future__ import annotations

import signal

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals"),
]

KEY = "key-of-mine"

BEGIN = """
import asyncio, signal, sys, threading
import anyio
from duro import AsyncDuro, Duro
signal.signal(signal.SIGINT, signal.default_int_handler)

async def write():
    async with AsyncDuro("sk_test_1", base_url=sys.argv[1], timeout=600) as client:
        await client.request("POST", "/v1/hang", json={}, idempotency_key="key-of-mine")
"""


@pytest.fixture
def raw_server(raw_server):
    raw_server.reply = lambda request: raw_server.HANG
    return raw_server


@pytest.fixture(params=["asyncio", "trio"])
def backend(request):
    return request.param


def assert_logged_once(running):
    (warning,) = running.lost_outcomes
    assert "POST /v1/" in warning
    assert f"idempotency_key='{KEY}'" in warning


def test_a_daemon_thread_with_the_asynchronous_client_at_exit(backend, raw_server, run_program):
    source = """
threading.Thread(target=anyio.run, args=[write], kwargs={"backend": sys.argv[2]}, daemon=True).start()
sys.stdin.readline()
"""
    running = run_program(BEGIN + source, raw_server.url, backend)
    raw_server.wait_for_request()
    running.write_line()
    running.wait()
    assert running.status == 0
    assert_logged_once(running)
    assert running.unexpected_errors == running.lost_outcomes


def test_a_daemon_thread_with_the_blocking_client_at_exit_ends_with_a_note(select_loop, raw_server, run_program):
    source = """
import atexit

def work():
    try:
        client.request("POST", "/v1/hang", json={}, idempotency_key="key-of-mine")
    except BaseException as ending:
        print(type(ending).__name__, *ending.__notes__, flush=True)
        raise

client = Duro("sk_test_1", base_url=sys.argv[1], timeout=600)
thread = threading.Thread(target=work, daemon=True)
thread.start()
sys.stdin.readline()
"""
    # Registered before the SDK is imported, so it runs after the SDK's own callback.
    first = "import atexit\natexit.register(lambda: thread.join())\n"
    running = run_program(select_loop + first + BEGIN + source, raw_server.url)
    raw_server.wait_for_request()
    running.write_line()
    kind, _, note = running.read_line().partition(" ")
    assert kind == "SystemExit"
    assert KEY in note
    running.wait()
    assert running.status == 0
    assert_logged_once(running)
    assert running.unexpected_errors == running.lost_outcomes


def test_a_blocking_call_that_cannot_be_cancelled_at_exit(select_loop, run_program):
    source = """
class UncancellableTransport:
    async def send(self, request):
        print("in progress", flush=True)
        while True:
            try:
                await anyio.sleep_forever()
            except BaseException:
                pass

    async def aclose(self):
        pass

client = Duro("sk_test_1", base_url="http://127.0.0.1", transport=UncancellableTransport())
call = lambda: client.request("POST", "/v1/x", json={}, idempotency_key="key-of-mine")
threading.Thread(target=call, daemon=True).start()
sys.stdin.readline()
"""
    running = run_program(select_loop + BEGIN + source)
    assert running.read_line() == "in progress"
    running.write_line()
    running.wait()
    assert running.status == 0
    assert_logged_once(running)
    assert running.unexpected_errors == running.lost_outcomes


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_whose_handler_cancels_the_task(number, raw_server, run_program):
    source = f"""
async def main():
    asyncio.get_running_loop().add_signal_handler({int(number)}, asyncio.current_task().cancel)
    try:
        await write()
    except asyncio.CancelledError:
        print("cancelled", flush=True)

asyncio.run(main())
"""
    running = run_program(BEGIN + source, raw_server.url)
    raw_server.wait_for_request()
    running.send_signal(number)
    assert running.read_line() == "cancelled"
    running.wait()
    assert running.status == 0
    assert_logged_once(running)
    assert running.unexpected_errors == running.lost_outcomes


def test_a_handler_that_exits_in_an_asynchronous_program(backend, raw_server, run_program):
    source = """
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(3))
anyio.run(write, backend=sys.argv[2])
"""
    running = run_program(BEGIN + source, raw_server.url, backend)
    raw_server.wait_for_request()
    running.send_signal(signal.SIGTERM)
    running.wait()
    assert_logged_once(running)


def test_an_interrupt_that_cancels_another_task(backend, raw_server, run_program):
    source = """
async def main():
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        await anyio.sleep_forever()

try:
    anyio.run(main, backend=sys.argv[2])
except BaseException:
    print("swallowed", flush=True)
"""
    running = run_program(BEGIN + source, raw_server.url, backend)
    raw_server.wait_for_request()
    running.send_signal(signal.SIGINT)
    assert running.read_line() == "swallowed"
    running.wait()
    assert running.status == 0
    assert_logged_once(running)
    assert running.unexpected_errors == running.lost_outcomes


def test_a_swallowed_interrupt_of_a_blocking_call(select_loop, raw_server, run_program):
    source = """
client = Duro("sk_test_1", base_url=sys.argv[1], timeout=600)
try:
    client.request("POST", "/v1/hang", json={}, idempotency_key="key-of-mine")
except KeyboardInterrupt:
    print("swallowed", flush=True)
client.close()
"""
    running = run_program(select_loop + BEGIN + source, raw_server.url)
    raw_server.wait_for_request()
    running.send_signal(signal.SIGINT)
    assert running.read_line() == "swallowed"
    running.wait()
    assert running.status == 0
    assert_logged_once(running)
    assert running.unexpected_errors == running.lost_outcomes


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs os.fork")
def test_a_forked_child_does_not_report_the_writes_of_its_parent(raw_server, run_program):
    source = """
import os
threading.Thread(target=anyio.run, args=[write], daemon=True).start()
sys.stdin.readline()
child = os.fork()
if child == 0:
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
print("child ended", flush=True)
"""
    running = run_program(BEGIN + source, raw_server.url)
    raw_server.wait_for_request()
    running.write_line()
    assert running.read_line() == "child ended"
    running.wait()
    assert_logged_once(running)
