"""The acts: what a user of the SDK would write, each with a client of its own."""

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

    from .stage import Stage

    Advance: TypeAlias = Callable[[], None]

__all__ = ["Act", "programme"]

STEPS: Final = 3


@frozen
class Act:
    """One act.

    Attributes:
        title: What happens.
        client: The class of its client.
        calls: How many calls it makes.
        perform: Makes them on a stage, and tells whoever watches after each.
    """

    title: str
    client: str
    calls: int
    perform: Callable[[Stage, Advance], None]


def programme(callers: int, threads: int) -> list[Act]:
    """List the acts, in order.

    Args:
        callers: Coroutines that call at once.
        threads: Threads that share the blocking client.

    Returns:
        The acts.
    """
    return [
        Act(f"{callers:,} coroutines at once", "AsyncDuro", callers, _awaited(partial(call_at_once, callers))),
        Act("plan, customer, subscription", "AsyncDuro", STEPS, _awaited(subscribe)),
        Act(f"the same from {threads:,} threads", "Duro", STEPS * threads, partial(subscribe_from_threads, threads)),
    ]


def _awaited(scene: Callable[[Stage, Advance], Awaitable[None]]) -> Callable[[Stage, Advance], None]:
    return lambda stage, advance: anyio.run(scene, stage, advance)


async def call_at_once(callers: int, stage: Stage, advance: Advance) -> None:
    """Let many coroutines call while there is no token yet; the first failure ends them all."""
    failures: list[DuroError] = []

    async def call() -> None:
        try:
            await duro.plans.list(page_size=1).page()
        except DuroError as error:
            failures.append(error)
            tasks.cancel_scope.cancel()
        else:
            advance()

    async with stage.async_client() as duro, anyio.create_task_group() as tasks:
        for _ in range(callers):
            tasks.start_soon(call)
    if failures:
        raise failures[0]


async def subscribe(stage: Stage, advance: Advance) -> None:
    """Make a plan, a customer, and the customer's subscription to the plan."""
    async with stage.async_client() as duro:
        plan = await duro.plans.create(name="Pro", amount=500_000, interval="month")
        advance()
        customer = await duro.customers.create(email="ada@example.com")
        advance()
        await duro.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        advance()


def subscribe_from_threads(threads: int, stage: Stage, advance: Advance) -> None:
    """Do the same in many threads that share one blocking client."""
    failures: list[Exception] = []

    def subscribe() -> None:
        try:
            plan = duro.plans.create(name="Pro", amount=500_000, interval="month")
            advance()
            customer = duro.customers.create(email="ada@example.com")
            advance()
            duro.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            advance()
        except Exception as error:  # noqa: BLE001 - it is raised again, in the thread that waits
            failures.append(error)

    with stage.client() as duro:
        # A thread starts without its maker's context, in which the calls are recorded; and as a
        # daemon, it never keeps an interrupted program from ending.
        crowd = [Thread(target=copy_context().run, args=(subscribe,), daemon=True) for _ in range(threads)]
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join()
    if failures:
        raise failures[0]
