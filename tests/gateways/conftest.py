from __future__ import annotations

import ssl
from typing import NamedTuple

import pytest
import trustme

from duro import Duro
from tests.gateways.writes import Ledger

COLUMNS = ("gateway", "mode", "restarts", "done", "not done", "unknown", "twice", "hung")


class TLS(NamedTuple):
    """Certificate of the gateways, and an SSL context that trusts it."""

    certificate: trustme.LeafCert
    context: ssl.SSLContext


@pytest.fixture(scope="session")
def tls():
    authority = trustme.CA()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return TLS(authority.issue_cert("127.0.0.1"), context)


@pytest.fixture
def ledger(sandbox):
    """Return the ledger of a sandbox with a customer and a plan."""
    with Duro(sandbox.secret_key, base_url=sandbox.url) as duro:
        customer = duro.customers.create(email="payer@example.com")
        plan = duro.plans.create(name="Pro", amount=500, interval="month")
    return Ledger(sandbox, {"customer_id": customer.id, "plan_id": plan.id})


@pytest.fixture
def record_row(record_property):
    """Add a row to the table that is printed at the end: ``record_row(gateway=…, mode=…, …)``."""
    return lambda **row: record_property("gateway", row)


def pytest_terminal_summary(terminalreporter):
    """Print a table with a row for each run."""
    rows = sorted(
        [str(row[column.replace(" ", "_")]) for column in COLUMNS]
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, row in report.user_properties
        if name == "gateway" and report.when == "call"
    )
    if not rows:
        return
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    terminalreporter.section("writes through gateways that were restarted")
    for row in [COLUMNS, *rows]:
        names, numbers = zip(row[:2], widths[:2], strict=True), zip(row[2:], widths[2:], strict=True)
        cells = [f"{name:{width}}" for name, width in names] + [f"{number:>{width}}" for number, width in numbers]
        terminalreporter.write_line("  ".join(cells))
