"""Processes that share one token through Redis, with the exchanges counted by the sandbox."""

from __future__ import annotations

import pytest

from duro import Duro
from tests.support.timeouts import TIMEOUT

pytestmark = [pytest.mark.process, pytest.mark.timeout(6 * TIMEOUT)]

# Programs that make calls at once for each line that they read, and print the exchanges, the failures and the slowest
# call of the process so far. Its tasks or threads share one client.
ASYNC_CALLER = """
import sys, time
import anyio
from duro import AsyncDuro

async def main(url, tasks):
    async with AsyncDuro(token_store=url) as client:
        slowest = 0.0
        async def call():
            nonlocal slowest
            began = time.monotonic()
            await client.request("GET", "/v1/plans")
            slowest = max(slowest, time.monotonic() - began)
        print("ready", flush=True)
        while await anyio.to_thread.run_sync(sys.stdin.readline):
            async with anyio.create_task_group() as group:
                for _ in range(tasks):
                    group.start_soon(call)
            counters = client.token_store_counters
            print(counters.exchanges, counters.store_errors, slowest, flush=True)

anyio.run(main, sys.argv[1], int(sys.argv[2]), backend=sys.argv[3])
"""
BLOCKING_CALLER = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from duro import Duro

def call(_):
    began = time.monotonic()
    client.request("GET", "/v1/plans")
    return time.monotonic() - began

tasks = int(sys.argv[2])
with Duro(token_store=sys.argv[1]) as client, ThreadPoolExecutor(tasks) as pool:
    print("ready", flush=True)
    for _ in sys.stdin:
        slowest = max(pool.map(call, range(tasks)))
        counters = client.token_store_counters
        print(counters.exchanges, counters.store_errors, slowest, flush=True)
"""


@pytest.fixture
def start_processes(run_program, sandbox, sandbox_environment):
    """Start processes on asyncio and trio, and blocking ones: ``start_processes(url, number, tasks)``."""

    def start(url, number, tasks):
        programs = []
        for index in range(number):
            kind = ("asyncio", "trio", "blocking")[index % 3]
            programs.append(
                run_program(BLOCKING_CALLER, url, min(tasks, 20))
                if kind == "blocking"
                else run_program(ASYNC_CALLER, url, tasks, kind)
            )
        for program in programs:
            assert program.read_line() == "ready"
        return programs

    return start


def call(programs):
    """Make the calls of all processes at once, and return the lines that they print."""
    for program in programs:
        program.write_line()
    return [program.read_line().split() for program in programs]


def revoke_tokens(sandbox):
    with Duro(**sandbox.options) as client:
        client.request("POST", "/_sandbox/tokens/revoke", json={})


def test_cold_processes_exchange_once_and_once_more_after_a_revocation(start_processes, sandbox, redis_server):
    programs = start_processes(redis_server.url, 8, 50)
    before = sandbox.stats.token_exchanges
    call(programs)
    assert sandbox.stats.token_exchanges - before == 1
    revoke_tokens(sandbox)
    before = sandbox.stats.token_exchanges
    call(programs)
    assert sandbox.stats.token_exchanges - before == 1
    assert_nothing_usable_is_stored(redis_server, sandbox)


def assert_nothing_usable_is_stored(server, sandbox):
    with server.connect() as client:
        client.save()
        names = [*client.scan_iter()]
        values = [client.get(name) for name in names]
    dump = b"".join([*names, *values, (server.directory / "dump.rdb").read_bytes()])
    assert len(values) == 2, "the token and its generation"
    for secret in (sandbox.options["client_secret"], "at_test", sandbox.options["client_id"]):
        assert secret.encode() not in dump


def test_paused_redis_does_not_fail_a_call(start_processes, sandbox, redis_server):
    programs = start_processes(redis_server.url, 3, 20)
    redis_server.pause()
    before = sandbox.stats.token_exchanges
    call(programs)
    assert sandbox.stats.token_exchanges - before <= len(programs)
