"""Proxy that is down for 0.3 seconds in each second: hardly a call fails, and no write happens twice.

With ``-s``, each run prints a line of counts.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import pytest

from duro import AsyncDuro, Duro
from duro.errors import DuroError, OutcomeUnknownError

pytestmark = [pytest.mark.load, pytest.mark.alone, pytest.mark.timeout(300)]

TASKS = 50
CALLS = 6_000
MAX_FAILED_CALLS = 10
UP_SECONDS, DOWN_SECONDS = 0.7, 0.3
# Longest pause of a task between two calls. Without pauses, each outage interrupts a request of each task, and the
# number of failed calls depends on the speed of the machine. test_server_restarts.py covers that in virtual time.
MAX_PAUSE_SECONDS = 0.4


@asynccontextmanager
async def open_client(interface, secret_key, url):
    """Yield a function that makes a call: ``await run_call(call)``, where ``call`` receives the client."""
    if interface == "blocking":
        threads = anyio.CapacityLimiter(TASKS)
        with Duro(secret_key, base_url=url) as client:
            yield lambda call: anyio.to_thread.run_sync(call, client, limiter=threads)
    else:
        async with AsyncDuro(secret_key, base_url=url) as client:
            yield lambda call: call(client)


def prepare_subscription(sandbox):
    with Duro(sandbox.secret_key, base_url=sandbox.url) as duro:
        customer = duro.customers.create(email="payer@example.com")
        plan = duro.plans.create(name="Pro", amount=500, interval="month")
    return {"customer_id": customer.id, "plan_id": plan.id}


@pytest.mark.parametrize("interface", ["asyncio", "trio", "blocking"])
def test_restarts_of_a_proxy_fail_hardly_a_call(interface, sandbox, tcp_proxy):  # noqa: C901 - one scenario
    arguments = prepare_subscription(sandbox)
    numbers = iter(range(CALLS))
    random_ = random.Random(1)
    told = {}
    errors = []

    async def make_call(run_call, number):
        key = f"key-{number}"
        try:
            if number % 2:
                await run_call(lambda duro: duro.subscriptions.create(**arguments, idempotency_key=key))
            else:
                await run_call(lambda duro: duro.plans.list().page())
        except DuroError as error:
            errors.append(error)
            told[key] = "unknown" if isinstance(error, OutcomeUnknownError) else "not done"
        else:
            told[key] = "done"

    async def work(run_call):
        for number in numbers:
            await make_call(run_call, number)
            await anyio.sleep(random_.uniform(0, MAX_PAUSE_SECONDS))

    async def interrupt(finished):
        while not finished.is_set():
            with anyio.move_on_after(UP_SECONDS):
                await finished.wait()
            await anyio.to_thread.run_sync(tcp_proxy.stop)
            await anyio.sleep(DOWN_SECONDS)
            await anyio.to_thread.run_sync(tcp_proxy.start)

    async def main():
        finished = anyio.Event()
        async with anyio.create_task_group() as interruptions:
            interruptions.start_soon(interrupt, finished)
            client = open_client(interface, sandbox.secret_key, tcp_proxy.url)
            async with client as run_call, anyio.create_task_group() as tasks:
                for _ in range(TASKS):
                    tasks.start_soon(work, run_call)
            finished.set()

    anyio.run(main, backend="trio" if interface == "trio" else "asyncio")
    print(f"\n{interface}: {CALLS} calls, {tcp_proxy.outages} outages, {len(errors)} failed: {summarize(errors)}")
    assert tcp_proxy.outages >= 5
    effects = Counter(charge.idempotency_key for charge in sandbox.ledger)
    assert set(effects.values()) == {1}
    for number in range(1, CALLS, 2):
        key = f"key-{number}"
        assert told[key] == "unknown" or effects[key] == (told[key] == "done")
    assert len(errors) <= MAX_FAILED_CALLS


def summarize(errors):
    return dict(Counter(type(error).__name__ for error in errors))
