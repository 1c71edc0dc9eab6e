"""Writes through a gateway that is restarted, and the comparison of what callers were told with the ledger."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import asynccontextmanager
from typing import NamedTuple

import anyio
import anyio.to_thread
import httpx

from duro import AsyncDuro, Duro
from duro.errors import DuroError, OutcomeUnknownError
from tests.gateways.servers import DOWN_TIME, POLL_INTERVAL

WRITES = 200
# Writes start at an even pace, so that the restarts interrupt them at every stage.
WRITES_PER_SECOND = 150
THREADS = 16
# Seconds that the API takes for a write. A restart then interrupts a few of them.
API_DELAY = 0.03
# Deadline of a write in seconds. A write that takes a second longer counts as hung.
TIMEOUT = 10.0

DONE, NOT_DONE, UNKNOWN = "done", "not done", "unknown"
INTERFACES = ("asyncio", "trio", "blocking")


class Result(NamedTuple):
    """What the caller of a write was told, and after how many seconds."""

    key: str
    told: str
    error: BaseException | None
    seconds: float


@asynccontextmanager
async def open_client(interface, gateway, secret_key, *, retries, context=None, own_client=False, timeout=TIMEOUT):
    """Yield a function that creates a subscription: ``await create(**arguments)``.

    Args:
        interface: One of ``INTERFACES``.
        gateway: Running gateway.
        secret_key: Secret key of the API.
        retries: Number of retries or a policy, ``None`` for the default.
        context: SSL context, ``None`` for a gateway without TLS.
        own_client: Whether the connections belong to an ``httpx.AsyncClient`` of the test.
        timeout: Deadline of a call in seconds.
    """
    options = {"base_url": gateway.url, "timeout": timeout}
    if retries is not None:
        options["retries"] = retries
    if own_client:
        options["transport"] = lambda: httpx.AsyncClient(verify=context)
    elif context is not None:
        options["ssl_context"] = context
    if interface == "blocking":
        limiter = anyio.CapacityLimiter(THREADS)
        with Duro(secret_key, **options) as client:

            async def create(**arguments):
                return await anyio.to_thread.run_sync(lambda: client.subscriptions.create(**arguments), limiter=limiter)

            yield create
    else:
        async with AsyncDuro(secret_key, **options) as client:
            yield client.subscriptions.create


async def make_write(create, key, arguments):
    began = time.monotonic()
    error = None
    try:
        await create(**arguments, idempotency_key=key)
    except DuroError as caught:
        error = caught
    seconds = time.monotonic() - began
    if isinstance(error, OutcomeUnknownError):
        assert error.idempotency_key == key
        return Result(key, UNKNOWN, error, seconds)
    return Result(key, DONE if error is None else NOT_DONE, error, seconds)


async def write_during_restarts(create, arguments, restarts, count_received):
    """Make the writes at their pace while the gateway is restarted again and again.

    A restart begins when the API has just received a write, so that it interrupts one.

    Args:
        create: Function that creates a subscription.
        arguments: Arguments of it, without the key.
        restarts: Functions that restart the gateway, used in turn.
        count_received: Function that returns the number of writes that the API has received.

    Returns:
        The results, and the number of restarts.
    """
    results = []
    count = 0
    began = anyio.current_time()

    async def write(number):
        await anyio.sleep_until(began + number / WRITES_PER_SECOND)
        results.append(await make_write(create, f"key-{number}", arguments))

    async def wait_for_write():
        received = count_received()
        while count_received() == received and len(results) < WRITES:
            await anyio.sleep(POLL_INTERVAL)

    async with anyio.create_task_group() as tasks:
        for number in range(WRITES):
            tasks.start_soon(write, number)
        while anyio.current_time() < began + WRITES / WRITES_PER_SECOND:
            await anyio.sleep(2 * DOWN_TIME)
            await wait_for_write()
            await anyio.to_thread.run_sync(restarts[count % len(restarts)])
            count += 1
    return results, count


class Ledger:
    """Effects of writes in a sandbox, and a client that asks it without the gateway.

    Args:
        sandbox: Running sandbox.
        arguments: Arguments of a subscription, which makes a charge.
    """

    def __init__(self, sandbox, arguments):
        self.sandbox = sandbox
        self.arguments = arguments

    @property
    def api_port(self):
        return int(self.sandbox.url.rpartition(":")[2])

    @property
    def effects(self):
        """Number of charges by key."""
        return Counter(charge.idempotency_key for charge in self.sandbox.ledger)

    def repeat(self, *keys):
        """Repeat writes under their keys, without the gateway."""
        with Duro(self.sandbox.secret_key, base_url=self.sandbox.url) as duro:
            return [duro.subscriptions.create(**self.arguments, idempotency_key=key) for key in keys]

    def check(self, results):
        """Check that callers were told the truth, and that repeating an unknown write settles it.

        The gateway must have ended. Otherwise it might still pass a write on.

        Returns:
            Number of keys with more than one effect.
        """
        # It is delayed as all writes are, so the sandbox has processed all that it received before.
        self.repeat("last")
        effects = self.effects
        twice = [key for key, number in effects.items() if number > 1]
        wrong = [result for result in results if not self._is_true(result, effects[result.key])]
        assert not twice, twice
        assert not wrong, wrong
        unknown = [result.key for result in results if result.told == UNKNOWN]
        assert self.repeat(*unknown) == self.repeat(*unknown)
        settled = self.effects
        assert [settled[key] for key in unknown] == [1] * len(unknown)
        assert sorted(settled.elements()) == sorted(["last", *(each.key for each in results if each.told != NOT_DONE)])
        return len(twice)

    @staticmethod
    def _is_true(result, effects):
        """Return whether a caller was told the truth about the number of effects, 0 or 1."""
        return result.told == UNKNOWN or effects == (result.told == DONE)
