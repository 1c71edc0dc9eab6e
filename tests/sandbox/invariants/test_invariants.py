"""Invariants: each is violated by SQL, which no rule of the sandbox does, and names the rows."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import pytest

from duro.sandbox.billing.checkout_payments import pay_session
from duro.sandbox.billing.checkout_sessions import open_checkout_session
from duro.sandbox.billing.plan_changes import change_plan
from duro.sandbox.billing.refunds import refund_invoice
from duro.sandbox.billing.subscription_states import list_transitions
from duro.sandbox.billing.subscriptions import cancel_subscription, pause_subscription
from duro.sandbox.billing.wallets import top_up_wallet
from duro.sandbox.invariants.errors import StrictError
from duro.sandbox.storage.rows import find, insert
from tests.sandbox.billing.conftest import Shop


def run_sql(shop: Shop, *statements: str, **values: object) -> None:
    """Run statements in one transaction, as a faulty rule would."""
    with shop.backend.store.transaction() as db:
        for statement in statements:
            db.execute(statement, {key: value for key, value in values.items() if f":{key}" in statement})


def copy_row(db: sqlite3.Connection, table: str, identifier: str, **changes: object) -> None:
    """Insert a copy of a row with another id."""
    insert(db, table, {**dict(find(db, table, identifier)), "id": f"{identifier}_copy", **changes})


def copy_of(shop: Shop, table: str, **changes: object) -> None:
    """Insert a copy of the first row of a table in a transaction of its own."""
    with shop.backend.store.transaction() as db:
        copy_row(db, table, first_id(db, table), **changes)


def first_id(db: sqlite3.Connection, table: str) -> str:
    identifier: str = db.execute(f"SELECT min(id) FROM {table}").fetchone()[0]  # noqa: S608 - constants
    return identifier


def problems(caught: pytest.ExceptionInfo[StrictError], invariant: str) -> list[str]:
    return [each.problem for each in caught.value.violations if each.invariant == invariant]


@pytest.mark.parametrize("hours", [0, 1])
def test_two_invoices_for_overlapping_periods_are_a_violation(shop: Shop, hours: int) -> None:
    subscription = shop.subscribe()
    run_sql(shop, "DROP INDEX one_invoice_per_period")
    with pytest.raises(StrictError) as caught:
        copy_of(shop, "invoices", period_start=f"2026-01-31T{9 + hours:02}:00:00.000Z", status="void")
    (problem,) = problems(caught, "one_invoice_per_period")
    invoice = shop.invoices()[0]["id"]
    assert f"subscription {subscription} must have one invoice" in problem
    assert f"got {invoice}_copy and {invoice}" in problem


def test_two_successful_charges_of_an_invoice_are_a_violation(shop: Shop) -> None:
    shop.subscribe()
    run_sql(shop, "DROP INDEX one_success_per_invoice")
    with pytest.raises(StrictError) as caught:
        copy_of(shop, "transactions")
    invoice = shop.invoices()[0]["id"]
    assert problems(caught, "paid_at_most_once") == [
        f"invoice {invoice} must be paid at most once, got 2 successful charges"
    ]


def test_a_charge_after_a_cancellation_is_a_violation(shop: Shop) -> None:
    shop.act(cancel_subscription, shop.subscribe())
    with pytest.raises(StrictError) as caught:
        copy_of(shop, "transactions", status="failed")
    invoice = shop.invoices()[0]["id"]
    assert problems(caught, "no_charge_after_end") == [
        f"invoice {invoice} must be of a running subscription, got a new charge for one that is canceled"
    ]


def test_an_open_invoice_or_a_due_item_of_a_canceled_subscription_is_a_violation(shop: Shop) -> None:
    subscription = shop.subscribe()
    with pytest.raises(StrictError) as caught:
        run_sql(
            shop,
            "UPDATE invoices SET status = 'open'",
            "UPDATE subscriptions SET status = 'canceled' WHERE id = :id",
            id=subscription,
        )
    invoice = shop.invoices()[0]["id"]
    assert problems(caught, "no_charge_after_end") == [
        f"invoice {invoice} of a subscription that is canceled must be closed, got open",
        f"subscription {subscription} is canceled and must not have a due item, got period_end",
    ]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE invoices SET amount = 1", "charges of invoice inv_.+ must have the sum 1, got 3000"),
        ("UPDATE invoices SET status = 'void'", "charges of invoice inv_.+ must have the sum 0, got 3000"),
        ("UPDATE transactions SET amount = 1", "charges of invoice inv_.+ must have the sum 3000, got 1"),
        ("UPDATE transactions SET status = 'failed'", "charges of invoice inv_.+ must have the sum 3000, got 0"),
    ],
)
def test_charges_that_differ_from_their_invoice_are_a_violation(shop: Shop, statement: str, problem: str) -> None:
    shop.subscribe()
    with pytest.raises(StrictError) as caught:
        run_sql(shop, statement)
    (found,) = problems(caught, "ledger_matches_invoices")
    assert re.fullmatch(problem, found)


def test_refunds_of_more_than_the_payment_are_a_violation(shop: Shop) -> None:
    shop.subscribe()
    invoice = shop.invoices()[0]
    shop.call(refund_invoice, invoice, 2000)
    with pytest.raises(StrictError) as caught:
        copy_of(shop, "refunds")
    assert problems(caught, "ledger_matches_invoices") == [
        f"refunds of invoice {invoice['id']} must have a sum of at most 3000, got 4000"
    ]


def test_a_balance_that_differs_from_the_top_ups_is_a_violation(shop: Shop) -> None:
    run_sql(shop, "INSERT INTO accounts (id, email, created_at) VALUES ('acc_1', 'ada@example.com', '')")
    session = shop.call(open_checkout_session, top_up(100), "http://127.0.0.1")
    shop.call(top_up_wallet, session, "card")
    with pytest.raises(StrictError) as caught:
        run_sql(shop, "UPDATE accounts SET balance = 7")
    assert problems(caught, "balance_matches_top_ups") == ["balance of account acc_1 must be 100, got 7"]


def top_up(price: int) -> dict[str, Any]:
    return {"kind": "topup", "price": price, "currency": "NGN", "account_id": "acc_1"}


def test_credit_without_a_source_is_a_violation(shop: Shop) -> None:
    subscription = shop.subscribe()
    with pytest.raises(StrictError) as caught:
        run_sql(shop, "UPDATE subscriptions SET credit = -5")
    assert problems(caught, "credit_matches_invoices") == [
        f"credit of subscription {subscription} must change by 0, got -5",
        f"credit of subscription {subscription} must be at least 0, got -5",
    ]


def test_credit_that_an_invoice_uses_is_taken_from_the_subscription(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.act(change_plan, subscription, shop.plan(amount=1000))
    assert shop.subscription(subscription)["credit"] > 0
    # The renewal uses the credit, and the sums match.
    shop.clock.advance(days=31)
    assert shop.invoices()[-1]["credit_used"] > 0
    values = {**dict(shop.invoices()[-1]), "id": "inv_2", "kind": "upgrade", "status": "void", "credit_used": 7}
    with pytest.raises(StrictError) as caught, shop.backend.store.transaction() as db:
        insert(db, "invoices", values)
    assert problems(caught, "credit_matches_invoices") == [
        f"credit of subscription {subscription} must change by -7, got 0"
    ]


def test_a_cycle_without_a_paid_period_is_a_violation(shop: Shop) -> None:
    subscription = shop.subscribe()
    with pytest.raises(StrictError) as caught:
        run_sql(shop, "UPDATE subscriptions SET cycles_completed = 5")
    assert problems(caught, "cycles_match_invoices") == [
        f"cycles of subscription {subscription} must increase by 0, got 4"
    ]


STATUSES = {"incomplete", "trialing", "active", "past_due", "paused", "unpaid", "canceled", "expired"}
ALLOWED = {(before, after) for before, after, _ in list_transitions()}


@pytest.mark.parametrize("after", sorted(STATUSES - {"active"}))
def test_only_the_state_machine_changes_a_status(shop: Shop, after: str) -> None:
    subscription = shop.subscribe()
    with pytest.raises(StrictError) as caught:
        run_sql(shop, "UPDATE subscriptions SET status = :after", after=after)
    problem = f"subscription {subscription} must change its status by an action, got active to {after}"
    expected = [] if ("active", after) in ALLOWED else [problem]
    assert problems(caught, "status_is_reachable") == expected
    assert shop.subscription(subscription)["status"] == "active"


def test_a_new_subscription_is_incomplete(shop: Shop) -> None:
    shop.subscribe()
    with pytest.raises(StrictError) as caught:
        copy_of(shop, "subscriptions")
    (problem,) = problems(caught, "status_is_reachable")
    assert problem.endswith("must change its status by an action, got none to active")


@pytest.mark.parametrize(
    ("statement", "event"),
    [
        ("UPDATE subscriptions SET cancel_at_period_end = 1", "subscription_updated"),
        ("UPDATE subscriptions SET plan_id = plan_id", "subscription_plan_changed"),
        ("UPDATE subscriptions SET status = 'paused'", "subscription_paused"),
        (
            """
            INSERT INTO decisions (invoice_id, subscription_id, attempt, category, action, reason, at)
            SELECT id, subscription_id, 1, 'expired_card', 'request_card_update', '', '' FROM invoices
            """,
            "subscription_payment_action_required",
        ),
        (
            """
            INSERT INTO refunds (id, invoice_id, customer_id, amount, created_at)
            SELECT 'rfd_1', id, customer_id, 1, '' FROM invoices
            """,
            "subscription_payment_refunded",
        ),
    ],
)
def test_a_change_without_its_event_is_a_violation(shop: Shop, statement: str, event: str) -> None:
    shop.subscribe()
    with pytest.raises(StrictError) as caught:
        run_sql(shop, statement)
    (problem,) = problems(caught, "events_match_changes")
    assert problem.startswith(f"events {event} of ")
    assert problem.endswith(" must be 1, got 0")


def test_invoices_and_charges_without_their_events_are_violations(shop: Shop) -> None:
    shop.subscribe()
    invoice = shop.invoices()[0]["id"]

    def pay_quietly(db: sqlite3.Connection) -> None:
        copy_row(db, "invoices", invoice, kind="upgrade", status="open")
        db.execute("UPDATE invoices SET status = 'paid' WHERE id = ?", (f"{invoice}_copy",))
        copy_row(db, "transactions", first_id(db, "transactions"), invoice_id=f"{invoice}_copy", status="failed")

    with pytest.raises(StrictError) as caught:
        shop.backend.transact(pay_quietly)
    found = problems(caught, "events_match_changes")
    types = ["invoice_created", "subscription_payment_failed", "subscription_payment_success"]
    assert found == [f"events {type_} of {invoice}_copy must be 1, got 0" for type_ in types]


@pytest.mark.parametrize("type_", ["subscription_paused", "invoice_created", "checkout_completed"])
def test_an_event_without_its_change_is_a_violation(shop: Shop, type_: str) -> None:
    with pytest.raises(StrictError) as caught:
        shop.call(lambda uow: uow.emit(type_, {}))
    assert problems(caught, "events_match_changes") == [f"events {type_} of nothing must be 0, got 1"]
    assert shop.events() == []


def test_a_change_with_two_events_is_a_violation(shop: Shop) -> None:
    subscription = shop.subscribe()

    def pause_loudly(uow: Any, row: sqlite3.Row) -> None:
        pause_subscription(uow, row)
        uow.emit("subscription_paused", {"subscription": {"id": subscription}})

    with pytest.raises(StrictError) as caught:
        shop.act(pause_loudly, subscription)
    assert problems(caught, "events_match_changes") == [
        f"events subscription_paused of {subscription} must be 1, got 2"
    ]


def test_a_blacklisted_customer_fails_without_a_charge(shop: Shop) -> None:
    subscription = shop.subscribe()
    customer = shop.subscription(subscription)["customer_id"]
    run_sql(shop, "UPDATE customers SET blacklisted = 1 WHERE id = :id", id=customer)
    shop.clock.advance(days=60)
    assert shop.subscription(subscription)["status"] == "unpaid"
    assert len(shop.charges()) == 1
    assert shop.backend.violations == ()


def test_a_completed_checkout_has_its_event(shop: Shop) -> None:
    values = {"kind": "one_time", "price": 500, "currency": "NGN", "customer_email": "ada@example.com"}
    session = shop.call(open_checkout_session, values, "http://127.0.0.1")
    shop.call(pay_session, session, "card")
    assert shop.events() == ["invoice_created", "checkout_completed"]
    with pytest.raises(StrictError) as caught:
        run_sql(
            shop,
            "UPDATE checkout_sessions SET status = 'pending'",
            "UPDATE checkout_sessions SET status = 'completed'",
        )
    assert problems(caught, "events_match_changes") == [
        f"events checkout_completed of {session['id']} must be 1, got 0"
    ]
