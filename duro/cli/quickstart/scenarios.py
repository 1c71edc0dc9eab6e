"""Scenarios of the quickstart, written as a user of the SDK would, each with a client of its own."""

from __future__ import annotations

from contextvars import copy_context
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Final, TypeAlias

import anyio
from attrs import frozen

from ...errors import DuroError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .target import Target

    Advance: TypeAlias = Callable[[], None]

__all__ = ["Scenario", "list_scenarios"]

CALLS_PER_SUBSCRIPTION: Final = 3


@frozen
class Scenario:
    """Calls of one client.

    Attributes:
        title: Title in progress and table.
        client: Class name of the client.
        calls: Number of calls.
        run: Function that makes the calls on a target, and calls its second argument after each.
    """

    title: str
    client: str
    calls: int
    run: Callable[[Target, Advance], None]


def list_scenarios(coroutines: int, threads: int) -> list[Scenario]:
    """Return the scenarios, in order.

    Args:
        coroutines: Number of concurrent calls of the asynchronous client.
        threads: Number of threads that share the blocking client.
    """
    calls = CALLS_PER_SUBSCRIPTION
    return [
        Scenario(
            f"{coroutines:,} concurrent calls", "AsyncDuro", coroutines, _blocking(partial(call_together, coroutines))
        ),
        Scenario("plan, customer, subscription", "AsyncDuro", calls, _blocking(subscribe)),
        Scenario(f"the same in {threads:,} threads", "Duro", calls * threads, partial(subscribe_in_threads, threads)),
    ]


def _blocking(run: Callable[[Target, Advance], Awaitable[None]]) -> Callable[[Target, Advance], None]:
    return lambda target, advance: anyio.run(run, target, advance)


async def call_together(coroutines: int, target: Target, advance: Advance) -> None:
    """List plans in many concurrent calls, with an empty token cache; the first failure cancels the others."""
    failures: list[DuroError] = []

    async def call() -> None:
        try:
            await client.plans.list(page_size=1).page()
        except DuroError as error:
            failures.append(error)
            tasks.cancel_scope.cancel()
        else:
            advance()

    async with target.async_client() as client, anyio.create_task_group() as tasks:
        for _ in range(coroutines):
            tasks.start_soon(call)
    if failures:
        raise failures[0]


async def subscribe(target: Target, advance: Advance) -> None:
    """Create a plan, a customer, and a subscription of the customer to the plan."""
    async with target.async_client() as client:
        plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
        advance()
        customer = await client.customers.create(email="ada@example.com")
        advance()
        await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        advance()


def subscribe_in_threads(threads: int, target: Target, advance: Advance) -> None:
    """Create a plan, a customer and a subscription in each of many threads that share one blocking client."""
    failures: list[Exception] = []

    def subscribe() -> None:
        try:
            plan = client.plans.create(name="Pro", amount=500_000, interval="month")
            advance()
            customer = client.customers.create(email="ada@example.com")
            advance()
            client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            advance()
        except Exception as error:  # noqa: BLE001 - raised again in the waiting thread
            failures.append(error)

    with target.client() as client:
        # A new thread starts with an empty context, but capture() records calls in the context of this one.
        # Daemon threads do not delay the exit of an interrupted program.
        workers = [Thread(target=copy_context().run, args=(subscribe,), daemon=True) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    if failures:
        raise failures[0]
