from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from duro._clock import Clock
from duro.webhooks import Event, MemoryInbox, SQLiteInbox, Webhook

CUSTOMER = {
    "id": "cus_1",
    "email": "ada@example.com",
    "phone": None,
    "name": "Ada",
    "merchantRef": "EXT-001",
    "blacklisted": False,
    "blacklistReason": None,
    "createdAt": "2026-01-01T10:00:00.000Z",
}
PLAN = {
    "id": "plan_1",
    "name": "Pro Monthly",
    "amount": 500_000,
    "currency": "NGN",
    "interval": "month",
    "intervalCount": 1,
    "trialDays": 0,
    "maxCycles": None,
    "createdAt": "2026-01-01T10:00:00.000Z",
}
SUBSCRIPTION = {
    "id": "sub_1",
    "status": "active",
    "planId": "plan_1",
    "currentPeriodStart": "2026-06-01T10:00:00.000Z",
    "currentPeriodEnd": "2026-07-01T10:00:00.000Z",
    "cyclesCompleted": 6,
    "createdAt": "2026-01-01T10:00:00.000Z",
}
INVOICE = {
    "id": "inv_1",
    "subscriptionId": "sub_1",
    "amount": 500_000,
    "currency": "NGN",
    "status": "paid",
    "periodStart": "2026-06-01T10:00:00.000Z",
    "periodEnd": "2026-07-01T10:00:00.000Z",
    "paidAt": "2026-06-01T10:00:01.000Z",
    "createdAt": "2026-06-01T10:00:00.000Z",
}
FLAT = {
    "customerId": "cus_1",
    "planId": "plan_1",
    "subscriptionId": "sub_1",
    "invoiceId": "inv_1",
    "amount": 500_000,
}
EMBEDDED = {"customer": CUSTOMER, "plan": PLAN, "subscription": SUBSCRIPTION, "invoice": INVOICE}
NOW = 1_782_637_200


DATA = {"flat": FLAT, "embedded": EMBEDDED, "empty": {}}


def build_document(kind="subscription_payment_failed", data="flat", number=1):
    data = DATA[data] if isinstance(data, str) else data
    return {"id": f"evt_{number}", "type": kind, "createdAt": "2026-06-28T09:00:00.000Z", "data": data}


@pytest.fixture(scope="session")
def document():
    """Build the JSON document of a delivery, with flat or embedded data."""
    return build_document


@pytest.fixture(scope="session")
def delivery():
    """Build the raw body of a delivery."""
    return lambda *args, **kwargs: json.dumps(build_document(*args, **kwargs), separators=(",", ":")).encode()


@pytest.fixture(scope="session")
def make_event():
    """Create an event without a delivery."""
    return lambda *args, **kwargs: Event.from_dict(build_document(*args, **kwargs))


class Time:
    """Time that a test can move, and a clock that reads it."""

    def __init__(self, now=NOW):
        self.now = now
        self.clock = Clock(wall=lambda: self.now, monotonic=lambda: self.now)


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def webhook(time):
    return Webhook("whsec_1needle2", clock=time.clock)


@pytest.fixture(scope="session")
def signature_of():
    """Compute a signature independently of the SDK."""

    def compute(body, timestamp, secret="whsec_1needle2"):
        return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()

    return compute


@pytest.fixture(params=["memory", "sqlite"])
def make_inbox(request, time, tmp_path):
    """Create inboxes of one kind; SQLite inboxes share a file."""
    created = []

    def make(**options):
        options = {"clock": time.clock, **options}
        created.append(
            MemoryInbox(**options) if request.param == "memory" else SQLiteInbox(tmp_path / "inbox.db", **options)
        )
        return created[-1]

    yield make
    for inbox in created:
        if isinstance(inbox, SQLiteInbox):
            inbox.close()


@pytest.fixture
def inbox(make_inbox):
    return make_inbox()
