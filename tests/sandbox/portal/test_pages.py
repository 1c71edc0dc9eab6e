"""Pages of the customer portal: sign-in, subscriptions, cards, wallet, and the forms of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from duro.sandbox import Sandbox
from tests.support.html_pages import PageParser, parse
from tests.support.timeouts import TIMEOUT

Make = Callable[..., dict[str, Any]]
PORTAL = "/_sandbox/portal"
EMAIL = "ada@example.com"
ATTACK = "<script>alert('1')</script>"


class Customer:
    """Browser of a customer, which parses each page."""

    def __init__(self, sandbox: Sandbox, client: httpx.Client) -> None:
        self.sandbox = sandbox
        self.client = client

    def open(self, path: str = PORTAL, status: int = 200) -> str:
        """Open a page, and return its text."""
        return self._read(self.client.get(path), status)

    def send(self, name: str, status: int = 200, **fields: str) -> str:
        """Send a form, and return the text of the page that follows."""
        return self._read(self.client.post(f"{PORTAL}/{name}", data=fields), status)

    def sign_in(self, email: str = EMAIL) -> str:
        self.send("code", email=email)
        return self.send("sign-in", email=email, code=self.sandbox.codes[-1].code)

    def _read(self, response: httpx.Response, status: int) -> str:
        assert response.status_code == status, response.text
        page: PageParser = parse(response.text)
        assert "script" not in page.names
        return " ".join("".join(page.text).split())


@pytest.fixture
def customer(sandbox: Sandbox) -> Iterator[Customer]:
    with httpx.Client(base_url=sandbox.url, timeout=TIMEOUT, follow_redirects=True) as client:
        yield Customer(sandbox, client)


@pytest.fixture
def subscription(api: httpx.Client, make_plan: Make, make_customer: Make) -> dict[str, Any]:
    body = {"customerId": make_customer(email=EMAIL)["id"], "planId": make_plan(name=ATTACK)["id"]}
    return api.post("/v1/subscriptions", json=body).json()


def test_a_portal_link_leads_to_the_subscriptions(
    sandbox: Sandbox, customer: Customer, subscription: dict[str, Any]
) -> None:
    link = sandbox.portal_link(sandbox.subscription(subscription["id"]).customer_id)
    assert f"The code is sent to {EMAIL}." in customer.open(link.url)
    assert f"A code was sent to {EMAIL}." in customer.send("code", token=link.token)
    page = customer.send("sign-in", token=link.token, code=sandbox.codes[-1].code)
    assert f"{ATTACK} Active ₦5,000.00 every month Renews on" in page
    assert customer.open(link.url) == page


def test_an_address_replaces_the_link(customer: Customer, subscription: dict[str, Any]) -> None:
    assert "E-mail address" in customer.open()
    assert ATTACK in customer.sign_in()


def test_a_wrong_code_is_asked_for_again_and_counts(sandbox: Sandbox, customer: Customer) -> None:
    customer.send("code", email=EMAIL)
    for _ in range(5):
        text = customer.send("sign-in", status=401, email=EMAIL, code="nonsense", sent="1")
        assert "The code is wrong, used or expired. A code was sent to" in text
    code = sandbox.codes[-1].code
    assert "request a new one" in customer.send("sign-in", status=429, email=EMAIL, code=code, sent="1")
    customer.send("code", email=EMAIL, resend="1")
    assert len(sandbox.codes) == 2


@pytest.mark.parametrize("fields", [{}, {"email": "ada"}])
def test_an_invalid_address_is_explained(customer: Customer, fields: dict[str, str]) -> None:
    assert "Enter an e-mail address" in customer.send("code", status=422, **fields)


def test_a_foreign_link_asks_for_the_address(customer: Customer) -> None:
    text = customer.open(f"{PORTAL}?token=plk_test_foreign", status=401)
    assert "The portal link is invalid" in text
    assert "E-mail address" in text


def test_a_link_of_another_customer_asks_to_sign_in_again(
    sandbox: Sandbox, customer: Customer, make_customer: Make
) -> None:
    customer.sign_in()
    link = sandbox.portal_link(make_customer(email="eve@example.com")["id"])
    assert "The code is sent to eve@example.com." in customer.open(link.url)


def test_a_paused_subscription_shows_its_status(
    api: httpx.Client, customer: Customer, subscription: dict[str, Any]
) -> None:
    customer.sign_in()
    assert f"{ATTACK} Paused" in customer.send("pause", id=subscription["id"])
    text = customer.send("pause", status=409, id=subscription["id"])
    assert "Your account" in text


def test_a_subscription_of_somebody_else_cannot_be_paused(customer: Customer, subscription: dict[str, Any]) -> None:
    customer.sign_in("eve@example.com")
    text = customer.send("pause", status=403, id=subscription["id"])
    assert "belongs to another customer" in text
    assert "You do not have a subscription." in text


def test_a_subscription_that_will_end_shows_its_end(
    api: httpx.Client, customer: Customer, subscription: dict[str, Any]
) -> None:
    api.post(f"/v1/subscriptions/{subscription['id']}/cancel", json={"atPeriodEnd": True})
    assert "Ends on" in customer.sign_in()


def test_a_top_up_is_paid_at_the_checkout_and_returns_to_the_wallet(sandbox: Sandbox, customer: Customer) -> None:
    customer.sign_in()
    assert "Enter an amount in whole naira" in customer.send("top-up", status=422, amount="99")
    assert "Pay ₦500.00" in customer.send("top-up", amount="500")
    checkout = str(customer.client.get(PORTAL).url)
    assert checkout == f"{sandbox.url}{PORTAL}"
    token = customer.client.post(f"{PORTAL}/top-up", data={"amount": "500"}).url.path.rpartition("/")[2]
    response = customer.client.post(f"/_sandbox/checkout/{token}/pay", data={"rail": "card", "action": "pay"})
    assert response.url.path == PORTAL
    text = " ".join("".join(parse(response.text).text).split())
    assert "₦500.00 in your wallet" in text
    assert "Top-up on" in text


def test_a_card_of_a_payment_is_listed(api: httpx.Client, anonymous: httpx.Client, customer: Customer) -> None:
    session = api.post("/v1/checkout/sessions", json={"amount": 100, "customerEmail": EMAIL}).json()
    anonymous.post(f"/checkout/{session['token']}/pay", json={"rail": "card"})
    assert "Visa ending in 4242 Default until 12/" in customer.sign_in()


def test_a_virtual_account_shows_its_number(customer: Customer) -> None:
    customer.sign_in()
    assert "Enter the 11 digits" in customer.send("virtual-account", status=422, bvn="123")
    text = customer.send("virtual-account", bvn="22212345678")
    assert "Transfers to account 9" in text
    assert "22212345678" not in text


def test_only_a_signed_in_customer_may_send_a_form(sandbox: Sandbox, customer: Customer) -> None:
    for name in ("pause", "top-up", "virtual-account"):
        text = customer.send(name, status=401, id="sub_1", amount="500", bvn="22212345678")
        assert "sign in again" in text
    customer.sign_in()
    assert "Sign in with a code" in customer.send("sign-out")
    customer.sign_in()
    sandbox.clock.advance(hours=24)
    assert "Sign in with a code" in customer.open()


@pytest.mark.parametrize("form", ["code", "sign-in", "sign-out", "pause", "top-up", "virtual-account"])
def test_the_address_of_a_form_leads_to_the_page(customer: Customer, form: str) -> None:
    # A browser shows it after an error, and a phone opens it again when it needs the page after a while.
    assert "Sign in with a code by e-mail" in customer.open(f"{PORTAL}/{form}")


def test_the_page_may_load_its_style_only_and_the_cookie_is_private(sandbox: Sandbox, customer: Customer) -> None:
    response = customer.client.get(PORTAL)
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert response.headers["Cache-Control"] == "no-store"
    customer.send("code", email=EMAIL)
    fields = {"email": EMAIL, "code": sandbox.codes[-1].code}
    response = customer.client.post(f"{PORTAL}/sign-in", data=fields, follow_redirects=False)
    cookie = response.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert f"path={PORTAL}" in cookie
    assert "secure" not in cookie
