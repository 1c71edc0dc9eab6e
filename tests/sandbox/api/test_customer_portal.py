"""Customer portal: sign-in by e-mail, subscriptions, cards, wallet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from duro.sandbox import Sandbox
from tests.support.timeouts import TIMEOUT
from tests.support.tls import NO_AUTHORITIES

Make = Callable[..., dict[str, Any]]
EMAIL = "ada@example.com"


def start(client: httpx.Client, **members: object) -> httpx.Response:
    return client.post("/portal/email/start", json={"email": EMAIL} | members)


def verify(client: httpx.Client, code: str, **members: object) -> httpx.Response:
    return client.post("/portal/email/verify", json={"email": EMAIL, "code": code} | members)


@pytest.fixture
def sign_in(sandbox: Sandbox) -> Callable[..., httpx.Client]:
    """Function that signs in a person and returns their HTTP client."""

    def make(email: str = EMAIL) -> httpx.Client:
        client = httpx.Client(base_url=sandbox.url, timeout=TIMEOUT, verify=NO_AUTHORITIES)
        start(client, email=email, resend=True)
        client.headers["x-portal-session"] = verify(client, sandbox.codes[-1].code, email=email).json()["sessionToken"]
        clients.append(client)
        return client

    clients: list[httpx.Client] = []
    yield make
    for client in clients:
        client.close()


@pytest.fixture
def portal(sign_in: Callable[..., httpx.Client]) -> httpx.Client:
    return sign_in()


@pytest.fixture
def subscribe_ada(api: httpx.Client, make_plan: Make, make_customer: Make) -> Make:
    def make(email: str = EMAIL, **members: object) -> dict[str, Any]:
        body = {"customerId": make_customer(email=email, name="Ada")["id"], "planId": make_plan(**members)["id"]}
        return api.post("/v1/subscriptions", json=body).json()

    return make


def test_signing_in_shows_account_and_subscriptions(
    sandbox: Sandbox, anonymous: httpx.Client, subscribe_ada: Make
) -> None:
    subscription = subscribe_ada(amount=700, interval="week", intervalCount=2)
    assert start(anonymous).json() == {"email": EMAIL}
    (code,) = sandbox.codes
    assert (code.channel, code.recipient) == ("email", EMAIL)
    result = verify(anonymous, code.code).json()
    assert result["account"] == {"email": EMAIL, "name": "Ada"}
    (merchant,) = result["subscriptions"]
    assert merchant["tenantId"]
    assert merchant["merchantName"]
    assert merchant["subscriptions"] == [
        {
            "id": subscription["id"],
            "status": "active",
            "cancelAtPeriodEnd": False,
            "currentPeriodEnd": subscription["currentPeriodEnd"],
            "plan": {
                "id": subscription["planId"],
                "name": "Pro",
                "amount": 700,
                "currency": "NGN",
                "interval": "week",
                "intervalCount": 2,
            },
        }
    ]
    headers = {"x-portal-session": result["sessionToken"]}
    listed = anonymous.get("/portal/email/subscriptions", headers=headers).json()
    assert listed == {"merchants": result["subscriptions"]}


def test_a_subscription_whose_first_charge_failed_is_not_listed(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, make_customer: Make, make_plan: Make
) -> None:
    customer = make_customer(email=EMAIL)
    sandbox.cards.decline(customer["id"], "do_not_honor")
    api.post("/v1/subscriptions", json={"customerId": customer["id"], "planId": make_plan()["id"]})
    start(anonymous)
    assert verify(anonymous, sandbox.codes[0].code).json()["subscriptions"] == []


def test_a_new_address_has_an_empty_account(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    start(anonymous)
    result = verify(anonymous, sandbox.codes[0].code).json()
    assert (result["account"], result["subscriptions"]) == ({"email": EMAIL, "name": ""}, [])


def test_the_token_of_a_portal_link_replaces_the_address(
    sandbox: Sandbox, anonymous: httpx.Client, subscribe_ada: Make
) -> None:
    subscription = subscribe_ada()
    customer_id = sandbox.subscription(subscription["id"]).customer_id
    link = {"token": sandbox.portal_link(customer_id).token}
    assert anonymous.post("/portal/email/start", json=link).json() == {"email": EMAIL}
    body = {**link, "code": sandbox.codes[-1].code}
    result = anonymous.post("/portal/email/verify", json=body).json()
    assert result["account"] == {"email": EMAIL, "name": "Ada"}
    assert [each["id"] for each in result["subscriptions"][0]["subscriptions"]] == [subscription["id"]]


@pytest.mark.parametrize(
    "change",
    [str.upper, lambda token: token[:-4], lambda token: token[9:], lambda _: "plk_test_"],
    ids=["upper case", "cut", "without prefix", "empty"],
)
def test_a_changed_token_of_a_portal_link_is_refused(
    sandbox: Sandbox, anonymous: httpx.Client, make_customer: Make, change: Callable[[str], str]
) -> None:
    token = sandbox.portal_link(make_customer(email=EMAIL)["id"]).token
    response = anonymous.post("/portal/email/start", json={"token": change(token)})
    assert (response.status_code, sandbox.codes) == (401, ())


def test_the_address_may_accompany_the_token_of_its_own_link_only(
    sandbox: Sandbox, anonymous: httpx.Client, make_customer: Make
) -> None:
    token = sandbox.portal_link(make_customer(email=EMAIL)["id"]).token
    assert start(anonymous, token=token, email="ADA@example.com").status_code == 200
    response = start(anonymous, token=token, email="eve@example.com")
    assert (response.status_code, response.json()["error"]["details"][0]["path"]) == (422, "email")


def test_during_the_cooldown_another_code_needs_resend(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    start(anonymous)
    start(anonymous)
    assert len(sandbox.codes) == 1
    start(anonymous, resend=True)
    assert len(sandbox.codes) == 2
    sandbox.clock.advance(seconds=60)
    start(anonymous)
    assert len(sandbox.codes) == 3


def test_a_used_code_ends_the_cooldown(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    start(anonymous)
    verify(anonymous, sandbox.codes[0].code)
    start(anonymous)
    assert verify(anonymous, sandbox.codes[1].code).status_code == 200


def test_an_address_gets_five_codes_in_fifteen_minutes(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    assert [start(anonymous, resend=True).status_code for _ in range(6)] == [200] * 5 + [429]
    sandbox.clock.advance(minutes=15)
    assert start(anonymous).status_code == 200


def test_a_code_by_mail_is_not_valid_for_a_phone(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    start(anonymous)
    body = {"phone": "2348012345678", "code": sandbox.codes[0].code}
    assert anonymous.post("/identity/verify", json=body).status_code == 401
    assert verify(anonymous, sandbox.codes[0].code, email="ADA@example.com").status_code == 200


@pytest.mark.parametrize("body", [{}, {"email": "ada"}, {"email": None}, {"email": EMAIL, "resend": "yes"}])
def test_an_invalid_start_is_refused(sandbox: Sandbox, anonymous: httpx.Client, body: object) -> None:
    assert anonymous.post("/portal/email/start", json=body).status_code == 422
    assert sandbox.codes == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/portal/email/subscriptions"),
        ("POST", "/portal/email/subscriptions/test/sub_1/pause"),
        ("GET", "/portal/email/cards"),
        ("GET", "/portal/email/wallet"),
        ("POST", "/portal/email/wallet/topup"),
        ("POST", "/portal/email/virtual-account"),
    ],
)
def test_the_portal_accepts_only_a_portal_session(
    anonymous: httpx.Client, api: httpx.Client, portal: httpx.Client, method: str, path: str
) -> None:
    session = portal.headers["x-portal-session"]
    assert portal.request(method, path, json={}).status_code != 401
    for client, headers in (
        (anonymous, {}),
        (api, {}),
        (anonymous, {"x-portal-session": "nonsense"}),
        (anonymous, {"x-portal-session": "sk_test_sandbox"}),
        (anonymous, {"Authorization": f"Bearer {session}"}),
    ):
        response = client.request(method, path, headers=headers, json={})
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "unauthorized"
    anonymous.post("/_sandbox/clock", json={"advance": 24 * 3600})
    assert portal.request(method, path, json={}).status_code == 401


def test_a_person_may_pause_only_their_own_subscription(
    api: httpx.Client, portal: httpx.Client, sign_in: Callable[..., httpx.Client], subscribe_ada: Make
) -> None:
    subscription = subscribe_ada()
    path = f"/portal/email/subscriptions/test/{subscription['id']}/pause"
    other = sign_in("eve@example.com")
    assert other.post(path).status_code == 403
    assert portal.post(path.replace("/test/", "/live/")).status_code == 404
    assert portal.post(path.replace(subscription["id"], "sub_unknown")).status_code == 404
    assert portal.post(path).json() == {"id": subscription["id"]}
    assert portal.post(path).status_code == 409
    (group,) = portal.get("/portal/email/subscriptions").json()["merchants"]
    assert group["subscriptions"][0]["status"] == "paused"


def test_the_cards_belong_to_the_person(anonymous: httpx.Client, api: httpx.Client, portal: httpx.Client) -> None:
    for email in (EMAIL, "eve@example.com"):
        for _ in range(2):
            session = api.post("/v1/checkout/sessions", json={"amount": 1, "customerEmail": email}).json()
            anonymous.post(f"/checkout/{session['token']}/pay", json={"rail": "card"})
    (card,) = portal.get("/portal/email/cards").json()["items"]
    assert card.pop("id").startswith("card_")
    assert card.pop("expYear") > 2026
    assert card == {"brand": "visa", "last4": "4242", "expMonth": 12, "isDefault": True}


def test_a_top_up_in_naira_credits_the_wallet_in_kobo_once(
    sandbox: Sandbox, anonymous: httpx.Client, api: httpx.Client, portal: httpx.Client
) -> None:
    empty = {"balance": 0, "currency": "NGN", "status": "active", "transactions": []}
    assert portal.get("/portal/email/wallet").json() == empty
    for naira in (100, 250):
        result = portal.post("/portal/email/wallet/topup", json={"amount": naira}).json()
        path = f"/checkout/{result['checkoutToken']}"
        assert result["checkoutUrl"] == f"{sandbox.url}/_sandbox{path}"
        page = anonymous.get(path).json()
        assert (page["kind"], page["amount"], page["status"]) == ("topup", naira * 100, "pending")
        for _ in range(2):
            paid = anonymous.post(f"{path}/pay", json={"rail": "card"}, headers={"Idempotency-Key": f"top {naira}"})
            assert paid.json() == {"status": "completed", "subscriptionId": None}
        anonymous.post(f"{path}/pay", json={"rail": "transfer"})
        # A top-up is a contract between the person and Duro. The merchant does not see it.
        assert api.get(f"/v1/checkout/sessions/{page['id']}").status_code == 404
    wallet = portal.get("/portal/email/wallet").json()
    assert wallet["balance"] == 35_000
    newest, oldest = wallet["transactions"]
    assert newest.keys() == {"id", "amount", "balanceAfter", "memo", "merchantName", "createdAt"}
    assert [(move["amount"], move["balanceAfter"]) for move in (newest, oldest)] == [(25_000, 35_000), (10_000, 10_000)]
    first, second = sandbox.ledger
    assert (first.amount, first.status, first.rail, first.idempotency_key) == (
        10_000,
        "succeeded",
        "card",
        "top 100",
    )
    assert first.subscription_id is None
    assert second.amount == 25_000
    assert sandbox.stats.charges == 2
    assert sandbox.events == ()
    assert api.get("/v1/customers").json()["items"] == []


@pytest.mark.parametrize("amount", [None, 99, 0, -100, 100.5, "100", True, 2**53])
def test_a_top_up_is_at_least_a_hundred_whole_naira(portal: httpx.Client, amount: object) -> None:
    response = portal.post("/portal/email/wallet/topup", json={"amount": amount})
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["path"] == "amount"


def test_a_repeat_with_its_key_opens_one_top_up(portal: httpx.Client, sign_in: Callable[..., httpx.Client]) -> None:
    def top_up(client: httpx.Client) -> bytes:
        body, headers = {"amount": 100}, {"Idempotency-Key": "1"}
        return client.post("/portal/email/wallet/topup", json=body, headers=headers).content

    assert top_up(portal) == top_up(portal)
    # The scope of a key is the account, not the session.
    assert top_up(sign_in()) == top_up(portal)
    assert top_up(sign_in("eve@example.com")) != top_up(portal)


def test_a_virtual_account_is_issued_once_and_does_not_store_the_bvn(sandbox: Sandbox, portal: httpx.Client) -> None:
    bvn = "22212345678"
    first = portal.post("/portal/email/virtual-account", json={"bvn": bvn})
    assert first.status_code == 200
    assert len(first.json()["accountNumber"]) == 10
    assert portal.post("/portal/email/virtual-account", json={"bvn": "11112345678"}).json() == first.json()
    assert bvn not in first.text
    with sandbox._require().backend.store.transaction() as db:
        assert bvn not in "\n".join(db.iterdump())


@pytest.mark.parametrize("bvn", ["2221234567", "222123456789", "2221234567a", 22212345678, None, "²²²12345678"])
def test_a_bvn_has_eleven_digits(portal: httpx.Client, bvn: object) -> None:
    response = portal.post("/portal/email/virtual-account", json={"bvn": bvn})
    assert response.status_code == 422
    assert response.json()["error"]["details"] == [{"path": "bvn", "issue": "expected eleven digits"}]
