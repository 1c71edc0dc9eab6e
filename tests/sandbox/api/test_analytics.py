"""Analytics: totals of failed charges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from duro.sandbox import Sandbox

Make = Callable[..., dict[str, Any]]
PATH = "/v1/analytics/failures"


def test_a_new_sandbox_has_zero_failures(api: httpx.Client, subscribe: Make) -> None:
    subscribe()
    assert api.get(PATH).json() == {
        "inFlight": 0,
        "recovered": 0,
        "exhausted": 0,
        "recoveryRate": 0,
        "byFailureCode": {},
    }


def test_a_failed_invoice_counts_under_its_present_status(sandbox: Sandbox, api: httpx.Client, subscribe: Make) -> None:
    invoices = [(100, "paid"), (20, "open"), (300, "uncollectible"), (4000, "paid"), (50_000, "paid")]
    for amount, _ in invoices:
        subscribe(amount=amount)
    with sandbox._require().backend.store.transaction() as db:
        for amount, status in invoices[:4]:
            db.execute("UPDATE invoices SET status = ? WHERE amount = ?", (status, amount))
            code = "expired_card" if status == "open" else "insufficient_funds"
            for attempt in range(2):
                db.execute(
                    "INSERT INTO transactions SELECT :id, id, customer_id, :attempt, 'failed', amount, 'card',"
                    " :code, NULL, NULL, created_at FROM invoices WHERE amount = :amount",
                    {"id": f"txn_{amount}_{attempt}", "attempt": attempt + 2, "code": code, "amount": amount},
                )
    assert api.get(PATH).json() == {
        "inFlight": 20,
        "recovered": 4100,
        "exhausted": 300,
        "recoveryRate": 4100 / 4400,
        "byFailureCode": {"expired_card": 2, "insufficient_funds": 6},
    }
