"""One running sandbox's world: its state, its time and its memory of what happened."""

from __future__ import annotations

import os

from attrs import field, frozen

from .auth import credentials
from .auth.otp import OneTimeCode, list_codes
from .billing.ledger import Charge, Refund, count_charges, list_charges, list_refunds
from .clock import Clock
from .deliveries.delivery_log import Deliveries, Delivery
from .deliveries.endpoints import Endpoint, Endpoints
from .deliveries.outbox import Outbox
from .deliveries.wakeup import Wakeup
from .events import EventEntry, list_events
from .faults.rules import Faults
from .http.request_log import RequestEntry, RequestLog
from .ids import IdGenerator
from .storage.database import Database, clear, count

__all__ = [
    "Backend",
    "Charge",
    "Delivery",
    "Endpoint",
    "EventEntry",
    "OneTimeCode",
    "Refund",
    "RequestEntry",
    "Stats",
]


@frozen
class Stats:
    """Counts since the start or the last reset; charges live as long as the database.

    Attributes:
        token_exchanges: Requests to ``POST /v1/oauth/token``, refused ones among them.
        requests: API requests of any kind, token exchanges among them.
        charges: Charges tried.
        deliveries: Webhooks delivered: attempts that were answered with a 2xx.
    """

    token_exchanges: int
    requests: int
    charges: int
    deliveries: int = 0


@frozen
class Backend:
    """Everything that one sandbox knows; any thread may ask it.

    Attributes:
        store: The state.
        clock: The time.
        token_lifetime: Seconds that an access token lives.
        identifiers: Makes identifiers.
        bell: Wakes the courier.
        endpoints: Where events are delivered to.
        outbox: What is still to be delivered.
        deliveries: What was delivered.
        journal: What reached the server.
        faults: What goes wrong.
    """

    store: Database
    clock: Clock
    token_lifetime: float
    ids: IdGenerator
    wakeup: Wakeup
    endpoints: Endpoints
    outbox: Outbox
    deliveries: Deliveries
    request_log: RequestLog = field(factory=RequestLog)
    faults: Faults = field(factory=Faults)

    @classmethod
    def open(cls, database: str | os.PathLike[str] | None, token_lifetime: float) -> Backend:
        """Open the world that a database holds; ``None`` is a new one in memory."""
        store, wakeup, ids, deliveries = Database(database), Wakeup(), IdGenerator(), Deliveries()
        clock = Clock(store, on_advance=wakeup.ring)
        return cls(
            store=store,
            clock=clock,
            token_lifetime=token_lifetime,
            ids=ids,
            wakeup=wakeup,
            endpoints=Endpoints(store, clock, ids, wakeup),
            outbox=Outbox(store, clock, deliveries),
            deliveries=deliveries,
        )

    def stats(self) -> Stats:
        """Count what happened."""
        with self.store.transaction() as db:
            charges = count_charges(db)
        return Stats(self.request_log.token_exchanges, self.request_log.requests, charges, self.deliveries.delivered)

    def counts(self) -> dict[str, int]:
        """Count the records that a merchant knows, archived and canceled ones among them."""
        with self.store.transaction() as db:
            return {table: count(db, table) for table in ("plans", "customers", "subscriptions")}

    def ledger(self) -> tuple[Charge, ...]:
        """List every charge, newest last."""
        with self.store.transaction() as db:
            return list_charges(db)

    def refunds(self) -> tuple[Refund, ...]:
        """List every refund, newest last."""
        with self.store.transaction() as db:
            return list_refunds(db)

    def events(self) -> tuple[EventEntry, ...]:
        """List every event, newest last."""
        with self.store.transaction() as db:
            return list_events(db)

    def codes(self) -> tuple[OneTimeCode, ...]:
        """List every one-time code that was sent, newest last."""
        with self.store.transaction() as db:
            return list_codes(db)

    def revoke_tokens(self, token: str | None = None) -> int:
        """Revoke one token, or all of them; tells how many there were."""
        with self.store.transaction() as db:
            return credentials.revoke_tokens(db, token)

    def reset(self) -> None:
        """Begin anew: no records, no tokens, no endpoints, no counts, no faults, and real time."""
        with self.store.transaction() as db:
            clear(db)
            self.clock.reset(db)
            self.ids.reset()
            self.request_log.reset()
            self.deliveries.reset()
            self.faults.clear()
            self.wakeup.ring()

    def close(self) -> None:
        """Close the database."""
        self.outbox.close()
        self.store.close()
