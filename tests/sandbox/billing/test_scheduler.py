"""Scheduler: due items in the order of time, deliveries before the time moves on, and one advance at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from duro import InvalidArgumentError
from duro.sandbox import AdvanceResult
from duro.sandbox.billing.due_items import schedule
from duro.sandbox.billing.scheduler import AdvanceInProgressError
from duro.sandbox.billing.subscriptions import cancel_subscription
from duro.sandbox.clock import Advance, ClockSettings, SandboxClock, timestamp
from duro.sandbox.unit_of_work import UnitOfWork

from .conftest import START, Shop

DAY = timedelta(days=1)


class Deliveries:
    """Deliverer with given due times, which records the sandbox's time of each call."""

    def __init__(self, shop: Shop, *due: datetime) -> None:
        self.due = sorted(due)
        self.times: list[tuple[datetime, datetime]] = []
        self.on_delivery: Callable[[], None] = lambda: None
        self.delivered = 0
        self._shop = shop
        shop.backend.scheduler.deliverer = self

    def next_due(self) -> datetime | None:
        return self.due[0] if self.due else None

    def pause(self) -> AbstractContextManager[None]:
        return nullcontext()

    def hold(self) -> None:
        """Deliver when asked to only, as always."""

    def check_thread(self) -> None:
        """Accept every thread."""

    def deliver_until(self, moment: datetime) -> None:
        while self.due and self.due[0] <= moment:
            self.times.append((self.due.pop(0), self._shop.clock.now()))
            self.on_delivery()
            self.delivered += 1


def test_an_advance_charges_each_period_at_its_own_time(shop: Shop) -> None:
    shop.subscribe()
    result = shop.clock.advance(days=365)
    assert result == AdvanceResult(START + timedelta(days=365), items=12, charges=12, events=24, deliveries=0)
    days = [datetime.fromisoformat(charge.at) for charge in shop.charges()]
    assert [(day.month, day.day) for day in days] == [
        (1, 31), (2, 28), (3, 31), (4, 30), (5, 31), (6, 30), (7, 31), (8, 31), (9, 30), (10, 31), (11, 30), (12, 31),
        (1, 31),
    ]  # fmt: skip
    assert {day.hour for day in days} == {9}


def test_items_of_different_subjects_run_in_the_order_of_time(shop: Shop) -> None:
    monthly, weekly = shop.subscribe(), shop.subscribe(interval="week")
    shop.clock.advance(days=28)
    order = [charge.subscription_id for charge in shop.charges()]
    assert order[:5] == [monthly, weekly, weekly, weekly, weekly]
    # Both are due on 28 February, so that the ids decide.
    assert order[5:] == sorted([monthly, weekly])
    times = [charge.at for charge in shop.charges()]
    assert times == sorted(times)


def test_one_long_advance_ends_like_many_short_ones(shop: Shop) -> None:
    subscription = shop.subscribe()
    for _ in range(90):
        shop.clock.advance(days=1)
    assert len(shop.charges()) == 4
    assert shop.subscription(subscription)["current_period_end"] == "2026-05-31T09:00:00.000Z"


def test_an_advance_continues_after_an_item_that_failed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.subscribe()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the card processor failed")

    with monkeypatch.context() as patch:
        patch.setattr("duro.sandbox.billing.renewals.charge_period", fail)
        with pytest.raises(RuntimeError, match="card processor"):
            shop.clock.advance(days=60)
    assert (shop.clock.now(), len(shop.charges())) == (datetime(2026, 2, 28, 9, tzinfo=UTC), 1)
    item = shop.clock.next_due()
    assert item is not None
    assert (item.kind, item.at) == ("period_end", shop.clock.now())
    shop.clock.advance(days=31)
    assert len(shop.charges()) == 3


def test_deliveries_are_made_before_the_time_moves_on(shop: Shop) -> None:
    shop.subscribe()
    renewal = datetime(2026, 2, 28, 9, tzinfo=UTC)
    deliveries = Deliveries(shop, START, START + DAY, renewal, renewal + DAY, START + 300 * DAY)
    result = shop.clock.advance(days=60)
    assert (result.items, result.deliveries) == (2, 4)
    # Each is made at its own time, which the handler of the endpoint sees.
    assert [due for due, _ in deliveries.times] == [now for _, now in deliveries.times]
    assert deliveries.due == [START + 300 * DAY]


def test_a_reaction_to_a_delivery_takes_effect_before_the_next_item(shop: Shop) -> None:
    subscription = shop.subscribe()
    deliveries = Deliveries(shop, datetime(2026, 2, 28, 9, tzinfo=UTC))
    deliveries.on_delivery = lambda: shop.act(cancel_subscription, subscription)
    shop.clock.advance(days=365)
    assert shop.subscription(subscription)["status"] == "canceled"
    assert len(shop.charges()) == 2


def test_work_that_a_delivery_schedules_for_the_same_instant_is_done(shop: Shop) -> None:
    deliveries, ran = Deliveries(shop, START + DAY), []
    shop.backend.scheduler._handlers = {"reminder": lambda uow, _: ran.append(uow.now)}
    deliveries.on_delivery = lambda: shop.call(lambda uow: schedule(uow, kind="reminder", subject="sub_1", at=uow.now))
    shop.clock.advance(days=1)
    assert ran == [START + DAY]


def test_deliveries_can_stay_due(shop: Shop) -> None:
    deliveries = Deliveries(shop, START)
    assert shop.clock.advance(days=1, deliver=False).deliveries == 0
    assert deliveries.due == [START]
    assert shop.clock.advance().deliveries == 1


def test_a_second_advance_is_refused(shop: Shop) -> None:
    shop.subscribe()
    deliveries, messages = Deliveries(shop, START + DAY), []

    def advance_again() -> None:
        with pytest.raises(AdvanceInProgressError) as error:
            shop.clock.advance(days=1)
        messages.append(str(error.value))

    deliveries.on_delivery = advance_again
    shop.clock.advance(days=30)
    (message,) = messages
    assert "another advance to 2026-03-02T09:00:00.000Z is in progress" in message
    assert "a webhook handler runs within the advance" in message
    assert shop.clock.advance(days=1).now == START + 31 * DAY


class TestUntil:
    def test_a_time_is_reached_exactly(self, shop: Shop) -> None:
        shop.subscribe()
        target = datetime(2026, 3, 31, 9, tzinfo=UTC)
        assert shop.clock.advance(until=target).now == shop.clock.now() == target
        assert len(shop.charges()) == 3

    def test_an_event_stops_the_clock_at_its_time(self, shop: Shop, fail_charges: Callable[..., None]) -> None:
        subscription = shop.subscribe()
        fail_charges(None, "do_not_honor")
        result = shop.clock.advance(until="subscription_past_due")
        assert result.now == shop.clock.now() == datetime(2026, 3, 31, 9, tzinfo=UTC)
        assert shop.subscription(subscription)["status"] == "past_due"

    def test_the_other_items_of_the_instant_are_done_too(self, shop: Shop) -> None:
        subscriptions = [shop.subscribe() for _ in range(3)]
        assert shop.clock.advance(until="subscription_payment_success").items == 3
        assert {shop.subscription(each)["cycles_completed"] for each in subscriptions} == {2}

    def test_an_earlier_event_does_not_count(self, shop: Shop) -> None:
        shop.subscribe()
        assert shop.clock.advance(until="invoice_created").now > START

    def test_an_event_that_does_not_happen_is_an_error_at_the_limit(self, shop: Shop) -> None:
        shop.subscribe()
        with pytest.raises(LookupError, match=r"subscription_expired did not happen until 2026-02-10.*longer limit"):
            shop.clock.advance(until="subscription_expired", limit=10 * DAY)
        assert shop.clock.now() == START + 10 * DAY
        with pytest.raises(LookupError):
            shop.clock.advance(until="subscription_expired")
        assert shop.clock.now() == START + 375 * DAY

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"until": START - DAY}, "go back"),
            ({"until": datetime(2027, 1, 1)}, "until must be an aware datetime"),  # noqa: DTZ001 - the mistake
            ({"until": datetime(9000, 1, 1, tzinfo=UTC)}, "year 8000"),
            ({"until": "subscription_renewed"}, "until must be a datetime or one of subscription_created"),
            ({"until": START + DAY, "days": 1}, "only target"),
            ({"until": "invoice_created", "limit": -DAY}, "go back"),
        ],
    )
    def test_an_invalid_target_is_refused(self, shop: Shop, options: dict[str, object], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            shop.clock.advance(**options)  # type: ignore[arg-type] - the mistake
        assert shop.clock.now() == START


def test_next_due_can_select_a_kind(shop: Shop) -> None:
    subscription = shop.subscribe()
    item = shop.clock.next_due("period_end")
    assert item is not None
    assert (item.subject, timestamp(item.at)) == (subscription, "2026-02-28T09:00:00.000Z")
    assert shop.clock.next_due("recovery_attempt") is None
    with pytest.raises(ValueError, match="kind must be one of period_end, recovery_attempt"):
        shop.clock.next_due("renewal")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"days": True}, "days must be a finite number, got True; pass a number such as 1"),
        ({"hours": "1"}, "hours must be a finite number, got str"),
        ({"seconds": math.nan}, "seconds must be a finite number, got nan"),
        ({"until": 5}, "until must be a datetime or an event type, got int"),
        ({"until": START.date()}, "until must be a datetime or an event type, got date"),
        ({"until": "invoice_created", "limit": 30}, "limit must be a timedelta, got int"),
        ({"days": 1, "deliver": "no"}, "deliver must be True or False, got str"),
    ],
)
def test_an_argument_of_the_wrong_type_is_refused_before_the_clock_moves(
    shop: Shop, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        shop.clock.advance(**options)
    assert shop.clock.now() == START


@pytest.mark.parametrize(("kind", "got"), [(["period_end"], "list"), (True, "bool"), ("x" * 99, f"'{'x' * 50}'")])
def test_a_kind_that_does_not_exist_is_refused(shop: Shop, kind: Any, got: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"kind must be one of .*, got {got}; omit it for all kinds"):
        shop.clock.next_due(kind)


def test_each_item_has_a_transaction_of_its_own(shop: Shop) -> None:
    seen: list[tuple[str, str, datetime]] = []

    def handle(uow: UnitOfWork, subject: str) -> None:
        # The row of the clock is committed with the effects of the item.
        (stopped_at,) = uow.db.execute("SELECT stopped_at FROM clock").fetchone()
        seen.append((subject, stopped_at, uow.now))
        if subject == "sub_2":
            raise RuntimeError

    shop.backend.scheduler._handlers = {"reminder": handle}
    for number in (1, 2):
        at = START + number * DAY
        shop.call(lambda uow, at=at, number=number: schedule(uow, kind="reminder", subject=f"sub_{number}", at=at))
    with pytest.raises(RuntimeError):
        shop.clock.advance(days=30)
    assert seen == [(f"sub_{n}", timestamp(START + n * DAY), START + n * DAY) for n in (1, 2)]
    item = shop.clock.next_due()
    assert item is not None
    assert item.subject == "sub_2"


def test_an_interrupted_advance_ends_at_its_event_although_that_has_happened(shop: Shop) -> None:
    for _ in range(2):
        shop.subscribe()
    backend = shop.backend
    advance = Advance(START + 365 * DAY, "invoice_created", last_event=len(shop.events()))
    with backend.store.transaction() as db:
        backend.time.begin(db, advance)
    item = backend.scheduler.run_next(advance.target)
    assert item is not None
    # As another process finds it after a kill.
    assert SandboxClock(backend.store, ClockSettings("frozen", START, 7)).unfinished == advance
    result = backend.scheduler.resume()
    assert result is not None
    # The other item of the instant belongs to the advance too.
    assert (result.now, result.items) == (item.at, 1)


def test_a_late_item_happens_at_its_own_time(shop: Shop) -> None:
    shop.subscribe()
    item = shop.backend.scheduler.run_next(START + 90 * DAY)
    assert item is not None
    assert datetime.fromisoformat(shop.charges()[-1].at) == item.at == datetime(2026, 2, 28, 9, tzinfo=UTC)
