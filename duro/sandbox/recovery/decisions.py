"""Decisions of recovery: the step after a failed attempt to charge an invoice, as a pure function."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, TypeAlias

from attrs import frozen

from ..clock import timestamp
from .backoff import MAX_ATTEMPTS, next_attempt_time
from .failure_codes import CARD_CATEGORIES, FailureCategory, describe_category
from .payday import is_payday, next_payday

__all__ = ["RAIL_ORDER", "Decision", "FailedAttempt", "RecoveryAction", "decide", "exhaust"]

RecoveryAction: TypeAlias = Literal["retry", "retry_payday", "switch_rail", "request_card_update", "exhaust", "none"]

# Order in which repeated hard declines switch the rail.
RAIL_ORDER: Final = ("card", "ussd", "transfer", "virtual_account", "direct_debit")

# Not from the calendar module, whose names depend on the locale.
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@frozen
class FailedAttempt:
    """Failed attempt to charge an invoice of a subscription, with the history that matters for the next step.

    Attributes:
        invoice_id: Id of the invoice.
        subscription_id: Id of the subscription.
        attempt: Number of the attempt, from 1.
        category: Category of the failure.
        rail: Rail of the attempt.
        at: Time of the attempt, in UTC.
        first_failed_at: Time of the first failed attempt, in UTC.
        hard_declines: Number of attempts that were hard declines, this one included.
    """

    invoice_id: str
    subscription_id: str
    attempt: int
    category: FailureCategory
    rail: str
    at: datetime
    first_failed_at: datetime
    hard_declines: int = 0


@frozen
class Decision:
    """Decision after a failed attempt to charge an invoice.

    Attributes:
        invoice_id: Id of the invoice.
        subscription_id: Id of the subscription.
        attempt: Number of the failed attempt, from 1 to 5.
        category: Category of the failure, such as ``insufficient_funds``.
        action: ``retry``, ``retry_payday``, ``switch_rail``, ``request_card_update``, ``exhaust``, or ``none`` if the
            settings turn recovery off.
        rail: Rail of the next attempt. ``None`` without a next attempt.
        reason: Reason of the decision, as a sentence.
        next_at: Time of the next attempt, in the API's format. ``None`` if it is not scheduled.
        at: Sandbox time of the decision, in the API's format.
    """

    invoice_id: str
    subscription_id: str
    attempt: int
    category: FailureCategory
    action: RecoveryAction
    rail: str | None
    reason: str
    next_at: str | None
    at: str


def decide(failed: FailedAttempt, *, is_enabled: bool = True) -> Decision:
    """Decide on the step after a failed attempt. The first rule that applies wins.

    Args:
        failed: Failed attempt.
        is_enabled: Whether the settings of the merchant allow attempts.

    Returns:
        The decision, with its reason.
    """
    if not is_enabled:
        return _build(failed, "none", "recovery is turned off in the settings; the subscription stays past due")
    if failed.attempt >= MAX_ATTEMPTS:
        return exhaust(failed, f"attempt {failed.attempt} of {MAX_ATTEMPTS} failed")
    if failed.category in CARD_CATEGORIES:
        return _build(failed, "request_card_update", f"waiting for a new card; {_next_attempt(failed)}", rail="card")
    if failed.category == "hard_decline":
        return _decide_hard_decline(failed)
    if failed.category == "insufficient_funds" and not is_payday(failed.at):
        return _wait_for_payday(failed)
    return _retry(failed)


def exhaust(failed: FailedAttempt, cause: str) -> Decision:
    """Return the decision that ends a recovery without success.

    Args:
        failed: Last failed attempt.
        cause: Cause of the end, as a clause in lower case.
    """
    return _build(failed, "exhaust", f"{cause}; the invoice is uncollectible and the subscription unpaid")


def _decide_hard_decline(failed: FailedAttempt) -> Decision:
    if failed.hard_declines <= 1:
        return _retry(failed)
    rail = RAIL_ORDER[(RAIL_ORDER.index(failed.rail) + 1) % len(RAIL_ORDER)]
    next_at = next_attempt_time(failed.first_failed_at, failed.at, failed.attempt)
    text = f"declined again over {_name_rail(failed.rail)}, switching to {_name_rail(rail)} on {_format(next_at)}"
    return _build(failed, "switch_rail", f"{text}; {_next_attempt(failed)}", rail=rail, next_at=next_at)


def _wait_for_payday(failed: FailedAttempt) -> Decision:
    next_at = next_payday(failed.at)
    text = f"waiting for payday, {_format(next_at)}; {_next_attempt(failed)}"
    return _build(failed, "retry_payday", text, rail=failed.rail, next_at=next_at)


def _retry(failed: FailedAttempt) -> Decision:
    next_at = next_attempt_time(failed.first_failed_at, failed.at, failed.attempt)
    text = f"retry over {_name_rail(failed.rail)} on {_format(next_at)}; {_next_attempt(failed)}"
    return _build(failed, "retry", text, rail=failed.rail, next_at=next_at)


def _build(
    failed: FailedAttempt,
    action: RecoveryAction,
    text: str,
    *,
    rail: str | None = None,
    next_at: datetime | None = None,
) -> Decision:
    return Decision(
        invoice_id=failed.invoice_id,
        subscription_id=failed.subscription_id,
        attempt=failed.attempt,
        category=failed.category,
        action=action,
        rail=rail,
        reason=f"{describe_category(failed.category)} on the {_ordinal(failed.at.day)}: {text}",
        next_at=None if next_at is None else timestamp(next_at),
        at=timestamp(failed.at),
    )


def _next_attempt(failed: FailedAttempt) -> str:
    return f"attempt {failed.attempt + 1} of {MAX_ATTEMPTS}"


def _name_rail(rail: str) -> str:
    return rail.upper() if rail == "ussd" else rail.replace("_", " ")


def _format(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.hour:02}:{moment.minute:02} UTC"


def _ordinal(day: int) -> str:
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th") if day // 10 != 1 else "th"
    return f"{day}{suffix}"
