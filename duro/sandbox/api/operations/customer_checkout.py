"""Checkout by customers: the data of the hosted page, and its payment."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Final

from attrs import frozen

from ...._json_types import JSONObject
from ...._unset import UNSET, Unset
from ...auth.audience import Audience
from ...auth.credentials import MERCHANT_NAME
from ...billing.charges import RAILS
from ...billing.checkout_payments import pay_session
from ...billing.checkout_sessions import find_checkout_session, find_sold_plan
from ...representation import checkout_page_to_json, checkout_status_to_json
from ...validation import Email, one_of
from ..operation import ApiOperation
from ..request_context import RequestContext

__all__ = ["OPERATIONS"]


@frozen
class CheckoutPay:
    """Body of ``payCheckout``."""

    rail: Annotated[str, one_of(*RAILS)]
    email: Email | Unset = UNSET


def hydrate_checkout(context: RequestContext) -> JSONObject:
    """``hydrateCheckout``: the session, its plan and the merchant's name."""
    session = _find_session(context)
    return checkout_page_to_json(session, find_sold_plan(context.uow.db, session), MERCHANT_NAME)


def pay_checkout(context: RequestContext) -> JSONObject:
    """``payCheckout``: a completed session returns its result without a second charge.

    A declined payment has the status ``failed``, and the session stays pending.
    """
    session = _find_session(context)
    body = context.read_body(CheckoutPay)
    email = None if isinstance(body.email, Unset) else body.email
    attempt = pay_session(context.uow, session, body.rail, email)
    return {**checkout_status_to_json(attempt.session), "status": attempt.status}


def poll_checkout_status(context: RequestContext) -> JSONObject:
    """``pollCheckoutStatus``."""
    return checkout_status_to_json(_find_session(context))


def _find_session(context: RequestContext) -> sqlite3.Row:
    return find_checkout_session(context.uow.db, context.path["token"])


OPERATIONS: Final = (
    ApiOperation("GET", "/checkout/{token}", hydrate_checkout, audience=Audience.PUBLIC),
    ApiOperation("POST", "/checkout/{token}/pay", pay_checkout, audience=Audience.PUBLIC),
    ApiOperation("GET", "/checkout/{token}/status", poll_checkout_status, audience=Audience.PUBLIC),
)
