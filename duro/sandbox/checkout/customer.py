"""Customer of a checkout session without a browser, and the transfers that sessions wait for."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Self

from attrs import frozen

from ..._checks import describe_type
from ..._ids import check_id
from ...errors import InvalidArgumentError
from ..backend import Backend
from ..billing.charges import RAILS
from ..billing.checkout_payments import CheckoutAttempt
from ..billing.checkout_sessions import find_checkout_session
from ..errors import ApiError
from ..recovery.failure_codes import CATEGORIES, FailureCategory, find_category
from . import steps

if TYPE_CHECKING:
    from ...api.models.checkout import CheckoutSession

__all__ = ["CheckoutResult", "HostedCheckout", "Transfers", "token_of"]


@frozen
class CheckoutResult:
    """Result of an attempt to pay a checkout session.

    Attributes:
        status: ``completed``, ``failed``, or ``processing`` for a payment that has not settled.
        amount: Amount due today in minor units.
        subscription_id: Id of the subscription, if the session has one.
        failure: Category of the failure, such as ``insufficient_funds``, if the payment failed.
    """

    status: str
    amount: int
    subscription_id: str | None
    failure: FailureCategory | None


class HostedCheckout:
    """Customer at the hosted page of a checkout session, without a browser.

    Create it with ``sandbox.checkout(session)``.

    Args:
        backend: Backend of the session.
        token: Token of the session.

    Example:
        >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
        >>> code = await client.promo_codes.create(code="HALF", discount_type="percentage", discount_value=50)
        >>> session = await client.checkout.create_session(plan_id=plan.id, customer_email="ada@example.com")
        >>> sandbox.checkout(session).enter_promo_code("HALF").pay("card").amount
        250000
    """

    def __init__(self, backend: Backend, token: str) -> None:
        self._backend = backend
        self._token = token

    @property
    def amount_due(self) -> int:
        """Amount due today in minor units, 0 for a trial."""
        amount: int = self._find()["amount"]
        return amount

    @property
    def status(self) -> str:
        """``pending``, ``processing``, ``completed`` or ``expired``."""
        status: str = self._find()["status"]
        return status

    def enter_promo_code(self, code: str) -> Self:
        """Apply a promo code. It replaces an earlier one.

        Args:
            code: Code of the promo code. An empty one removes the present code.

        Returns:
            The same checkout, for the next step.

        Raises:
            InvalidArgumentError: The code does not exist, cannot be redeemed, or does not apply to the session.
        """
        if not isinstance(code, str):
            raise InvalidArgumentError(f"code must be a string, got {describe_type(code)}; pass promo_code.code")
        try:
            steps.enter_promo_code(self._backend, self._token, code)
        except ApiError as error:
            raise InvalidArgumentError(f"the promo code was refused: {error.message}") from None
        return self

    def pay(self, rail: str = "card", *, email: str | None = None) -> CheckoutResult:
        """Pay the session. A completed session returns its result without a second charge.

        Args:
            rail: ``card`` and ``ussd`` settle at once. ``transfer``, ``virtual_account`` and ``direct_debit`` settle
                after 5 minutes of the sandbox's time, or with ``sandbox.transfers.settle``.
            email: E-mail address that the customer enters. The default is the one of the session.

        Raises:
            InvalidArgumentError: The rail is unknown, or the session cannot be paid.
        """
        return self._attempt(rail, email, None)

    def fail(
        self, category: FailureCategory = "do_not_honor", rail: str = "card", *, email: str | None = None
    ) -> CheckoutResult:
        """Attempt a payment that is declined. The session stays payable over another rail.

        Args:
            category: Category of the failure.
            rail: Rail of the attempt.
            email: E-mail address that the customer enters. The default is the one of the session.

        Returns:
            The result. A payment that settles later is ``processing``, and fails when it settles.

        Raises:
            InvalidArgumentError: The category or the rail is unknown, or the session cannot be paid.
        """
        if not isinstance(category, str) or find_category(category) is None:
            raise InvalidArgumentError(f"category must be one of {', '.join(CATEGORIES)}, got {category!r}")
        return self._attempt(rail, email, category)

    def _attempt(self, rail: str, email: str | None, failure: FailureCategory | None) -> CheckoutResult:
        if rail not in RAILS:
            raise InvalidArgumentError(f"rail must be one of {', '.join(RAILS)}, got {rail!r}")
        try:
            return _to_result(steps.pay(self._backend, self._token, rail, email=email, failure=failure))
        except ApiError as error:
            raise InvalidArgumentError(f"the payment was refused: {error.message}") from None

    def _find(self) -> sqlite3.Row:
        try:
            with self._backend.store.transaction() as db:
                return find_checkout_session(db, self._token)
        except ApiError as error:
            raise InvalidArgumentError(f"the session cannot be used: {error.message}") from None


class Transfers:
    """Payments that have not settled: over ``transfer``, ``virtual_account`` and ``direct_debit``.

    Args:
        backend: Backend of the sessions.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def settle(self, session: CheckoutSession | str) -> CheckoutResult:
        """Settle the payment that a checkout session waits for.

        Args:
            session: Session, or its token.

        Raises:
            InvalidArgumentError: The session does not exist, or does not wait for a payment.

        Example:
            >>> session = await client.checkout.create_session(amount=90_000)
            >>> sandbox.checkout(session).pay("transfer").status
            'processing'
            >>> sandbox.transfers.settle(session.token).status
            'completed'
        """
        try:
            return _to_result(steps.settle(self._backend, token_of(session)))
        except ApiError as error:
            raise InvalidArgumentError(f"the payment was not settled: {error.message}") from None


def token_of(session: CheckoutSession | str) -> str:
    """Return the token of a session.

    Args:
        session: Session, or its token.

    Raises:
        InvalidArgumentError: The value is neither of them.
    """
    return check_id("token", session if isinstance(session, str) else getattr(session, "token", session))


def _to_result(attempt: CheckoutAttempt) -> CheckoutResult:
    session = attempt.session
    return CheckoutResult(attempt.status, session["amount"], session["subscription_id"], attempt.category)
