"""Responses of the server of the benchmarks, and documents that are decoded without a server."""

from __future__ import annotations

import json

CREATED_AT = {"createdAt": "2026-01-31T10:00:00.000Z"}
CUSTOMER = {
    "id": "cus_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
    "email": "ada@example.com",
    "phone": "2348012345678",
    "name": "Ada",
    "merchantRef": "EXT-001",
    "blacklisted": False,
    "blacklistReason": None,
    **CREATED_AT,
}
TOKEN = {"access_token": "granted", "token_type": "Bearer", "expires_in": 3600}
PLAN = {
    "id": "plan_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
    "name": "Pro Monthly",
    "amount": 500_000,
    "currency": "NGN",
    "interval": "month",
    "intervalCount": 1,
    "trialDays": 0,
    "maxCycles": None,
    **CREATED_AT,
}
SUBSCRIPTION = {
    "id": "sub_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
    "status": "active",
    "planId": PLAN["id"],
    "currentPeriodStart": "2026-01-31T10:00:00.000Z",
    "currentPeriodEnd": "2026-02-28T10:00:00.000Z",
    "cyclesCompleted": 1,
    **CREATED_AT,
}
INVOICE = {
    "id": "inv_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
    "subscriptionId": SUBSCRIPTION["id"],
    "amount": 500_000,
    "currency": "NGN",
    "status": "paid",
    "periodStart": "2026-01-31T10:00:00.000Z",
    "periodEnd": "2026-02-28T10:00:00.000Z",
    "paidAt": "2026-01-31T10:00:00.000Z",
    **CREATED_AT,
}
EVENT = {
    "id": "evt_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
    "type": "subscription_payment_success",
    **CREATED_AT,
    "data": {
        "customer": {**CUSTOMER, "email": "ada.lovelace@example.com", "name": "Ada Lovelace " * 64},
        "plan": PLAN,
        "subscription": SUBSCRIPTION,
        "invoice": INVOICE,
    },
}

PAGE_ITEMS = 100
PAGES = 1_000


def encode_page(number=0):
    """Return one of ``PAGES`` pages of plans as JSON. The cursor is the number of the next page."""
    is_last = number + 1 == PAGES
    page = {"items": [PLAN] * PAGE_ITEMS, "nextCursor": None if is_last else str(number + 1), "hasMore": not is_last}
    return json.dumps(page).encode()


def encode_event():
    """Return a webhook delivery of 2 KB as JSON."""
    return json.dumps(EVENT).encode()
