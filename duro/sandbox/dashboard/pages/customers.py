"""Customers: the list with its search, and the page of a customer with a time line."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from ...auth.portal_links import create_link_token
from ...backend import Backend
from ...billing.cards import list_cards
from ...portal.links import build_link_path
from ...storage.pages import Selection
from ...storage.rows import find
from ..card_forms import CATEGORY_OPTIONS, decline_charge, replace_card
from ..navigation import ROOT
from ..page import DashboardForm, DashboardPage, FormResult, Visit
from ..search import search_customers, search_subscriptions
from ..timeline import TimelineSubject, read_timeline

__all__ = ["FORMS", "PAGES"]

PATH: Final = f"{ROOT}/customers"
PAGE_SIZE: Final = 50
MAX_SUBSCRIPTIONS: Final = 20


def _view_list(backend: Backend, visit: Visit) -> Mapping[str, object]:
    selection = Selection(PAGE_SIZE, visit.query.get("cursor"))
    with backend.store.transaction() as db:
        return {"page": search_customers(db, visit.query.get("search", "").strip(), selection)}


def _view_customer(backend: Backend, visit: Visit) -> Mapping[str, object]:
    requests = backend.request_log.entries()
    with backend.store.transaction() as db:
        customer = find(db, "customers", visit.path["id"])
        own = Selection(MAX_SUBSCRIPTIONS, filters={"customer_id": customer["id"]})
        timeline = Selection(PAGE_SIZE, visit.query.get("cursor"))
        return {
            "customer": customer,
            "cards": list_cards(db, [customer]),
            "subscriptions": search_subscriptions(db, "", own).entries,
            "timeline": read_timeline(db, TimelineSubject(customer["id"]), requests, timeline),
            "categories": CATEGORY_OPTIONS,
            "portal_path": _find_portal_path(backend, customer),
            "origin": visit.origin,
        }


def _find_portal_path(backend: Backend, customer: sqlite3.Row) -> str:
    """Return the path of the customer's portal link. It is empty for a customer without an e-mail address."""
    email = customer["email"]
    return build_link_path(create_link_token(backend.work.seed, email, backend.mode)) if email else ""


def _decline(backend: Backend, visit: Visit) -> FormResult:
    return FormResult(f"{PATH}/{visit.path['id']}", decline_charge(backend, visit.path["id"], visit))


def _replace(backend: Backend, visit: Visit) -> FormResult:
    return FormResult(f"{PATH}/{visit.path['id']}", replace_card(backend, visit.path["id"]))


_CUSTOMER: Final = DashboardPage(f"{PATH}/{{id}}", "customer.html", _view_customer, PATH)

PAGES: Final = (DashboardPage(PATH, "customers.html", _view_list, PATH), _CUSTOMER)
FORMS: Final = (
    DashboardForm(f"{PATH}/{{id}}/decline", _decline, _CUSTOMER),
    DashboardForm(f"{PATH}/{{id}}/replace", _replace, _CUSTOMER),
)
