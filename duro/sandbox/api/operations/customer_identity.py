"""Customer identity: sign-in by phone number with a one-time password over WhatsApp."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Final, TypeAlias

from attrs import frozen

from ...._json_types import JSONObject
from ...auth.accounts import get_or_create_identity
from ...auth.audience import Audience
from ...auth.otp import WHATSAPP, redeem_code, send_code
from ...auth.sessions import open_session
from ...billing.cards import list_cards
from ...billing.customers import find_customers
from ...representation import identity_to_json, payment_method_to_json
from ...storage.rows import find
from ...validation import Text, matching
from ..operation import ApiOperation
from ..request_context import RequestContext
from ..responses import ApiResponse

__all__ = ["OPERATIONS"]

_check_digits: Final = matching(r"\+?[0-9]{7,15}", "phone number of 7 to 15 digits")


def _check_phone(value: object) -> str:
    # The same person may write the number with a plus sign and without.
    return str(_check_digits(value)).removeprefix("+")


Phone: TypeAlias = Annotated[str, _check_phone]


@frozen
class OtpRequest:
    """Body of ``requestOtp``."""

    phone: Phone


@frozen
class OtpVerify:
    """Body of ``verifyOtp``."""

    phone: Phone
    code: Text


def request_otp(context: RequestContext) -> JSONObject:
    """``requestOtp``: the code is not sent; ``sandbox.codes`` and ``/_sandbox/codes`` list it."""
    body, uow = context.read_body(OtpRequest), context.uow
    expires_at = send_code(uow.db, uow.new_id("otp"), WHATSAPP, body.phone, uow.now)
    return {"expiresAt": expires_at, "delivered": True}


def verify_otp(context: RequestContext) -> JSONObject | ApiResponse:
    """``verifyOtp``: sign in. The first time creates the identity."""
    body, uow = context.read_body(OtpVerify), context.uow
    error = redeem_code(uow.db, WHATSAPP, body.phone, body.code, uow.now)
    if error is not None:
        return ApiResponse.from_error(error)
    identity = get_or_create_identity(uow, body.phone)
    token = open_session(uow, Audience.IDENTITY, identity["id"])
    return {"token": token, "identity": identity_to_json(identity)}


def retrieve_identity(context: RequestContext) -> JSONObject:
    """``getIdentity``."""
    identity = find(context.uow.db, "identities", context.person_id)
    return {"identity": identity_to_json(identity), "methods": _list_methods(context, identity)}


def list_methods(context: RequestContext) -> JSONObject:
    """``listMethods``: all of them, without pagination."""
    return {"items": _list_methods(context, find(context.uow.db, "identities", context.person_id))}


def _list_methods(context: RequestContext, identity: sqlite3.Row) -> list[JSONObject]:
    db = context.uow.db
    cards = list_cards(db, find_customers(db, phone=identity["phone"]))
    return [payment_method_to_json(card) for card in cards]


OPERATIONS: Final = (
    ApiOperation("POST", "/identity/otp", request_otp, audience=Audience.PUBLIC),
    ApiOperation("POST", "/identity/verify", verify_otp, audience=Audience.PUBLIC),
    ApiOperation("GET", "/identity/me", retrieve_identity, audience=Audience.IDENTITY),
    ApiOperation("GET", "/identity/methods", list_methods, audience=Audience.IDENTITY),
)
