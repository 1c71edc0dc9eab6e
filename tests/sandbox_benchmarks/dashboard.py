"""Server work of the dashboard's pages at 20,000 subscriptions.

    python tests/sandbox_benchmarks/dashboard.py [--subscriptions 20000] [--days 40] [--database FILE]

Each figure is the smallest of several runs: reading the data and rendering the page, in milliseconds. With the file of
an earlier run, the subscriptions are not created again.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path

from duro.sandbox.backend import Backend
from duro.sandbox.billing.customers import add_customer
from duro.sandbox.billing.plans import create_plan
from duro.sandbox.billing.subscriptions import start_subscription
from duro.sandbox.clock import ClockSettings
from duro.sandbox.dashboard.frame import Frame
from duro.sandbox.dashboard.page import Visit
from duro.sandbox.dashboard.pages import PAGES

START = datetime(2026, 1, 10, 9, tzinfo=UTC)
SEED = 7
RUNS = 5
LIMIT_MILLISECONDS = 20


def fill(backend: Backend, subscriptions: int, days: float) -> None:
    """Create subscriptions of one plan, and advance the clock with failing charges."""
    with backend.store.transaction() as db:
        for number in range(subscriptions):
            uow = backend.work.for_request(db, START, str(number).encode())
            if not number:
                values = {"name": "Pro", "amount": 500_000, "currency": "NGN", "interval": "month"}
                plan = create_plan(uow, {**values, "interval_count": 1, "trial_days": 0})
            person = {"email": f"person{number}@example.com", "name": f"Person {number}"}
            start_subscription(uow, add_customer(uow, person), plan)
    backend.cards.profile({"insufficient_funds": 0.2, "expired_card": 0.05, "do_not_honor": 0.1})
    backend.clock.advance(days=days)


def list_visits(backend: Backend) -> list[tuple[str, Visit]]:
    """Return the template and the request of each figure."""
    with backend.store.transaction() as db:
        subscription = db.execute("SELECT id, customer_id FROM subscriptions LIMIT 1 OFFSET 9000").fetchone()
        middle = db.execute("SELECT max(rowid) / 2 FROM subscriptions").fetchone()[0]
    return [
        ("overview.html", Visit()),
        ("subscriptions.html", Visit()),
        ("subscriptions.html", Visit(query={"cursor": str(middle)})),
        ("subscriptions.html", Visit(query={"status": "unpaid"})),
        ("subscriptions.html", Visit(query={"search": "p"})),
        ("subscriptions.html", Visit(query={"search": "person 1234", "status": "active"})),
        ("customers.html", Visit()),
        ("customers.html", Visit(query={"search": "p"})),
        ("customers.html", Visit(query={"search": "nobody"})),
        ("subscription.html", Visit({"id": subscription["id"]})),
        ("customer.html", Visit({"id": subscription["customer_id"]})),
        ("recovery.html", Visit()),
        ("recoveries.html", Visit({"state": "recovered"})),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--subscriptions", type=int, default=20_000)
    parser.add_argument("--days", type=float, default=40)
    parser.add_argument("--database", type=Path)
    options = parser.parse_args()
    is_filled = options.database is not None and options.database.exists()
    backend = Backend.open(options.database, 3600, ClockSettings("frozen", START, SEED))
    if not is_filled:
        fill(backend, options.subscriptions, options.days)
    pages = {page.template: page for page in PAGES}
    frame = Frame(backend, PAGES)
    for template, visit in list_visits(backend):
        times = list[float]()
        for _ in range(RUNS):
            start = time.thread_time()
            response = frame.respond(pages[template], visit)
            times.append((time.thread_time() - start) * 1000)
        mark = "" if min(times) <= LIMIT_MILLISECONDS else "  above the limit"
        print(f"{min(times):7.1f} ms {len(response.body):7} bytes  {template} {dict(visit.query)}{mark}")
    backend.close()


if __name__ == "__main__":
    main()
