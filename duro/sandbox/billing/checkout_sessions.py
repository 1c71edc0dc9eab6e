"""Checkout sessions: opened for a plan, a one-off amount or a wallet top-up; they expire after a day."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from ..clock import timestamp
from ..errors import ApiError
from ..storage.rows import find, insert, update
from ..unit_of_work import UnitOfWork
from .due_items import schedule, unschedule
from .invoices import close_invoice
from .promo_codes import calculate_discount, find_redeemable_code
from .subscriptions import cancel_subscription

__all__ = [
    "HOSTED_PATH",
    "ONE_TIME",
    "SUBSCRIPTION",
    "TOP_UP",
    "apply_promo_code",
    "close_session",
    "expire_session",
    "find_checkout_session",
    "find_sold_plan",
    "open_checkout_session",
    "price_plan",
    "remove_promo_code",
]

SUBSCRIPTION: Final = "subscription"
ONE_TIME: Final = "one_time"
# Opened in the portal by an account holder. Merchants do not see these sessions.
TOP_UP: Final = "topup"

# The hosted page of a session is outside the API, so that faults do not apply to it.
HOSTED_PATH: Final = "/_sandbox/checkout"
LIFETIME: Final = timedelta(hours=24)


def price_plan(plan: sqlite3.Row) -> dict[str, object]:
    """Return the columns of a session that sells a plan at its present terms.

    Args:
        plan: Plan to sell.
    """
    terms = {"plan_id": plan["id"], "price": plan["amount"], "trial_days": plan["trial_days"]}
    return {"kind": SUBSCRIPTION, "currency": plan["currency"], **terms}


def open_checkout_session(uow: UnitOfWork, values: Mapping[str, object], origin: str) -> sqlite3.Row:
    """Open a checkout session. Its token is sufficient to pay it.

    Args:
        uow: Unit of work.
        values: Values of the columns that differ between sessions.
        origin: Address of the sandbox, without a trailing slash.

    Returns:
        The pending session. Its amount is what is due today, which is 0 for a trial.
    """
    identifier, token = uow.new_id("chk"), f"cs_{uow.mode}_{secrets.token_urlsafe(24)}"
    expires_at = uow.now + LIFETIME
    common = {
        "id": identifier,
        "token": token,
        "url": f"{origin}{HOSTED_PATH}/{token}",
        "amount": 0 if values.get("trial_days") else values["price"],
        "expires_at": timestamp(expires_at),
        "created_at": uow.at,
    }
    insert(uow.db, "checkout_sessions", {**common, **values})
    schedule(uow, kind="session_expiry", subject=identifier, at=expires_at)
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


def find_sold_plan(db: sqlite3.Connection, session: sqlite3.Row) -> sqlite3.Row | None:
    """Return the plan of a session with the price and the trial that the session showed, or ``None`` without a plan.

    Args:
        db: Open transaction.
        session: Checkout session.
    """
    # A name that occurs twice is the first of the columns.
    row: sqlite3.Row | None = db.execute(
        "SELECT price AS amount, checkout_sessions.trial_days, plans.*"
        " FROM checkout_sessions JOIN plans ON plans.id = plan_id WHERE checkout_sessions.id = ?",
        (session["id"],),
    ).fetchone()
    return row


def apply_promo_code(uow: UnitOfWork, session: sqlite3.Row, code: str) -> sqlite3.Row:
    """Apply the promo code that a customer entered. It replaces an earlier one.

    Args:
        uow: Unit of work.
        session: Pending session.
        code: Code as entered.

    Returns:
        The session with the lower amount.

    Raises:
        ApiError: The code does not exist (404), cannot be redeemed, or does not apply to the session (409).
    """
    _check_adjustable(session)
    promo_code = find_redeemable_code(uow, code.strip(), session["plan_id"])
    due = 0 if session["trial_days"] else session["price"] - calculate_discount(promo_code, session["price"])
    return update(uow.db, "checkout_sessions", session["id"], {"promo_code_id": promo_code["id"], "amount": due})


def remove_promo_code(uow: UnitOfWork, session: sqlite3.Row) -> sqlite3.Row:
    """Remove the promo code of a session, and return the session with its full amount.

    Args:
        uow: Unit of work.
        session: Pending session.

    Raises:
        ApiError: The session cannot be changed any more (409).
    """
    _check_adjustable(session)
    due = 0 if session["trial_days"] else session["price"]
    return update(uow.db, "checkout_sessions", session["id"], {"promo_code_id": None, "amount": due})


def close_session(uow: UnitOfWork, session: sqlite3.Row, status: str) -> sqlite3.Row:
    """Set the last status of a session.

    Args:
        uow: Unit of work.
        session: Session that ends.
        status: ``completed`` or ``expired``.

    Returns:
        The closed session.
    """
    unschedule(uow, kind="session_expiry", subject=session["id"])
    return update(uow.db, "checkout_sessions", session["id"], {"status": status})


def expire_session(uow: UnitOfWork, session_id: str) -> None:
    """Expire a pending session. It is the handler of the due item ``session_expiry``.

    The subscription and the invoice of a declined payment end with it. A session
    whose transfer has not settled stays open until then.

    Args:
        uow: Unit of work.
        session_id: Id of the session.
    """
    session = find(uow.db, "checkout_sessions", session_id)
    if session["status"] != "pending":
        return
    close_session(uow, session, "expired")
    if session["subscription_id"] is not None:
        subscription = find(uow.db, "subscriptions", session["subscription_id"])
        if subscription["status"] == "incomplete":
            cancel_subscription(uow, subscription)
    elif session["invoice_id"] is not None:
        close_invoice(uow, find(uow.db, "invoices", session["invoice_id"]), "void")


def _check_adjustable(session: sqlite3.Row) -> None:
    if session["kind"] != SUBSCRIPTION:
        raise ApiError(409, "Promo codes apply to plans only.")
    if session["status"] != "pending":
        raise ApiError(409, f"The checkout session is {session['status']} and cannot be changed.")
    if session["subscription_id"] is not None:
        # The invoice of the first attempt has been issued.
        raise ApiError(409, "A promo code must be entered before the first payment.")
