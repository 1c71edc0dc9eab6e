"""Billing pages: contents, search, filters, paging, escaping, forms and unknown ids."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TypeAlias

import pytest

from duro import Customer, Duro, Subscription
from duro.sandbox import Sandbox
from duro.sandbox.dashboard.page import Visit
from duro.sandbox.dashboard.pages import overview
from duro.sandbox.storage.database import Database
from tests.sandbox.dashboard.conftest import Browser

ROOT = "/_sandbox/dashboard"
ATTACK = "<script>alert('1')</script>"
UNKNOWN = "01HKBZ4PQ9Z3K7T8V9X2Y1B5C6"

Subscribe: TypeAlias = Callable[..., tuple[Customer, Subscription]]


@pytest.fixture
def subscribe(client: Duro) -> Subscribe:
    plan = client.plans.create(name="Pro", amount=1_250_050, interval="month")

    def make(email: str = "ada@example.com", name: str = "Ada Obi") -> tuple[Customer, Subscription]:
        customer = client.customers.create(email=email, name=name)
        return customer, client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)

    return make


def text_of(browser: Browser, path: str) -> str:
    return re.sub(r"\s+", " ", " ".join(browser.open(path).text))


# Overview


def test_overview_shows_what_is_due_next_and_for_whom(browser: Browser, subscribe: Subscribe) -> None:
    customer, subscription = subscribe()
    text = text_of(browser, "/_sandbox/")
    assert f"Period end {customer.name}" in text
    assert "in 1 month" in text
    assert f"{ROOT}/subscriptions/{subscription.id}" in browser.open("/_sandbox/").attributes("a", "href")


def test_overview_is_shown_while_the_clock_advances(
    frozen: Sandbox, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, _ = subscribe()
    frozen.cards.decline(customer.id, "insufficient_funds")
    begin, thread = Database.transaction, threading.get_ident()

    def advance_and_begin(database: Database) -> AbstractContextManager[sqlite3.Connection]:
        # Not for the workers of the sandbox, which have threads of their own.
        if threading.get_ident() == thread:
            monkeypatch.setattr(Database, "transaction", begin)
            # The renewal fails on a day after the one on which the request for the page began.
            frozen.clock.advance(days=31)
        return begin(database)

    monkeypatch.setattr(Database, "transaction", advance_and_begin)
    assert overview.PAGES[0].view(frozen._backend, Visit())["chart"]


def test_due_item_of_an_invoice_names_its_customer(browser: Browser, frozen: Sandbox, subscribe: Subscribe) -> None:
    customer, _ = subscribe()
    frozen.cards.decline(customer.id, "insufficient_funds")
    frozen.clock.advance(days=31)
    assert f"Recovery attempt {customer.name}" in text_of(browser, "/_sandbox/")


def test_due_item_without_a_customer_has_its_id(browser: Browser, client: Duro) -> None:
    session = client.checkout.create_session(amount=90_000)
    assert "Session expiry" in text_of(browser, "/_sandbox/")
    assert session.id in browser.open("/_sandbox/").attributes("code", "title")


def test_overview_of_a_new_sandbox_has_a_program_to_begin_with(browser: Browser, frozen: Sandbox) -> None:
    text = text_of(browser, "/_sandbox/")
    assert f'client = Duro("sk_test_sandbox", base_url="{frozen.url}")' in text
    assert "Every renewal was paid" not in text


def test_overview_without_a_failed_renewal_has_a_profile_to_try(browser: Browser, subscribe: Subscribe) -> None:
    subscribe()
    assert "Every renewal was paid" in text_of(browser, "/_sandbox/")


@pytest.mark.parametrize(
    ("step", "seconds"), [("hour", 3_600), ("day", 86_400), ("payday", 18 * 86_400), ("next", 31 * 86_400)]
)
def test_button_advances_the_clock(
    browser: Browser, frozen: Sandbox, subscribe: Subscribe, step: str, seconds: int
) -> None:
    subscribe()
    before = frozen.clock.now()
    page = browser.send(f"{ROOT}/clock", {"step": step})
    assert frozen.clock.now() - before == timedelta(seconds=seconds)
    assert any("The clock is at" in text for text in page.text)


@pytest.mark.parametrize("step", ["", "year", "next"])
def test_unknown_step_is_refused(browser: Browser, frozen: Sandbox, step: str) -> None:
    before = frozen.clock.now()
    page = browser.send(f"{ROOT}/clock", {"step": step}, status=422)
    assert "alert" in page.attributes("div", "role")
    assert frozen.clock.now() == before


def test_overview_shows_money_at_risk_and_recovered(browser: Browser, frozen: Sandbox, subscribe: Subscribe) -> None:
    customer, _ = subscribe()
    frozen.cards.decline(customer.id, "insufficient_funds")
    frozen.clock.advance(days=31)
    at_risk = text_of(browser, "/_sandbox/")
    assert "Recovering · 1 ₦12,500.50" in at_risk
    assert "Lost · 0 ₦0.00" in at_risk
    assert "attempt 2 of 5" in at_risk
    frozen.clock.advance(days=28)
    recovered = text_of(browser, "/_sandbox/")
    assert "₦12,500.50 recovered, ₦0.00 at risk or recovering, ₦0.00 lost." in recovered
    assert "svg" in browser.open("/_sandbox/").names


# Lists


def test_lists_link_to_the_details(browser: Browser, subscribe: Subscribe) -> None:
    customer, subscription = subscribe()
    assert f"{ROOT}/customers/{customer.id}" in browser.open(f"{ROOT}/customers").attributes("a", "href")
    assert f"{ROOT}/subscriptions/{subscription.id}" in browser.open(f"{ROOT}/subscriptions").attributes("a", "href")


@pytest.mark.parametrize("search", ["ada", "ADA@", "Ada O", "cus_", "sub_"])
def test_search_finds_the_beginning_of_a_value(browser: Browser, subscribe: Subscribe, search: str) -> None:
    subscribe()
    subscribe("tunde@example.com", "Tunde")
    text = text_of(browser, f"{ROOT}/subscriptions?search={search}")
    assert "Ada Obi" in text
    assert ("Tunde" in text) == search.endswith("_")


def test_search_of_customers_ends_with_advice(browser: Browser, subscribe: Subscribe) -> None:
    subscribe()
    assert "Ada Obi" in text_of(browser, f"{ROOT}/customers?search=ada")
    assert "No customer matches" in text_of(browser, f"{ROOT}/customers?search=da%25")


def test_filter_selects_a_status(browser: Browser, client: Duro, subscribe: Subscribe) -> None:
    _, subscription = subscribe()
    subscribe("tunde@example.com", "Tunde")
    client.subscriptions.pause(subscription.id)
    text = text_of(browser, f"{ROOT}/subscriptions?status=paused")
    assert "Ada Obi" in text
    assert "Tunde" not in text
    assert "No subscription matches" in text_of(browser, f"{ROOT}/subscriptions?status=expired&search=ada")
    browser.open(f"{ROOT}/subscriptions?status=unknown", status=404)


@pytest.mark.parametrize("name", ["customers", "subscriptions"])
def test_pages_of_a_list_follow_one_another(
    browser: Browser, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(f"duro.sandbox.dashboard.pages.{name}.PAGE_SIZE", 2)
    for number in range(3):
        subscribe(f"person{number}@example.com", f"Person {number}")
    first = browser.open(f"{ROOT}/{name}?search=person")
    assert [text for text in first.text if text.startswith("Person")] == ["Person 2", "Person 1"]
    (following,) = [given["href"] or "" for tag, given in first.tags if tag == "a" and given.get("rel") == "next"]
    second = browser.open(f"{ROOT}/{name}{following}")
    assert [text for text in second.text if text.startswith("Person")] == ["Person 0"]
    assert "next" not in second.attributes("a", "rel")
    assert "?search=person&" in second.attributes("a", "href")


@pytest.mark.parametrize("path", ["customers", "subscriptions", "recovery/lost"])
def test_unknown_cursor_is_refused(browser: Browser, path: str) -> None:
    browser.open(f"{ROOT}/{path}?cursor=unknown", status=400)


# Details


@pytest.mark.parametrize("path", [f"customers/cus_{UNKNOWN}", f"subscriptions/sub_{UNKNOWN}", "recovery/unknown"])
def test_unknown_object_shows_a_page(browser: Browser, path: str) -> None:
    assert "Page not found" in browser.open(f"{ROOT}/{path}", status=404).text


@pytest.mark.parametrize("form", ["decline", "replace", "cancel"])
def test_form_of_an_unknown_subscription_shows_a_page(browser: Browser, form: str) -> None:
    browser.send(f"{ROOT}/subscriptions/sub_{UNKNOWN}/{form}", {"category": "hard_decline"}, status=404)


@pytest.mark.parametrize("owner", ["customers", "subscriptions"])
def test_declined_charge_and_new_card(browser: Browser, frozen: Sandbox, subscribe: Subscribe, owner: str) -> None:
    customer, subscription = subscribe()
    path = f"{ROOT}/{owner}/{customer.id if owner == 'customers' else subscription.id}"
    page = browser.send(f"{path}/decline", {"category": "expired_card"}, page=path)
    assert "The next charge by card will be declined." in page.text
    frozen.clock.advance(days=31)
    assert frozen.ledger[-1].failure_code == "54"
    page = browser.send(f"{path}/replace", {}, page=path)
    assert "The card was replaced, and the invoices that waited for it were charged." in page.text
    assert frozen.ledger[-1].status == "succeeded"


def test_refused_form_shows_its_error_on_the_page(browser: Browser, subscribe: Subscribe) -> None:
    customer, _ = subscribe()
    path = f"{ROOT}/customers/{customer.id}"
    page = browser.send(f"{path}/decline", {"category": "unknown"}, page=path, status=422)
    assert "alert" in page.attributes("div", "role")
    assert "Time line" in page.text


def test_subscription_is_canceled_at_the_end_of_its_period_or_now(browser: Browser, subscribe: Subscribe) -> None:
    _, subscription = subscribe()
    path = f"{ROOT}/subscriptions/{subscription.id}"
    page = browser.send(f"{path}/cancel", {"when": "period_end"}, page=path)
    assert "The subscription will be canceled at the end of its period." in page.text
    assert "ends with its period" in page.text
    page = browser.send(f"{path}/cancel", {"when": "now"}, page=path)
    assert "The subscription was canceled." in page.text
    assert "Canceled" in page.text
    assert "Cancel the subscription" not in page.text
    token = browser.open("/_sandbox/").find_token()
    assert browser.client.post(f"{path}/cancel", data={"token": token, "when": "now"}).status_code == 409


# Recovery board


def test_board_moves_an_invoice_from_at_risk_to_recovered(
    browser: Browser, frozen: Sandbox, subscribe: Subscribe
) -> None:
    customer, _ = subscribe()
    frozen.cards.decline(customer.id, "expired_card")
    frozen.clock.advance(days=31)
    assert "At risk 1 ₦12,500.50" in text_of(browser, f"{ROOT}/recovery")
    frozen.cards.replace(customer.id)
    assert "Recovered 1 ₦12,500.50" in text_of(browser, f"{ROOT}/recovery")
    assert "Ada Obi" in text_of(browser, f"{ROOT}/recovery/recovered")


def test_board_counts_a_canceled_subscription_as_lost(
    browser: Browser, client: Duro, frozen: Sandbox, subscribe: Subscribe
) -> None:
    customer, subscription = subscribe()
    frozen.cards.decline(customer.id, "insufficient_funds", times=None)
    frozen.clock.advance(days=31)
    assert "Recovering 1 ₦12,500.50" in text_of(browser, f"{ROOT}/recovery")
    client.subscriptions.cancel(subscription.id)
    assert "Lost 1 ₦12,500.50" in text_of(browser, f"{ROOT}/recovery")


def test_column_of_the_board_links_to_all_its_recoveries(
    browser: Browser, frozen: Sandbox, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("duro.sandbox.dashboard.pages.recovery.MAX_CARDS", 1)
    monkeypatch.setattr("duro.sandbox.dashboard.pages.recovery.PAGE_SIZE", 1)
    for name in ("Ada", "Tunde"):
        customer, _ = subscribe(f"{name}@example.com", name)
        frozen.cards.decline(customer.id, "insufficient_funds")
    frozen.clock.advance(days=31)
    path = f"{ROOT}/recovery/recovering"
    assert path in browser.open(f"{ROOT}/recovery").attributes("a", "href")
    first = browser.open(path)
    (following,) = [given["href"] or "" for tag, given in first.tags if given.get("rel") == "next"]
    second = browser.open(path + following)
    assert {name for page in (first, second) for name in page.text if name in {"Ada", "Tunde"}} == {"Ada", "Tunde"}


# Escaping


def test_text_of_the_api_is_shown_as_text(browser: Browser, client: Duro, frozen: Sandbox) -> None:
    plan = client.plans.create(name=ATTACK, amount=500_000, interval="month")
    customer = client.customers.create(name=ATTACK, email="ada@example.com", merchant_ref=ATTACK)
    subscription = client.subscriptions.create(customer_id=customer.id, plan_id=plan.id, idempotency_key="key-1")
    client.customers.retrieve(customer.id)
    frozen.cards.decline(customer.id, "insufficient_funds")
    frozen.clock.advance(days=31)
    for path in (
        "/_sandbox/",
        f"{ROOT}/customers",
        f"{ROOT}/customers/{customer.id}",
        f"{ROOT}/subscriptions",
        f"{ROOT}/subscriptions/{subscription.id}",
        f"{ROOT}/recovery",
        f"{ROOT}/recovery/recovering",
    ):
        page = browser.open(path)
        assert any(ATTACK in text for text in page.text)
        assert page.attributes("script", "src") == ["/_sandbox/static/dashboard.js", "/_sandbox/static/live.js"]


def test_text_of_the_query_is_shown_as_text(browser: Browser) -> None:
    page = browser.client.get(f"{ROOT}/customers", params={"search": f'"{ATTACK}'})
    assert "<script>alert" not in page.text
