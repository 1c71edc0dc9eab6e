"""Proxy that is down for 0.3 seconds in each second: hardly a call fails, and no write happens twice.

The tasks do not pause between calls, so each outage interrupts a request of each task. A machine with other work to do
may slow the retries down and fail more calls; test_server_restarts.py covers restarts in virtual time.

With ``-s``, each run prints a line of counts.
"""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import httpx
import pytest

from duro import AsyncDuro, Duro
from duro.errors import DuroError, OutcomeUnknownError
from duro.sandbox.auth.credentials import SECRET_KEY
from tests.support.timeouts import TIMEOUT

pytestmark = [pytest.mark.load, pytest.mark.alone, pytest.mark.timeout(300)]

TASKS = 50
CALLS = 6_000
MAX_FAILED_CALLS = 10
UP_SECONDS, DOWN_SECONDS = 0.7, 0.3


# A sandbox and the proxy in front of it, in a process of their own, so that they do not slow the client down.
# After the first line of input, the proxy restarts in each second, until the second line.
SERVER = """
import select, sys, time
from duro.sandbox import Sandbox
from tests.support.tcp_proxy import TcpProxy

up, down = map(float, sys.argv[1:])
with Sandbox() as sandbox:
    proxy = TcpProxy(int(sandbox.url.rpartition(":")[2]))
    print(sandbox.url, proxy.url, flush=True)
    sys.stdin.readline()
    while not select.select([sys.stdin], [], [], up)[0]:
        proxy.stop()
        time.sleep(down)
        proxy.start()
    print(proxy.outages, flush=True)
    for _ in sys.stdin:
        pass
    proxy.close()
"""


class RestartedProxy:
    """Proxy in front of a sandbox, both in one process."""

    def __init__(self, run_program):
        self._running = run_program(SERVER, UP_SECONDS, DOWN_SECONDS)
        self.sandbox_url, self.url = self._running.read_line().split()

    def start_restarts(self):
        self._running.write_line()

    def stop_restarts(self):
        """Stop the restarts, and return their number."""
        self._running.write_line()
        return int(self._running.read_line())

    def read_ledger(self):
        """Return the idempotency keys of all charges."""
        charges = httpx.get(f"{self.sandbox_url}/_sandbox/ledger", timeout=TIMEOUT).json()
        return [charge["idempotencyKey"] for charge in charges]


@pytest.fixture
def proxy(run_program):
    return RestartedProxy(run_program)


@asynccontextmanager
async def open_client(interface, url):
    """Yield a function that makes a call: ``await run_call(call)``, where ``call`` receives the client."""
    if interface == "blocking":
        threads = anyio.CapacityLimiter(TASKS)
        with Duro(SECRET_KEY, base_url=url) as client:
            yield lambda call: anyio.to_thread.run_sync(call, client, limiter=threads)
    else:
        async with AsyncDuro(SECRET_KEY, base_url=url) as client:
            yield lambda call: call(client)


def prepare_subscription(url):
    with Duro(SECRET_KEY, base_url=url) as client:
        customer = client.customers.create(email="payer@example.com")
        plan = client.plans.create(name="Pro", amount=500, interval="month")
    return {"customer_id": customer.id, "plan_id": plan.id}


@pytest.mark.parametrize("interface", ["asyncio", "trio", "blocking"])
def test_restarts_of_a_proxy_fail_hardly_a_call(interface, proxy):
    arguments = prepare_subscription(proxy.sandbox_url)
    numbers = iter(range(CALLS))
    told = {}
    errors = []

    async def make_call(run_call, number):
        key = f"key-{number}"
        try:
            if number % 2:
                await run_call(lambda client: client.subscriptions.create(**arguments, idempotency_key=key))
            else:
                await run_call(lambda client: client.plans.list().page())
        except DuroError as error:
            errors.append(error)
            told[key] = "unknown" if isinstance(error, OutcomeUnknownError) else "not done"
        else:
            told[key] = "done"

    async def work(run_call):
        for number in numbers:
            await make_call(run_call, number)

    async def main():
        async with open_client(interface, proxy.url) as run_call, anyio.create_task_group() as tasks:
            proxy.start_restarts()
            for _ in range(TASKS):
                tasks.start_soon(work, run_call)

    anyio.run(main, backend="trio" if interface == "trio" else "asyncio")
    restarts = proxy.stop_restarts()
    print(f"\n{interface}: {CALLS} calls, {restarts} restarts, {len(errors)} failed: {summarize(errors)}")
    assert restarts >= 5
    effects = Counter(proxy.read_ledger())
    assert set(effects.values()) == {1}
    for number in range(1, CALLS, 2):
        key = f"key-{number}"
        assert told[key] == "unknown" or effects[key] == (told[key] == "done")
    assert len(errors) <= MAX_FAILED_CALLS


def summarize(errors):
    return dict(Counter(type(error).__name__ for error in errors))
