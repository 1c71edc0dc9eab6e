"""Customer checkout: what the hosted page asks for, and the payment it makes."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Final

from attrs import frozen

from ...._json import JSONObject, JSONValue
from ...._unset import UNSET, Unset
from ...auth.credentials import MERCHANT_NAME
from ...auth.sessions import Surface
from ...billing.cards import save_card
from ...billing.wallets import top_up_wallet
from ...errors import ApiError
from ...storage.rows import find, update
from ...validation import Email, one_of
from ..dispatch import Call, Operation
from . import customers, plans, subscriptions
from .checkout import ONE_TIME, TOP_UP
from .invoices import InvoiceDraft, charge_invoice, issue_invoice

__all__ = ["OPERATIONS", "RAILS"]

RAILS: Final = ("card", "transfer", "ussd", "virtual_account", "direct_debit")


@frozen
class CheckoutPayment:
    """The body of ``payCheckout``."""

    rail: Annotated[str, one_of(*RAILS)]
    email: Email | Unset = UNSET


def hydrate_checkout(call: Call) -> JSONObject:
    """``hydrateCheckout``: the session as the page shows it, and the merchant's name."""
    session = _session(call)
    plan = session["plan_id"] and plans.to_json(find(call.db, "plans", session["plan_id"]))
    return {
        "id": session["id"],
        "status": session["status"],
        "kind": session["kind"],
        "amount": session["amount"],
        "currency": session["currency"],
        "plan": plan,
        "customerEmail": session["customer_email"],
        "successUrl": session["success_url"],
        "branding": {"merchantName": MERCHANT_NAME, "logoUrl": None},
        "createdAt": session["created_at"],
    }


def pay_checkout(call: Call) -> JSONObject:
    """``payCheckout``: charge once; a completed session answers its result again, with any key or none."""
    session = _session(call)
    body = call.read(CheckoutPayment)
    if session["status"] != "completed":
        session = _complete(call, session, body)
    return _outcome(session)


def poll_checkout_status(call: Call) -> JSONObject:
    """``pollCheckoutStatus``."""
    return _outcome(_session(call))


def _session(call: Call) -> sqlite3.Row:
    session: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM checkout_sessions WHERE token = ?", (call.path["token"],)
    ).fetchone()
    if session is None:
        raise ApiError(404, "There is no such checkout session.")
    return session


def _outcome(session: sqlite3.Row) -> JSONObject:
    return {"status": session["status"], "subscriptionId": session["subscription_id"]}


def _complete(call: Call, session: sqlite3.Row, body: CheckoutPayment) -> sqlite3.Row:
    if session["kind"] == TOP_UP:
        top_up_wallet(call, session)
        return _close(call, session)
    email = session["customer_email"] if isinstance(body.email, Unset) else body.email
    customer = _payer(call, email, session["customer_phone"])
    if customer["blacklisted"]:
        raise ApiError(403, "The customer is on the blacklist.")
    if body.rail == "card":
        save_card(call, customer)
    event_data: dict[str, JSONValue] = {
        "checkoutId": session["id"],
        "customer": customers.to_json(customer),
        "amount": session["amount"],
        "currency": session["currency"],
    }
    if session["kind"] == ONE_TIME:
        bill = InvoiceDraft(customer["id"], session["amount"], session["currency"], call.now, call.now)
        charge_invoice(call, issue_invoice(call, bill), body.rail)
        completed = _close(call, session)
    else:
        plan = find(call.db, "plans", session["plan_id"])
        subscription = subscriptions.start_subscription(call, customer, plan, body.rail)
        event_data |= {"subscription": subscriptions.to_json(subscription), "plan": plans.to_json(plan)}
        completed = _close(call, session, subscription["id"])
    call.emit("checkout_completed", event_data)
    return completed


def _close(call: Call, session: sqlite3.Row, subscription_id: str | None = None) -> sqlite3.Row:
    values = {"status": "completed", "subscription_id": subscription_id}
    return update(call.db, "checkout_sessions", session["id"], values)


def _payer(call: Call, email: str | None, phone: str | None) -> sqlite3.Row:
    """Find the customer who pays, by address or else by number, or make one."""
    known = customers.customers_of(call, email=email, phone=None if email else phone)
    return known[0] if known else customers.add_customer(call, {"email": email, "phone": phone})


OPERATIONS: Final = (
    Operation("GET", "/checkout/{token}", hydrate_checkout, surface=Surface.PUBLIC),
    Operation("POST", "/checkout/{token}/pay", pay_checkout, surface=Surface.PUBLIC),
    Operation("GET", "/checkout/{token}/status", poll_checkout_status, surface=Surface.PUBLIC),
)
