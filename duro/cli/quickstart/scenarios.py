"""Second part of the quickstart: scenarios of many callers that share one client."""

from __future__ import annotations

from contextvars import copy_context
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Final, TypeAlias

import anyio
from attrs import frozen

from ...blocking.client import Duro
from ...client import AsyncDuro
from ...errors import DuroError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .target import Target

    Advance: TypeAlias = Callable[[], None]

__all__ = ["Scenario", "list_scenarios"]

# A call's deadline includes its wait for a connection, here behind thousands of other calls.
CALL_TIMEOUT_SECONDS: Final = 300.0
# Fewer than the default, because a new connection takes longer than a call.
MAX_CONNECTIONS: Final = 20


@frozen
class Scenario:
    """Calls of one client.

    Attributes:
        callers: Number and kind of the callers.
        client: Class name of the client.
        calls: Number of calls.
        run: Function that makes the calls on a target, and calls its second argument after each.
    """

    callers: str
    client: str
    calls: int
    run: Callable[[Target, Advance], None]


def list_scenarios(callers: int, threads: int) -> list[Scenario]:
    """Return the scenarios, in order.

    Args:
        callers: Number of tasks that share an asynchronous client.
        threads: Number of threads that share a blocking client.
    """
    return [
        Scenario(f"{callers:,} tasks", "AsyncDuro", callers, partial(_run_tasks, callers)),
        Scenario(f"{threads:,} threads", "Duro", threads, partial(call_in_threads, threads)),
    ]


def _run_tasks(callers: int, target: Target, advance: Advance) -> None:
    anyio.run(call_in_tasks, callers, target, advance)


async def call_in_tasks(callers: int, target: Target, advance: Advance) -> None:
    """List plans in many tasks at the same time; the first failure cancels the others."""
    failures: list[DuroError] = []

    async def call() -> None:
        try:
            await client.plans.list(page_size=1).page()
        except DuroError as error:
            failures.append(error)
            tasks.cancel_scope.cancel()
        else:
            advance()

    client = AsyncDuro(**target.options, timeout=CALL_TIMEOUT_SECONDS, max_connections=MAX_CONNECTIONS)
    async with client, anyio.create_task_group() as tasks:
        for _ in range(callers):
            tasks.start_soon(call)
    if failures:
        raise failures[0]


def call_in_threads(threads: int, target: Target, advance: Advance) -> None:
    """List plans in many threads at the same time."""
    failures: list[Exception] = []

    def call() -> None:
        try:
            client.plans.list(page_size=1).page()
        except Exception as error:  # noqa: BLE001 - raised again in the waiting thread
            failures.append(error)
        else:
            advance()

    with Duro(**target.options, timeout=CALL_TIMEOUT_SECONDS, max_connections=MAX_CONNECTIONS) as client:
        # A new thread starts with an empty context, but capture() records calls in the context of this one.
        # Daemon threads do not delay the exit of an interrupted program.
        workers = [Thread(target=copy_context().run, args=(call,), daemon=True) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    if failures:
        raise failures[0]
