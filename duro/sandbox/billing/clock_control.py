"""``sandbox.clock``: read the time, move it, and run what is due on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from ..._checks import describe_text, describe_type, describe_value, is_number
from ...api.models.event_data import EventType
from ...errors import InvalidArgumentError
from ..clock import MAX_TIME, Advance, SandboxClock
from .due_items import RANKS, DueItem
from .scheduler import AdvanceResult, Scheduler

__all__ = ["ClockControl"]

DEFAULT_LIMIT: Final = timedelta(days=365)


class ClockControl:
    """Clock of a sandbox. Any thread may use it.

    Args:
        clock: Time of the sandbox.
        scheduler: Queue of due items.
    """

    def __init__(self, clock: SandboxClock, scheduler: Scheduler) -> None:
        self._clock = clock
        self._scheduler = scheduler

    def now(self) -> datetime:
        """Return the current time of the sandbox, as an aware datetime in UTC."""
        return self._clock.now()

    def next_due(self, kind: str | None = None) -> DueItem | None:
        """Return the item that is due first, such as the next renewal. Return ``None`` if nothing is due.

        Args:
            kind: Kind of the item, such as ``period_end`` or ``recovery_attempt``. ``None`` matches all.

        Raises:
            InvalidArgumentError: The kind does not exist.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create()
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> item = sandbox.clock.next_due()
            >>> item.kind, item.subject == subscription.id, item.at == subscription.current_period_end
            ('period_end', True, True)
        """
        if kind is not None and kind not in list(RANKS):
            raise InvalidArgumentError(
                f"kind must be one of {', '.join(RANKS)}, got {describe_text(kind)}; omit it for all kinds"
            )
        return self._scheduler.next_due(kind)

    def advance(
        self,
        *,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        until: datetime | str | None = None,
        limit: timedelta | None = None,
        deliver: bool = True,
    ) -> AdvanceResult:
        """Advance the clock, and run all that is due on the way, in the order of time.

        Each due item runs in a transaction of its own, at its own time. The deliveries that are due at an instant are
        made before the time moves on, retries included. The method returns when all of them are done.

        Args:
            weeks: Number of weeks.
            days: Number of days of 24 hours.
            hours: Number of hours.
            minutes: Number of minutes.
            seconds: Number of seconds. The spans add up.
            until: Time to advance to, or type of the next event to stop at, such as ``subscription_past_due``.
                It replaces the spans.
            limit: Longest span to look for the event. The default is 365 days.
            deliver: Whether webhooks are delivered on the way. Otherwise they stay due.

        Returns:
            The time that was reached, and counts of what happened.

        Raises:
            ValueError: The span is negative, or ends after the year 8000. Another advance is in progress.
            InvalidArgumentError: An argument has the wrong type, a span is not finite, or the event type does not
                exist. It is a ``ValueError``, and the clock has not moved.
            LookupError: The event did not happen within the limit. The clock has moved by the limit.
            RuntimeError: The sandbox has webhook endpoints, and the thread of the caller runs an event loop. An
                endpoint in that loop could not respond. Or the caller is the handler of a delivery, or a delivery that
                is in progress does not end within 5 seconds.
            OSError: The disk is full. The clock has moved to the last item that was run.

        Example:
            >>> before = sandbox.clock.now()
            >>> (sandbox.clock.advance(days=30).now - before).days
            30
        """
        _check_types(until, limit, deliver)
        span = _to_span(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        if until is None:
            return self._scheduler.advance(Advance(self._add(span), deliver=deliver))
        if span:
            raise ValueError("until must be the only target, got a span too; omit one of them")
        if isinstance(until, str):
            event_type = _check_event_type(until)
            limit = DEFAULT_LIMIT if limit is None else limit
            return self._scheduler.advance(Advance(self._add(limit), event_type, deliver))
        return self._scheduler.advance(Advance(self._check_time(until), deliver=deliver))

    def _add(self, span: timedelta) -> datetime:
        now = self.now()
        if span < timedelta():
            raise ValueError("the clock cannot go back; pass a span of at least 0")
        if span > MAX_TIME - now:
            raise ValueError(f"the clock cannot pass the year {MAX_TIME.year}; pass a shorter span")
        return now + span

    def _check_time(self, until: datetime) -> datetime:
        if until.tzinfo is None:
            raise ValueError("until must be an aware datetime, got a naive one; pass tzinfo=UTC")
        if until < self.now():
            raise ValueError("the clock cannot go back; pass a time of now or later")
        if until > MAX_TIME:
            raise ValueError(f"the clock cannot pass the year {MAX_TIME.year}; pass an earlier time")
        return until.astimezone(UTC)


def _check_types(until: object, limit: object, deliver: object) -> None:
    if until is not None and not isinstance(until, datetime | str):
        raise InvalidArgumentError(
            f"until must be a datetime or an event type, got {describe_type(until)}; pass one of them"
        )
    if limit is not None and not isinstance(limit, timedelta):
        raise InvalidArgumentError(f"limit must be a timedelta, got {describe_type(limit)}; pass timedelta(days=30)")
    if not isinstance(deliver, bool):
        raise InvalidArgumentError(f"deliver must be True or False, got {describe_type(deliver)}; pass one of them")


def _to_span(**spans: float) -> timedelta:
    for name, value in spans.items():
        if not is_number(value):
            raise InvalidArgumentError(
                f"{name} must be a finite number, got {describe_value(value)}; pass a number such as 1"
            )
    try:
        return timedelta(**spans)
    except OverflowError:
        # Of both signs. A negative one is refused as such.
        return timedelta.max if sum(spans.values()) > 0 else timedelta.min


def _check_event_type(name: str) -> str:
    names = [each.value for each in EventType]
    if name not in names:
        raise InvalidArgumentError(
            f"until must be a datetime or one of {', '.join(names)}, got another string; pass the type of an event"
        )
    return name
