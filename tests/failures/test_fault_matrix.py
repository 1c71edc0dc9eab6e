"""Whatever goes wrong on the raw_server, a write happens once, and the caller knows where he stands.

Each cell is a fault of the sandbox, a kind of key, retries or none, and a way to call; in it, all operations run at
once. With ``-s``, a table shows what was met.
"""

from __future__ import annotations

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

# What is to come in time has plenty of it; what is to be late meets a deadline of its own.
TIMEOUT = 25
SHORT = 0.4


class Trouble(NamedTuple):
    """A fault, and how the call of a write ends under it: without retries, and with them.

    ``read`` is how a read ends where a write is in doubt.
    """

    fault: dict[str, Any]
    bare: str
    patient: str
    timeout: float = TIMEOUT
    read: str = "failed"


# "answered" is the answer itself, "unknown" an OutcomeUnknownError, "refused" an APIError.
TROUBLES = {
    "status": Trouble({"kind": "status", "status": 503}, "refused", "answered"),
    "status, gateway": Trouble({"kind": "status", "status": 504}, "unknown", "answered", read="refused"),
    "delay": Trouble({"kind": "delay", "seconds": 0.02}, "answered", "answered"),
    "delay, too long": Trouble({"kind": "delay", "seconds": SHORT + 0.1}, "unknown", "unknown", SHORT),
    "reset_before": Trouble({"kind": "reset_before"}, "unknown", "answered"),
    "reset_after": Trouble({"kind": "reset_after"}, "unknown", "answered"),
    "truncate": Trouble({"kind": "truncate"}, "unknown", "answered"),
    "garbage": Trouble({"kind": "garbage"}, "unknown", "unknown"),
    "drip": Trouble({"kind": "drip", "pause": 0}, "answered", "answered"),
    "drip, too slow": Trouble({"kind": "drip", "pause": 0.05}, "unknown", "unknown", SHORT),
    "silence": Trouble({"kind": "silence"}, "unknown", "unknown", SHORT),
}
RETRIES = {"bare": RetryPolicy(retries=0), "patient": RetryPolicy(base_delay=0.01)}
# "replayed" is the key of an OutcomeUnknownError, where the call under it is struck as well.
KEYS = ("automatic", "given", "replayed")
WAYS = ("asyncio", "trio", "blocking")


class Cell(NamedTuple):
    """One place of the matrix."""

    trouble: str
    key: str
    retries: str
    way: str

    @property
    def times(self):
        """How many requests of each operation are struck."""
        return 2 if self.key == "replayed" else 1

    def expects(self, act, endings):
        """Whether the calls of an operation, one after the other, had to end so."""
        trouble = TROUBLES[self.trouble]
        first = getattr(trouble, self.retries)
        if first == "answered":
            return endings == ["answered"]
        if first == "unknown" and act.effects is None:
            first = trouble.read
        *times_applied, last = endings
        if trouble.timeout == SHORT:
            # A deadline that passed before anything left the client strikes nothing.
            times_applied = [ending for ending in times_applied if ending != "failed" or first == "failed"]
            return last == "answered" and set(times_applied) == {first} and len(times_applied) >= self.times
        return endings == [first] * self.times + ["answered"]


CELLS = [
    Cell(trouble, key, retries, way)
    for trouble in TROUBLES
    for key in KEYS
    for retries in RETRIES
    for way in WAYS
    # A deadline leaves nothing to the retries.
    if not (TROUBLES[trouble].timeout == SHORT and retries == "bare")
]


class Subjects(NamedTuple):
    """What the operations work on."""

    payer: str
    price: str
    plan: str
    paid_invoice: str


class Act(NamedTuple):
    """An operation: its requests, its call, and how often it happened.

    ``effects`` asks the sandbox for one row each time that it happened, which holds the id that the answer has.
    """

    method: str
    path: str
    call: Any
    effects: str | None = None
    id_of: Any = attrgetter("id")

    def sent(self, entry):
        return entry.method == self.method and matches(self.path, entry.path)


ACTS = {
    "charge": Act(
        "POST",
        "/v1/subscriptions",
        lambda duro, on, **options: duro.subscriptions.create(customer_id=on.payer, plan_id=on.price, **options),
        "SELECT subscription_id FROM transactions JOIN invoices ON invoices.id = invoice_id"
        " WHERE transactions.customer_id = :payer",
    ),
    "refund": Act(
        "POST",
        "/v1/invoices/{id}/refund",
        # A part, so that a second one would be taken.
        lambda duro, on, **options: duro.invoices.refund(on.paid_invoice, amount=20, **options),
        "SELECT invoice_id FROM refunds WHERE invoice_id = :paid_invoice",
        id_of=attrgetter("invoice_id"),
    ),
    "create": Act(
        "POST",
        "/v1/customers",
        lambda duro, on, **options: duro.customers.create(email="made@example.com", **options),
        "SELECT id FROM customers WHERE email = 'made@example.com'",
    ),
    "update": Act(
        "PATCH",
        "/v1/plans/{id}",
        lambda duro, on, **options: duro.plans.update(on.plan, name="Changed", **options),
        "SELECT plan_id FROM updates WHERE plan_id = :plan",
    ),
    "read": Act(
        "GET",
        "/v1/customers/{id}",
        lambda duro, on, **options: duro.customers.retrieve(on.payer, **options),
    ),
}


@asynccontextmanager
async def client_for(cell, sandbox):
    """Give what makes a call in the way of a cell: ``await ask(call)``, where ``call`` takes the client."""
    options = {"credential": sandbox.secret_key, "base_url": sandbox.url, "retries": RETRIES[cell.retries]}
    if cell.way == "blocking":
        with Duro(**options) as client:
            yield lambda call: anyio.to_thread.run_sync(call, client, abandon_on_cancel=True)
    else:
        async with AsyncDuro(**options) as client:
            yield lambda call: call(client)


class Run:
    """One call that a fault strikes, made again until it is answered."""

    def __init__(self, act, on, ask, records, *, fault, key):
        self.act = act
        self.fault = fault
        self.endings = []
        self.key = key
        self.keys = {key} - {None}
        self.answer = None
        self._on = on
        self._ask = ask
        self._records = records

    async def call(self, timeout):
        options = {"timeout": timeout} if self.key is None else {"timeout": timeout, "idempotency_key": self.key}
        return await self._ask(lambda duro: self.act.call(duro, self._on, **options))

    async def until_answered(self, timeout):
        while True:
            spent = self.fault.is_spent
            with anyio.move_on_after(TIMEOUT + 5) as guard:
                # On a busy machine, a short deadline may pass before the fault struck; the next call meets it then.
                self.endings.append(await self._ending(TIMEOUT if spent else timeout))
            if guard.cancelled_caught:
                self.endings.append("hung")
            if spent or self.endings[-1] in ("answered", "hung"):
                return

    async def _ending(self, timeout):
        try:
            self.answer = await self.call(timeout)
        except (OutcomeUnknownError, InternalServerError) as error:
            self.key = error.idempotency_key
            self.keys.add(self.key)
            return "unknown" if isinstance(error, OutcomeUnknownError) else "refused"
        except (TransportError, DecodingError):
            return "failed"
        return "answered"

    @property
    def effects(self):
        return self._records(self.act.effects, self._on)

    @property
    def verdict(self):
        """How it ended, in the words of the table."""
        first = self.endings[0]
        if "hung" in self.endings:
            return "hung"
        if self.act.effects is None:
            return "read" if first == "answered" else "read failed"
        if len(self.effects) > 1:
            return "twice"
        if not self.effects or self.answer is None:
            return "lost"
        return "once" if first == "answered" else f"{first}, once"


VERDICTS = ("once", "unknown, once", "refused, once", "read", "read failed", "twice", "lost", "hung")


@pytest.fixture(scope="module")
def report():
    """Count how the runs of each fault ended, and print it."""
    counts = Counter()
    yield counts
    print()
    for row in [("fault", "runs", *VERDICTS)] + [
        (name, sum(counts[name, verdict] for verdict in VERDICTS), *(counts[name, verdict] for verdict in VERDICTS))
        for name in TROUBLES
    ]:
        print(f"{row[0]:<16}" + "".join(f"{cell:>15}" for cell in row[1:]))


@pytest.fixture
def records(sandbox):
    """Give what asks the sandbox's database, where each update of a plan leaves a note too."""
    store = sandbox._require().backend.store
    with store.transaction() as database:
        database.execute("CREATE TEMP TABLE IF NOT EXISTS updates (plan_id TEXT)")
        database.execute(
            "CREATE TEMP TRIGGER IF NOT EXISTS note_updates AFTER UPDATE ON plans"
            " BEGIN INSERT INTO updates VALUES (new.id); END"
        )

    def ask(query, on):
        with store.transaction() as database:
            return [row[0] for row in database.execute(query, on._asdict())]

    return ask


async def make_subjects(ask):
    payer = await ask(lambda duro: duro.customers.create(email="payer@example.com"))
    price = await ask(lambda duro: duro.plans.create(name="Pro", amount=500, interval="month"))
    plan = await ask(lambda duro: duro.plans.create(name="Basic", amount=100, interval="month"))
    refunded = await ask(lambda duro: duro.customers.create(email="refunded@example.com"))
    await ask(lambda duro: duro.subscriptions.create(customer_id=refunded.id, plan_id=plan.id))
    transactions = await ask(lambda duro: duro.customers.list_transactions(refunded.id).collect())
    return Subjects(payer.id, price.id, plan.id, transactions[0].invoice_id)


async def all_served(sandbox):
    """Wait until the server has nothing under way: what is late may still do harm."""
    server = sandbox._require().listener._server
    with anyio.fail_after(TIMEOUT):
        while server.server_state.tasks:
            await anyio.sleep(0.005)


async def play(cell, sandbox, records, *, ask, on):
    """Let all operations run at once under the fault of a cell."""
    trouble = TROUBLES[cell.trouble]
    runs = {}
    for name, act in ACTS.items():
        # A read takes no key.
        if act.effects or cell.key == "automatic":
            fault = sandbox.faults.add(**trouble.fault, method=act.method, path=act.path, times=cell.times)
            key = f"key-of-{name}" if cell.key == "given" else None
            runs[name] = Run(act, on, ask, records, fault=fault, key=key)
    async with anyio.create_task_group() as tasks:
        for run in runs.values():
            tasks.start_soon(run.until_answered, trouble.timeout)
    await all_served(sandbox)
    return runs


async def check_write(sandbox, run, made):
    """It happened once, under one key, and asking again gives the same answer and changes nothing."""
    assert run.effects == [run.act.id_of(run.answer)]
    run.keys |= {entry.idempotency_key for entry in sandbox.requests[made:] if run.act.sent(entry)}
    (run.key,) = run.keys
    assert await run.call(TIMEOUT) == run.answer
    assert run.effects == [run.act.id_of(run.answer)]


@pytest.mark.parametrize("cell", CELLS, ids="-".join)
def test_a_write_happens_once_and_its_caller_is_answered_or_knows_how_to_ask(cell, sandbox, records, report):
    async def main():
        async with client_for(cell, sandbox) as ask:
            on = await make_subjects(ask)
            made, charged = len(sandbox.requests), len(sandbox.ledger)
            runs = await play(cell, sandbox, records, ask=ask, on=on)
            report.update((cell.trouble, run.verdict) for run in runs.values())
            assert all(fault.times_applied for fault in sandbox.faults)
            for name, run in runs.items():
                assert cell.expects(run.act, run.endings), (name, run.endings)
                if run.act.effects:
                    await check_write(sandbox, run, made)
        assert [charge.idempotency_key for charge in sandbox.ledger[charged:]] == [runs["charge"].key]
        assert [refund.idempotency_key for refund in sandbox.refunds] == [runs["refund"].key]

    anyio.run(main, backend="trio" if cell.way == "trio" else "asyncio")
