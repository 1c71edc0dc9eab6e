"""Strict sandboxes: how users see a violation, and that nothing of it remains."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from duro import AsyncDuro, Duro, InternalServerError
from duro.sandbox import AsyncSandbox, Sandbox, StrictError, Violation
from duro.sandbox.invariants.checks import InvariantChecks

START = datetime(2026, 1, 31, 9, tzinfo=UTC)

# A fault of the sandbox: each paid invoice gets a credit that nothing explains.
FAULT = """
    CREATE TRIGGER fault AFTER UPDATE OF status ON invoices WHEN new.status = 'paid' BEGIN
        UPDATE subscriptions SET credit = credit + 7 WHERE id = new.subscription_id;
    END
"""


def subscribe(client: Duro) -> str:
    plan = client.plans.create(name="Pro", amount=500_000, interval="month")
    customer = client.customers.create(email="ada@example.com")
    return client.subscriptions.create(customer_id=customer.id, plan_id=plan.id).id


def break_rules(sandbox: Sandbox) -> None:
    sandbox._backend.transact(lambda db: db.execute(FAULT))


@pytest.fixture
def strict() -> Iterator[Sandbox]:
    sandbox = Sandbox(clock="frozen", start=START, seed=7, strict=True)
    sandbox.start()
    yield sandbox
    if sandbox.is_alive:
        sandbox.reset()
        sandbox.stop()


@pytest.fixture
def client(strict: Sandbox) -> Iterator[Duro]:
    with Duro(**strict.options, retries=0) as client:
        yield client


def test_a_year_of_billing_keeps_the_invariants(strict: Sandbox, client: Duro) -> None:
    strict.cards.profile({"insufficient_funds": 0.3, "expired_card": 0.1, "hard_decline": 0.1})
    for _ in range(5):
        subscribe(client)
    assert strict.clock.advance(days=365).charges > 20
    assert strict.violations == ()


def test_a_request_that_breaks_an_invariant_is_a_500_that_names_it_and_changes_nothing(
    strict: Sandbox, client: Duro, caplog: pytest.LogCaptureFixture
) -> None:
    break_rules(strict)
    with pytest.raises(InternalServerError) as caught, caplog.at_level(logging.ERROR, "duro.sandbox"):
        subscribe(client)
    assert "credit_matches_invoices: credit of subscription sub_" in str(caught.value)
    assert "must change by 0, got 7" in str(caught.value)
    assert "credit_matches_invoices" in caplog.text
    assert (strict.ledger, strict.events) == ((), ())
    (violation,) = strict.violations
    assert (violation.invariant, violation.at) == ("credit_matches_invoices", "2026-01-31T09:00:00.000Z")


def test_an_advance_that_breaks_an_invariant_raises_and_stops_before_the_item(strict: Sandbox, client: Duro) -> None:
    subscription = subscribe(client)
    break_rules(strict)
    with pytest.raises(StrictError, match=f"credit of subscription {subscription} must change by 0, got 7") as caught:
        strict.clock.advance(days=60)
    assert caught.value.violations == strict.violations
    assert strict.clock.now() == datetime(2026, 2, 28, 9, tzinfo=UTC)
    assert len(strict.ledger) == 1
    item = strict.clock.next_due()
    assert item is not None
    assert (item.kind, item.subject) == ("period_end", subscription)


def test_a_repeated_violation_is_remembered_once(strict: Sandbox, client: Duro) -> None:
    subscribe(client)
    break_rules(strict)
    for _ in range(2):
        with pytest.raises(StrictError):
            strict.clock.advance(days=60)
    assert len(strict.violations) == 1


def test_control_routes_name_the_violation(strict: Sandbox, client: Duro) -> None:
    subscribe(client)
    break_rules(strict)
    response = httpx.post(f"{strict.url}/_sandbox/clock", json={"advance": 5_000_000})
    assert response.status_code == 500
    assert response.json()["error"]["message"].startswith("The sandbox broke an invariant: credit_matches_invoices: ")
    (violation,) = httpx.get(f"{strict.url}/_sandbox/violations?limit=1").json()
    assert Violation(**violation) == strict.violations[0]


def test_stop_raises_after_the_stop_unless_a_reset_forgot_the_violations(strict: Sandbox, client: Duro) -> None:
    break_rules(strict)
    with pytest.raises(InternalServerError):
        subscribe(client)
    with pytest.raises(StrictError):
        strict.stop()
    assert not strict.is_alive
    strict.start()
    assert strict.violations == ()
    break_rules(strict)
    with Duro(**strict.options, retries=0) as again, pytest.raises(InternalServerError):
        subscribe(again)
    strict.reset()
    strict.stop()


def spoil(sandbox: Sandbox, error: Exception | None = None) -> None:
    """Run a block with a violation, and with an exception of its own."""
    with sandbox:
        break_rules(sandbox)
        with Duro(**sandbox.options, retries=0) as client, pytest.raises(InternalServerError):
            subscribe(client)
        if error is not None:
            raise error


async def spoil_asynchronously(sandbox: AsyncSandbox, error: Exception | None = None) -> None:
    """Do the same with an asynchronous sandbox."""
    async with sandbox, AsyncDuro(**sandbox.options, retries=0) as client:
        break_rules(sandbox._blocking)
        plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
        customer = await client.customers.create()
        with pytest.raises(InternalServerError):
            await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        assert len(sandbox.violations) == 1
        if error is not None:
            raise error


def test_a_block_raises_at_its_end_and_keeps_its_own_exception() -> None:
    sandbox = Sandbox(strict=True)
    with pytest.raises(StrictError):
        spoil(sandbox)
    with pytest.raises(KeyError):
        spoil(sandbox, KeyError())
    assert not sandbox.is_alive


@pytest.mark.asyncio
async def test_an_asynchronous_block_does_the_same() -> None:
    sandbox = AsyncSandbox(strict=True)
    with pytest.raises(StrictError):
        await spoil_asynchronously(sandbox)
    with pytest.raises(KeyError):
        await spoil_asynchronously(sandbox, KeyError())
    assert not sandbox.is_alive


def test_a_branch_of_a_strict_sandbox_is_strict(strict: Sandbox, client: Duro) -> None:
    subscribe(client)
    branch = strict.branch()
    with pytest.raises(StrictError):
        spoil(branch)
    assert strict.violations == ()


def test_another_sandbox_does_not_check() -> None:
    with Sandbox(clock="frozen", start=START) as sandbox, Duro(**sandbox.options) as client:
        break_rules(sandbox)
        subscribe(client)
        sandbox.reset()
        assert sandbox.violations == ()
        assert sandbox._backend.invariants is None


def test_the_message_of_many_violations_is_short() -> None:
    violations = [Violation("paid_at_most_once", f"problem {number}", "") for number in range(5)]
    message = str(StrictError(violations))
    assert "paid_at_most_once: problem 2; and 2 more; the change was rolled back" in message
    assert "problem 3" not in message


def test_the_checks_of_a_database_do_not_appear_in_its_copies(strict: Sandbox) -> None:
    copy = strict._backend.copy_state()
    with copy.transaction() as db:
        triggers = [row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    copy.close()
    assert sorted(triggers) == ["add_charge_to_totals", "add_refund_to_totals", "add_top_up_to_totals"]
    assert isinstance(strict._backend.invariants, InvariantChecks)
