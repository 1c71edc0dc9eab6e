"""JSON shapes of the API: one function for each kind of row.

Timestamps are stored in the API's format, so they are copied as they are.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from .._json_types import JSONObject, JSONValue

__all__ = [
    "card_to_json",
    "checkout_page_to_json",
    "checkout_session_to_json",
    "checkout_status_to_json",
    "customer_to_json",
    "encode_json",
    "event_to_json",
    "identity_to_json",
    "invoice_to_json",
    "payment_link_to_json",
    "payment_method_to_json",
    "plan_to_json",
    "portal_subscription_to_json",
    "promo_code_to_json",
    "recovery_settings_to_json",
    "subscription_to_json",
    "transaction_to_json",
    "wallet_movement_to_json",
]


# One encoder, because json.dumps would create another for each value.
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode_json(value: JSONValue) -> bytes:
    """Encode a value as compact JSON in UTF-8."""
    return _encode(value).encode()


def plan_to_json(plan: sqlite3.Row) -> JSONObject:
    """Return the contract's shape of a plan."""
    return {
        "id": plan["id"],
        "name": plan["name"],
        "amount": plan["amount"],
        "currency": plan["currency"],
        "interval": plan["interval"],
        "intervalCount": plan["interval_count"],
        "trialDays": plan["trial_days"],
        "maxCycles": plan["max_cycles"],
        "createdAt": plan["created_at"],
    }


def promo_code_to_json(promo_code: sqlite3.Row) -> JSONObject:
    """Return the contract's shape of a promo code."""
    limit, redeemed = promo_code["max_redemptions"], promo_code["redeemed_count"]
    return {
        "id": promo_code["id"],
        "code": promo_code["code"],
        "discountType": promo_code["discount_type"],
        "discountValue": promo_code["discount_value"],
        "duration": promo_code["duration"],
        "redeemedCount": redeemed,
        # An update can set the limit below the number of redemptions.
        "remaining": None if limit is None else max(limit - redeemed, 0),
        "active": bool(promo_code["active"]),
        "expiresAt": promo_code["expires_at"],
        "createdAt": promo_code["created_at"],
    }


def payment_link_to_json(link: sqlite3.Row) -> JSONObject:
    """Return the contract's shape of a payment link."""
    return {
        "id": link["id"],
        "planId": link["plan_id"],
        "slug": link["slug"],
        "active": bool(link["active"]),
        "createdAt": link["created_at"],
    }


def customer_to_json(customer: sqlite3.Row) -> JSONObject:
    """Return the contract's shape of a customer."""
    return {
        "id": customer["id"],
        "email": customer["email"],
        "phone": customer["phone"],
        "name": customer["name"],
        "merchantRef": customer["merchant_ref"],
        "blacklisted": bool(customer["blacklisted"]),
        "blacklistReason": customer["blacklist_reason"],
        "createdAt": customer["created_at"],
    }


def subscription_to_json(subscription: sqlite3.Row) -> JSONObject:
    """Return the contract's shape of a subscription."""
    return {
        "id": subscription["id"],
        "status": subscription["status"],
        "planId": subscription["plan_id"],
        "currentPeriodStart": subscription["current_period_start"],
        "currentPeriodEnd": subscription["current_period_end"],
        "cyclesCompleted": subscription["cycles_completed"],
        "createdAt": subscription["created_at"],
    }


def portal_subscription_to_json(subscription: sqlite3.Row, plan: sqlite3.Row) -> JSONObject:
    """Return the portal's shape of a subscription, which embeds its plan."""
    return {
        "id": subscription["id"],
        "status": subscription["status"],
        "cancelAtPeriodEnd": bool(subscription["cancel_at_period_end"]),
        "currentPeriodEnd": subscription["current_period_end"],
        "plan": {
            "id": plan["id"],
            "name": plan["name"],
            "amount": plan["amount"],
            "currency": plan["currency"],
            "interval": plan["interval"],
            "intervalCount": plan["interval_count"],
        },
    }


def invoice_to_json(invoice: sqlite3.Row) -> JSONObject:
    """Return the contract's shape of an invoice."""
    return {
        "id": invoice["id"],
        # In the contract this member is not nullable, but a one-off sale does not have a subscription.
        "subscriptionId": invoice["subscription_id"] or "",
        "amount": invoice["amount"],
        "currency": invoice["currency"],
        "status": invoice["status"],
        "periodStart": invoice["period_start"],
        "periodEnd": invoice["period_end"],
        "paidAt": invoice["paid_at"],
        "createdAt": invoice["created_at"],
    }


def transaction_to_json(transaction: sqlite3.Row) -> JSONObject:
    """Return the contract's shape of a transaction."""
    return {
        "id": transaction["id"],
        "invoiceId": transaction["invoice_id"],
        "customerId": transaction["customer_id"],
        "status": transaction["status"],
        "amount": transaction["amount"],
        "rail": transaction["rail"],
        "failureCode": transaction["failure_code"],
        "reference": transaction["reference"],
        "createdAt": transaction["created_at"],
    }


def checkout_session_to_json(session: sqlite3.Row) -> JSONObject:
    """Return the shape of a checkout session that the merchant sees."""
    return {
        "id": session["id"],
        "token": session["token"],
        "url": session["url"],
        "status": session["status"],
        "kind": session["kind"],
        "amount": session["amount"],
        "currency": session["currency"],
        "planId": session["plan_id"],
        "createdAt": session["created_at"],
    }


def checkout_page_to_json(session: sqlite3.Row, plan: sqlite3.Row | None, merchant_name: str) -> JSONObject:
    """Return the shape of a checkout session that the hosted page loads.

    Args:
        session: Checkout session.
        plan: Plan of the session, if it has one.
        merchant_name: Name to show to the customer.
    """
    return {
        "id": session["id"],
        "status": session["status"],
        "kind": session["kind"],
        "amount": session["amount"],
        "currency": session["currency"],
        "plan": None if plan is None else plan_to_json(plan),
        "customerEmail": session["customer_email"],
        "successUrl": session["success_url"],
        "branding": {"merchantName": merchant_name, "logoUrl": None},
        "createdAt": session["created_at"],
    }


def checkout_status_to_json(session: sqlite3.Row) -> JSONObject:
    """Return the status of a checkout session and its subscription, for the hosted page."""
    return {"status": session["status"], "subscriptionId": session["subscription_id"]}


def event_to_json(event: sqlite3.Row) -> JSONObject:
    """Return the contract's shape of an event."""
    return {
        "id": event["id"],
        "type": event["type"],
        "data": json.loads(event["payload"])["data"],
        "dispatchedAt": event["dispatched_at"],
        "createdAt": event["created_at"],
    }


def recovery_settings_to_json(settings: sqlite3.Row) -> JSONObject:
    """Return the contract's shape of the recovery settings."""
    return {
        "autoRecovery": bool(settings["auto_recovery"]),
        "renewalReminders": bool(settings["renewal_reminders"]),
        "renewalReminderDays": settings["renewal_reminder_days"],
        "abandonedCart": bool(settings["abandoned_cart"]),
        "dunningEnabled": bool(settings["dunning_enabled"]),
        "dunningEscalationDays": settings["dunning_escalation_days"],
        "dunningEscalation": settings["dunning_escalation"],
    }


def identity_to_json(identity: sqlite3.Row) -> JSONObject:
    """Return the shape of an identity. The contract does not define one."""
    return {"id": identity["id"], "phone": identity["phone"], "createdAt": identity["created_at"]}


def payment_method_to_json(card: sqlite3.Row) -> JSONObject:
    """Return a card in the contract's shape of a payment method."""
    return {
        "id": card["id"],
        "rail": "card",
        "brand": card["brand"],
        "last4": card["last4"],
        "isDefault": bool(card["is_default"]),
        "createdAt": card["created_at"],
    }


def card_to_json(card: sqlite3.Row) -> JSONObject:
    """Return the portal's shape of a card."""
    return {
        "id": card["id"],
        "brand": card["brand"],
        "last4": card["last4"],
        "expMonth": card["exp_month"],
        "expYear": card["exp_year"],
        "isDefault": bool(card["is_default"]),
    }


def wallet_movement_to_json(movement: sqlite3.Row, merchant_name: str) -> JSONObject:
    """Return the contract's shape of a wallet movement.

    Args:
        movement: Row of ``wallet_transactions``.
        merchant_name: Name to show to the account holder.
    """
    return {
        "id": movement["id"],
        "amount": movement["amount"],
        "balanceAfter": movement["balance_after"],
        "memo": movement["memo"],
        "merchantName": merchant_name,
        "createdAt": movement["created_at"],
    }
