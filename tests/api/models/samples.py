"""Plain data and models that the tests of the models share."""

from __future__ import annotations

from duro import CheckoutSession, Event, InvoiceDetail, Plan

PLAN = {
    "id": "plan_1",
    "name": "Pro",
    "amount": 500_000,
    "currency": "NGN",
    "interval": "month",
    "intervalCount": 1,
    "trialDays": 0,
    "maxCycles": None,
    "createdAt": "2026-01-31T10:00:00.000Z",
}
TRANSACTION = {
    "id": "tr_1",
    "invoiceId": "inv_1",
    "customerId": "cus_1",
    "status": "failed",
    "amount": 500_000,
    "rail": "card",
    "failureCode": "insufficient_funds",
    "reference": None,
    "createdAt": "2026-01-31T10:00:00.000Z",
}
INVOICE = {
    "id": "inv_1",
    "subscriptionId": "sub_1",
    "amount": 500_000,
    "currency": "NGN",
    "status": "open",
    "periodStart": "2026-01-31T10:00:00.000Z",
    "periodEnd": "2026-02-28T10:00:00.000Z",
    "paidAt": None,
    "createdAt": "2026-01-31T10:00:00.000Z",
    "attempts": [TRANSACTION],
}
EVENT = {
    "id": "evt_1",
    "type": "subscription_payment_failed",
    "createdAt": "2026-06-28T09:00:00.000Z",
    "dispatchedAt": None,
    "data": {"subscriptionId": "sub_1", "plan": PLAN},
}
CHECKOUT_TOKEN = "cs_test_1needle2checkout"
CHECKOUT_SESSION = {
    "id": "chk_1",
    "token": CHECKOUT_TOKEN,
    "url": f"https://checkout.example/{CHECKOUT_TOKEN}",
    "status": "pending",
    "kind": "one_time",
    "amount": 1,
    "currency": "NGN",
    "planId": None,
    "createdAt": "2026-01-01T00:00:00.000Z",
}

plan = Plan.from_dict(PLAN)
invoice = InvoiceDetail.from_dict(INVOICE)
event = Event.from_dict(EVENT)
checkout_session = CheckoutSession.from_dict(CHECKOUT_SESSION)
