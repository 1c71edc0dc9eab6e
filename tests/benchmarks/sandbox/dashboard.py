"""Server work of the dashboard's pages and the control lists at 20,000 subscriptions.

    python -m tests.benchmarks.sandbox.dashboard [--subscriptions 20000] [--days 40] [--database FILE]

Each figure is the smallest of several runs, in milliseconds: reading the data and rendering the page, or reading 100
entries of a control list. The request log has as many requests as there are subscriptions. With the file of an earlier
run, the subscriptions are not created again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.routing import Route

from duro.sandbox.backend import Backend
from duro.sandbox.clock import ClockSettings, timestamp
from duro.sandbox.control.lists import build_list_routes
from duro.sandbox.dashboard.frame import Frame
from duro.sandbox.dashboard.page import Visit
from duro.sandbox.dashboard.pages import PAGES
from duro.sandbox.request_log import RequestEntry

from .subscriptions import SEED, add_subscriptions

START = datetime(2026, 1, 10, 9, tzinfo=UTC)
RUNS = 5
LIMIT_MILLISECONDS = 20


def fill(backend: Backend, subscriptions: int, days: float) -> None:
    """Create subscriptions of one plan, and advance the clock with failing charges."""
    add_subscriptions(backend, subscriptions, START)
    backend.cards.profile({"insufficient_funds": 0.2, "expired_card": 0.05, "do_not_honor": 0.1})
    backend.clock.advance(days=days)


def list_visits(backend: Backend) -> list[tuple[str, Visit]]:
    """Return the template and the request of each figure."""
    with backend.store.transaction() as db:
        middle = db.execute("SELECT max(rowid) / 2 FROM subscriptions").fetchone()[0]
        subscription = db.execute("SELECT id, customer_id FROM subscriptions WHERE rowid = ?", (middle,)).fetchone()
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
        ("ledger.html", Visit()),
        ("ledger.html", Visit(query={"status": "failed"})),
        ("ledger.html", Visit(query={"status": "pending"})),
        ("ledger.html", Visit(query={"kind": "refunds"})),
        ("events.html", Visit()),
        ("events.html", Visit(query={"type": "subscription_paused"})),
        ("deliveries.html", Visit()),
        ("requests.html", Visit()),
        ("requests.html", Visit(query={"path": "unknown"})),
        ("faults.html", Visit()),
        ("codes.html", Visit()),
    ]


def log_requests(backend: Backend, number: int) -> None:
    at = timestamp(START)
    for index in range(number):
        path = f"/v1/customers/cus_{index}"
        backend.request_log.append(RequestEntry("GET", path, 200, f"key_{index}", f"req_{index}", at))


def measure(action: Callable[[], object]) -> float:
    """Return the smallest processor time of several runs in milliseconds."""
    times = list[float]()
    for _ in range(RUNS):
        start = time.thread_time()
        action()
        times.append((time.thread_time() - start) * 1000)
    return min(times)


def read_control_list(route: Route) -> None:
    """Read the newest 100 entries of a control list."""
    scope = {"type": "http", "method": "GET", "path": route.path, "headers": [], "server": ("127.0.0.1", 80)}
    request = Request({**scope, "query_string": b"limit=100&order=newest"})
    anyio.run(route.endpoint, request)


def report(milliseconds: float, name: str) -> None:
    mark = "" if milliseconds <= LIMIT_MILLISECONDS else "  above the limit"
    print(f"{milliseconds:7.1f} ms {name}{mark}")


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
    log_requests(backend, options.subscriptions)
    for template, visit in list_visits(backend):
        size = len(frame.respond(pages[template], visit).body)
        report(
            measure(partial(frame.respond, pages[template], visit)), f"{size:7} bytes  {template} {dict(visit.query)}"
        )
    for route in build_list_routes(backend):
        report(measure(partial(read_control_list, route)), route.path)
    backend.close()


if __name__ == "__main__":
    main()
