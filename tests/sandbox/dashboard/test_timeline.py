"""Time line: the entries of all kinds in order, its pages, and the choice of a subscription."""

from __future__ import annotations

from attrs import evolve

from duro import Duro
from duro.sandbox import Sandbox
from duro.sandbox.dashboard.timeline import TimelineEntry, TimelineSubject, read_timeline
from duro.sandbox.storage.pages import Selection
from tests.sandbox.dashboard.conftest import Browser


def read_all(sandbox: Sandbox, subject: TimelineSubject, limit: int) -> list[TimelineEntry]:
    """Return all entries, read in pages."""
    entries, selection = list[TimelineEntry](), Selection(limit)
    while True:
        page = sandbox._backend.transact(
            lambda db, selection=selection: read_timeline(db, subject, sandbox.requests, selection)
        )
        assert len(page.entries) <= limit
        entries += page.entries
        if page.cursor is None:
            return entries
        selection = evolve(selection, cursor=page.cursor)


def make_history(client: Duro, sandbox: Sandbox) -> tuple[TimelineSubject, str]:
    """Create two subscriptions of one customer, and let a renewal of the first fail and recover."""
    plan = client.plans.create(name="Pro", amount=500_000, interval="month")
    customer = client.customers.create(email="ada@example.com")
    sandbox.endpoints.add("http://127.0.0.1:9/closed-port")
    first = client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    sandbox.wait_for_deliveries()
    sandbox.clock.advance(days=1, deliver=False)
    second = client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    sandbox.cards.decline(customer.id, "insufficient_funds")
    sandbox.clock.advance(days=60, deliver=False)
    client.subscriptions.pause(first.id)
    return TimelineSubject(customer.id, first.id), second.id


def test_timeline_contains_each_kind_newest_first_without_gaps_between_pages(client: Duro, frozen: Sandbox) -> None:
    subject, _ = make_history(client, frozen)
    whole = read_all(frozen, subject, 1000)
    requests = {entry.title for entry in whole if entry.kind == "request"}
    assert requests == {"POST /v1/subscriptions", f"POST /v1/subscriptions/{subject.subscription_id}/pause"}
    assert {entry.kind for entry in whole} == {"request", "charge", "decision", "event", "delivery"}
    assert [entry.at for entry in whole] == sorted((entry.at for entry in whole), reverse=True)
    for limit in (1, 2, 7):
        assert read_all(frozen, subject, limit) == whole


def test_timeline_of_a_customer_contains_all_subscriptions(client: Duro, frozen: Sandbox) -> None:
    subject, second = make_history(client, frozen)
    of_customer = read_all(frozen, TimelineSubject(subject.customer_id), 1000)
    of_first = read_all(frozen, subject, 1000)
    of_second = read_all(frozen, TimelineSubject(subject.customer_id, second), 1000)

    def count(entries: list[TimelineEntry], kind: str) -> int:
        return sum(entry.kind == kind for entry in entries)

    for kind in ("charge", "decision", "event"):
        assert count(of_customer, kind) == count(of_first, kind) + count(of_second, kind) > 0


def test_unknown_cursor_of_a_timeline_is_refused(browser: Browser, client: Duro) -> None:
    customer = client.customers.create(email="ada@example.com")
    browser.open(f"/_sandbox/dashboard/customers/{customer.id}?cursor=1", status=400)


def test_customer_without_a_history_gets_advice(browser: Browser, frozen: Sandbox, client: Duro) -> None:
    customer = client.customers.create(email="ada@example.com")
    assert "Nothing has happened yet" in browser.open(f"/_sandbox/dashboard/customers/{customer.id}").text
    assert frozen.requests


def test_page_of_a_subscription_shows_the_reason_of_a_decision(browser: Browser, client: Duro, frozen: Sandbox) -> None:
    subject, _ = make_history(client, frozen)
    text = " ".join(browser.open(f"/_sandbox/dashboard/subscriptions/{subject.subscription_id}").text)
    assert "waiting for payday" in text
    assert "/pause" in text
    assert "subscription_payment_failed" in text


def test_entries_of_a_timeline_link_to_their_pages(browser: Browser, client: Duro, frozen: Sandbox) -> None:
    subject, _ = make_history(client, frozen)
    pages = browser.open(f"/_sandbox/dashboard/subscriptions/{subject.subscription_id}").attributes("a", "href")
    linked = {kind: [path for path in pages if f"/dashboard/{kind}/" in path] for kind in ("requests", "deliveries")}
    assert all(linked.values())
    for kind, title in (("requests", "Repeat with curl"), ("deliveries", "Replay")):
        assert title in browser.open(linked[kind][0]).text
