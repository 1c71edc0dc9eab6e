"""Query plans: no statement of an advance, a list or a creation reads a whole table."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from duro.sandbox import Sandbox
from tests.support.tls import NO_AUTHORITIES

# Tables that grow with the number of subscriptions. The others have few rows.
GROWING = "customers subscriptions cards invoices transactions events due_items deliveries decisions refunds"
SCAN = re.compile(rf"SCAN (?:{'|'.join(GROWING.split())})\b")
READS = re.compile("SELECT|UPDATE|DELETE")
SORT = "USE TEMP B-TREE FOR ORDER BY"
START = datetime(2026, 1, 31, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="frozen", start=START, seed=7) as sandbox:
        plan = call(sandbox, "POST", "/v1/plans", name="Pro", amount=3000, interval="month")["id"]
        for number in range(8):
            customer = call(sandbox, "POST", "/v1/customers", email=f"customer{number}@example.com")["id"]
            call(sandbox, "POST", "/v1/subscriptions", customerId=customer, planId=plan)
        yield sandbox


def call(sandbox: Sandbox, method: str, path: str, **body: object) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {sandbox.secret_key}"}
    content = body if method == "POST" else None
    response = httpx.request(method, f"{sandbox.url}{path}", headers=headers, json=content, verify=NO_AUTHORITIES)
    assert response.is_success, response.text
    return response.json()


def find_slow(db: sqlite3.Connection, statement: str) -> list[str]:
    """Return the steps of a statement that read a whole table. A page in the order of an index ends at its limit."""
    steps = [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}")]
    scans = [step for step in steps if SCAN.match(step)]
    return [] if "LIMIT" in statement and SORT not in steps else scans


@contextmanager
def statements(sandbox: Sandbox) -> Generator[set[str], None, None]:
    """Collect the statements that run in the block, and check their plans at its end."""
    connection, found = sandbox._require().backend.store._connection, set[str]()
    connection.set_trace_callback(lambda text: found.add(text) if READS.match(text) else None)
    try:
        yield found
    finally:
        connection.set_trace_callback(None)
    with sandbox._require().backend.store.transaction() as db:
        assert {each: slow for each in found if (slow := find_slow(db, each))} == {}


def test_an_advance_does_not_read_a_whole_table(sandbox: Sandbox) -> None:
    sandbox.cards.profile({"insufficient_funds": 0.3, "do_not_honor": 0.1, "expired_card": 0.1})
    with statements(sandbox) as found:
        sandbox.clock.advance(days=90)
        sandbox.clock.advance(until="subscription_past_due")
    assert len(found) > 100


@pytest.mark.parametrize(
    "path",
    [
        "/v1/customers",
        "/v1/plans",
        *(f"/_sandbox/{name}" for name in ("ledger", "refunds", "events", "decisions", "requests")),
    ],
)
def test_a_page_of_a_list_does_not_read_a_whole_table(sandbox: Sandbox, path: str) -> None:
    with statements(sandbox):
        call(sandbox, "GET", f"{path}?limit=5")


def test_the_totals_of_the_ledger_do_not_read_a_whole_table(sandbox: Sandbox) -> None:
    with statements(sandbox) as found:
        assert httpx.get(f"{sandbox.url}/_sandbox/dashboard/ledger").is_success
    assert any("ledger_totals" in each for each in found)


def test_a_creation_does_not_read_a_whole_table(sandbox: Sandbox) -> None:
    with statements(sandbox):
        plan = call(sandbox, "POST", "/v1/plans", name="Pro", amount=3000, interval="month", trialDays=7)["id"]
        customer = call(sandbox, "POST", "/v1/customers", email="new@example.com", merchantRef="new")["id"]
        subscription = call(sandbox, "POST", "/v1/subscriptions", customerId=customer, planId=plan)["id"]
        call(sandbox, "POST", f"/v1/subscriptions/{subscription}/cancel", atPeriodEnd=True)
        call(sandbox, "GET", f"/v1/customers/{customer}/subscriptions")
        call(sandbox, "GET", f"/v1/customers/{customer}/transactions")


def test_a_page_of_one_event_type_reads_no_other_types(sandbox: Sandbox) -> None:
    with statements(sandbox) as found:
        call(sandbox, "GET", "/_sandbox/events?limit=5&type=subscription_unpaid")
    (page,) = (each for each in found if "FROM events" in each)
    with sandbox._require().backend.store.transaction() as db:
        steps = [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {page}")]
    assert steps == ["SEARCH events USING INDEX events_by_type (type=?)"]
