"""The server is killed in the middle of a charge, and comes back on its port: the money is taken once."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import httpx
import pytest

from duro import AsyncDuro, ConnectionFailedError, Duro, OutcomeUnknownError
from duro.config import RetryPolicy
from duro.sandbox.auth.credentials import SECRET_KEY

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL"),
]

TIMEOUT = 30

# Where the charge stands when the server is killed.
MOMENTS = {
    "asked": {"kind": "silence", "commit": False},
    "done": {"kind": "silence", "commit": True},
    "half answered": {"kind": "drip", "pause": 600},
}
# How long a server takes to come back is not for the client to know; it asks until it is there.
PATIENT = RetryPolicy(retries=1000, base_delay=0.05, max_delay=0.2, budget=1000)
BARE = RetryPolicy(retries=0)
WAYS = ("asyncio", "trio", "blocking")


# The command itself, which says besides when it holds an answer back.
COMMAND = """
from duro import cli
from duro.sandbox.http.connection import Connection
is_lost = Connection.is_lost

def tell(self, **within):
    print("held", flush=True)
    return is_lost(self, **within)

Connection.is_lost = tell
cli.main()
"""


class Server:
    """``duro sandbox --database``: a process that can be killed, and started again on its port."""

    def __init__(self, run_program, database):
        self._run_program = run_program
        self._database = database
        self.port = 0
        self.start()

    def start(self):
        self._running = self._run_program(COMMAND, "sandbox", "--port", self.port, "--database", self._database)
        self.url = self._running.read_line().rpartition(" ")[2]
        self.port = httpx.URL(self.url).port

    def kill(self):
        self._running.process.kill()
        self._running.wait()
        assert self._running.status == -signal.SIGKILL

    def strike(self, moment):
        """Let the next charge stop at a moment."""
        fault = {**MOMENTS[moment], "match": {"method": "POST", "path": "/v1/subscriptions"}}
        assert httpx.post(f"{self.url}/_sandbox/faults", json=fault).status_code == 201

    def kill_at_the_moment(self):
        while self._running.read_line() != "held":
            pass  # the rest of the greeting
        self.kill()

    @property
    def ledger(self):
        return httpx.get(f"{self.url}/_sandbox/ledger").json()


@pytest.fixture
def server(run_program, tmp_path):
    return Server(run_program, tmp_path / "sandbox.db")


@pytest.fixture
def charge(server):
    with Duro(SECRET_KEY, base_url=server.url) as client:
        customer = client.customers.create(email="payer@example.com")
        plan = client.plans.create(name="Pro", amount=500, interval="month")
    return {"customer_id": customer.id, "plan_id": plan.id}


@asynccontextmanager
async def calling(way, server, retries):
    """Give what makes a call in one of the ways."""
    options = {"base_url": server.url, "retries": retries, "timeout": TIMEOUT}
    if way == "blocking":
        with Duro(SECRET_KEY, **options) as client:
            yield lambda call: anyio.to_thread.run_sync(call, client)
    else:
        async with AsyncDuro(SECRET_KEY, **options) as client:
            yield lambda call: call(client)


def in_way(way, main):
    return anyio.run(main, backend="trio" if way == "trio" else "asyncio")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_patient_call_outlives_the_server_and_charges_once(moment, way, server, charge):
    server.strike(moment)
    answers = []

    async def main():
        async with calling(way, server, PATIENT) as ask, anyio.create_task_group() as tasks:

            async def call():
                answers.append(await ask(lambda client: client.subscriptions.create(**charge)))

            tasks.start_soon(call)
            await anyio.to_thread.run_sync(server.kill_at_the_moment)
            await anyio.to_thread.run_sync(server.start)

    in_way(way, main)
    (entry,) = server.ledger
    with Duro(SECRET_KEY, base_url=server.url) as client:
        assert [client.subscriptions.create(**charge, idempotency_key=entry["idempotencyKey"])] == answers
        assert [each.id for each in client.customers.list_subscriptions(charge["customer_id"])] == [answers[0].id]
    assert server.ledger == [entry]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_call_that_gives_up_holds_the_key_under_which_the_returned_server_answers(moment, way, server, charge):
    server.strike(moment)

    async def main():
        async with calling(way, server, BARE) as ask:
            errors = []

            async def call():
                try:
                    await ask(lambda client: client.subscriptions.create(**charge))
                except OutcomeUnknownError as error:
                    errors.append(error)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)
                await anyio.to_thread.run_sync(server.kill_at_the_moment)
            (error,) = errors
            await anyio.to_thread.run_sync(server.start)
            before = server.ledger
            assert len(before) == (0 if moment == "asked" else 1)
            again = {**charge, "idempotency_key": error.idempotency_key}
            first = await ask(lambda client: client.subscriptions.create(**again))
            assert await ask(lambda client: client.subscriptions.create(**again)) == first
            (entry,) = server.ledger
            assert entry["idempotencyKey"] == error.idempotency_key
            assert before in ([], [entry])

    in_way(way, main)


def test_while_the_server_is_away_nothing_is_sent_and_its_return_is_found(server, charge):
    with Duro(SECRET_KEY, base_url=server.url, retries=BARE) as client:
        assert client.plans.list().page().items
        server.kill()
        # The connection kept from the call before is met closed, not taken for a server.
        with pytest.raises(ConnectionFailedError):
            client.subscriptions.create(**charge)
        server.start()
        made = client.subscriptions.create(**charge)
        assert [each.id for each in client.customers.list_subscriptions(charge["customer_id"])] == [made.id]
    assert len(server.ledger) == 1


def test_many_threads_outlive_a_server_that_is_killed_three_times(server, charge):
    # Whatever moment each call is in: what is counted at the end is what was told.
    with (
        Duro(SECRET_KEY, base_url=server.url, retries=PATIENT, timeout=TIMEOUT) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        calls = []
        for round_ in range(3):
            keys = [f"{round_}-{number}" for number in range(8)]
            calls += [pool.submit(client.subscriptions.create, **charge, idempotency_key=key) for key in keys]
            calls[-8].result(TIMEOUT)
            server.kill()
            server.start()
        told = [call.result(TIMEOUT) for call in calls]
    assert len({subscription.id for subscription in told}) == len(told) == 24
    assert sorted(entry["idempotencyKey"] for entry in server.ledger) == sorted(
        f"{r}-{n}" for r in range(3) for n in range(8)
    )
