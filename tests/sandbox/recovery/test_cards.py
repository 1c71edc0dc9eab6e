"""``sandbox.cards`` and ``POST /_sandbox/cards``: the outcomes of charges, and the errors for bad input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from duro import Duro, InvalidArgumentError
from duro.sandbox import Sandbox
from tests.sandbox.recovery.conftest import START, Subscribe
from tests.support.tls import NO_AUTHORITIES


@pytest.fixture
def control(frozen: Sandbox) -> Any:
    """Return a function that posts a command."""

    def post(**members: object) -> httpx.Response:
        return httpx.post(f"{frozen.url}/_sandbox/cards", json=members, verify=NO_AUTHORITIES)

    return post


def codes(sandbox: Sandbox) -> list[str | None]:
    return [charge.failure_code for charge in sandbox.ledger]


def test_the_ledger_names_subscription_attempt_rail_and_failure(
    frozen: Sandbox, client: Duro, subscribe: Subscribe
) -> None:
    subscription = subscribe()
    (charge,) = frozen.ledger
    assert (charge.subscription_id, charge.attempt, charge.rail) == (subscription.id, 1, "card")
    assert (charge.status, charge.failure_code) == ("succeeded", None)


def test_a_script_runs_line_by_line(frozen: Sandbox, client: Duro) -> None:
    customer = client.customers.create(email="ada@example.com")
    plan = client.plans.create(name="Pro", amount=500_000, interval="month")
    frozen.cards.script(customer.id, ["insufficient_funds", "ok", "54"])
    statuses = [client.subscriptions.create(customer_id=customer.id, plan_id=plan.id).status for _ in range(4)]
    assert statuses == ["incomplete", "active", "incomplete", "active"]
    assert codes(frozen) == ["51", None, "54", None]


def test_a_new_script_replaces_the_previous_one(frozen: Sandbox, client: Duro, subscribe: Subscribe) -> None:
    customer = subscribe().customer_id
    frozen.cards.script(customer, ["insufficient_funds"] * 3)
    frozen.cards.script(customer, [])
    frozen.clock.advance(days=40)
    assert codes(frozen) == [None, None]


def test_a_magic_address_declines_the_card(frozen: Sandbox, subscribe: Subscribe) -> None:
    assert subscribe("decline+insufficient_funds@example.com").status == "incomplete"
    assert subscribe("ada@example.com").status == "active"


def test_a_profile_fails_a_share_of_all_charges(frozen: Sandbox, subscribe: Subscribe) -> None:
    frozen.cards.profile({"insufficient_funds": 0.5, "05": 0.5})
    statuses = {subscribe(f"c{number}@example.com").status for number in range(8)}
    assert statuses == {"incomplete"}
    assert set(codes(frozen)) == {"51", "05"}
    frozen.cards.profile({})
    assert subscribe("ada@example.com").status == "active"


@pytest.mark.slow
def test_the_same_seed_has_the_same_outcomes() -> None:
    def run(sandbox_seed: int, profile_seed: int | None = None) -> list[str]:
        with Sandbox(clock="frozen", start=START, seed=sandbox_seed) as sandbox, Duro(**sandbox.options) as client:
            sandbox.cards.profile({"insufficient_funds": 0.5}, seed=profile_seed)
            plan = client.plans.create(name="Pro", amount=500_000, interval="month")
            statuses = []
            for number in range(16):
                customer = client.customers.create(email=f"c{number}@example.com")
                statuses.append(client.subscriptions.create(customer_id=customer.id, plan_id=plan.id).status)
            return statuses

    assert run(7) == run(7)
    assert run(7) != run(8)
    assert run(7, 1) == run(7, 1)
    assert run(7, 1) != run(7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda cards, _: cards.decline("cus_none", "51"), "customer_id must be that of a customer of this sandbox"),
        (lambda cards, customer: cards.decline(customer, "51"), "customer_id must .* got Customer; pass customer.id"),
        (
            lambda cards, customer: cards.decline(customer.id, "broke"),
            "code must be one of insuff.*, got 'broke'; pass",
        ),
        (lambda cards, customer: cards.decline(customer.id, 51), "code must be one of insuff.*, got int; pass a cat"),
        (lambda cards, customer: cards.decline(customer.id, "51", times=0), "times must be an integer from 1 to 1000"),
        (lambda cards, customer: cards.decline(customer.id, "51", rail="cash"), "rail must be one of card, transfer"),
        (lambda cards, customer: cards.script(customer.id, "ok"), "outcomes must be a list of at most 1000 outcomes"),
        (
            lambda cards, customer: cards.script(customer.id, ["no"]),
            "outcomes must be .*, or ok, in each item, got list",
        ),
        (lambda cards, _: cards.profile({"51": 1.5}), "shares must be a mapping with shares from 0 to 1, got dict"),
        (lambda cards, _: cards.profile({"51": 0.6, "05": 0.6}), "shares must be .* a sum of at most 1"),
        (lambda cards, _: cards.profile({"broke": 0.1}), "shares must be one of insufficient_funds"),
        (lambda cards, _: cards.profile({"51": 0.1}, seed=1.5), "seed must be an integer, got float; omit it"),
        (lambda cards, _: cards.replace("cus_none"), "customer_id must be that of a customer .*; pass customer.id"),
    ],
)
def test_a_bad_argument_raises_an_error_that_names_it(
    frozen: Sandbox, client: Duro, call: Callable[..., None], message: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        call(frozen.cards, client.customers.create())


def test_an_unknown_checkout_token_is_not_in_the_error(frozen: Sandbox) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        frozen.cards.decline("cs_test_secret", "51")
    assert "cs_test_secret" not in str(caught.value)
    assert caught.value.__context__ is None


class TestControlRoute:
    """``POST /_sandbox/cards`` and ``GET /_sandbox/decisions``."""

    def test_each_command_is_applied(self, frozen: Sandbox, client: Duro, subscribe: Subscribe, control: Any) -> None:
        customer = subscribe().customer_id
        assert control(customerId=customer, outcomes=["insufficient_funds", "ok"]).json() == {"applied": "outcomes"}
        assert control(customerId=customer, decline="54", times=None, rail=None).json() == {"applied": "decline"}
        assert control(customerId=customer, replace=True).json() == {"applied": "replace"}
        assert control(profile={"05": 0}, seed=3).json() == {"applied": "profile"}
        frozen.clock.advance(days=50)
        assert codes(frozen) == [None, "51", None]

    def test_decisions_are_listed(self, frozen: Sandbox, subscribe: Subscribe, control: Any) -> None:
        subscription = subscribe()
        control(customerId=subscription.customer_id, outcomes=["insufficient_funds"])
        frozen.clock.advance(until="subscription_past_due")
        (decision,) = httpx.get(f"{frozen.url}/_sandbox/decisions").json()
        assert decision == {
            "invoiceId": frozen.ledger[-1].invoice_id,
            "subscriptionId": subscription.id,
            "attempt": 1,
            "category": "insufficient_funds",
            "action": "retry_payday",
            "rail": "card",
            "reason": "Insufficient funds on the 10th: waiting for payday, 28 February 09:00 UTC; attempt 2 of 5",
            "nextAt": "2026-02-28T09:00:00.000Z",
            "at": "2026-02-10T09:00:00.000Z",
        }

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({}, ""),
            ({"customerId": "cus_1"}, ""),
            ({"customerId": "cus_1", "outcomes": [], "decline": "51"}, ""),
            ({"outcomes": ["ok"]}, "customerId"),
            ({"customerId": "cus_1", "outcomes": ["no"]}, "outcomes"),
            ({"customerId": "cus_1", "outcomes": ["ok"] * 1001}, "outcomes"),
            ({"customerId": "cus_1", "decline": "51", "times": 0}, "times"),
            ({"customerId": "cus_1", "decline": "51", "cards": 1}, "cards"),
            ({"customerId": "cus_1", "replace": False}, "replace"),
            ({"profile": []}, "profile"),
            ({"profile": {"51": True}}, "profile"),
        ],
    )
    def test_a_bad_body_is_refused(self, control: Any, body: dict[str, object], path: str) -> None:
        response = control(**body)
        assert response.status_code == 422
        assert [detail["path"] for detail in response.json()["error"]["details"]] == [path]

    @pytest.mark.parametrize("command", [{"outcomes": ["ok"]}, {"decline": "51"}, {"replace": True}])
    def test_an_unknown_customer_is_not_found(self, control: Any, command: dict[str, object]) -> None:
        assert control(customerId="cus_none", **command).status_code == 404
