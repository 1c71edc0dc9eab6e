"""Subscriptions: the list with search and filter, and the page of a subscription with a time line."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from ...backend import Backend
from ...billing.subscriptions import cancel_subscription
from ...errors import ApiError
from ...storage.pages import Selection
from ...storage.rows import find
from ..card_forms import CATEGORY_OPTIONS, decline_charge, replace_card
from ..formats import humanize
from ..navigation import ROOT
from ..page import DashboardForm, DashboardPage, FormResult, Visit
from ..search import search_subscriptions
from ..timeline import TimelineSubject, read_timeline

__all__ = ["FORMS", "PAGES"]

PATH: Final = f"{ROOT}/subscriptions"
PAGE_SIZE: Final = 50
MAX_INVOICES: Final = 12

_STATUSES: Final = (
    "active",
    "trialing",
    "past_due",
    "unpaid",
    "paused",
    "incomplete",
    "canceled",
    "expired",
)
_STATUS_OPTIONS: Final = (("", "All"), *((status, humanize(status)) for status in _STATUSES))


def _view_list(backend: Backend, visit: Visit) -> Mapping[str, object]:
    status = visit.query.get("status", "")
    if status and status not in _STATUSES:
        raise ApiError(404, "This status does not exist. Open the list of all subscriptions.")
    selection = Selection(PAGE_SIZE, visit.query.get("cursor"), {"status": status} if status else {})
    with backend.store.transaction() as db:
        page = search_subscriptions(db, visit.query.get("search", "").strip(), selection)
    return {"page": page, "statuses": _STATUS_OPTIONS}


def _view_subscription(backend: Backend, visit: Visit) -> Mapping[str, object]:
    requests = backend.request_log.entries()
    with backend.store.transaction() as db:
        subscription = find(db, "subscriptions", visit.path["id"])
        timeline = Selection(PAGE_SIZE, visit.query.get("cursor"))
        subject = TimelineSubject(subscription["customer_id"], subscription["id"])
        return {
            "subscription": subscription,
            "customer": find(db, "customers", subscription["customer_id"]),
            "plan": find(db, "plans", subscription["plan_id"]),
            "invoices": _list_invoices(db, subscription),
            "timeline": read_timeline(db, subject, requests, timeline),
            "categories": CATEGORY_OPTIONS,
            "is_over": subscription["status"] in {"canceled", "expired"},
            "may_end_later": subscription["status"] in {"active", "trialing", "paused"},
        }


def _list_invoices(db: sqlite3.Connection, subscription: sqlite3.Row) -> list[sqlite3.Row]:
    """Return the invoices of the latest periods. Their index does not contain invoices of plan changes."""
    return db.execute(
        "SELECT * FROM invoices WHERE subscription_id = ? AND kind = 'period' ORDER BY period_start DESC LIMIT ?",
        (subscription["id"], MAX_INVOICES),
    ).fetchall()


def _decline(backend: Backend, visit: Visit) -> FormResult:
    return FormResult(_path(visit), decline_charge(backend, _find_customer(backend, visit), visit))


def _replace(backend: Backend, visit: Visit) -> FormResult:
    return FormResult(_path(visit), replace_card(backend, _find_customer(backend, visit)))


def _cancel(backend: Backend, visit: Visit) -> FormResult:
    at_period_end = visit.form.get("when") == "period_end"
    with backend.unit_of_work(f"cancel {visit.path['id']}") as uow:
        subscription = find(uow.db, "subscriptions", visit.path["id"])
        changed = cancel_subscription(uow, subscription, at_period_end=at_period_end)
    if changed["status"] == "canceled":
        return FormResult(_path(visit), "The subscription was canceled.")
    return FormResult(_path(visit), "The subscription will be canceled at the end of its period.")


def _path(visit: Visit) -> str:
    return f"{PATH}/{visit.path['id']}"


def _find_customer(backend: Backend, visit: Visit) -> str:
    with backend.store.transaction() as db:
        customer_id: str = find(db, "subscriptions", visit.path["id"])["customer_id"]
    return customer_id


_SUBSCRIPTION: Final = DashboardPage(f"{PATH}/{{id}}", "subscription.html", _view_subscription, PATH)

PAGES: Final = (DashboardPage(PATH, "subscriptions.html", _view_list, PATH), _SUBSCRIPTION)
FORMS: Final = (
    DashboardForm(f"{PATH}/{{id}}/decline", _decline, _SUBSCRIPTION),
    DashboardForm(f"{PATH}/{{id}}/replace", _replace, _SUBSCRIPTION),
    DashboardForm(f"{PATH}/{{id}}/cancel", _cancel, _SUBSCRIPTION),
)
