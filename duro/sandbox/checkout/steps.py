"""Steps of a customer at the checkout: each runs in a transaction of its own, for the pages and for tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ..backend import Backend
from ..billing.checkout_payments import CheckoutAttempt, pay_session, settle_transfer
from ..billing.checkout_sessions import apply_promo_code, find_checkout_session, remove_promo_code
from ..recovery.charge_rules import add_decline
from ..recovery.failure_codes import FailureCategory
from ..unit_of_work import UnitOfWork

__all__ = ["enter_promo_code", "pay", "settle"]

T = TypeVar("T")


def enter_promo_code(backend: Backend, token: str, code: str) -> sqlite3.Row:
    """Apply a promo code to a session, or remove the present one.

    Args:
        backend: Backend of the session.
        token: Token of the session.
        code: Code as entered. An empty one removes the present code.

    Returns:
        The updated session.

    Raises:
        ApiError: The session or the code does not exist (404), or the code does not apply (409).
    """
    if code.strip():
        return _run(backend, token, partial(apply_promo_code, code=code))
    return _run(backend, token, remove_promo_code)


def pay(
    backend: Backend, token: str, rail: str, *, email: str | None = None, failure: FailureCategory | None = None
) -> CheckoutAttempt:
    """Pay a session, or let the payment fail.

    Args:
        backend: Backend of the session.
        token: Token of the session.
        rail: Rail of the payment.
        email: E-mail address that the customer entered.
        failure: Category in which the payment fails. ``None`` lets the rules of the sandbox decide.

    Raises:
        ApiError: The session does not exist (404), or cannot be paid (403, 409).
    """

    def run(uow: UnitOfWork, session: sqlite3.Row) -> CheckoutAttempt:
        _decline_next(uow, token, failure)
        return pay_session(uow, session, rail, email)

    return _run(backend, token, run)


def settle(backend: Backend, token: str, *, failure: FailureCategory | None = None) -> CheckoutAttempt:
    """Settle the payment that a session waits for, or let it fail.

    Args:
        backend: Backend of the session.
        token: Token of the session.
        failure: Category in which the payment fails. ``None`` lets the rules of the sandbox decide.

    Raises:
        ApiError: The session does not exist (404), or does not wait for a payment (409).
    """

    def run(uow: UnitOfWork, session: sqlite3.Row) -> CheckoutAttempt:
        _decline_next(uow, session["customer_id"], failure)
        return settle_transfer(uow, session["id"])

    return _run(backend, token, run)


def _decline_next(uow: UnitOfWork, subject: str, failure: FailureCategory | None) -> None:
    if failure is not None:
        add_decline(uow.db, subject, failure, times=1, rail=None)


def _run(backend: Backend, token: str, step: Callable[[UnitOfWork, sqlite3.Row], T]) -> T:
    with backend.unit_of_work(f"checkout {token}") as uow:
        return step(uow, find_checkout_session(uow.db, token))
