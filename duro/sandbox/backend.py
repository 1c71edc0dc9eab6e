"""Backend of one sandbox: its database, clock, webhook deliveries, logs and faults, wired together."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TypeAlias, TypeVar

from attrs import field, frozen

from ..config import Mode
from .billing.clock_control import ClockControl
from .billing.due_handlers import HANDLERS
from .billing.ledger import count_charges
from .billing.scheduler import Scheduler
from .clock import ClockSettings, SandboxClock
from .deliveries.calling_thread import check_no_handler
from .deliveries.delivery_log import Deliveries
from .deliveries.early_deliveries import EarlyDeliveries
from .deliveries.endpoints import Endpoints
from .deliveries.outbox import Outbox
from .deliveries.wakeup import Wakeup
from .faults.rules import Faults
from .ids import IdGenerator
from .invariants.checks import InvariantChecks
from .invariants.errors import Violation
from .recovery.card_controls import Cards
from .request_log import RequestLog
from .storage.database import Database, clear
from .storage.seed import load_seed, save_seed
from .unit_of_work import UnitOfWork, WorkFactory

__all__ = ["Backend", "Populate", "Stats"]

T = TypeVar("T")

# Function that creates the objects of an empty sandbox, from an open transaction and the current time.
Populate: TypeAlias = Callable[[sqlite3.Connection, WorkFactory, datetime], None]

_IS_EMPTY: Final = (
    "SELECT NOT EXISTS (SELECT 1 FROM plans UNION ALL SELECT 1 FROM customers UNION ALL SELECT 1 FROM endpoints)"
)


def _create_nothing(_db: sqlite3.Connection, _work: WorkFactory, _now: datetime) -> None:
    """Leave a sandbox empty."""


@frozen
class Stats:
    """Counts since the start or the last reset. Charges and deliveries are counted over the whole life of the database.

    Attributes:
        token_exchanges: Requests to ``POST /v1/oauth/token``, rejected ones included.
        requests: API requests of any kind, token exchanges included.
        charges: Attempted charges.
        deliveries: Webhook deliveries that the endpoint acknowledged with a 2xx.
    """

    token_exchanges: int
    requests: int
    charges: int
    deliveries: int = 0


@frozen
class Backend:
    """Parts of one mode of a sandbox. Every thread may use them.

    Attributes:
        store: Database.
        time: Time of the sandbox.
        clock: Control of the time, which runs what is due.
        scheduler: Queue of due items.
        work: Factory of units of work.
        token_lifetime: Lifetime of an access token in seconds.
        ids: Generator of ids.
        wakeup: Signal that wakes the delivery worker.
        due_wakeup: Signal that wakes the worker of due items.
        cards: Cards of the customers, and outcomes of their charges.
        endpoints: Webhook endpoints.
        outbox: Deliveries still to be made.
        deliveries: Attempts to deliver events.
        early_deliveries: Deliveries before the response of the request that caused them.
        request_log: Log of API requests.
        faults: Faults that apply to API requests.
        invariants: Checks of a strict sandbox, ``None`` for another one.
        populate: Function that creates the objects of a new sandbox.
    """

    store: Database
    time: SandboxClock
    clock: ClockControl
    scheduler: Scheduler
    work: WorkFactory
    token_lifetime: float
    ids: IdGenerator
    wakeup: Wakeup
    due_wakeup: Wakeup
    cards: Cards
    endpoints: Endpoints
    outbox: Outbox
    deliveries: Deliveries
    early_deliveries: EarlyDeliveries
    request_log: RequestLog = field(factory=RequestLog)
    faults: Faults = field(factory=Faults)
    invariants: InvariantChecks | None = None
    populate: Populate = _create_nothing

    @classmethod
    def open(
        cls,
        database: str | os.PathLike[str] | Database | None,
        token_lifetime: float,
        clock: ClockSettings = ClockSettings(),  # noqa: B008 - immutable
        populate: Populate = _create_nothing,
        *,
        is_strict: bool = False,
        mode: Mode = "test",
    ) -> Backend:
        """Open the backend of a database.

        Args:
            database: Path of the database file, or an open database. ``None`` creates a temporary one.
            token_lifetime: Lifetime of an access token in seconds.
            clock: Settings of the time and the seed.
            populate: Function that creates the objects of an empty database, and those after a reset.
            is_strict: Whether the invariants are checked before each commit.
            mode: Mode of the data.

        Raises:
            ConfigurationError: The file is not a database of this sandbox, has another seed, or cannot be opened.
        """
        store = database if isinstance(database, Database) else Database(database)
        wakeup, due_wakeup, ids = Wakeup(), Wakeup(), IdGenerator()
        try:
            with store.transaction() as db:
                work = WorkFactory(ids, load_seed(db, clock.seed), wakeup.notify, due_wakeup.notify, mode)
            time = SandboxClock(store, clock)
            with store.transaction() as db:
                if db.execute(_IS_EMPTY).fetchone()[0]:
                    populate(db, work, time.now())
        except BaseException:
            store.close()
            raise
        outbox = Outbox(store, time)

        def wake_workers() -> None:
            wakeup.notify()
            due_wakeup.notify()

        scheduler = Scheduler(store, time, work, HANDLERS, on_move=wake_workers)
        return cls(
            store=store,
            time=time,
            clock=ClockControl(time, scheduler),
            scheduler=scheduler,
            work=work,
            token_lifetime=token_lifetime,
            ids=ids,
            wakeup=wakeup,
            due_wakeup=due_wakeup,
            cards=Cards(scheduler, time, work),
            endpoints=Endpoints(store, time, ids, wakeup),
            outbox=outbox,
            deliveries=Deliveries(store, time, wakeup),
            early_deliveries=EarlyDeliveries(outbox, time, wakeup),
            faults=Faults(work.seed.value),
            invariants=InvariantChecks(store, time) if is_strict else None,
            populate=populate,
        )

    @property
    def mode(self) -> Mode:
        """Mode of the data: ``test`` or ``live``."""
        return self.work.mode

    @contextmanager
    def unit_of_work(self, cause: str) -> Generator[UnitOfWork, None, None]:
        """Open a unit of work outside the API. It is committed at the end, and rolled back after an exception.

        Args:
            cause: Description of the work, from which a seed derives ids.
        """
        with self.scheduler.transaction() as db:
            yield self.work.for_request(db, self.time.now(), cause.encode())

    def wait_for_deliveries(self, timeout: float | None) -> None:
        """Wait until no delivery is due or in progress, those that an advance left pending included.

        Args:
            timeout: Maximum wait in seconds. ``None`` waits without a limit.

        Raises:
            TimeoutError: Deliveries are still due after the timeout.
            RuntimeError: The sandbox stopped during the wait, or the caller is the handler of a delivery.
        """
        check_no_handler(self.outbox, "wait_for_deliveries")
        self.outbox.release()
        self.wakeup.notify()
        self.outbox.wait(timeout)

    def transact(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function in a transaction of its own, and return its result.

        Args:
            action: Function of the open connection, such as ``list_charges``.
        """
        with self.store.transaction() as db:
            return action(db)

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Violations of the invariants, oldest first. It is empty unless the sandbox is strict."""
        return () if self.invariants is None else self.invariants.violations

    def stats(self) -> Stats:
        """Return the current counts."""
        charges = self.transact(count_charges)
        return Stats(self.request_log.token_exchanges, self.request_log.requests, charges, self.deliveries.delivered)

    def reset(self) -> None:
        """Delete all records, tokens, endpoints, log entries, counts and faults, and return to the start.

        The objects of fixtures are created again.
        """
        # One transaction for everything: no request sees a half-cleared sandbox.
        with self.store.transaction() as db:
            clear(db)
            save_seed(db, self.work.seed)
            self.time.reset(db)
            self.ids.reset()
            self.populate(db, self.work, self.time.now())
            self.request_log.clear()
            self.faults.clear()
            if self.invariants is not None:
                self.invariants.clear()
            self.outbox.release()
            self.wakeup.notify()

    def copy_state(self) -> Database:
        """Return a temporary copy of the database, without webhook endpoints and without an unfinished advance."""
        copy = self.store.copy()
        clock = SandboxClock(copy, ClockSettings(self.time.mode))
        with copy.transaction() as db:
            clock.end(db)
        Endpoints(copy, clock, self.ids, Wakeup()).clear()
        return copy

    def close(self) -> None:
        """End every wait for deliveries, and close the database."""
        self.outbox.close()
        self.store.close()
