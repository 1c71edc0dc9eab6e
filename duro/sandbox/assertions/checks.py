"""``Assertions``: checks of charges and deliveries, as methods of a sandbox."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from datetime import datetime
from functools import partial

from ..._checks import check_integer, describe_text, describe_type
from ..._ids import check_id
from ..._nearest_names import find_nearest
from ...api.models.event_data import EventType
from ...errors import InvalidArgumentError
from ..backend import Backend
from ..clock import timestamp, to_utc
from .story import render_story

__all__ = ["Assertions"]


class Assertions(ABC):
    """Assertions of a sandbox. Their failures list its requests, charges, decisions, events and deliveries by time."""

    @property
    @abstractmethod
    def _backend(self) -> Backend: ...

    def assert_charged_once(self, customer_id: str, period_start: datetime | None = None) -> None:
        """Assert that a customer has exactly one successful charge.

        Args:
            customer_id: Id of the customer.
            period_start: Start of the billing period of the charge, such as ``subscription.current_period_start``.
                ``None`` counts the charges of all periods.

        Raises:
            AssertionError: The number of successful charges differs from one.
            InvalidArgumentError: An argument is of the wrong type, or cannot be an id or a time in UTC.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create()
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> sandbox.assert_charged_once(customer.id, subscription.current_period_start)
        """
        __tracebackhide__ = True
        check_id("customer_id", customer_id)
        start = None if period_start is None else _format_period_start(period_start)
        periods = self._backend.transact(partial(_list_charged_periods, customer_id=customer_id))
        number = len(periods) if start is None else periods.count(start)
        if number == 1:
            return
        period = "" if start is None else f" for the period from {start}"
        others = f", in the periods from {', '.join(sorted({*periods}))}" if periods and start is not None else ""
        message = f"customer {customer_id} must be charged once{period}, got {number} successful charges{others}"
        self._fail(message, customer_id)

    def assert_delivered(self, type: str, times: int = 1) -> None:  # noqa: A002 - the name in the API
        """Assert the number of deliveries of an event type that the endpoints acknowledged with a 2xx.

        Call ``wait_for_deliveries`` before it.

        Args:
            type: Event type, such as ``subscription_created``.
            times: Expected number of acknowledged deliveries.

        Raises:
            AssertionError: The number differs.
            InvalidArgumentError: The type is unknown, or the number is negative.

        Example:
            >>> sandbox.assert_delivered("subscription_created", times=0)
        """
        __tracebackhide__ = True
        _check_event_type(type)
        check_integer("times", times, minimum=0, advice="pass 0 for none", error=InvalidArgumentError)
        deliveries = [each for each in self._backend.deliveries.entries() if each.event_type == type]
        number = sum(delivery.failure is None for delivery in deliveries)
        if number == times:
            return
        pending = self._backend.transact(partial(_count_pending, event_type=type))
        advice = f"; {pending} more are pending, call wait_for_deliveries() first" if pending else ""
        if not pending and not any(self._backend.endpoints):
            advice = "; the sandbox does not have an endpoint, add one with endpoints.add()"
        self._fail(f"{type} must be delivered {_count(times)}, got {_count(number)}{advice}", type)

    def _fail(self, message: str, subject: str) -> None:
        __tracebackhide__ = True
        raise AssertionError(f"{message}\n\n{render_story(self._backend, {subject})}")


def _count(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _list_charged_periods(db: sqlite3.Connection, customer_id: str) -> list[str]:
    """Return the start of the period of each successful charge of a customer."""
    rows = db.execute(
        "SELECT period_start FROM transactions JOIN invoices ON invoices.id = invoice_id"
        " WHERE transactions.customer_id = ? AND transactions.status = 'succeeded'",
        (customer_id,),
    )
    return [period_start for (period_start,) in rows]


def _count_pending(db: sqlite3.Connection, event_type: str) -> int:
    row = db.execute(
        "SELECT count(*) FROM deliveries JOIN events ON events.id = event_id WHERE type = ? AND state = 'pending'",
        (event_type,),
    )
    number: int = row.fetchone()[0]
    return number


def _format_period_start(value: object) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidArgumentError(
            f"period_start must be a datetime with a time zone, got {describe_type(value)}; "
            "pass subscription.current_period_start"
        )
    period_start = to_utc(value)
    if period_start is None:
        raise InvalidArgumentError(
            "period_start must be between the years 1 and 9999 in UTC, got a datetime outside of them; "
            "pass subscription.current_period_start"
        )
    return timestamp(period_start)


def _check_event_type(value: object) -> None:
    if not isinstance(value, str):
        raise InvalidArgumentError(f"type must be a string, got {describe_type(value)}; pass an event type")
    if not EventType(value).is_known:
        nearest = find_nearest(value, [member.value for member in EventType])
        advice = f"pass {nearest!r}" if nearest else "pass a type of duro.EventType"
        raise InvalidArgumentError(f"type must be an event type, got {describe_text(value)}; {advice}")
