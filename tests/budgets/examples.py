"""Data that is decoded: a page of 100 plans, and a webhook delivery of 2 KB."""

from __future__ import annotations

import json

CREATED = {"createdAt": "2026-01-31T10:00:00.000Z"}
PLAN = {
    "id": "plan_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
    "name": "Pro Monthly",
    "amount": 500_000,
    "currency": "NGN",
    "interval": "month",
    "intervalCount": 1,
    "trialDays": 0,
    "maxCycles": None,
    **CREATED,
}
CUSTOMER = {
    "id": "cus_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
    "email": "ada.lovelace@example.com",
    "phone": "2348012345678",
    "name": "Ada Lovelace " * 64,
    "merchantRef": "EXT-001",
    "blacklisted": False,
    "blacklistReason": None,
    **CREATED,
}
SUBSCRIPTION = {
    "id": "sub_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
    "status": "active",
    "planId": PLAN["id"],
    "currentPeriodStart": "2026-01-31T10:00:00.000Z",
    "currentPeriodEnd": "2026-02-28T10:00:00.000Z",
    "cyclesCompleted": 1,
    **CREATED,
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
    **CREATED,
}
EVENT = {
    "id": "evt_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
    "type": "subscription_payment_success",
    **CREATED,
    "data": {"customer": CUSTOMER, "plan": PLAN, "subscription": SUBSCRIPTION, "invoice": INVOICE},
}

PAGE_BODY = json.dumps({"items": [PLAN] * 100, "nextCursor": "c", "hasMore": True}).encode()
DELIVERY_BODY = json.dumps(EVENT).encode()
