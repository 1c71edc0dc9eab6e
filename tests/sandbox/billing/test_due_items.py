"""Due items: the order of the queue, and one item for each kind and subject."""

from __future__ import annotations

from datetime import timedelta

from duro.sandbox.billing.due_items import RANKS, find_next, schedule, take_next, unschedule, unschedule_all
from duro.sandbox.unit_of_work import UnitOfWork

from .conftest import START, WorkAt

MOMENT = "2026-01-31T09:00"


def drain(uow: UnitOfWork) -> list[tuple[str, str]]:
    items = []
    while item := take_next(uow.db, until=START + timedelta(days=365)):
        items.append((item.kind, item.subject))
    return items


def test_the_first_item_is_first_by_time_then_rank_then_subject(work_at: WorkAt) -> None:
    uow = work_at(MOMENT)
    later = START + timedelta(seconds=1)
    schedule(uow, kind="period_end", subject="sub_1", at=later)
    for kind in reversed(RANKS):
        # The order of the subjects is the reverse of that of the ranks.
        schedule(uow, kind=kind, subject=f"inv_{9 - RANKS[kind]}", at=START)
    schedule(uow, kind="period_end", subject="inv_1", at=START)
    first, *others, last = drain(uow)
    assert (first, last) == (("period_end", "inv_1"), ("period_end", "sub_1"))
    assert [RANKS[kind] for kind, _ in others] == sorted(RANKS.values())


def test_an_item_replaces_that_of_the_same_kind_and_subject(work_at: WorkAt) -> None:
    uow = work_at(MOMENT)
    schedule(uow, kind="period_end", subject="sub_1", at=START)
    schedule(uow, kind="period_end", subject="sub_1", at=START + timedelta(days=1))
    schedule(uow, kind="reminder", subject="sub_1", at=START)
    item = find_next(uow.db, kind="period_end")
    assert item is not None
    assert item.at == START + timedelta(days=1)
    assert take_next(uow.db, until=START - timedelta(milliseconds=1)) is None
    assert len(drain(uow)) == 2


def test_items_are_removed_by_kind_or_by_subject(work_at: WorkAt) -> None:
    uow = work_at(MOMENT)
    for subject in ("sub_1", "sub_2"):
        for kind in ("period_end", "reminder"):
            schedule(uow, kind=kind, subject=subject, at=START)
    unschedule(uow, kind="reminder", subject="sub_2")
    unschedule(uow, kind="reminder", subject="sub_3")
    unschedule_all(uow, "sub_1")
    assert drain(uow) == [("period_end", "sub_2")]


def test_scheduling_wakes_the_worker(work_at: WorkAt) -> None:
    uow, woken = work_at(MOMENT), []
    waking = UnitOfWork(uow.db, uow.now, uow.ids, lambda: None, wake_scheduler=lambda: woken.append(True))
    schedule(waking, kind="period_end", subject="sub_1", at=START)
    assert woken == [True]
