"""Branches: independent copies of a running sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from duro import Customer, Duro
from duro.sandbox import Sandbox

START = datetime(2026, 1, 10, 9, tzinfo=UTC)


@pytest.fixture(params=["memory", "file"])
def frozen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    database = tmp_path / "sandbox.db" if request.param == "file" else None
    with Sandbox(database=database, clock="frozen", start=START) as sandbox:
        yield sandbox


@pytest.fixture
def customer(frozen: Sandbox) -> Customer:
    """Return a customer with a subscription."""
    with Duro(**frozen.options) as client:
        customer = client.customers.create(email="ada@example.com")
        plan = client.plans.create(name="Pro", amount=500_000, interval="month")
        client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        return customer


def test_a_branch_begins_with_the_present_state(frozen: Sandbox, customer: Customer) -> None:
    frozen.clock.advance(days=10)
    with frozen.branch() as branch, Duro(**branch.options) as client:
        assert branch.url != frozen.url
        assert branch.clock.now() == frozen.clock.now()
        assert branch.clock.next_due() == frozen.clock.next_due()
        assert branch.ledger == frozen.ledger
        assert branch.events == frozen.events
        assert len(client.customers.list_subscriptions(customer.id).collect()) == 1


def test_a_branch_and_its_sandbox_do_not_affect_each_other(frozen: Sandbox, customer: Customer) -> None:
    with frozen.branch() as branch:
        branch.cards.decline(customer.id, "do_not_honor", times=None)
        branch.clock.advance(days=60)
        frozen.clock.advance(days=40)
        assert [charge.status for charge in frozen.ledger] == ["succeeded", "succeeded"]
        assert [decision.action for decision in branch.decisions][-1] == "exhaust"
        assert frozen.decisions == ()


def test_two_branches_of_one_day_have_the_same_story(frozen: Sandbox, customer: Customer) -> None:
    frozen.cards.profile({"insufficient_funds": 0.5})
    stories = []
    for _ in range(2):
        with frozen.branch() as branch:
            branch.clock.advance(days=365)
            stories.append((branch.ledger, branch.decisions, branch.events))
    assert stories[0] == stories[1]


def test_a_branch_does_not_deliver_to_the_endpoints_of_its_sandbox(frozen: Sandbox) -> None:
    frozen.endpoints.add("http://127.0.0.1:9/closed-port")
    with frozen.branch() as branch:
        assert len(branch.endpoints) == 0
    assert len(frozen.endpoints) == 1


def test_a_branch_outlives_its_sandbox(customer: Customer, frozen: Sandbox) -> None:
    branch = frozen.branch()
    frozen.stop()
    with branch:
        assert len(branch.ledger) == 1


def test_a_stopped_sandbox_has_no_state_to_copy() -> None:
    with pytest.raises(RuntimeError, match="not running"):
        Sandbox().branch()


def test_a_branch_that_starts_again_is_empty_like_every_sandbox_in_memory(frozen: Sandbox) -> None:
    branch = frozen.branch()
    with branch:
        pass
    with branch:
        assert branch.ledger == ()
