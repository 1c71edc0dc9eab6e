"""Customer portal: sign-in by e-mail address, subscriptions, cards and the wallet."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Final

from attrs import frozen

from ...._json_types import JSONObject
from ...._unset import UNSET, Unset
from ...auth.accounts import get_or_create_account
from ...auth.audience import Audience
from ...auth.credentials import MERCHANT_NAME, TENANT_ID
from ...auth.otp import EMAIL, is_cooling_down, redeem_code, send_code
from ...auth.portal_links import read_link_token
from ...auth.sessions import open_session
from ...billing.cards import list_cards
from ...billing.checkout_sessions import TOP_UP, open_checkout_session
from ...billing.customers import find_customers
from ...billing.subscriptions import list_account_subscriptions, pause_subscription
from ...billing.wallets import assign_virtual_account, list_movements
from ...errors import ApiError
from ...representation import card_to_json, portal_subscription_to_json, wallet_movement_to_json
from ...storage.rows import find
from ...validation import MAX_INTEGER, Email, Flag, Text, integer, invalid_field, matching
from ..operation import ApiOperation
from ..request_context import RequestContext
from ..responses import ApiResponse

__all__ = [
    "OPERATIONS",
    "list_account_cards",
    "list_subscriptions",
    "open_top_up",
    "pause",
    "request_virtual_account",
    "retrieve_wallet",
    "start",
    "verify",
]

KOBO_PER_NAIRA: Final = 100
BANK_NAME: Final = "Duro Sandbox Bank"


@frozen
class PortalStart:
    """Body of ``portalEmailStart``."""

    token: Text | Unset = UNSET
    email: Email | Unset = UNSET
    resend: Flag = False


@frozen
class PortalVerify:
    """Body of ``portalEmailVerify``."""

    code: Text
    token: Text | Unset = UNSET
    email: Email | Unset = UNSET


@frozen
class WalletTopUp:
    """Body of ``portalEmailTopup``. Its amount is the only one of the API in whole naira."""

    amount: Annotated[int, integer(100, MAX_INTEGER // KOBO_PER_NAIRA, "whole naira, at least 100")]


@frozen
class VirtualAccountRequest:
    """Body of ``portalEmailVirtualAccount``. The number is validated but not stored."""

    bvn: Annotated[str, matching(r"[0-9]{11}", "eleven digits")]


def start(context: RequestContext) -> JSONObject:
    """``portalEmailStart``: for an address or a portal link. Within a minute, another code needs ``resend``."""
    body, uow = context.read_body(PortalStart), context.uow
    email = _find_address(context, body)
    if body.resend or not is_cooling_down(uow.db, EMAIL, email, uow.now):
        send_code(uow.db, uow.new_id("otp"), EMAIL, email, uow.now)
    return {"email": email}


def verify(context: RequestContext) -> JSONObject | ApiResponse:
    """``portalEmailVerify``: sign in. The first time creates the account."""
    body, uow = context.read_body(PortalVerify), context.uow
    email = _find_address(context, body)
    error = redeem_code(uow.db, EMAIL, email, body.code, uow.now)
    if error is not None:
        return ApiResponse.from_error(error)
    account = get_or_create_account(uow, email)
    names = [customer["name"] for customer in find_customers(uow.db, email=email) if customer["name"]]
    return {
        "sessionToken": open_session(uow, Audience.PORTAL, account["id"]),
        "account": {"email": account["email"], "name": names[0] if names else ""},
        "subscriptions": _list_merchants(context, account),
    }


def list_subscriptions(context: RequestContext) -> JSONObject:
    """``portalEmailSubscriptions``: all of them, without pagination. A sandbox has one merchant."""
    return {"merchants": _list_merchants(context, _find_account(context))}


def pause(context: RequestContext) -> JSONObject:
    """``portalEmailPause``: for subscriptions of the account only."""
    account, uow = _find_account(context), context.uow
    if context.path["mode"] != uow.mode:
        raise ApiError(404, "The subscription does not exist in this mode.")
    subscription = find(uow.db, "subscriptions", context.path["id"])
    owners = {customer["id"] for customer in find_customers(uow.db, email=account["email"])}
    if subscription["customer_id"] not in owners:
        raise ApiError(403, "The subscription belongs to another customer.")
    return {"id": pause_subscription(uow, subscription)["id"]}


def list_account_cards(context: RequestContext) -> JSONObject:
    """``portalEmailCards``: all of them, without pagination."""
    db = context.uow.db
    customers = find_customers(db, email=_find_account(context)["email"])
    return {"items": [card_to_json(card) for card in list_cards(db, customers)]}


def retrieve_wallet(context: RequestContext) -> JSONObject:
    """``portalEmailWallet``: the balance in kobo, and all movements."""
    account = _find_account(context)
    movements = list_movements(context.uow.db, account)
    return {
        "balance": account["balance"],
        "currency": "NGN",
        "status": "active",
        "transactions": [wallet_movement_to_json(movement, MERCHANT_NAME) for movement in movements],
    }


def top_up(context: RequestContext) -> JSONObject:
    """``portalEmailTopup``: open a checkout session. Its payment credits the wallet."""
    session = open_top_up(context)
    return {"checkoutToken": session["token"], "checkoutUrl": session["url"]}


def open_top_up(context: RequestContext, success_url: str | None = None) -> sqlite3.Row:
    """Open the checkout session of a top-up.

    Args:
        context: Request of a signed-in customer, with the amount.
        success_url: URL to return to after the payment.

    Raises:
        ApiError: The amount is invalid (422).
    """
    account = _find_account(context)
    body = context.read_body(WalletTopUp)
    values = {
        "kind": TOP_UP,
        "price": body.amount * KOBO_PER_NAIRA,
        "currency": "NGN",
        "account_id": account["id"],
        "customer_email": account["email"],
        "success_url": success_url,
    }
    return open_checkout_session(context.uow, values, context.origin)


def request_virtual_account(context: RequestContext) -> JSONObject:
    """``portalEmailVirtualAccount``: an account keeps its first number."""
    account = _find_account(context)
    context.read_body(VirtualAccountRequest)
    account = assign_virtual_account(context.uow.db, account)
    return {
        "accountNumber": account["account_number"],
        "bankName": BANK_NAME,
        "accountName": account["email"],
        "currency": "NGN",
    }


def _find_address(context: RequestContext, body: PortalStart | PortalVerify) -> str:
    """Return the address of a sign-in: that of the portal link, or that of the body."""
    if isinstance(body.token, Unset):
        if isinstance(body.email, Unset):
            raise invalid_field("email", "required, unless the token of a portal link is sent")
        return body.email
    email = read_link_token(context.uow.seed, body.token, context.uow.mode)
    if not isinstance(body.email, Unset) and body.email.casefold() != email.casefold():
        raise invalid_field("email", "expected the address of the portal link, or none")
    return email


def _find_account(context: RequestContext) -> sqlite3.Row:
    return find(context.uow.db, "accounts", context.person_id)


def _list_merchants(context: RequestContext, account: sqlite3.Row) -> list[JSONObject]:
    """Return the account's subscriptions by merchant. Merchants without a subscription are left out."""
    db = context.uow.db
    subscriptions = [
        portal_subscription_to_json(row, find(db, "plans", row["plan_id"]))
        for row in list_account_subscriptions(db, account["email"])
    ]
    merchant: JSONObject = {"tenantId": TENANT_ID, "merchantName": MERCHANT_NAME, "subscriptions": subscriptions}
    return [merchant] if subscriptions else []


OPERATIONS: Final = (
    ApiOperation("POST", "/portal/email/start", start, audience=Audience.PUBLIC, mode_member="token"),
    ApiOperation("POST", "/portal/email/verify", verify, audience=Audience.PUBLIC, mode_member="token"),
    ApiOperation("GET", "/portal/email/subscriptions", list_subscriptions, audience=Audience.PORTAL),
    ApiOperation("POST", "/portal/email/subscriptions/{mode}/{id}/pause", pause, audience=Audience.PORTAL),
    ApiOperation("GET", "/portal/email/cards", list_account_cards, audience=Audience.PORTAL),
    ApiOperation("GET", "/portal/email/wallet", retrieve_wallet, audience=Audience.PORTAL),
    ApiOperation("POST", "/portal/email/wallet/topup", top_up, audience=Audience.PORTAL),
    ApiOperation("POST", "/portal/email/virtual-account", request_virtual_account, audience=Audience.PORTAL),
)
