"""Payments of checkout sessions whose plan, customer or subscription changed before they settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from duro.errors import InvalidArgumentError
from duro.sandbox import HostedCheckout, Sandbox

Make = Callable[..., dict[str, Any]]
ADA = "ada@example.com"


@pytest.fixture
def plan(make_plan: Make) -> dict[str, Any]:
    return make_plan(amount=700)


@pytest.fixture
def checkout(sandbox: Sandbox, open_checkout: Make, plan: dict[str, Any]) -> HostedCheckout:
    """Customer at a session that sells the plan."""
    return sandbox.checkout(open_checkout(planId=plan["id"], customerEmail=ADA)["token"])


def blacklist_ada(api: httpx.Client) -> None:
    (customer,) = api.get("/v1/customers").json()["items"]
    api.post(f"/v1/customers/{customer['id']}/blacklist")


def test_a_transfer_buys_a_plan_that_was_archived_before_it_settled(
    sandbox: Sandbox, api: httpx.Client, checkout: HostedCheckout, plan: dict[str, Any]
) -> None:
    assert checkout.pay("transfer").status == "processing"
    api.delete(f"/v1/plans/{plan['id']}")
    sandbox.clock.advance(minutes=5)
    assert checkout.status == "completed"
    assert [charge.status for charge in sandbox.ledger] == ["succeeded"]


def test_a_transfer_to_an_archived_plan_is_refused(
    sandbox: Sandbox, api: httpx.Client, checkout: HostedCheckout, plan: dict[str, Any]
) -> None:
    api.delete(f"/v1/plans/{plan['id']}")
    with pytest.raises(InvalidArgumentError, match="The plan is archived"):
        checkout.pay("transfer")
    assert checkout.status == "pending"


def test_a_customer_who_was_blacklisted_before_the_settlement_is_not_charged(
    sandbox: Sandbox, api: httpx.Client, checkout: HostedCheckout
) -> None:
    checkout.pay("transfer")
    blacklist_ada(api)
    result = sandbox.transfers.settle(checkout._token)
    assert (result.status, result.failure) == ("failed", "hard_decline")
    assert sandbox.ledger == ()


def test_a_transfer_for_a_subscription_that_was_canceled_expires_the_session(
    sandbox: Sandbox, api: httpx.Client, checkout: HostedCheckout
) -> None:
    subscription = checkout.fail("insufficient_funds").subscription_id
    checkout.pay("transfer")
    api.post(f"/v1/subscriptions/{subscription}/cancel")
    sandbox.clock.advance(minutes=5)
    assert checkout.status == "expired"
    assert [charge.status for charge in sandbox.ledger] == ["failed"]


def test_a_session_whose_subscription_was_canceled_cannot_be_paid(
    sandbox: Sandbox, api: httpx.Client, checkout: HostedCheckout
) -> None:
    subscription = checkout.fail("insufficient_funds").subscription_id
    api.post(f"/v1/subscriptions/{subscription}/cancel")
    with pytest.raises(InvalidArgumentError, match="The subscription of the checkout session is canceled"):
        checkout.pay("card")
    assert len(sandbox.ledger) == 1


def test_a_session_whose_subscription_a_new_card_paid_completes_without_a_charge(
    sandbox: Sandbox, api: httpx.Client, checkout: HostedCheckout
) -> None:
    checkout.fail("insufficient_funds")
    (customer,) = api.get("/v1/customers").json()["items"]
    sandbox.cards.replace(customer["id"])
    charges = [charge.status for charge in sandbox.ledger]
    assert charges == ["failed", "succeeded"]
    assert checkout.pay("ussd").status == "completed"
    assert [charge.status for charge in sandbox.ledger] == charges
    assert sandbox.events[-1].type == "checkout_completed"
