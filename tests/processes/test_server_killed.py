"""Server killed during a charge and restarted on its port: the customer is charged once."""

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
from tests.support.timeouts import TIMEOUT

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL"),
]

# State of the charge when the server is killed.
CHARGE_STATES = {
    "received": {"kind": "silence", "commit": False},
    "processed": {"kind": "silence", "commit": True},
    "partial response": {"kind": "drip", "pause": 600},
}
# Enough retries for a server that takes long to restart.
WITH_RETRIES = RetryPolicy(retries=1000, base_delay=0.05, max_delay=0.2, budget=1000)
WITHOUT_RETRIES = RetryPolicy(retries=0)
INTERFACES = ("asyncio", "trio", "blocking")


# The command ``duro``, which also prints a line when it holds a response back.
COMMAND = """
from duro import cli
from duro.sandbox.http.connection import Connection
is_lost = Connection.wait_for_disconnect

def report(self, **within):
    print("held", flush=True)
    return is_lost(self, **within)

Connection.wait_for_disconnect = report
cli.main()
"""


class Server:
    """Process of ``duro sandbox --database``, which can be killed and restarted on its port."""

    def __init__(self, run_program, database, port):
        self._run_program = run_program
        self._database = database
        self._port = port
        self.url = f"http://127.0.0.1:{port}"
        self.start()

    def start(self):
        self._running = self._run_program(COMMAND, "sandbox", "--port", self._port, "--database", self._database)
        assert self._running.read_line() == f"Duro sandbox listening on {self.url}"

    def kill(self):
        self._running.process.kill()
        self._running.wait()
        assert self._running.status == -signal.SIGKILL

    def hold_next_charge(self, charge_state):
        """Stop the next charge in a state."""
        fault = {**CHARGE_STATES[charge_state], "match": {"method": "POST", "path": "/v1/subscriptions"}}
        assert httpx.post(f"{self.url}/_sandbox/faults", json=fault).status_code == 201

    def kill_when_held(self):
        while self._running.read_line() != "held":
            pass  # the lines printed at the start
        self.kill()

    @property
    def ledger(self):
        return httpx.get(f"{self.url}/_sandbox/ledger").json()


@pytest.fixture
def server(run_program, tmp_path, closed_port):
    return Server(run_program, tmp_path / "sandbox.db", closed_port)


@pytest.fixture
def charge(server):
    with Duro(SECRET_KEY, base_url=server.url) as client:
        customer = client.customers.create(email="payer@example.com")
        plan = client.plans.create(name="Pro", amount=500, interval="month")
    return {"customer_id": customer.id, "plan_id": plan.id}


@asynccontextmanager
async def open_client(interface, server, retries):
    """Yield a function that makes a call through an interface."""
    options = {"base_url": server.url, "retries": retries, "timeout": TIMEOUT}
    if interface == "blocking":
        with Duro(SECRET_KEY, **options) as client:
            yield lambda call: anyio.to_thread.run_sync(call, client)
    else:
        async with AsyncDuro(SECRET_KEY, **options) as client:
            yield lambda call: call(client)


def run_on(interface, main):
    return anyio.run(main, backend="trio" if interface == "trio" else "asyncio")


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("charge_state", CHARGE_STATES)
def test_a_call_with_retries_survives_the_restart_and_charges_once(charge_state, interface, server, charge):
    server.hold_next_charge(charge_state)
    responses = []

    async def main():
        async with open_client(interface, server, WITH_RETRIES) as call, anyio.create_task_group() as tasks:

            async def charge_once():
                responses.append(await call(lambda client: client.subscriptions.create(**charge)))

            tasks.start_soon(charge_once)
            await anyio.to_thread.run_sync(server.kill_when_held)
            await anyio.to_thread.run_sync(server.start)

    run_on(interface, main)
    (entry,) = server.ledger
    with Duro(SECRET_KEY, base_url=server.url) as client:
        assert [client.subscriptions.create(**charge, idempotency_key=entry["idempotencyKey"])] == responses
        assert [each.id for each in client.customers.list_subscriptions(charge["customer_id"])] == [responses[0].id]
    assert server.ledger == [entry]


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("charge_state", CHARGE_STATES)
def test_the_key_of_a_failed_call_finds_the_charge_after_the_restart(charge_state, interface, server, charge):
    server.hold_next_charge(charge_state)

    async def main():
        async with open_client(interface, server, WITHOUT_RETRIES) as call:
            errors = []

            async def charge_once():
                try:
                    await call(lambda client: client.subscriptions.create(**charge))
                except OutcomeUnknownError as error:
                    errors.append(error)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(charge_once)
                await anyio.to_thread.run_sync(server.kill_when_held)
            (error,) = errors
            await anyio.to_thread.run_sync(server.start)
            before = server.ledger
            assert len(before) == (0 if charge_state == "received" else 1)
            again = {**charge, "idempotency_key": error.idempotency_key}
            first = await call(lambda client: client.subscriptions.create(**again))
            assert await call(lambda client: client.subscriptions.create(**again)) == first
            (entry,) = server.ledger
            assert entry["idempotencyKey"] == error.idempotency_key
            assert before in ([], [entry])

    run_on(interface, main)


def test_a_call_fails_as_not_sent_while_the_server_is_down_and_the_next_one_succeeds(server, charge):
    with Duro(SECRET_KEY, base_url=server.url, retries=WITHOUT_RETRIES) as client:
        assert client.plans.list().page().items
        server.kill()
        # The idle connection of the previous call is closed, and the client detects that.
        with pytest.raises(ConnectionFailedError):
            client.subscriptions.create(**charge)
        server.start()
        created = client.subscriptions.create(**charge)
        assert [each.id for each in client.customers.list_subscriptions(charge["customer_id"])] == [created.id]
    assert len(server.ledger) == 1


def test_calls_of_many_threads_survive_three_restarts(server, charge):
    # The charges of the ledger must equal the results of the calls, wherever each call was interrupted.
    with (
        Duro(SECRET_KEY, base_url=server.url, retries=WITH_RETRIES, timeout=TIMEOUT) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        calls = []
        for round_ in range(3):
            keys = [f"{round_}-{number}" for number in range(8)]
            calls += [pool.submit(client.subscriptions.create, **charge, idempotency_key=key) for key in keys]
            calls[-8].result(TIMEOUT)
            server.kill()
            server.start()
        results = [call.result(TIMEOUT) for call in calls]
    assert len({subscription.id for subscription in results}) == len(results) == 24
    assert sorted(entry["idempotencyKey"] for entry in server.ledger) == sorted(
        f"{r}-{n}" for r in range(3) for n in range(8)
    )
