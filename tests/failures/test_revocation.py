"""Tokens that are revoked in the middle of the traffic: one exchange for each revocation, one replay for each refusal.

With ``-s``, a line for each run shows what the server counted.
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

CALLERS = 64
# Fewer connections than callers: most calls wait for their turn, and meet the revocation there.
CONNECTIONS = 4
WRITES = 8
# In the worst case, all of them befall one call.
LOST = 20
LOSSES = ("reset_before", "reset_after", "truncate")


@asynccontextmanager
async def client_on(way, sandbox):
    """Give what makes a call: ``await ask(call)``, where ``call`` takes the client."""
    options = {**sandbox.options, "max_connections": CONNECTIONS, "retries": RetryPolicy(retries=LOST, base_delay=0.01)}
    if way == "blocking":
        threads = anyio.CapacityLimiter(CALLERS)
        with Duro(**options) as client:
            yield lambda call: anyio.to_thread.run_sync(call, client, limiter=threads)
    else:
        async with AsyncDuro(**options) as client:
            yield lambda call: call(client)


class Traffic:
    """Numbered calls by many callers at once; every eighth is a write, and at random ones all tokens are revoked.

    ``lost`` of the writes lose an answer on its way.
    """

    def __init__(self, sandbox, ask, calls, *, revocations, lost=0):
        chance = random.Random(calls)
        self.revocations = set(chance.sample(range(calls // 2), revocations))
        self.losses = {number: chance.choice(LOSSES) for number in chance.sample(range(0, calls, WRITES), lost)}
        self.due = 0
        self.revoked = 0
        self.emails = []
        self.statuses = {}
        self.calls = []
        self._sandbox = sandbox
        self._ask = ask
        self._number = calls
        self._numbers = iter(range(calls))
        self._under_way = set()
        self._bearers = None

    async def run(self):
        payer = await self._ask(lambda duro: duro.customers.create(email="payer@example.com"))
        with capture() as self.calls:
            async with anyio.create_task_group() as callers:
                for _ in range(CALLERS):
                    callers.start_soon(self._caller, payer)
        self._read_journal()

    async def _caller(self, payer):
        for number in self._numbers:
            self._revoke_if_due(number)
            self._under_way.add(number)
            if number in self.losses:
                self._sandbox.faults.add(self.losses[number], method="POST", path="/v1/customers")
            if number % WRITES == 0:
                await self._write(f"{number}@example.com", f"key-{number}")
            else:
                assert await self._ask(lambda duro: duro.customers.retrieve(payer.id)) == payer
            self._under_way.remove(number)
            # The journal is bounded, and in one piece it would not hold them all.
            if number == self._number // 2:
                self._read_journal()

    def _revoke_if_due(self, number):
        self.due += number in self.revocations
        if self.due and self._last_one_is_over():
            self.due -= 1
            self.revoked += 1
            assert self._sandbox.revoke_tokens() == 1
            self._bearers = None

    def _last_one_is_over(self):
        """Whoever is refused a second time gets the refusal, so those who may bear the last token have to end first."""
        if self._bearers is None:
            if self._sandbox.stats.token_exchanges <= self.revoked:
                return False
            self._bearers = set(self._under_way)
        return self._bearers.isdisjoint(self._under_way)

    async def _write(self, email, key):
        made = await self._ask(lambda duro: duro.customers.create(email=email, idempotency_key=key))
        assert made.email == email
        self.emails.append(email)

    def _read_journal(self):
        self.statuses |= {entry.request_id: entry.status for entry in self._sandbox.requests}

    @property
    def refused(self):
        return sum(status == 401 for status in self.statuses.values())

    @property
    def attempts(self):
        """How many calls took how many requests."""
        return dict(Counter(call.attempts for call in self.calls))


async def customers_of(ask):
    pages = await ask(lambda duro: duro.customers.list(limit=100).collect(limit=10_000))
    return sorted(customer.email for customer in pages)


@pytest.mark.load
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("way", "calls", "revocations"), [("asyncio", 10_000, 30), ("trio", 1_000, 3), ("blocking", 1_000, 3)]
)
def test_each_revocation_costs_one_exchange_and_each_refusal_one_replay(way, calls, revocations, sandbox):
    async def main():
        async with client_on(way, sandbox) as ask:
            traffic = Traffic(sandbox, ask, calls, revocations=revocations)
            await traffic.run()
            stats = sandbox.stats
            print(
                f"\n{way}: {calls} calls, {traffic.revoked} revocations, {stats.token_exchanges} exchanges, "
                f"{traffic.refused} answers 401, {stats.requests} requests"
            )
            assert traffic.revoked == revocations
            assert stats.token_exchanges <= traffic.revoked + 1
            assert traffic.refused >= traffic.revoked
            assert len(traffic.statuses) == stats.requests
            payers = 1
            assert stats.requests == payers + calls + traffic.refused + stats.token_exchanges
            assert traffic.attempts == {1: calls - traffic.refused, 2: traffic.refused}
            assert await customers_of(ask) == sorted([*traffic.emails, "payer@example.com"])
            assert len(traffic.emails) == calls // WRITES

    anyio.run(main, backend="trio" if way == "trio" else "asyncio")


@pytest.mark.parametrize("way", ["asyncio", "trio", "blocking"])
def test_no_write_happens_twice_when_answers_are_lost_as_well(way, sandbox):
    calls = 400

    async def main():
        async with client_on(way, sandbox) as ask:
            traffic = Traffic(sandbox, ask, calls, revocations=3, lost=LOST)
            await traffic.run()
            assert sum(fault.times_applied for fault in sandbox.faults) == LOST
            assert sandbox.stats.token_exchanges <= traffic.revoked + 1
            assert await customers_of(ask) == sorted([*traffic.emails, "payer@example.com"])
            assert len(traffic.emails) == calls // WRITES

    anyio.run(main, backend="trio" if way == "trio" else "asyncio")
