"""Checkout: the merchant opens a session, the customer pays it once, the merchant verifies it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from duro.sandbox import Sandbox
from tests.support.timeouts import TIMEOUT

Make = Callable[..., dict[str, Any]]
PATH = "/v1/checkout/sessions"
RAILS = ["card", "ussd"]


@pytest.fixture
def open_checkout(api: httpx.Client) -> Make:
    def make(**members: object) -> dict[str, Any]:
        response = api.post(PATH, json=members)
        assert response.status_code == 201, response.text
        return response.json()

    return make


def pay(client: httpx.Client, session: dict[str, Any], key: str | None = None, **members: object) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/checkout/{session['token']}/pay", json={"rail": "card"} | members, headers=headers)


@pytest.mark.parametrize("host", ["localhost:1", "192.0.2.7"])
def test_the_url_of_a_session_does_not_depend_on_the_request(
    sandbox: Sandbox, api: httpx.Client, make_plan: Make, host: str
) -> None:
    response = api.post(PATH, json={"planId": make_plan()["id"]}, headers={"Host": host})
    assert response.json()["url"] == f"{sandbox.url}/_sandbox/checkout/{response.json()['token']}"


def test_a_key_with_another_body_replays_the_first_response(
    sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make
) -> None:
    sessions = [open_checkout(amount=700) for _ in range(2)]
    refused = pay(anonymous, sessions[0], key="one", rail="cash")
    assert refused.status_code == 422
    assert pay(anonymous, sessions[0], key="one", rail="card").content == refused.content
    assert sandbox.ledger == ()
    # The token of another session is another scope.
    assert pay(anonymous, sessions[1], key="one", rail="card").status_code == 200


def test_a_session_for_a_plan_has_the_shape_of_the_contract(
    sandbox: Sandbox, api: httpx.Client, open_checkout: Make, make_plan: Make
) -> None:
    plan = make_plan(amount=700, currency="USD")
    session = open_checkout(
        planId=plan["id"], customerEmail="ada@example.com", successUrl="https://shop.test/done", metadata={"order": 1}
    )
    assert api.get(f"{PATH}/{session['id']}").json() == session
    assert session.pop("id").startswith("chk_")
    assert session.pop("createdAt")
    token = session.pop("token")
    assert token.startswith("cs_test_")
    assert session == {
        "url": f"{sandbox.url}/_sandbox/checkout/{token}",
        "status": "pending",
        "kind": "subscription",
        "amount": 700,
        "currency": "USD",
        "planId": plan["id"],
    }


def test_the_default_currency_of_an_amount_is_naira(open_checkout: Make) -> None:
    session = open_checkout(amount=900)
    assert (session["kind"], session["amount"], session["currency"], session["planId"]) == (
        "one_time",
        900,
        "NGN",
        None,
    )
    assert open_checkout(amount=900, currency="USD")["currency"] == "USD"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": 1, "currency": "naira"}, "currency"),
        ({"amount": 1, "customerEmail": "ada"}, "customerEmail"),
        ({"amount": 1, "successUrl": "shop"}, "successUrl"),
        ({"amount": 1, "metadata": []}, "metadata"),
    ],
)
def test_an_invalid_session_is_refused(api: httpx.Client, body: dict[str, object], path: str) -> None:
    response = api.post(PATH, json=body)
    assert response.status_code == 422
    assert [detail["path"] for detail in response.json()["error"]["details"]] == [path]


def test_a_plan_excludes_an_amount_and_another_currency(api: httpx.Client, make_plan: Make) -> None:
    plan = make_plan()
    for more in ({"amount": 5}, {"currency": "USD"}):
        assert api.post(PATH, json={"planId": plan["id"]} | more).status_code == 422
    assert api.post(PATH, json={"planId": plan["id"], "currency": "NGN"}).status_code == 201


def test_an_archived_or_unknown_plan_is_refused(api: httpx.Client, make_plan: Make) -> None:
    plan = make_plan()
    api.delete(f"/v1/plans/{plan['id']}")
    assert api.post(PATH, json={"planId": plan["id"]}).status_code == 409
    assert api.post(PATH, json={"planId": "plan_unknown"}).status_code == 404
    assert api.get(f"{PATH}/chk_unknown").status_code == 404


def test_the_page_hydrates_without_a_credential(anonymous: httpx.Client, open_checkout: Make, make_plan: Make) -> None:
    plan = make_plan()
    session = open_checkout(planId=plan["id"], customerEmail="ada@example.com", successUrl="https://shop.test/done")
    page = anonymous.get(f"/checkout/{session['token']}").json()
    assert page["plan"] == plan
    assert (page["customerEmail"], page["successUrl"]) == ("ada@example.com", "https://shop.test/done")
    assert page["branding"]["merchantName"]


def test_the_token_of_a_session_is_not_shown_elsewhere(
    sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make
) -> None:
    session = open_checkout(amount=900)
    shown = [anonymous.get(f"/checkout/{session['token']}{path}").text for path in ("", "/status", "/nothing")]
    shown.append(pay(anonymous, session).text)
    shown += [anonymous.get(f"/_sandbox/{path}").text for path in ("", "requests", "ledger", "events")]
    shown += [repr(sandbox.requests), repr(sandbox.ledger), repr(sandbox.events)]
    assert not [text for text in shown if session["token"] in text]


@pytest.mark.parametrize("rail", RAILS)
def test_a_paid_plan_creates_customer_and_subscription(
    anonymous: httpx.Client, api: httpx.Client, open_checkout: Make, make_plan: Make, rail: str
) -> None:
    plan = make_plan(amount=700)
    session = open_checkout(planId=plan["id"], customerPhone="2348012345678")
    response = pay(anonymous, session, key="pay", rail=rail, email="ada@example.com")
    assert response.status_code == 200
    (customer,) = api.get("/v1/customers").json()["items"]
    assert (customer["email"], customer["phone"]) == ("ada@example.com", "2348012345678")
    (subscription,) = api.get(f"/v1/customers/{customer['id']}/subscriptions").json()["items"]
    assert (subscription["status"], subscription["planId"]) == ("active", plan["id"])
    assert response.json() == {"status": "completed", "subscriptionId": subscription["id"]}
    (charge,) = anonymous.get("/_sandbox/ledger").json()
    assert (charge["amount"], charge["customerId"], charge["idempotencyKey"]) == (700, customer["id"], "pay")
    (attempt,) = api.get(f"/v1/customers/{customer['id']}/transactions").json()["items"]
    assert attempt["rail"] == rail
    assert api.get(f"{PATH}/{session['id']}").json() == session | {"status": "completed"}


def test_a_paid_amount_is_one_charge(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, open_checkout: Make
) -> None:
    session = open_checkout(amount=900, customerEmail="ada@example.com")
    assert pay(anonymous, session).json() == {"status": "completed", "subscriptionId": None}
    (charge,) = sandbox.ledger
    invoice = api.get(f"/v1/invoices/{charge.invoice_id}").json()
    assert (invoice["amount"], invoice["status"], invoice["subscriptionId"]) == (900, "paid", "")
    assert api.post(f"/v1/invoices/{charge.invoice_id}/refund").json()["refunded"] == 900
    assert api.get(f"/v1/customers/{charge.customer_id}").json()["email"] == "ada@example.com"


def test_a_trial_is_completed_without_a_charge(
    sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make, make_plan: Make
) -> None:
    session = open_checkout(planId=make_plan(trialDays=7)["id"])
    assert pay(anonymous, session).json()["status"] == "completed"
    assert sandbox.ledger == ()


def test_a_completed_session_returns_its_result_without_a_second_charge(
    sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make, make_plan: Make
) -> None:
    session = open_checkout(planId=make_plan()["id"], customerEmail="ada@example.com")
    first = pay(anonymous, session, key="one")
    again = [
        pay(anonymous, session, key="one"),
        pay(anonymous, session, key="two"),
        pay(anonymous, session),
        pay(anonymous, session, rail="ussd", email="eve@example.com"),
    ]
    assert {(response.status_code, response.content) for response in again} == {(200, first.content)}
    assert anonymous.get(f"/checkout/{session['token']}/status").json() == first.json()
    assert len(sandbox.ledger) == 1


@pytest.mark.slow
@pytest.mark.parametrize("key", ["one", None])
def test_concurrent_payments_charge_once(sandbox: Sandbox, open_checkout: Make, key: str | None) -> None:
    session = open_checkout(amount=900)
    clients = 8
    barrier = Barrier(clients)

    def call(_: int) -> httpx.Response:
        with httpx.Client(base_url=sandbox.url) as client:
            barrier.wait(TIMEOUT)
            return pay(client, session, key)

    with ThreadPoolExecutor(clients) as threads:
        responses = {(response.status_code, response.content) for response in threads.map(call, range(clients))}
    assert len(responses) == 1
    assert [charge.amount for charge in sandbox.ledger] == [900]


def test_the_scope_of_a_key_is_its_session(sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make) -> None:
    for session in (open_checkout(amount=1), open_checkout(amount=2)):
        assert pay(anonymous, session, key="1").status_code == 200
    assert [charge.amount for charge in sandbox.ledger] == [1, 2]


def test_a_known_customer_is_found_by_address_or_number(
    anonymous: httpx.Client, api: httpx.Client, open_checkout: Make, make_customer: Make
) -> None:
    by_address, by_number = make_customer(email="Ada@example.com"), make_customer(phone="2348012345678")
    pay(anonymous, open_checkout(amount=1, customerEmail="ada@EXAMPLE.com"))
    pay(anonymous, open_checkout(amount=2, customerPhone="2348012345678"))
    for customer, amount in ((by_address, 1), (by_number, 2)):
        (attempt,) = api.get(f"/v1/customers/{customer['id']}/transactions").json()["items"]
        assert attempt["amount"] == amount
    assert len(api.get("/v1/customers").json()["items"]) == 2


def test_a_blacklisted_customer_cannot_pay(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, open_checkout: Make, make_customer: Make
) -> None:
    api.post(f"/v1/customers/{make_customer(email='eve@example.com')['id']}/blacklist")
    session = open_checkout(amount=900)
    assert pay(anonymous, session, email="eve@example.com").status_code == 403
    assert anonymous.get(f"/checkout/{session['token']}/status").json()["status"] == "pending"
    assert sandbox.ledger == ()


@pytest.mark.parametrize("body", [{}, {"rail": "cash"}, {"rail": "card", "email": "ada"}])
def test_an_invalid_payment_is_refused(
    sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make, body: dict[str, object]
) -> None:
    path = f"/checkout/{open_checkout(amount=900)['token']}/pay"
    assert anonymous.post(path, json=body).status_code == 422
    assert sandbox.ledger == ()


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/pay"), ("GET", "/status")])
def test_an_unknown_token_is_404(anonymous: httpx.Client, method: str, path: str) -> None:
    assert anonymous.request(method, f"/checkout/cs_test_unknown{path}", json={"rail": "card"}).status_code == 404


def test_a_number_with_and_without_a_plus_sign_is_one_customer(
    anonymous: httpx.Client, api: httpx.Client, open_checkout: Make, make_customer: Make
) -> None:
    customer = make_customer(phone="+2348012345678")
    for number in ("2348012345678", "+2348012345678"):
        pay(anonymous, open_checkout(amount=1, customerPhone=number))
    assert [each["id"] for each in api.get("/v1/customers").json()["items"]] == [customer["id"]]
    attempts = api.get(f"/v1/customers/{customer['id']}/transactions").json()["items"]
    assert len(attempts) == 2
