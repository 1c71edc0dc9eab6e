"""Promo codes: create, retrieve, update."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from attrs import frozen

from ...._json_types import JSONObject
from ...._unset import UNSET, Unset
from ...billing import promo_codes
from ...representation import promo_code_to_json
from ...storage.rows import find, update
from ...validation import (
    MAX_INTEGER,
    Flag,
    PositiveInteger,
    Text,
    Timestamp,
    check_timestamp,
    integer,
    nullable,
    one_of,
    set_members,
)
from ..operation import ApiOperation
from ..request_context import RequestContext

__all__ = ["OPERATIONS"]

# In an update, null removes a limit.
RedemptionLimit: TypeAlias = Annotated[int | None, nullable(integer(1, MAX_INTEGER, "positive integer, or null"))]
Expiry: TypeAlias = Annotated[str | None, nullable(check_timestamp)]


@frozen
class PromoCodeCreate:
    """Body of ``createPromoCode``."""

    code: Text
    discount_type: Annotated[str, one_of("percentage", "fixed")]
    discount_value: PositiveInteger
    plan_id: Text | Unset = UNSET
    duration: Annotated[str, one_of("once", "forever", "repeating")] = "once"
    duration_cycles: PositiveInteger | Unset = UNSET
    max_redemptions: PositiveInteger | Unset = UNSET
    expires_at: Timestamp | Unset = UNSET


@frozen
class PromoCodeUpdate:
    """Body of ``updatePromoCode``."""

    active: Flag | Unset = UNSET
    max_redemptions: RedemptionLimit | Unset = UNSET
    expires_at: Expiry | Unset = UNSET


def create_promo_code(context: RequestContext) -> JSONObject:
    """``createPromoCode``."""
    body = context.read_body(PromoCodeCreate)
    return promo_code_to_json(promo_codes.create_promo_code(context.uow, set_members(body)))


def retrieve_promo_code(context: RequestContext) -> JSONObject:
    """``getPromoCode``."""
    return promo_code_to_json(find(context.uow.db, "promo_codes", context.path["id"]))


def update_promo_code(context: RequestContext) -> JSONObject:
    """``updatePromoCode``: omitted members keep their values, null removes a limit."""
    promo_code = find(context.uow.db, "promo_codes", context.path["id"])
    body = context.read_body(PromoCodeUpdate)
    return promo_code_to_json(update(context.uow.db, "promo_codes", promo_code["id"], set_members(body)))


OPERATIONS: Final = (
    ApiOperation("POST", "/v1/promo-codes", create_promo_code, status=201),
    ApiOperation("GET", "/v1/promo-codes/{id}", retrieve_promo_code),
    ApiOperation("PATCH", "/v1/promo-codes/{id}", update_promo_code),
)
