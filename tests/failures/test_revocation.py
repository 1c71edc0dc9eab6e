"""Tokens revoked during traffic: one exchange for each revocation, and one repeated request for each 401.

With ``-s``, each run prints the counts of the server.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import pytest

from duro import AsyncDuro, Duro, capture
from duro.config import RetryPolicy

TASKS = 64
# Fewer connections than tasks, so most calls wait for a connection when the token is revoked.
CONNECTIONS = 4
WRITES = 8
# The retries must suffice for the case that all losses meet one call.
LOST_RESPONSES = 20
LOSS_KINDS = ("reset_before", "reset_after", "truncate")


@asynccontextmanager
async def open_client(interface, sandbox):
    """Yield a function that makes a call: ``await run_call(call)``, where ``call`` receives the client."""
    options = {
        **sandbox.options,
        "max_connections": CONNECTIONS,
        "retries": RetryPolicy(retries=LOST_RESPONSES, base_delay=0.01),
    }
    if interface == "blocking":
        threads = anyio.CapacityLimiter(TASKS)
        with Duro(**options) as client:
            yield lambda call: anyio.to_thread.run_sync(call, client, limiter=threads)
    else:
        async with AsyncDuro(**options) as client:
            yield lambda call: call(client)


class Traffic:
    """Numbered calls of many tasks. Every eighth call is a write; at random calls all tokens are revoked.

    The responses of ``lost`` random writes do not arrive.
    """

    def __init__(self, sandbox, run_call, calls, *, revocations, lost=0):
        random_ = random.Random(calls)
        self.revocations = set(random_.sample(range(calls // 2), revocations))
        self.losses = {number: random_.choice(LOSS_KINDS) for number in random_.sample(range(0, calls, WRITES), lost)}
        self.due = 0
        self.revoked = 0
        self.emails = []
        self.statuses = {}
        self.calls = []
        self._sandbox = sandbox
        self._run_call = run_call
        self._total = calls
        self._numbers = iter(range(calls))
        self._in_progress = set()
        self._old_token_calls = None

    async def run(self):
        payer = await self._run_call(lambda duro: duro.customers.create(email="payer@example.com"))
        with capture() as self.calls:
            async with anyio.create_task_group() as tasks:
                for _ in range(TASKS):
                    tasks.start_soon(self._make_calls, payer)
        self._read_statuses()

    async def _make_calls(self, payer):
        for number in self._numbers:
            self._revoke_if_due(number)
            self._in_progress.add(number)
            if number in self.losses:
                self._sandbox.faults.add(self.losses[number], method="POST", path="/v1/customers")
            if number % WRITES == 0:
                await self._write(f"{number}@example.com", f"key-{number}")
            else:
                assert await self._run_call(lambda duro: duro.customers.retrieve(payer.id)) == payer
            self._in_progress.remove(number)
            # The sandbox's request log is bounded and does not have room for all requests of a run.
            if number == self._total // 2:
                self._read_statuses()

    def _revoke_if_due(self, number):
        self.due += number in self.revocations
        if self.due and self._last_revocation_is_complete():
            self.due -= 1
            self.revoked += 1
            assert self._sandbox.revoke_tokens() == 1
            self._old_token_calls = None

    def _last_revocation_is_complete(self):
        """Return whether all calls with the last revoked token have ended, because a second 401 fails a call."""
        if self._old_token_calls is None:
            if self._sandbox.stats.token_exchanges <= self.revoked:
                return False
            self._old_token_calls = set(self._in_progress)
        return self._old_token_calls.isdisjoint(self._in_progress)

    async def _write(self, email, key):
        created = await self._run_call(lambda duro: duro.customers.create(email=email, idempotency_key=key))
        assert created.email == email
        self.emails.append(email)

    def _read_statuses(self):
        self.statuses |= {entry.request_id: entry.status for entry in self._sandbox.requests}

    @property
    def unauthorized(self):
        return sum(status == 401 for status in self.statuses.values())

    @property
    def attempts(self):
        """Number of calls by their number of attempts."""
        return dict(Counter(call.attempts for call in self.calls))


async def customers_of(run_call):
    pages = await run_call(lambda duro: duro.customers.list(page_size=100).collect(limit=10_000))
    return sorted(customer.email for customer in pages)


@pytest.mark.load
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("interface", "calls", "revocations"), [("asyncio", 10_000, 30), ("trio", 1_000, 3), ("blocking", 1_000, 3)]
)
def test_each_revocation_causes_one_exchange_and_each_401_one_repeated_request(interface, calls, revocations, sandbox):
    async def main():
        async with open_client(interface, sandbox) as run_call:
            traffic = Traffic(sandbox, run_call, calls, revocations=revocations)
            await traffic.run()
            stats = sandbox.stats
            print(
                f"\n{interface}: {calls} calls, {traffic.revoked} revocations, {stats.token_exchanges} exchanges, "
                f"{traffic.unauthorized} responses 401, {stats.requests} requests"
            )
            assert traffic.revoked == revocations
            assert stats.token_exchanges <= traffic.revoked + 1
            assert traffic.unauthorized >= traffic.revoked
            assert len(traffic.statuses) == stats.requests
            payers = 1
            assert stats.requests == payers + calls + traffic.unauthorized + stats.token_exchanges
            assert traffic.attempts == {1: calls - traffic.unauthorized, 2: traffic.unauthorized}
            assert await customers_of(run_call) == sorted([*traffic.emails, "payer@example.com"])
            assert len(traffic.emails) == calls // WRITES

    anyio.run(main, backend="trio" if interface == "trio" else "asyncio")


@pytest.mark.slow
@pytest.mark.parametrize("interface", ["asyncio", "trio", "blocking"])
def test_no_write_is_processed_twice_when_responses_are_lost(interface, sandbox):
    calls = 400

    async def main():
        async with open_client(interface, sandbox) as run_call:
            traffic = Traffic(sandbox, run_call, calls, revocations=3, lost=LOST_RESPONSES)
            await traffic.run()
            assert sum(fault.times_applied for fault in sandbox.faults) == LOST_RESPONSES
            assert sandbox.stats.token_exchanges <= traffic.revoked + 1
            assert await customers_of(run_call) == sorted([*traffic.emails, "payer@example.com"])
            assert len(traffic.emails) == calls // WRITES

    anyio.run(main, backend="trio" if interface == "trio" else "asyncio")
