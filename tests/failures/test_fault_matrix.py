"""Faults of the network and the server: a write is processed once, and its caller knows the outcome or the key.

A cell combines a transport, the security of its connections, an event loop, a fault of the sandbox, a kind of key and
a retry policy. All operations run in it concurrently. The cells that are not marked ``load`` contain each fault once
for each security, event loop and transport of ``FREQUENT``. With ``-s``, tables show how often each result occurred.
"""

from __future__ import annotations

import gc
import warnings
from collections import Counter
from contextlib import asynccontextmanager
from operator import attrgetter
from typing import Any, NamedTuple

import anyio
import anyio.to_thread
import pytest

from duro import AsyncDuro, Duro
from duro.config import RetryPolicy
from duro.errors import DecodingError, InternalServerError, OutcomeUnknownError, TransportError
from duro.sandbox.faults.path_pattern import matches
from duro.sandbox.http.connection import Connection
from tests.support.transports import CLIENTS, FREQUENT, open_transport

# Seconds. Calls that must succeed get the long deadline, and calls that must time out the short one.
pytestmark = pytest.mark.matrix

TIMEOUT = 25
SHORT_TIMEOUT = 0.4


class FaultCase(NamedTuple):
    """A fault and the expected result of a write, without retries and with them.

    ``read`` is the result of a read where the outcome of a write is unknown.
    """

    fault: dict[str, Any]
    without: str
    with_retries: str
    timeout: float = TIMEOUT
    read: str = "failed"


# "success" is a response, "unknown" an OutcomeUnknownError, "api error" an APIError.
FAULT_CASES = {
    "status": FaultCase({"kind": "status", "status": 503}, "api error", "success"),
    "status, gateway": FaultCase({"kind": "status", "status": 504}, "unknown", "success", read="api error"),
    "delay": FaultCase({"kind": "delay", "seconds": 0.02}, "success", "success"),
    "delay, too long": FaultCase({"kind": "delay", "seconds": 3600}, "unknown", "unknown", SHORT_TIMEOUT),
    "reset_before": FaultCase({"kind": "reset_before"}, "unknown", "success"),
    "reset_after": FaultCase({"kind": "reset_after"}, "unknown", "success"),
    "truncate": FaultCase({"kind": "truncate"}, "unknown", "success"),
    "garbage": FaultCase({"kind": "garbage"}, "unknown", "unknown"),
    "drip": FaultCase({"kind": "drip", "pause": 0}, "success", "success"),
    "drip, too slow": FaultCase({"kind": "drip", "pause": 0.05}, "unknown", "unknown", SHORT_TIMEOUT),
    "silence": FaultCase({"kind": "silence"}, "unknown", "unknown", SHORT_TIMEOUT),
}
RETRIES = {"without": RetryPolicy(retries=0), "with_retries": RetryPolicy(base_delay=0.01)}
# "repeated" is the key of an OutcomeUnknownError; the fault also applies to the call that repeats it.
KEYS = ("automatic", "given", "repeated")
POOLS_OF_HTTPCORE = ("httpx-client", "httpx2-client", "factory")


class Cell(NamedTuple):
    """One combination of the matrix."""

    transport: str
    loop: str
    fault: str
    key: str
    retries: str

    @property
    def times(self):
        """Number of requests of each operation that the fault applies to."""
        return 2 if self.key == "repeated" else 1

    def _may_repeat(self, operation):
        """Return whether the transport may repeat a request. aiohttp repeats a read after a reset by itself."""
        return self.transport == "httpx-aiohttp" and operation.effects is None and self.fault.startswith("reset")

    def expects(self, operation, results):
        """Return whether these are the expected results of the calls of an operation, in order."""
        case = FAULT_CASES[self.fault]
        first = getattr(case, self.retries)
        if first == "success" or (self._may_repeat(operation) and results == ["success"]):
            return results == ["success"]
        if first == "unknown" and operation.effects is None:
            first = case.read
        *failures, last = results
        if case.timeout == SHORT_TIMEOUT:
            # A deadline may pass before the request is sent; the fault is then not applied.
            failures = [result for result in failures if result != "failed" or first == "failed"]
            return last == "success" and set(failures) == {first} and len(failures) >= self.times
        return results == [first] * self.times + ["success"]


def select_variants(fault):
    """Return the pairs of key and retry policy that a fault meets."""
    # After a deadline there are no retries, so one retry policy is enough.
    is_short = FAULT_CASES[fault].timeout == SHORT_TIMEOUT
    return [(key, retries) for retries in RETRIES for key in KEYS if not (is_short and retries == "without")]


def build_grid(security):
    """Return the cells of the matrix. The selected variant of a fault changes from client to client."""
    grid = []
    first = 0 if security == "plain" else len(CLIENTS)
    for number, (transport, loop) in enumerate(CLIENTS, first):
        for position, fault in enumerate(FAULT_CASES):
            variants = select_variants(fault)
            selected = {variants[(number + position) % len(variants)]}
            if transport == "default":
                # The variant with the other retry policy.
                selected.add(variants[(number + position + len(KEYS)) % len(variants)])
            for variant in variants:
                cell = Cell(transport, loop, fault, *variant)
                marks = () if variant in selected and transport in FREQUENT else pytest.mark.load
                grid.append(pytest.param(cell, id="-".join(cell), marks=marks))
    return grid


class Fixtures(NamedTuple):
    """Ids of the objects that the operations use."""

    payer: str
    price: str
    plan: str
    paid_invoice: str


class OperationCase(NamedTuple):
    """An operation: its request, its call, and a query for its effects.

    ``effects`` selects a row from the sandbox's database for each time that the operation was processed. The row
    contains the id that the response has.
    """

    method: str
    path: str
    call: Any
    effects: str | None = None
    id_of: Any = attrgetter("id")

    def matches(self, entry):
        return entry.method == self.method and matches(self.path, entry.path)


OPERATIONS = {
    "charge": OperationCase(
        "POST",
        "/v1/subscriptions",
        lambda duro, fixtures, **options: duro.subscriptions.create(
            customer_id=fixtures.payer, plan_id=fixtures.price, **options
        ),
        "SELECT subscription_id FROM transactions JOIN invoices ON invoices.id = invoice_id"
        " WHERE transactions.customer_id = :payer",
    ),
    "refund": OperationCase(
        "POST",
        "/v1/invoices/{id}/refund",
        # A partial refund, so that a second one would be accepted.
        lambda duro, fixtures, **options: duro.invoices.refund(fixtures.paid_invoice, amount=20, **options),
        "SELECT invoice_id FROM refunds WHERE invoice_id = :paid_invoice",
        id_of=attrgetter("invoice_id"),
    ),
    "create": OperationCase(
        "POST",
        "/v1/customers",
        lambda duro, fixtures, **options: duro.customers.create(email="made@example.com", **options),
        "SELECT id FROM customers WHERE email = 'made@example.com'",
    ),
    "update": OperationCase(
        "PATCH",
        "/v1/plans/{id}",
        lambda duro, fixtures, **options: duro.plans.update(fixtures.plan, name="Changed", **options),
        "SELECT plan_id FROM updates WHERE plan_id = :plan",
    ),
    "read": OperationCase(
        "GET",
        "/v1/customers/{id}",
        lambda duro, fixtures, **options: duro.customers.retrieve(fixtures.payer, **options),
    ),
}


@asynccontextmanager
async def open_client(cell, sandbox):
    """Yield a function that makes a call: ``await run_call(call)``, where ``call`` receives the client."""
    async with open_transport(cell.transport, cell.loop, sandbox.ssl_context) as transport:
        options = {
            "credential": sandbox.secret_key,
            "base_url": sandbox.url,
            "retries": RETRIES[cell.retries],
            **transport,
        }
        if cell.loop == "blocking":
            with Duro(**options) as client:
                yield lambda call: anyio.to_thread.run_sync(call, client, abandon_on_cancel=True)
        else:
            async with AsyncDuro(**options) as client:
                yield lambda call: call(client)


class Run:
    """A call that meets a fault and is repeated until it succeeds."""

    def __init__(self, operation, fixtures, run_call, query_database, *, fault, key):
        self.operation = operation
        self.fault = fault
        self.results = []
        self.key = key
        self.keys = {key} - {None}
        self.response = None
        self.foreign = None
        self._fixtures = fixtures
        self._run_call = run_call
        self._query_database = query_database

    async def call(self, timeout):
        options = {"timeout": timeout} if self.key is None else {"timeout": timeout, "idempotency_key": self.key}
        return await self._run_call(lambda duro: self.operation.call(duro, self._fixtures, **options))

    async def repeat_until_success(self, timeout):
        while True:
            spent = self.fault.is_spent
            with anyio.move_on_after(TIMEOUT + 5) as guard:
                # On a slow machine, a short deadline may pass before the fault is applied. The next call then meets it.
                self.results.append(await self._make_call(TIMEOUT if spent else timeout))
            if guard.cancelled_caught:
                self.results.append("hung")
            if spent or self.results[-1] in ("success", "hung", "foreign"):
                return

    async def _make_call(self, timeout):
        try:
            self.response = await self.call(timeout)
        except (OutcomeUnknownError, InternalServerError) as error:
            self.key = error.idempotency_key
            self.keys.add(self.key)
            return "unknown" if isinstance(error, OutcomeUnknownError) else "api error"
        except (TransportError, DecodingError):
            return "failed"
        except Exception as error:
            self.foreign = error
            return "foreign"
        return "success"

    @property
    def effects(self):
        return self._query_database(self.operation.effects, self._fixtures)

    @property
    def column(self):
        """Column of the table that counts this run."""
        first = self.results[0]
        for ending in ("hung", "foreign"):
            if ending in self.results:
                return ending
        if self.operation.effects is None:
            return "read" if first == "success" else "read failed"
        if len(self.effects) > 1:
            return "twice"
        if not self.effects or self.response is None:
            return "lost"
        return "once" if first == "success" else f"{first}, once"


# "failed" is a call of which nothing was sent, because its deadline passed before.
COLUMNS = (
    "once",
    "unknown, once",
    "api error, once",
    "failed, once",
    "read",
    "read failed",
    "twice",
    "lost",
    "foreign",
    "hung",
)


@pytest.fixture(scope="module")
def report():
    """Count the results of each client and of each fault, and print them as tables."""
    counts = Counter()
    yield counts
    for title in ("transport, security, loop", "fault"):
        names = dict.fromkeys(name for kind, name, _ in counts if kind == title)
        rows = [(name, [counts[title, name, column] for column in COLUMNS]) for name in names]
        rows.append(("all", [sum(column) for column in zip(*(row for _, row in rows), strict=True)]))
        print("\n" + "".join(f"{cell:>16}" for cell in (f"{title:<28}", "runs", *COLUMNS)))
        for name, row in rows:
            print(f"{name:<28}" + "".join(f"{cell:>16}" for cell in (sum(row), *row)))


@pytest.fixture
def query_database(sandbox):
    """Return a function that queries the sandbox's database, in which a trigger records the updates of plans."""
    store = sandbox._require().backend.store
    with store.transaction() as database:
        database.execute("CREATE TEMP TABLE IF NOT EXISTS updates (plan_id TEXT)")
        database.execute(
            "CREATE TEMP TRIGGER IF NOT EXISTS record_updates AFTER UPDATE ON plans"
            " BEGIN INSERT INTO updates VALUES (new.id); END"
        )

    def query(statement, fixtures):
        with store.transaction() as database:
            return [row[0] for row in database.execute(statement, fixtures._asdict())]

    return query


async def create_fixtures(run_call):
    payer = await run_call(lambda duro: duro.customers.create(email="payer@example.com"))
    price = await run_call(lambda duro: duro.plans.create(name="Pro", amount=500, interval="month"))
    plan = await run_call(lambda duro: duro.plans.create(name="Basic", amount=100, interval="month"))
    refunded = await run_call(lambda duro: duro.customers.create(email="refunded@example.com"))
    await run_call(lambda duro: duro.subscriptions.create(customer_id=refunded.id, plan_id=plan.id))
    transactions = await run_call(lambda duro: duro.customers.list_transactions(refunded.id).collect())
    return Fixtures(payer.id, price.id, plan.id, transactions[0].invoice_id)


@pytest.fixture(autouse=True)
def end_long_delays_at_the_disconnect(monkeypatch):
    """Let the sandbox process a call after a long delay as soon as the client has given up."""
    sleep = Connection.sleep

    async def sleep_or_wait(connection, seconds):
        if seconds < TIMEOUT:
            return await sleep(connection, seconds)
        return await connection.wait_for_disconnect()

    monkeypatch.setattr(Connection, "sleep", sleep_or_wait)


async def wait_until_idle(sandbox):
    """Wait until the server has handled all requests, because a late one may still charge."""
    server = sandbox._require().server._uvicorn
    with anyio.fail_after(TIMEOUT):
        while server.server_state.tasks:
            await anyio.sleep(0.005)


async def run_operations(cell, sandbox, query_database, *, run_call, fixtures):
    """Run all operations concurrently under the fault of a cell."""
    case = FAULT_CASES[cell.fault]
    runs = {}
    for name, operation in OPERATIONS.items():
        # A read does not accept a key.
        if operation.effects or cell.key == "automatic":
            fault = sandbox.faults.add(**case.fault, method=operation.method, path=operation.path, times=cell.times)
            key = f"key-of-{name}" if cell.key == "given" else None
            runs[name] = Run(operation, fixtures, run_call, query_database, fault=fault, key=key)
    async with anyio.create_task_group() as tasks:
        for run in runs.values():
            tasks.start_soon(run.repeat_until_success, case.timeout)
    await wait_until_idle(sandbox)
    return runs


async def check_write(sandbox, run, first_request):
    """Check that a write was processed once, under one key, and that repeating it returns the same response."""
    assert run.effects == [run.operation.id_of(run.response)]
    run.keys |= {entry.idempotency_key for entry in sandbox.requests[first_request:] if run.operation.matches(entry)}
    (run.key,) = run.keys
    assert await run.call(TIMEOUT) == run.response
    assert run.effects == [run.operation.id_of(run.response)]


@pytest.fixture
def check_cell(sandbox, query_database, report):
    """Return a function that runs all operations in a cell, and checks the results of each."""

    async def main(cell):
        async with open_client(cell, sandbox) as run_call:
            fixtures = await create_fixtures(run_call)
            first_request, first_charge = len(sandbox.requests), len(sandbox.ledger)
            runs = await run_operations(cell, sandbox, query_database, run_call=run_call, fixtures=fixtures)
            security = "plain" if sandbox.ssl_context is None else "tls"
            for run in runs.values():
                client = f"{cell.transport}, {security}, {cell.loop}"
                report["transport, security, loop", client, run.column] += 1
                report["fault", cell.fault, run.column] += 1
            assert all(fault.times_applied for fault in sandbox.faults)
            for name, run in runs.items():
                assert cell.expects(run.operation, run.results), (name, run.results, run.foreign)
                if run.operation.effects:
                    await check_write(sandbox, run, first_request)
        assert [charge.idempotency_key for charge in sandbox.ledger[first_charge:]] == [runs["charge"].key]
        assert [refund.idempotency_key for refund in sandbox.refunds] == [runs["refund"].key]

    def check(cell):
        anyio.run(main, cell, backend="trio" if cell.loop == "trio" else "asyncio")
        if cell.transport in POOLS_OF_HTTPCORE and FAULT_CASES[cell.fault].timeout == SHORT_TIMEOUT:
            # The pool of httpcore does not close the socket of a TLS handshake that a deadline interrupts.
            with warnings.catch_warnings(action="ignore", category=ResourceWarning):
                gc.collect()

    return check


# Two tests, because pytest would alternate between cells without and with TLS, and restart the sandbox for each.
@pytest.mark.parametrize("security", ["plain"], indirect=True, scope="module")
@pytest.mark.parametrize("cell", build_grid("plain"))
def test_a_write_is_processed_once_and_its_outcome_or_key_is_known(cell, check_cell):
    check_cell(cell)


@pytest.mark.parametrize("security", ["tls"], indirect=True, scope="module")
@pytest.mark.parametrize("cell", build_grid("tls"))
def test_over_tls_a_write_is_processed_once_and_its_outcome_or_key_is_known(cell, check_cell):
    check_cell(cell)
