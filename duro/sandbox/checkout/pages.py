"""Pages of the hosted checkout: the data that each one shows, and its rendering with Jinja2."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from attrs import frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..auth.credentials import MERCHANT_NAME
from ..billing.charges import RAILS
from ..billing.checkout_sessions import HOSTED_PATH, TOP_UP, find_sold_plan
from ..recovery.failure_codes import CATEGORIES, describe_category
from ..storage.rows import find
from .money import format_amount, format_date
from .return_url import add_reference
from .terms import describe_terms

__all__ = ["FAILURES", "render_error", "render_session"]

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# At import: reading a file while a request waits would block the event loop.
_PAGES: Final = {
    status: _TEMPLATES.get_template(f"{status}.html")
    for status in ("pending", "processing", "completed", "expired", "error")
}

_RAIL_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "card": ("Card", "Test card, Visa ending in 4242"),
    "transfer": ("Bank transfer", "Confirmed a few minutes later"),
    "ussd": ("USSD", "Confirmed on your phone, at once"),
    "virtual_account": ("Virtual account", "Confirmed a few minutes later"),
    "direct_debit": ("Direct debit", "Confirmed a few minutes later"),
}

_RAIL_PHRASES: Final[Mapping[str, str]] = {
    "card": "card",
    "transfer": "bank transfer",
    "ussd": "USSD",
    "virtual_account": "virtual account",
    "direct_debit": "direct debit",
}

_AMOUNT_LABELS: Final[Mapping[str, str]] = {"completed": "Paid today", "expired": "Not paid"}

# Sentences for customers. The category is for programs.
FAILURES: Final[Mapping[str, str]] = {
    "insufficient_funds": "The account does not have enough money.",
    "expired_card": "The card has expired.",
    "card_not_supported": "This kind of card is not supported.",
    "do_not_honor": "The bank declined the payment.",
    "hard_decline": "The card is blocked.",
    "processor_error": "The bank did not respond.",
}


@frozen
class _Line:
    """Line of the summary."""

    label: str
    amount: str


@frozen
class _Option:
    """Choice in a form."""

    value: str
    label: str
    hint: str = ""


def render_session(
    db: sqlite3.Connection,
    session: sqlite3.Row,
    *,
    now: datetime,
    alert: str = "",
    form: Mapping[str, str] | None = None,
) -> str:
    """Render the page of a checkout session, which depends on its status.

    Args:
        db: Open transaction.
        session: Checkout session.
        now: Sandbox time.
        alert: Error to show above the form.
        form: Fields of the form that caused the error, so that the customer need not fill it in again.

    Returns:
        HTML with every text escaped.
    """
    if not alert and session["failure"] is not None:
        alert = f"{FAILURES[session['failure']]} Choose another way to pay."
    filled = form or {}
    return _PAGES[session["status"]].render(
        **_summarize(db, session, now),
        path=f"{HOSTED_PATH}/{session['token']}",
        alert=alert,
        email=filled.get("email") or session["customer_email"] or "",
        needs_email=_needs_email(session),
        code=filled.get("code", ""),
        takes_code=session["plan_id"] is not None and session["subscription_id"] is None,
        rails=[_Option(rail, *_RAIL_NAMES[rail]) for rail in RAILS],
        rail=filled.get("rail") or _suggest_rail(session),
        paid_rail=_RAIL_PHRASES[session["rail"] or "card"],
        failures=[_Option(category, describe_category(category)) for category in CATEGORIES],
        return_url=add_reference(session["success_url"], session["id"]) if session["success_url"] else "",
    )


def render_error(heading: str, message: str) -> str:
    """Render a page that shows an error instead of a session.

    Args:
        heading: Heading of the page.
        message: Sentence that says what to do.
    """
    return _PAGES["error"].render(merchant=MERCHANT_NAME, heading=heading, message=message)


def _summarize(db: sqlite3.Connection, session: sqlite3.Row, now: datetime) -> dict[str, object]:
    plan, currency = find_sold_plan(db, session), session["currency"]
    promo_code = find(db, "promo_codes", session["promo_code_id"]) if session["promo_code_id"] else None
    summary: dict[str, object] = {
        "merchant": MERCHANT_NAME,
        "due": format_amount(session["amount"], currency),
        "amount_label": _AMOUNT_LABELS.get(session["status"], "Due today"),
        "is_free": session["amount"] == 0,
        "is_trial": bool(session["trial_days"]),
        "promo_code": promo_code["code"] if promo_code else None,
    }
    if plan is None:
        title = "Top up your wallet" if session["kind"] == TOP_UP else "Payment"
        return {**summary, "title": title, "renewal": "", "lines": []}
    renewal = describe_terms(plan, promo_code, currency)
    if trial := plan["trial_days"]:
        lines = [_Line(f"Free trial of {trial} days", format_amount(0, currency))]
        renewal = f"From {format_date(now + timedelta(days=trial))}: {renewal}"
    else:
        lines = [_Line(plan["name"], format_amount(plan["amount"], currency))]
        if promo_code is not None:
            discount = format_amount(session["price"] - session["amount"], currency)
            lines.append(_Line(f"Promo code {promo_code['code']}", f"\N{MINUS SIGN}{discount}"))
    return {**summary, "title": plan["name"], "renewal": renewal, "lines": lines}


def _needs_email(session: sqlite3.Row) -> bool:
    """Return whether the page asks for an address: not for a known number, and not after the first attempt."""
    if session["kind"] == TOP_UP or session["customer_phone"] is not None:
        return False
    return session["subscription_id"] is None and session["invoice_id"] is None


def _suggest_rail(session: sqlite3.Row) -> str:
    """Return the rail to select: another one than that of a payment that has failed."""
    if session["failure"] is None or session["rail"] is None:
        return "card"
    return next(rail for rail in RAILS if rail != session["rail"])
