"""Payments of checkout sessions: at once over some rails, and with a later settlement over the others."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from typing import Final

from attrs import evolve, frozen

from ..._json_types import JSONValue
from ..errors import ApiError
from ..recovery.charge_rules import move_rules
from ..recovery.failure_codes import FailureCategory, find_category
from ..representation import customer_to_json, plan_to_json, subscription_to_json
from ..storage.rows import find, update
from ..unit_of_work import UnitOfWork
from .cards import save_card
from .charges import charge_invoice, list_attempts
from .checkout_sessions import ONE_TIME, TOP_UP, close_session, expire_session, find_sold_plan
from .customers import add_customer, check_not_blacklisted, find_customers
from .due_items import schedule, unschedule
from .invoices import InvoiceDraft, find_open_invoices, issue_invoice
from .plans import check_plan_available
from .recovered_periods import settle_recovered
from .subscriptions import start_subscription
from .wallets import top_up_wallet

__all__ = ["DELAYED_RAILS", "CheckoutAttempt", "pay_session", "settle_transfer"]

# The money arrives later. The other rails settle at once.
DELAYED_RAILS: Final = frozenset({"transfer", "virtual_account", "direct_debit"})
SETTLEMENT_DELAY: Final = timedelta(minutes=5)


@frozen
class CheckoutAttempt:
    """Result of an attempt to pay a checkout session.

    Attributes:
        session: Session after the attempt.
        category: Category of the failure. ``None`` if the payment succeeded or has not settled.
    """

    session: sqlite3.Row
    category: FailureCategory | None = None

    @property
    def status(self) -> str:
        """``failed``, or the status of the session."""
        return self.session["status"] if self.category is None else "failed"


def pay_session(uow: UnitOfWork, session: sqlite3.Row, rail: str, email: str | None = None) -> CheckoutAttempt:
    """Pay a checkout session. A completed session is not charged again, with any idempotency key or none.

    A declined payment leaves the session pending, so that it can be paid over another rail.

    Args:
        uow: Unit of work.
        session: Session to pay.
        rail: Rail of the charge.
        email: E-mail address that the customer entered. The default is the one of the session.

    Raises:
        ApiError: The customer is blacklisted (403). The plan is archived, the session has expired, or its
            subscription was canceled before the first payment (409).
    """
    if session["status"] in {"completed", "processing"}:
        return CheckoutAttempt(session)
    if session["status"] == "expired":
        raise ApiError(409, "The checkout session has expired; create a new one.")
    _check_payable(uow.db, session)
    payment = {"rail": rail, "payment_key": uow.idempotency_key, "failure": None}
    if session["kind"] != TOP_UP:
        payment["customer_id"] = _choose_payer(uow, session, email)["id"]
    session = update(uow.db, "checkout_sessions", session["id"], payment)
    if rail in DELAYED_RAILS and session["amount"]:
        return CheckoutAttempt(_await_settlement(uow, session))
    return _collect(uow, session)


def settle_transfer(uow: UnitOfWork, session_id: str) -> CheckoutAttempt:
    """Settle the payment that a session waits for. It is the handler of the due item ``transfer_settlement``.

    A plan that was archived after the payment is still sold. If the subscription was canceled after the payment, the
    session expires, and nothing is charged.

    Args:
        uow: Unit of work.
        session_id: Id of the session.

    Raises:
        ApiError: The session does not wait for a payment (409).
    """
    session = find(uow.db, "checkout_sessions", session_id)
    if session["status"] != "processing":
        raise ApiError(409, f"The checkout session is {session['status']} and does not wait for a payment.")
    unschedule(uow, kind="transfer_settlement", subject=session_id)
    session = update(uow.db, "checkout_sessions", session_id, {"status": "pending"})
    if _is_abandoned(uow.db, session):
        return CheckoutAttempt(close_session(uow, session, "expired"))
    attempt = _collect(evolve(uow, idempotency_key=session["payment_key"]), session)
    if attempt.category is not None and session["expires_at"] <= uow.at:
        expire_session(uow, session_id)
        return evolve(attempt, session=find(uow.db, "checkout_sessions", session_id))
    return attempt


def _check_payable(db: sqlite3.Connection, session: sqlite3.Row) -> None:
    """Check that the plan or the subscription of a pending session can still be paid."""
    if _is_abandoned(db, session):
        raise ApiError(409, "The subscription of the checkout session is canceled; create a new session.")
    plan = find_sold_plan(db, session)
    if plan is not None and session["subscription_id"] is None:
        check_plan_available(plan)


def _is_abandoned(db: sqlite3.Connection, session: sqlite3.Row) -> bool:
    """Return whether the subscription of a session was canceled before its first payment."""
    if session["subscription_id"] is None:
        return False
    subscription = find(db, "subscriptions", session["subscription_id"])
    return subscription["status"] == "canceled" and not subscription["cycles_completed"]


def _choose_payer(uow: UnitOfWork, session: sqlite3.Row, email: str | None) -> sqlite3.Row:
    """Return the customer of an earlier attempt, or the one with the address or number. Add an unknown one."""
    if session["subscription_id"] or session["invoice_id"]:
        payer = find(uow.db, "customers", session["customer_id"])
    else:
        address, number = email or session["customer_email"], session["customer_phone"]
        # The address decides, also if the number belongs to another customer.
        known = find_customers(uow.db, email=address, phone=None if address else number)
        payer = known[0] if known else add_customer(uow, {"email": address, "phone": number})
    check_not_blacklisted(payer)
    # A test can decline the payment of a session before its customer exists.
    move_rules(uow.db, session["token"], payer["id"])
    return payer


def _await_settlement(uow: UnitOfWork, session: sqlite3.Row) -> sqlite3.Row:
    schedule(uow, kind="transfer_settlement", subject=session["id"], at=uow.now + SETTLEMENT_DELAY)
    return update(uow.db, "checkout_sessions", session["id"], {"status": "processing"})


def _collect(uow: UnitOfWork, session: sqlite3.Row) -> CheckoutAttempt:
    if session["kind"] == TOP_UP:
        top_up_wallet(uow, session, session["rail"])
        return CheckoutAttempt(close_session(uow, session, "completed"))
    category = _charge_sale(uow, session) if session["kind"] == ONE_TIME else _charge_subscription(uow, session)
    session = update(uow.db, "checkout_sessions", session["id"], {"failure": category})
    if category is not None:
        return CheckoutAttempt(session, category)
    customer = find(uow.db, "customers", session["customer_id"])
    if session["rail"] == "card":
        save_card(uow, customer)
    session = close_session(uow, session, "completed")
    uow.emit("checkout_completed", _completion_data(uow.db, session, customer))
    return CheckoutAttempt(session)


def _charge_sale(uow: UnitOfWork, session: sqlite3.Row) -> FailureCategory | None:
    if session["invoice_id"] is None:
        draft = InvoiceDraft(session["customer_id"], session["amount"], session["currency"], uow.now, uow.now)
        invoice = issue_invoice(uow, draft)
        update(uow.db, "checkout_sessions", session["id"], {"invoice_id": invoice["id"]})
    else:
        invoice = find(uow.db, "invoices", session["invoice_id"])
    return _charge_again(uow, invoice, session["rail"])


def _charge_subscription(uow: UnitOfWork, session: sqlite3.Row) -> FailureCategory | None:
    if session["subscription_id"] is None:
        return _start_subscription(uow, session)
    subscription = find(uow.db, "subscriptions", session["subscription_id"])
    if subscription["status"] != "incomplete":
        # A new card has paid the first invoice. Another open invoice is that of a renewal.
        return None
    (invoice,) = find_open_invoices(uow.db, subscription["id"])
    category = _charge_again(uow, invoice, session["rail"])
    if category is None:
        settle_recovered(uow, subscription, invoice)
    return category


def _start_subscription(uow: UnitOfWork, session: sqlite3.Row) -> FailureCategory | None:
    plan = find_sold_plan(uow.db, session)
    assert plan is not None  # noqa: S101 - sessions of this kind have a plan
    promo_code = find(uow.db, "promo_codes", session["promo_code_id"]) if session["promo_code_id"] else None
    customer = find(uow.db, "customers", session["customer_id"])
    subscription = start_subscription(
        uow, customer, plan, session["rail"], promo_code=promo_code, metadata=_read_metadata(session)
    )
    update(uow.db, "checkout_sessions", session["id"], {"subscription_id": subscription["id"]})
    if subscription["status"] != "incomplete":
        return None
    (invoice,) = find_open_invoices(uow.db, subscription["id"])
    attempts = list_attempts(uow.db, invoice["id"])
    # The customer was blacklisted after the payment, and is not charged.
    return find_category(attempts[-1]["failure_code"]) if attempts else "hard_decline"


def _charge_again(uow: UnitOfWork, invoice: sqlite3.Row, rail: str) -> FailureCategory | None:
    attempt = len(list_attempts(uow.db, invoice["id"])) + 1
    return charge_invoice(uow, invoice, rail=rail, attempt=attempt).category


def _completion_data(db: sqlite3.Connection, session: sqlite3.Row, customer: sqlite3.Row) -> dict[str, JSONValue]:
    data: dict[str, JSONValue] = {
        "checkoutId": session["id"],
        "customer": customer_to_json(customer),
        "amount": session["amount"],
        "currency": session["currency"],
    }
    plan = find_sold_plan(db, session)
    if plan is not None:
        subscription = find(db, "subscriptions", session["subscription_id"])
        data |= {"subscription": subscription_to_json(subscription), "plan": plan_to_json(plan)}
    if metadata := _read_metadata(session):
        data["metadata"] = metadata
    return data


def _read_metadata(session: sqlite3.Row) -> dict[str, JSONValue]:
    return {} if session["metadata"] is None else json.loads(session["metadata"])
