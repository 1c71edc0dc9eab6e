"""Customer identity: a person behind a phone number, proven by a code over WhatsApp."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Final, TypeAlias

from attrs import frozen

from ...._json import JSONObject
from ...auth.otp import WHATSAPP, redeem_code, send_code
from ...auth.sessions import Surface, open_session
from ...billing.cards import cards_of
from ...storage.rows import find, insert
from ...validation import Text, matching
from ..dispatch import Call, Operation
from ..responses import ApiResponse
from .customers import customers_of

__all__ = ["OPERATIONS"]

Phone: TypeAlias = Annotated[str, matching(r"\+?[0-9]{7,15}", "phone number of 7 to 15 digits")]


@frozen
class CodeRequest:
    """The body of ``requestOtp``."""

    phone: Phone


@frozen
class CodeProof:
    """The body of ``verifyOtp``."""

    phone: Phone
    code: Text


def to_json(identity: sqlite3.Row) -> JSONObject:
    """Give an identity a shape; the contract leaves it open."""
    return {"id": identity["id"], "phone": identity["phone"], "createdAt": identity["created_at"]}


def represent_method(card: sqlite3.Row) -> JSONObject:
    """Give a saved card the contract's shape of a payment method."""
    return {
        "id": card["id"],
        "rail": "card",
        "brand": card["brand"],
        "last4": card["last4"],
        "isDefault": bool(card["is_default"]),
        "createdAt": card["created_at"],
    }


def request_otp(call: Call) -> JSONObject:
    """``requestOtp``: the code reaches nobody; the sandbox's own surface shows it."""
    body = call.read(CodeRequest)
    expires_at = send_code(call.db, call.new_id("otp"), WHATSAPP, body.phone, call.now)
    return {"expiresAt": expires_at, "delivered": True}


def verify_otp(call: Call) -> JSONObject | ApiResponse:
    """``verifyOtp``: sign in; the first time makes the identity."""
    body = call.read(CodeProof)
    refusal = redeem_code(call.db, WHATSAPP, body.phone, body.code, call.now)
    if refusal is not None:
        return ApiResponse.from_error(refusal)
    identity = _identity(call, body.phone)
    token = open_session(call.db, Surface.IDENTITY, identity["id"], call.now)
    return {"token": token, "identity": to_json(identity)}


def retrieve_identity(call: Call) -> JSONObject:
    """``getIdentity``."""
    identity = find(call.db, "identities", call.person_id)
    return {"identity": to_json(identity), "methods": _methods(call, identity)}


def list_methods(call: Call) -> JSONObject:
    """``listMethods``: all of them, without pages."""
    return {"items": _methods(call, find(call.db, "identities", call.person_id))}


def _identity(call: Call, phone: str) -> sqlite3.Row:
    row = call.db.execute("SELECT id FROM identities WHERE phone = ?", (phone,)).fetchone()
    identifier = row["id"] if row else call.new_id("idn")
    if row is None:
        insert(call.db, "identities", {"id": identifier, "phone": phone, "created_at": call.at})
    return find(call.db, "identities", identifier)


def _methods(call: Call, identity: sqlite3.Row) -> list[JSONObject]:
    customers = customers_of(call, phone=identity["phone"])
    return [represent_method(card) for card in cards_of(call, customers)]


OPERATIONS: Final = (
    Operation("POST", "/identity/otp", request_otp, surface=Surface.PUBLIC),
    Operation("POST", "/identity/verify", verify_otp, surface=Surface.PUBLIC),
    Operation("GET", "/identity/me", retrieve_identity, surface=Surface.IDENTITY),
    Operation("GET", "/identity/methods", list_methods, surface=Surface.IDENTITY),
)
