"""Pages of the dashboard at 20,000 rows: their size, and the time that the server works for them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import httpx
import pytest

from duro.sandbox import RequestEntry, Sandbox

NUMBER = 20_000
MAX_BYTES = 100_000
ROOT = "/_sandbox/dashboard"
START = "2026-06-28T09:00:00.000Z"
PAGES = [
    "requests",
    "requests?method=POST",
    "requests?path=unknown",
    "events",
    "events?type=subscription_paused",
    "deliveries",
    "deliveries?state=pending",
    "codes",
    "codes?recipient=unknown",
    "ledger",
    "ledger?status=pending",
    "ledger?kind=refunds",
    "faults",
]


@pytest.fixture(scope="module")
def large() -> Iterator[Sandbox]:
    """Sandbox with 20,000 charges, events, deliveries, codes, declines and requests."""
    with Sandbox() as sandbox:
        backend = sandbox._require().backend
        with backend.store.transaction() as db:
            fill(db)
        for number in range(NUMBER):
            entry = RequestEntry("GET", f"/v1/customers/cus_{number}", 200, f"key_{number}", f"req_{number}", START)
            backend.request_log.append(entry)
        yield sandbox


def fill(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO customers (id, created_at) VALUES ('cus_1', ?)", (START,))
    endpoint = (
        "INSERT INTO endpoints (id, url, secret, events, created_at) VALUES ('we_1', ?, 'whsec_sandbox', '[]', ?)"
    )
    db.execute(endpoint, ("http://127.0.0.1:9/", START))
    payload = b'{"id": "evt", "data": {"note": "' + b"x" * 600 + b'"}}'
    rows = [(f"{number:05}", f"2026-06-28T09:{number // 1000:02}:00.{number % 1000:03}Z") for number in range(NUMBER)]
    values = [{"id": identifier, "at": at, "payload": payload} for identifier, at in rows]
    invoice = ["id", "customer_id", "kind", "amount", "currency", "status", "period_start", "period_end", "created_at"]
    transaction = ["id", "invoice_id", "customer_id", "attempt", "status", "amount", "rail", "created_at"]
    for table, statement in {
        f"invoices ({', '.join(invoice)})": "'inv_' || :id, 'cus_1', 'sale', 700, 'NGN', 'paid', :at, :at, :at",
        f"transactions ({', '.join(transaction)})": (
            "'txn_' || :id, 'inv_' || :id, 'cus_1', 1, 'succeeded', 700, 'card', :at"
        ),
        "refunds (id, invoice_id, customer_id, amount, created_at)": "'rf_' || :id, 'inv_' || :id, 'cus_1', 700, :at",
        "events (id, type, payload, created_at)": "'evt_' || :id, 'invoice_created', :payload, :at",
        "deliveries (event_id, endpoint_id, state, due_at, status, at)": (
            "'evt_' || :id, 'we_1', 'delivered', :at, 200, :at"
        ),
        "codes (id, channel, recipient, code, expires_at, created_at)": (
            "'otp_' || :id, 'email', 'a' || :id || '@x.y', '123456', :at, :at"
        ),
        "charge_declines (subject, category)": "'cus_1', 'hard_decline'",
        "charge_scripts (subject, category)": "'cus_' || :id, 'hard_decline'",
    }.items():
        db.executemany(f"INSERT INTO {table} VALUES ({statement})", values)  # noqa: S608 - constants


@pytest.mark.parametrize("path", PAGES)
def test_page_of_20_000_rows_is_small(large: Sandbox, path: str) -> None:
    response = httpx.get(f"{large.url}{ROOT}/{path}")
    assert response.status_code == 200
    assert len(response.content) < MAX_BYTES
