"""Recovery engine: carries out the decision after each failed attempt to charge a subscription."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Final

from ..billing.charges import ChargeResult, charge_invoice
from ..billing.due_items import schedule, unschedule, unschedule_all
from ..billing.event_data import invoice_event_data
from ..billing.invoices import close_invoice
from ..billing.recovered_periods import settle_recovered
from ..billing.recoveries import end_recovery, save_recovery
from ..billing.subscription_states import Action
from ..billing.subscriptions import cancel_subscription, change_status
from ..storage.rows import find
from ..unit_of_work import UnitOfWork
from .decision_log import find_last_decision, load_history, store_decision
from .decisions import Decision, FailedAttempt, decide, exhaust
from .failure_codes import FailureCategory
from .settings import find_rules

__all__ = ["attempt_charge", "expire_card_request", "handle_failure", "run_attempt", "run_escalation"]

# The documentation does not have a deadline. Without a new card until then, the recovery ends.
CARD_DEADLINE: Final = timedelta(days=30)


def handle_failure(uow: UnitOfWork, subscription: sqlite3.Row, invoice: sqlite3.Row, result: ChargeResult) -> Decision:
    """Decide on the step after a failed attempt, store the decision, and carry it out.

    Args:
        uow: Unit of work of the attempt.
        subscription: Subscription that is past due.
        invoice: Open invoice of its next period.
        result: Result of the failed attempt.

    Returns:
        The decision.
    """
    if result.category is None:
        raise ValueError("result must be that of a failed attempt, got a success; call it after a failure")
    rules = find_rules(uow.db)
    failed = _describe(uow, invoice, result.category)
    if rules.cancels_after is not None:
        at = max(failed.first_failed_at + rules.cancels_after, uow.now)
        schedule(uow, kind="escalation", subject=subscription["id"], at=at)
    decision = decide(failed, is_enabled=rules.is_enabled)
    _carry_out(uow, subscription, invoice, decision)
    return decision


def run_attempt(uow: UnitOfWork, invoice_id: str) -> None:
    """Charge an invoice again, at the time of its last decision.

    Args:
        uow: Unit of work of the due item.
        invoice_id: Id of the invoice. One that is no longer in recovery is ignored.
    """
    decision = find_last_decision(uow.db, invoice_id)
    if decision is not None and (pair := _find_open(uow.db, invoice_id)):
        attempt_charge(uow, *pair, rail=decision.rail or "card", attempt=decision.attempt + 1)


def attempt_charge(
    uow: UnitOfWork, subscription: sqlite3.Row, invoice: sqlite3.Row, *, rail: str, attempt: int
) -> None:
    """Charge the open invoice of a subscription again, and settle the result.

    Args:
        uow: Unit of work.
        subscription: Subscription, past due or incomplete.
        invoice: Its open invoice.
        rail: Rail of the charge.
        attempt: Number of the attempt.
    """
    result = charge_invoice(
        uow, invoice, rail=rail, attempt=attempt, idempotency_key=f"recovery_{invoice['id']}_{attempt}"
    )
    if result.succeeded:
        _settle(uow, subscription, invoice)
    elif subscription["status"] == "past_due":
        handle_failure(uow, subscription, invoice, result)


def expire_card_request(uow: UnitOfWork, invoice_id: str) -> None:
    """End the recovery of an invoice whose customer did not replace the card in time.

    Args:
        uow: Unit of work of the due item.
        invoice_id: Id of the invoice. One that is no longer in recovery is ignored.
    """
    last = find_last_decision(uow.db, invoice_id)
    if last is not None and (pair := _find_open(uow.db, invoice_id)):
        failed = FailedAttempt(
            invoice_id=invoice_id,
            subscription_id=last.subscription_id,
            attempt=last.attempt,
            category=last.category,
            rail="card",
            at=uow.now,
            first_failed_at=uow.now,
        )
        _carry_out(uow, *pair, exhaust(failed, f"no new card within {CARD_DEADLINE.days} days"))


def run_escalation(uow: UnitOfWork, subscription_id: str) -> None:
    """Cancel a subscription that is not paid at the time of its escalation, if the settings still require it.

    Args:
        uow: Unit of work of the due item.
        subscription_id: Id of the subscription.
    """
    subscription = find(uow.db, "subscriptions", subscription_id)
    if subscription["status"] in {"past_due", "unpaid"} and find_rules(uow.db).cancels_after is not None:
        cancel_subscription(uow, subscription)


def _describe(uow: UnitOfWork, invoice: sqlite3.Row, category: FailureCategory) -> FailedAttempt:
    history = load_history(uow.db, invoice["id"])
    return FailedAttempt(
        invoice_id=invoice["id"],
        subscription_id=invoice["subscription_id"],
        attempt=history.attempts + 1,
        category=category,
        rail=history.next_rail or "card",
        at=uow.now,
        first_failed_at=history.first_failed_at or uow.now,
        hard_declines=history.hard_declines + (category == "hard_decline"),
    )


def _carry_out(uow: UnitOfWork, subscription: sqlite3.Row, invoice: sqlite3.Row, decision: Decision) -> None:
    store_decision(uow.db, decision)
    save_recovery(uow, invoice, "at_risk" if decision.next_at is None else "recovering")
    if decision.next_at is not None:
        at = datetime.fromisoformat(decision.next_at)
        schedule(uow, kind="recovery_attempt", subject=invoice["id"], at=at)
    elif decision.action == "request_card_update":
        uow.emit("subscription_payment_action_required", invoice_event_data(uow, invoice, invoice["amount"]))
        schedule(uow, kind="card_deadline", subject=invoice["id"], at=uow.now + CARD_DEADLINE)
    elif decision.action == "exhaust":
        _exhaust(uow, subscription, invoice)


def _exhaust(uow: UnitOfWork, subscription: sqlite3.Row, invoice: sqlite3.Row) -> None:
    """End a recovery without success."""
    unschedule_all(uow, invoice["id"])
    close_invoice(uow, invoice, "uncollectible")
    change_status(uow, subscription, Action.EXHAUST)


def _settle(uow: UnitOfWork, subscription: sqlite3.Row, invoice: sqlite3.Row) -> None:
    """End a recovery with success."""
    end_recovery(uow, invoice["id"], "recovered")
    unschedule_all(uow, invoice["id"])
    unschedule(uow, kind="escalation", subject=subscription["id"])
    settle_recovered(uow, subscription, invoice)


def _find_open(db: sqlite3.Connection, invoice_id: str) -> tuple[sqlite3.Row, sqlite3.Row] | None:
    """Return the subscription and its invoice, if they are still in recovery."""
    invoice = find(db, "invoices", invoice_id)
    subscription = find(db, "subscriptions", invoice["subscription_id"])
    is_open = invoice["status"] == "open" and subscription["status"] == "past_due"
    return (subscription, invoice) if is_open else None
