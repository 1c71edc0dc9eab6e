"""Payments of checkout sessions: declined, delayed, expired, and with a promo code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from duro.errors import InvalidArgumentError
from duro.sandbox import CheckoutResult, Sandbox

Make = Callable[..., dict[str, Any]]
ADA = "ada@example.com"


def event_types(sandbox: Sandbox) -> list[str]:
    return [event.type for event in sandbox.events]


def status_of(anonymous: httpx.Client, session: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = anonymous.get(f"/checkout/{session['token']}/status").json()
    return result


def test_a_declined_plan_is_paid_over_another_rail(
    sandbox: Sandbox, api: httpx.Client, anonymous: httpx.Client, open_checkout: Make, make_plan: Make
) -> None:
    session = open_checkout(planId=make_plan(amount=700)["id"], customerEmail=ADA)
    checkout = sandbox.checkout(session["token"])
    declined = checkout.fail("insufficient_funds")
    assert (declined.status, declined.failure, checkout.status) == ("failed", "insufficient_funds", "pending")
    assert event_types(sandbox) == ["subscription_created", "invoice_created", "subscription_payment_failed"]
    paid = checkout.pay("ussd")
    assert paid == CheckoutResult("completed", 700, declined.subscription_id, None)
    assert event_types(sandbox)[3:] == [
        "subscription_payment_success",
        "subscription_activated",
        "checkout_completed",
    ]
    attempts = [(charge.attempt, charge.rail, charge.status, charge.failure_code) for charge in sandbox.ledger]
    assert attempts == [(1, "card", "failed", "51"), (2, "ussd", "succeeded", None)]
    assert len({charge.invoice_id for charge in sandbox.ledger}) == 1
    (customer,) = api.get("/v1/customers").json()["items"]
    (subscription,) = api.get(f"/v1/customers/{customer['id']}/subscriptions").json()["items"]
    assert (subscription["status"], subscription["cyclesCompleted"]) == ("active", 1)
    assert status_of(anonymous, session) == {"status": "completed", "subscriptionId": subscription["id"]}


def test_a_declined_amount_is_paid_on_the_same_invoice(sandbox: Sandbox, open_checkout: Make) -> None:
    checkout = sandbox.checkout(open_checkout(amount=900)["token"])
    assert checkout.fail("expired_card").status == "failed"
    assert checkout.pay("card").status == "completed"
    assert [charge.status for charge in sandbox.ledger] == ["failed", "succeeded"]
    assert len({charge.invoice_id for charge in sandbox.ledger}) == 1
    assert event_types(sandbox) == ["invoice_created", "checkout_completed"]


def test_a_declined_payment_of_the_api_has_the_status_failed(
    sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make
) -> None:
    session = open_checkout(amount=900, customerEmail="decline+do_not_honor@example.com")
    response = anonymous.post(f"/checkout/{session['token']}/pay", json={"rail": "card"})
    assert (response.status_code, response.json()) == (200, {"status": "failed", "subscriptionId": None})
    assert status_of(anonymous, session)["status"] == "pending"
    assert anonymous.post(f"/checkout/{session['token']}/pay", json={"rail": "ussd"}).json()["status"] == "completed"


@pytest.mark.parametrize("rail", ["transfer", "virtual_account", "direct_debit"])
def test_a_delayed_rail_settles_on_demand(sandbox: Sandbox, open_checkout: Make, make_plan: Make, rail: str) -> None:
    session = open_checkout(planId=make_plan(amount=700)["id"], customerEmail=ADA)
    checkout = sandbox.checkout(session["token"])
    assert [checkout.pay(rail).status for _ in range(2)] == ["processing", "processing"]
    assert (sandbox.ledger, sandbox.events) == ((), ())
    assert sandbox.transfers.settle(session["token"]).status == "completed"
    assert [(charge.amount, charge.rail, charge.status) for charge in sandbox.ledger] == [(700, rail, "succeeded")]
    with pytest.raises(InvalidArgumentError, match="is completed and does not wait for a payment"):
        sandbox.transfers.settle(session["token"])


def test_a_transfer_settles_by_itself_after_five_minutes(
    sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make
) -> None:
    session = open_checkout(amount=900, customerEmail=ADA)
    headers = {"Idempotency-Key": "pay-1"}
    anonymous.post(f"/checkout/{session['token']}/pay", json={"rail": "transfer"}, headers=headers)
    sandbox.clock.advance(minutes=4, seconds=50)
    assert status_of(anonymous, session)["status"] == "processing"
    sandbox.clock.advance(seconds=20)
    assert status_of(anonymous, session)["status"] == "completed"
    assert [charge.idempotency_key for charge in sandbox.ledger] == ["pay-1"]


def test_a_transfer_can_be_settled_over_the_control_route(
    sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make
) -> None:
    token = open_checkout(amount=900)["token"]
    sandbox.checkout(token).pay("transfer")
    path = f"/_sandbox/transfers/{token}/settle"
    assert anonymous.post(path).json() == {"status": "completed", "subscriptionId": None}
    assert anonymous.post(path).status_code == 409
    assert anonymous.post("/_sandbox/transfers/cs_test_unknown/settle").status_code == 404


def test_a_transfer_that_fails_leaves_the_session_payable(sandbox: Sandbox, open_checkout: Make) -> None:
    token = open_checkout(amount=900)["token"]
    checkout = sandbox.checkout(token)
    assert checkout.fail("processor_error", "transfer").status == "processing"
    assert sandbox.transfers.settle(token).failure == "processor_error"
    assert checkout.status == "pending"
    assert checkout.pay("card").status == "completed"


def test_a_session_expires_after_a_day_with_what_its_decline_left(
    sandbox: Sandbox, api: httpx.Client, anonymous: httpx.Client, open_checkout: Make, make_plan: Make
) -> None:
    untouched, declined = (open_checkout(planId=make_plan()["id"], customerEmail=ADA) for _ in range(2))
    sandbox.checkout(declined["token"]).fail()
    sandbox.clock.advance(hours=23)
    assert status_of(anonymous, untouched)["status"] == "pending"
    sandbox.clock.advance(hours=1, minutes=1)
    assert status_of(anonymous, untouched)["status"] == "expired"
    response = anonymous.post(f"/checkout/{untouched['token']}/pay", json={"rail": "card"})
    assert response.status_code == 409
    assert "has expired" in response.json()["error"]["message"]
    assert status_of(anonymous, declined)["status"] == "expired"
    (charge,) = sandbox.ledger
    assert api.get(f"/v1/invoices/{charge.invoice_id}").json()["status"] == "void"
    (subscription,) = api.get(f"/v1/customers/{charge.customer_id}/subscriptions").json()["items"]
    assert subscription["status"] == "canceled"


def test_the_invoice_of_a_declined_amount_ends_with_its_session(
    sandbox: Sandbox, api: httpx.Client, open_checkout: Make
) -> None:
    checkout = sandbox.checkout(open_checkout(amount=900)["token"])
    checkout.fail()
    sandbox.clock.advance(days=1, minutes=1)
    assert checkout.status == "expired"
    (charge,) = sandbox.ledger
    assert api.get(f"/v1/invoices/{charge.invoice_id}").json()["status"] == "void"


def test_a_completed_session_does_not_expire(sandbox: Sandbox, open_checkout: Make) -> None:
    checkout = sandbox.checkout(open_checkout(amount=900)["token"])
    checkout.pay()
    sandbox.clock.advance(days=2)
    assert checkout.status == "completed"


def test_the_customer_pays_what_the_session_showed(
    sandbox: Sandbox, api: httpx.Client, anonymous: httpx.Client, open_checkout: Make, make_plan: Make
) -> None:
    plan = make_plan(amount=700)
    session = open_checkout(planId=plan["id"], customerEmail=ADA)
    api.patch(f"/v1/plans/{plan['id']}", json={"amount": 9_900, "trialDays": 7})
    assert anonymous.get(f"/checkout/{session['token']}").json()["plan"]["amount"] == 700
    assert sandbox.checkout(session["token"]).pay().status == "completed"
    assert [charge.amount for charge in sandbox.ledger] == [700]


def test_a_trial_is_0_today_on_every_rail(
    sandbox: Sandbox, api: httpx.Client, open_checkout: Make, make_plan: Make
) -> None:
    session = open_checkout(planId=make_plan(trialDays=7)["id"], customerEmail=ADA, metadata={"order": "17"})
    checkout = sandbox.checkout(session["token"])
    assert (session["amount"], checkout.amount_due) == (0, 0)
    assert checkout.pay("transfer").status == "completed"
    assert sandbox.ledger == ()
    event = sandbox.events[-1]
    data = api.get(f"/v1/events/{event.id}").json()["data"]
    assert (event.type, data["amount"], data["metadata"]) == ("checkout_completed", 0, {"order": "17"})


@pytest.mark.parametrize(
    ("members", "amounts"),
    [
        ({"duration": "once"}, [350, 700, 700]),
        ({"duration": "repeating", "durationCycles": 2}, [350, 350, 700]),
        ({"duration": "forever"}, [350, 350, 350]),
        ({"discountType": "fixed", "discountValue": 100}, [600, 700, 700]),
        ({"discountType": "percentage", "discountValue": 100}, [700, 700]),
    ],
)
def test_a_promo_code_lowers_the_first_invoices(
    sandbox: Sandbox,
    api: httpx.Client,
    open_checkout: Make,
    make_plan: Make,
    make_code: Make,
    *,
    members: Any,
    amounts: Any,
) -> None:
    code = make_code(**members)
    session = open_checkout(planId=make_plan(amount=700)["id"], customerEmail=ADA)
    checkout = sandbox.checkout(session["token"]).enter_promo_code("HALF")
    assert checkout.amount_due == (amounts[0] if len(amounts) == 3 else 0)
    assert checkout.pay().status == "completed"
    sandbox.clock.advance(days=63)
    assert [charge.amount for charge in sandbox.ledger] == amounts
    assert api.get(f"/v1/promo-codes/{code['id']}").json()["redeemedCount"] == 1


def test_a_promo_code_can_be_removed(sandbox: Sandbox, open_checkout: Make, make_plan: Make, make_code: Make) -> None:
    make_code()
    checkout = sandbox.checkout(open_checkout(planId=make_plan(amount=700)["id"])["token"])
    assert checkout.enter_promo_code("HALF").amount_due == 350
    assert checkout.enter_promo_code("").amount_due == 700


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"code": "OTHER"}, "does not exist"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "has expired"),
        ({"planId": None}, "for another plan"),
        ({"maxRedemptions": 1}, "used up"),
    ],
)
def test_a_promo_code_that_does_not_apply_is_refused(
    sandbox: Sandbox, open_checkout: Make, make_plan: Make, make_code: Make, *, members: dict[str, Any], message: str
) -> None:
    if "planId" in members:
        members = {"planId": make_plan()["id"]}
    make_code(**members)
    plan = make_plan()
    if "maxRedemptions" in members:
        sandbox.checkout(open_checkout(planId=plan["id"])["token"]).enter_promo_code("HALF").pay(email=ADA)
    checkout = sandbox.checkout(open_checkout(planId=plan["id"])["token"])
    with pytest.raises(InvalidArgumentError, match=message):
        checkout.enter_promo_code("HALF")
    assert checkout.amount_due == 500_000


def test_a_promo_code_does_not_apply_to_an_amount_or_after_the_first_attempt(
    sandbox: Sandbox, open_checkout: Make, make_plan: Make, make_code: Make
) -> None:
    make_code()
    with pytest.raises(InvalidArgumentError, match="plans only"):
        sandbox.checkout(open_checkout(amount=900)["token"]).enter_promo_code("HALF")
    checkout = sandbox.checkout(open_checkout(planId=make_plan()["id"])["token"])
    checkout.fail()
    with pytest.raises(InvalidArgumentError, match="before the first payment"):
        checkout.enter_promo_code("HALF")
    checkout.pay()
    with pytest.raises(InvalidArgumentError, match="is completed"):
        checkout.enter_promo_code("HALF")


def test_a_promo_code_is_redeemed_for_a_running_subscription(
    sandbox: Sandbox, api: httpx.Client, anonymous: httpx.Client, subscribe: Make, make_code: Make
) -> None:
    subscription, code = subscribe(amount=700), make_code()
    path, body = "/_sandbox/promo-codes/HALF/redeem", {"subscriptionId": subscription["id"]}
    redeemed = anonymous.post(path, json=body)
    assert redeemed.json() == code | {"redeemedCount": 1}
    assert anonymous.post(path, json=body).status_code == 409
    assert anonymous.post(path, json={"subscriptionId": "sub_unknown"}).status_code == 404
    assert anonymous.post(path, json=body | {"plan": "x"}).status_code == 422
    sandbox.clock.advance(days=63)
    assert [charge.amount for charge in sandbox.ledger] == [700, 350, 700]


@pytest.mark.parametrize(("rail", "category"), [("cash", "do_not_honor"), ("card", "bad_luck")])
def test_an_unknown_rail_or_category_is_refused(
    sandbox: Sandbox, open_checkout: Make, rail: str, category: Any
) -> None:
    checkout = sandbox.checkout(open_checkout(amount=900)["token"])
    with pytest.raises(InvalidArgumentError, match="must be one of"):
        checkout.fail(category, rail)
    assert sandbox.ledger == ()


def test_controls_refuse_what_a_customer_cannot_do(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidArgumentError, match="the session cannot be used"):
        _ = sandbox.checkout("cs_test_unknown").status
    with pytest.raises(InvalidArgumentError, match="rail must be one of card, "):
        sandbox.checkout("cs_test_unknown").pay("cash")
    with pytest.raises(InvalidArgumentError, match="category must be one of "):
        sandbox.checkout("cs_test_unknown").fail("no_reason")
    with pytest.raises(InvalidArgumentError, match="the payment was refused"):
        sandbox.checkout("cs_test_unknown").pay("card")
