"""Customer portal: a person behind an e-mail address, with subscriptions, cards and a wallet."""

from __future__ import annotations

import secrets
import sqlite3
from typing import Annotated, Final

from attrs import frozen

from ...._json import JSONObject
from ...._unset import UNSET, Unset
from ...auth.credentials import MERCHANT_NAME, TENANT_ID
from ...auth.otp import EMAIL, is_cooling_down, redeem_code, send_code
from ...auth.sessions import Surface, open_session
from ...billing.cards import cards_of
from ...billing.subscription_states import Action
from ...billing.wallets import movements_of
from ...errors import ApiError
from ...storage.rows import find, insert, update
from ...validation import LARGEST_INTEGER, Email, Flag, Text, integer, matching
from ..dispatch import Call, Operation
from ..responses import ApiResponse
from .checkout import TOP_UP, open_checkout
from .customers import customers_of
from .subscriptions import move

__all__ = ["OPERATIONS"]

KOBO: Final = 100
BANK_NAME: Final = "Duro Sandbox Bank"


@frozen
class PortalStart:
    """The body of ``portalEmailStart``."""

    token: Text | Unset = UNSET
    email: Email | Unset = UNSET
    resend: Flag = False


@frozen
class PortalProof:
    """The body of ``portalEmailVerify``."""

    code: Text
    token: Text | Unset = UNSET
    email: Email | Unset = UNSET


@frozen
class TopUp:
    """The body of ``portalEmailTopup``, the one amount of the API in whole naira."""

    amount: Annotated[int, integer(100, LARGEST_INTEGER // KOBO, "whole naira, at least 100")]


@frozen
class VirtualAccountRequest:
    """The body of ``portalEmailVirtualAccount``; the number is checked, and kept nowhere."""

    bvn: Annotated[str, matching(r"[0-9]{11}", "eleven digits")]


def to_json(subscription: sqlite3.Row, plan: sqlite3.Row) -> JSONObject:
    """Give a subscription the portal's shape."""
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


def represent_card(card: sqlite3.Row) -> JSONObject:
    """Give a card the portal's shape."""
    return {
        "id": card["id"],
        "brand": card["brand"],
        "last4": card["last4"],
        "expMonth": card["exp_month"],
        "expYear": card["exp_year"],
        "isDefault": bool(card["is_default"]),
    }


def represent_movement(movement: sqlite3.Row) -> JSONObject:
    """Give a movement of a wallet the contract's shape."""
    return {
        "id": movement["id"],
        "amount": movement["amount"],
        "balanceAfter": movement["balance_after"],
        "memo": movement["memo"],
        "merchantName": MERCHANT_NAME,
        "createdAt": movement["created_at"],
    }


def start(call: Call) -> JSONObject:
    """``portalEmailStart``: asked twice within a minute, a code is sent again only with ``resend``."""
    body = call.read(PortalStart)
    email = _address(body.email)
    if body.resend or not is_cooling_down(call.db, EMAIL, email, call.now):
        send_code(call.db, call.new_id("otp"), EMAIL, email, call.now)
    return {"email": email}


def verify(call: Call) -> JSONObject | ApiResponse:
    """``portalEmailVerify``: sign in; the first time makes the account."""
    body = call.read(PortalProof)
    email = _address(body.email)
    refusal = redeem_code(call.db, EMAIL, email, body.code, call.now)
    if refusal is not None:
        return ApiResponse.from_error(refusal)
    account = _account_of(call, email)
    names = [customer["name"] for customer in customers_of(call, email=email) if customer["name"]]
    return {
        "sessionToken": open_session(call.db, Surface.PORTAL, account["id"], call.now),
        "account": {"email": account["email"], "name": names[0] if names else ""},
        "subscriptions": _merchants(call, account),
    }


def list_subscriptions(call: Call) -> JSONObject:
    """``portalEmailSubscriptions``: all of them, without pages; a sandbox has one merchant."""
    return {"merchants": _merchants(call, _account(call))}


def pause(call: Call) -> JSONObject:
    """``portalEmailPause``: one's own only."""
    account = _account(call)
    if call.path["mode"] != "test":
        raise ApiError(404, "There is no such subscription in this mode.")
    subscription = find(call.db, "subscriptions", call.path["id"])
    if subscription["customer_id"] not in {customer["id"] for customer in customers_of(call, email=account["email"])}:
        raise ApiError(403, "The subscription is someone else's.")
    return {"id": move(call, subscription, Action.PAUSE)["id"]}


def list_cards(call: Call) -> JSONObject:
    """``portalEmailCards``: all of them, without pages."""
    customers = customers_of(call, email=_account(call)["email"])
    return {"items": [represent_card(card) for card in cards_of(call, customers)]}


def retrieve_wallet(call: Call) -> JSONObject:
    """``portalEmailWallet``: the balance in kobo, and every movement."""
    account = _account(call)
    return {
        "balance": account["balance"],
        "currency": "NGN",
        "status": "active",
        "transactions": [represent_movement(movement) for movement in movements_of(call, account)],
    }


def top_up(call: Call) -> JSONObject:
    """``portalEmailTopup``: opens a checkout session, and paying it credits the wallet."""
    account = _account(call)
    body = call.read(TopUp)
    values = {
        "kind": TOP_UP,
        "amount": body.amount * KOBO,
        "currency": "NGN",
        "account_id": account["id"],
        "customer_email": account["email"],
    }
    session = open_checkout(call, values)
    return {"checkoutToken": session["token"], "checkoutUrl": session["url"]}


def request_virtual_account(call: Call) -> JSONObject:
    """``portalEmailVirtualAccount``: one for each account, however often it is asked for."""
    account = _account(call)
    call.read(VirtualAccountRequest)
    if account["account_number"] is None:
        number = f"9{secrets.randbelow(10**9):09}"
        account = update(call.db, "accounts", account["id"], {"account_number": number})
    return {
        "accountNumber": account["account_number"],
        "bankName": BANK_NAME,
        "accountName": account["email"],
        "currency": "NGN",
    }


def _address(email: str | Unset) -> str:
    if isinstance(email, Unset):
        # The API has no way to make a portal link, so a sandbox never gave such a token out.
        raise ApiError(
            422, "Not valid: email.", [{"path": "email", "issue": "required; a sandbox makes no portal links"}]
        )
    return email


def _account(call: Call) -> sqlite3.Row:
    return find(call.db, "accounts", call.person_id)


def _account_of(call: Call, email: str) -> sqlite3.Row:
    row = call.db.execute("SELECT id FROM accounts WHERE email = ?", (email,)).fetchone()
    identifier = row["id"] if row else call.new_id("acc")
    if row is None:
        insert(call.db, "accounts", {"id": identifier, "email": email, "created_at": call.at})
    return find(call.db, "accounts", identifier)


def _merchants(call: Call, account: sqlite3.Row) -> list[JSONObject]:
    """Group the account's subscriptions by merchant; whoever has none has no merchant."""
    subscriptions = call.db.execute(
        "SELECT subscriptions.* FROM subscriptions JOIN customers ON customers.id = customer_id"
        " WHERE email = ? ORDER BY subscriptions.created_at DESC, subscriptions.id DESC",
        (account["email"],),
    )
    shown = [to_json(row, find(call.db, "plans", row["plan_id"])) for row in subscriptions]
    return [{"tenantId": TENANT_ID, "merchantName": MERCHANT_NAME, "subscriptions": shown}] if shown else []


OPERATIONS: Final = (
    Operation("POST", "/portal/email/start", start, surface=Surface.PUBLIC),
    Operation("POST", "/portal/email/verify", verify, surface=Surface.PUBLIC),
    Operation("GET", "/portal/email/subscriptions", list_subscriptions, surface=Surface.PORTAL),
    Operation("POST", "/portal/email/subscriptions/{mode}/{id}/pause", pause, surface=Surface.PORTAL),
    Operation("GET", "/portal/email/cards", list_cards, surface=Surface.PORTAL),
    Operation("GET", "/portal/email/wallet", retrieve_wallet, surface=Surface.PORTAL),
    Operation("POST", "/portal/email/wallet/topup", top_up, surface=Surface.PORTAL),
    Operation("POST", "/portal/email/virtual-account", request_virtual_account, surface=Surface.PORTAL),
)
