"""Scheduler: runs the due items in the order of time, each in a transaction of its own."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TypeAlias

from attrs import evolve, frozen

from ..clock import Advance, SandboxClock, timestamp
from ..events import collect_event_ids
from ..storage.database import Database
from ..unit_of_work import UnitOfWork, WorkFactory
from .deliverer import Deliverer, NoDeliverer
from .due_items import DueItem, find_next, take_next
from .progress import Counts, count_rows, has_event

__all__ = [
    "AdvanceInProgressError",
    "AdvanceResult",
    "EventNotFoundError",
    "Handler",
    "Scheduler",
]

_logger = logging.getLogger("duro.sandbox")

# Items that may run before a response. Only a clock of real time can have more, and its worker runs the rest.
MAX_PRESENT_ITEMS: Final = 100

Handler: TypeAlias = Callable[[UnitOfWork, str], object]


class AdvanceInProgressError(ValueError):
    """The clock is being advanced already."""


class EventNotFoundError(LookupError):
    """The event that should end an advance did not happen. The clock has moved to the limit."""


@frozen
class AdvanceResult:
    """Result of an advance.

    Attributes:
        now: Time that was reached, aware and in UTC.
        items: Number of due items that were run.
        charges: Number of attempted charges.
        events: Number of recorded events.
        deliveries: Number of deliveries that an endpoint acknowledged with a 2xx.
    """

    now: datetime
    items: int
    charges: int
    events: int
    deliveries: int


class Scheduler:
    """Queue of due items, and the loop that runs them.

    Args:
        store: Database of the items.
        clock: Time of the sandbox.
        work: Factory of units of work.
        handlers: Function for each kind of item.
        on_move: Function to call after the clock has moved.
        deliverer: Sender of webhook deliveries.
    """

    def __init__(
        self,
        store: Database,
        clock: SandboxClock,
        work: WorkFactory,
        handlers: Mapping[str, Handler],
        *,
        on_move: Callable[[], None],
        deliverer: Deliverer | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._work = work
        self._handlers: Final = handlers
        self._on_move = on_move
        self._lock = threading.Lock()
        self.deliverer: Deliverer = deliverer or NoDeliverer()

    def next_due(self, kind: str | None = None) -> DueItem | None:
        """Return the item that is due first.

        Args:
            kind: Kind of the item. ``None`` matches all.
        """
        with self._store.transaction() as db:
            return find_next(db, kind=kind)

    def advance(self, advance: Advance) -> AdvanceResult:
        """Move the clock to a target, and run all that is due until then.

        Args:
            advance: Target of the clock.

        Raises:
            AdvanceInProgressError: The clock is being advanced already.
            EventNotFoundError: The event that should end the advance did not happen.
            RuntimeError: This thread runs an event loop, and there are endpoints.
        """
        if advance.deliver:
            self.deliverer.check_thread()
        with self._exclusive():
            with self._store.transaction() as db:
                advance = evolve(advance, last_event=count_rows(db).events)
                self._clock.begin(db, advance)
            result = self._finish(advance)
            if advance.event_type is not None and not self._has_event(advance):
                raise EventNotFoundError(
                    f"the event {advance.event_type} did not happen until {timestamp(result.now)}, which is the time "
                    "now; check what is due with next_due, or pass a longer limit"
                )
            return result

    def resume(self) -> AdvanceResult | None:
        """Finish the advance that the end of another process interrupted, if there is one."""
        with self._exclusive():
            advance = self._clock.unfinished
            return None if advance is None else self._finish(advance)

    def run_next(self, until: datetime) -> DueItem | None:
        """Run the first item that is due, in a transaction of its own.

        Args:
            until: Latest time of the item.

        Returns:
            The item, or ``None`` if nothing is due.
        """
        with self._store.transaction() as db:
            item = take_next(db, until=until)
            if item is not None:
                self._clock.move_to(db, item.at)
                self._handlers[item.kind](self._work.for_item(db, item.at, item.kind, item.subject), item.subject)
        return item

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection, None, None]:
        """Open a transaction of the present time. After its commit, run the items that it made due at once.

        A caller that waits for the commit therefore finds all effects of its call.

        Yields:
            The connection.
        """
        before = self._store.changes
        with self._store.transaction() as db:
            yield db
        if self._store.changes != before:
            self.run_present(MAX_PRESENT_ITEMS)

    def run_present(self, limit: int | None = None) -> None:
        """Run the items that are due at the present time. An advance in progress runs them itself.

        An item that fails is logged and stays due. The caller is not the cause of the failure.

        Args:
            limit: Maximum number of items. ``None`` runs all.
        """
        items = 0
        # The events of an item do not belong to the request that made it due.
        with collect_event_ids():
            try:
                while items != limit and self._clock.unfinished is None and self.run_next(self._clock.now()):
                    items += 1
            except Exception:
                _logger.exception("a due item failed")

    @contextmanager
    def _exclusive(self) -> Generator[None, None, None]:
        if not self._lock.acquire(blocking=False):
            advance = self._clock.unfinished
            target = "" if advance is None else f" to {timestamp(advance.target)}"
            raise AdvanceInProgressError(
                f"the clock cannot be advanced, because another advance{target} is in progress; "
                "wait until it returns (a webhook handler runs within the advance that delivers to it)"
            )
        try:
            yield
        finally:
            self._lock.release()

    def _finish(self, advance: Advance) -> AdvanceResult:
        before = self._count()
        items, delivered = 0, self.deliverer.delivered
        if not advance.deliver:
            self.deliverer.hold()
        # After an error the clock stays where it is. Only the end of the process leaves an advance unfinished.
        try:
            target = self._find_target(advance)
            while (moment := self._find_moment(target, deliver=advance.deliver)) is not None:
                # The thread of the deliveries would take turns with this one, and both would take longer.
                with self.deliverer.pause():
                    while self.run_next(moment):
                        items += 1
                if advance.deliver:
                    self._deliver(moment)
                target = self._find_target(advance)
            with self._store.transaction() as db:
                self._clock.move_to(db, target)
        finally:
            now = self._clock.now()
            with self._store.transaction() as db:
                self._clock.end(db)
            self._on_move()
        after = self._count()
        # An event may be delivered as soon as it is recorded, before the advance waits for it.
        deliveries = self.deliverer.delivered - delivered
        return AdvanceResult(now, items, after.charges - before.charges, after.events - before.events, deliveries)

    def _find_target(self, advance: Advance) -> datetime:
        """Return the time at which an advance ends. An event that has happened ends it now."""
        return self._clock.now() if self._has_event(advance) else advance.target

    def _find_moment(self, target: datetime, *, deliver: bool) -> datetime | None:
        """Return the next instant at which something is due, at or before the target."""
        with self._store.transaction() as db:
            item = find_next(db)
        moments = [] if item is None or item.at > target else [item.at]
        delivery_at = self.deliverer.next_due() if deliver else None
        if delivery_at is not None and delivery_at <= target:
            moments.append(delivery_at)
        return min(moments, default=None)

    def _deliver(self, moment: datetime) -> None:
        delivery_at = self.deliverer.next_due()
        if delivery_at is None or delivery_at > moment:
            return
        with self._store.transaction() as db:
            self._clock.move_to(db, moment)
        self.deliverer.deliver_until(moment)

    def _count(self) -> Counts:
        with self._store.transaction() as db:
            return count_rows(db)

    def _has_event(self, advance: Advance) -> bool:
        """Return whether the event that ends an advance has happened."""
        if advance.event_type is None:
            return False
        with self._store.transaction() as db:
            return has_event(db, advance.event_type, after=advance.last_event)
