"""Checkout sessions: opened for a plan, a one-off amount or a wallet top-up, and completed by a payment."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping
from typing import Final

from ..._json_types import JSONValue
from ..errors import ApiError
from ..representation import customer_to_json, plan_to_json, subscription_to_json
from ..storage.rows import find, insert, update
from ..unit_of_work import UnitOfWork
from .cards import save_card
from .charges import charge_invoice
from .customers import add_customer, check_not_blacklisted, find_customers
from .invoices import InvoiceDraft, issue_invoice
from .subscriptions import start_subscription
from .wallets import top_up_wallet

__all__ = ["ONE_TIME", "SUBSCRIPTION", "TOP_UP", "find_checkout_session", "open_checkout_session", "pay_session"]

SUBSCRIPTION: Final = "subscription"
ONE_TIME: Final = "one_time"
# Opened in the portal by an account holder. Merchants do not see these sessions.
TOP_UP: Final = "topup"


def open_checkout_session(uow: UnitOfWork, values: Mapping[str, object], origin: str) -> sqlite3.Row:
    """Open a checkout session. Its token is sufficient to pay it.

    Args:
        uow: Unit of work.
        values: Values of the columns that differ between sessions.
        origin: Address of the sandbox, without a trailing slash.

    Returns:
        The pending session.
    """
    identifier, token = uow.new_id("chk"), f"cs_test_{secrets.token_urlsafe(24)}"
    # A sandbox does not have the hosted page. The address returns the data that the page would load.
    common = {"id": identifier, "token": token, "url": f"{origin}/checkout/{token}", "created_at": uow.at}
    insert(uow.db, "checkout_sessions", {**common, **values})
    return find(uow.db, "checkout_sessions", identifier)


def find_checkout_session(db: sqlite3.Connection, token: str) -> sqlite3.Row:
    """Return the checkout session with a token.

    Args:
        db: Open transaction.
        token: Token of the session (``cs_…``).

    Raises:
        ApiError: The session does not exist (404).
    """
    session: sqlite3.Row | None = db.execute("SELECT * FROM checkout_sessions WHERE token = ?", (token,)).fetchone()
    if session is None:
        raise ApiError(404, "The checkout session does not exist.")
    return session


def pay_session(uow: UnitOfWork, session: sqlite3.Row, rail: str, email: str | None = None) -> sqlite3.Row:
    """Pay a checkout session. A completed session is not charged again, with any idempotency key or none.

    Args:
        uow: Unit of work.
        session: Session to pay.
        rail: Rail of the charge.
        email: E-mail address that the customer entered. The default is the one of the session.

    Returns:
        The completed session.

    Raises:
        ApiError: The customer is blacklisted (403), or the plan is archived (409).
    """
    if session["status"] == "completed":
        return session
    if session["kind"] == TOP_UP:
        top_up_wallet(uow, session, rail)
        return _complete(uow, session)
    customer = _get_or_add_customer(uow, email or session["customer_email"], session["customer_phone"])
    check_not_blacklisted(customer)
    if rail == "card":
        save_card(uow, customer)
    event_data: dict[str, JSONValue] = {
        "checkoutId": session["id"],
        "customer": customer_to_json(customer),
        "amount": session["amount"],
        "currency": session["currency"],
    }
    if session["kind"] == ONE_TIME:
        draft = InvoiceDraft(customer["id"], session["amount"], session["currency"], uow.now, uow.now)
        charge_invoice(uow, issue_invoice(uow, draft), rail=rail)
        completed = _complete(uow, session)
    else:
        plan = find(uow.db, "plans", session["plan_id"])
        # The customer pays what the session showed, also if the plan was updated since.
        subscription = start_subscription(uow, customer, plan, rail, amount=session["amount"])
        event_data |= {"subscription": subscription_to_json(subscription), "plan": plan_to_json(plan)}
        if subscription["status"] == "trialing":
            event_data["amount"] = 0
        completed = _complete(uow, session, subscription["id"])
    uow.emit("checkout_completed", event_data)
    return completed


def _complete(uow: UnitOfWork, session: sqlite3.Row, subscription_id: str | None = None) -> sqlite3.Row:
    values = {"status": "completed", "subscription_id": subscription_id}
    return update(uow.db, "checkout_sessions", session["id"], values)


def _get_or_add_customer(uow: UnitOfWork, email: str | None, phone: str | None) -> sqlite3.Row:
    """Return the customer with the address, or with the number if the address is unknown to the session."""
    known = find_customers(uow.db, email=email, phone=None if email else phone)
    return known[0] if known else add_customer(uow, {"email": email, "phone": phone})
