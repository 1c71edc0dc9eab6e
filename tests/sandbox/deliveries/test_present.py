"""Deliveries of the present moment: a test waits for them without sleeping, or holds them back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest

from duro import AsyncDuro, Duro
from duro.sandbox import AsyncSandbox, Sandbox
from tests.support.timeouts import TIMEOUT
from tests.support.webhook_receiver import Receiver

START = datetime(2026, 1, 31, 9, tzinfo=UTC)
PLAN: dict[str, Any] = {"name": "Pro", "amount": 500_000, "interval": "month", "trial_days": 7}


@pytest.fixture
def frozen(receiver: Receiver) -> Iterator[Sandbox]:
    with Sandbox(clock="frozen", start=START) as sandbox:
        sandbox.endpoints.add(receiver.url)
        yield sandbox


def subscribe(sandbox: Sandbox) -> None:
    with Duro(**sandbox.options) as client:
        customer = client.customers.create(email="ada@example.com")
        client.subscriptions.create(customer_id=customer.id, plan_id=client.plans.create(**PLAN).id)


def advance_over_http(sandbox: Sandbox) -> None:
    response = httpx.post(f"{sandbox.url}/_sandbox/clock", json={"advance": 0}, timeout=TIMEOUT)
    assert response.json()["now"] == "2026-01-31T09:00:00.000Z"


WAITS: dict[str, Callable[[Sandbox], object]] = {
    "wait": lambda sandbox: sandbox.wait_for_deliveries(),
    "advance": lambda sandbox: sandbox.clock.advance(),
    "http": advance_over_http,
}


@pytest.mark.parametrize("way", WAITS)
def test_each_way_to_wait_returns_after_the_responses_of_the_endpoints(
    frozen: Sandbox, receiver: Receiver, way: str
) -> None:
    receiver.gate.clear()
    subscribe(frozen)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(WAITS[way], frozen)
        receiver.arrived.get(timeout=TIMEOUT)
        assert not waiting.done()
        receiver.gate.set()
        waiting.result(timeout=TIMEOUT)
    assert [delivery.status for delivery in frozen.deliveries] == [200]
    assert frozen.clock.now() == START


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_asynchronous_test_waits_for_an_endpoint_in_its_own_loop(backend: str) -> None:
    received: list[bytes] = []

    async def respond(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            received.append(await stream.receive())
            await stream.send(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    async def use_sandbox() -> None:
        async with (
            AsyncSandbox(clock="frozen", start=START) as sandbox,
            AsyncDuro(**sandbox.options) as client,
            await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
            anyio.create_task_group() as group,
        ):
            group.start_soon(listener.serve, respond)
            port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - not Django
            sandbox.endpoints.add(f"http://127.0.0.1:{port}/webhooks/duro")
            customer, plan = await client.customers.create(email="ada@example.com"), await client.plans.create(**PLAN)
            for number, wait in enumerate((sandbox.wait_for_deliveries, sandbox.clock.advance), start=1):
                await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
                await wait()
                assert (len(received), [delivery.status for delivery in sandbox.deliveries]) == (number, [204] * number)
            group.cancel_scope.cancel()

    anyio.run(use_sandbox, backend=backend)


def test_deliveries_that_are_held_back_wait_for_the_test(frozen: Sandbox, receiver: Receiver) -> None:
    frozen.clock.advance(deliver=False)
    subscribe(frozen)
    assert (len(frozen.deliveries), len(frozen.deliveries.pending), receiver.received) == (0, 1, [])
    frozen.wait_for_deliveries()
    assert [delivery.status for delivery in frozen.deliveries] == [200]
