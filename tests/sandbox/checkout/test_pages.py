"""Pages of the hosted checkout: contents, forms, and the rules about what they may load."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from duro.sandbox import Sandbox

Make = Callable[..., dict[str, Any]]
ASSETS = "/_sandbox/checkout-assets"
STYLESHEET = f"{ASSETS}/checkout.css"
LINKS = (
    {"rel": "stylesheet", "href": STYLESHEET},
    {"rel": "icon", "type": "image/svg+xml", "href": "/_sandbox/static/icon.svg"},
)
ATTACK = "<script>alert('1')</script>"


class PageParser(HTMLParser):
    """Parser that checks that all tags are closed, all fields have a label, and only own files are loaded."""

    VOID = frozenset({"meta", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.labels: set[str | None] = set()
        self.fields: set[str | None] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        assert not {"src", "style", "onload", "onclick"} & values.keys()
        assert tag != "link" or values in LINKS
        if tag == "label":
            self.labels.add(values.get("for"))
        if tag in {"input", "select"} and values.get("type") != "radio":
            self.fields.add(values["id"])
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parse(response: httpx.Response) -> PageParser:
    parser = PageParser()
    parser.feed(response.text)
    parser.close()
    assert parser.open == []
    assert parser.fields <= parser.labels
    return parser


def post(client: httpx.Client, session: dict[str, Any], step: str, **form: str) -> httpx.Response:
    return client.post(f"{session['url']}/{step}", data=form)


def test_the_url_of_a_session_opens_its_page(sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make) -> None:
    session = open_checkout(amount=123_456, successUrl="https://shop.test:8443/done")
    assert session["url"].startswith(f"{sandbox.url}/")
    response = anonymous.get(session["url"])
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "₦1,234.56" in response.text
    assert "script" not in parse(response).tags
    policy = response.headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self' https://shop.test:8443"
    )
    assert response.headers["Cache-Control"] == "no-store"
    assert anonymous.get(STYLESHEET).headers["Content-Type"] == "text/css; charset=utf-8"


def test_pages_are_neither_api_requests_nor_subject_to_faults(
    sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make
) -> None:
    session = open_checkout(amount=900)
    requests = sandbox.stats.requests
    sandbox.faults.add("status", status=503, times=None)
    assert anonymous.get(session["url"]).status_code == 200
    assert sandbox.stats.requests == requests


def test_the_page_of_a_trial_shows_0_and_the_price_afterwards(
    anonymous: httpx.Client, open_checkout: Make, make_plan: Make
) -> None:
    session = open_checkout(planId=make_plan(trialDays=7, intervalCount=3)["id"])
    text = anonymous.get(session["url"]).text
    assert "₦0.00<span> due today" in text
    assert re.search(r"From \d+ \w+ \d{4}: ₦5,000.00 every 3 months", text)
    assert "Let it fail" not in text


def test_a_payment_returns_to_the_shop_with_the_reference(
    sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make
) -> None:
    session = open_checkout(amount=900, successUrl="https://shop.test/done?lang=en#top")
    response = post(anonymous, session, "pay", rail="card", email="ada@example.com", action="pay")
    assert response.status_code == 303
    assert response.headers["Location"] == f"https://shop.test/done?lang=en&reference={session['id']}#top"
    assert [charge.status for charge in sandbox.ledger] == ["succeeded"]
    page = anonymous.get(session["url"])
    assert "Payment complete" in page.text
    assert f"reference={session['id']}#top" in page.text
    parse(page)
    # A reload of the form does not charge again.
    assert post(anonymous, session, "pay", rail="card").headers["Location"] == response.headers["Location"]
    assert len(sandbox.ledger) == 1


def test_a_failed_payment_is_explained_and_another_rail_is_suggested(
    sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make, make_plan: Make
) -> None:
    session = open_checkout(planId=make_plan()["id"], customerEmail="ada@example.com")
    response = post(anonymous, session, "pay", rail="card", action="fail", failure="insufficient_funds")
    assert (response.status_code, urlsplit(session["url"]).path) == (303, response.headers["Location"])
    page = anonymous.get(session["url"])
    assert "<title>Error: Pro" in page.text
    assert 'role="alert">The account does not have enough money. Choose another way to pay.' in page.text
    assert 'value="transfer" checked' in page.text
    assert "Promo code" not in page.text
    parse(page)
    assert post(anonymous, session, "pay", rail="ussd", action="pay").status_code == 303
    assert [charge.status for charge in sandbox.ledger] == ["failed", "succeeded"]
    assert "Choose another" not in anonymous.get(session["url"]).text


def test_a_transfer_waits_on_its_page_until_it_is_confirmed(
    sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make
) -> None:
    session = open_checkout(amount=900, customerEmail="ada@example.com")
    assert post(anonymous, session, "settle").status_code == 409
    post(anonymous, session, "pay", rail="transfer", email="ada@example.com", action="pay")
    page = anonymous.get(session["url"])
    assert "Waiting for your payment" in page.text
    parse(page)
    assert sandbox.ledger == ()
    assert post(anonymous, session, "settle").status_code == 303
    assert "You paid ₦9.00 by bank transfer." in anonymous.get(session["url"]).text
    # A double click: the second confirmation leads where the first one does.
    assert post(anonymous, session, "settle").status_code == 303
    assert [charge.amount for charge in sandbox.ledger] == [900]


@pytest.mark.parametrize(
    ("duration", "terms"),
    [
        ({"duration": "once"}, "₦2,500.00 once, then ₦5,000.00 every month"),
        ({"duration": "repeating", "durationCycles": 1}, "₦2,500.00 once, then ₦5,000.00 every month"),
        ({"duration": "repeating", "durationCycles": 3}, "₦2,500.00 every month for 3 payments, then ₦5,000.00"),
        ({"duration": "forever"}, "₦2,500.00 every month"),
    ],
)
@pytest.mark.parametrize("trial", [{}, {"trialDays": 7}])
def test_the_page_shows_how_long_the_discount_of_a_promo_code_applies(
    anonymous: httpx.Client,
    open_checkout: Make,
    make_plan: Make,
    make_code: Make,
    *,
    duration: Any,
    trial: Any,
    terms: str,
) -> None:
    make_code(**duration)
    session = open_checkout(planId=make_plan(**trial)["id"])
    post(anonymous, session, "promo-code", code="HALF")
    (renewal,) = re.findall(r'class="renewal">(.*?)</p>', anonymous.get(session["url"]).text)
    assert renewal.endswith(terms)
    assert renewal.startswith("From") == bool(trial)


def test_a_promo_code_is_applied_and_removed_on_the_page(
    anonymous: httpx.Client, open_checkout: Make, make_plan: Make, make_code: Make
) -> None:
    make_code()
    session = open_checkout(planId=make_plan()["id"])
    assert post(anonymous, session, "promo-code", code=" HALF ").status_code == 303
    page = anonymous.get(session["url"])
    assert "\N{MINUS SIGN}₦2,500.00" in page.text
    assert "₦2,500.00<span> due today" in page.text
    parse(page)
    assert post(anonymous, session, "promo-code", code="").status_code == 303
    assert "₦5,000.00<span> due today" in anonymous.get(session["url"]).text


@pytest.mark.parametrize(
    ("step", "form", "status", "message"),
    [
        ("promo-code", {"code": ATTACK}, 404, "This promo code does not exist."),
        ("pay", {"email": "ada@example.com"}, 422, "Select a payment method."),
        ("pay", {"rail": "cash", "email": "ada@example.com"}, 422, "Select a payment method."),
        ("pay", {"rail": "card", "email": ATTACK}, 422, "Enter an e-mail address"),
    ],
)
def test_a_refused_form_is_shown_again_with_its_fields_and_the_error(
    anonymous: httpx.Client, open_checkout: Make, make_plan: Make, *, step: str, form: Any, status: int, message: str
) -> None:
    response = post(anonymous, open_checkout(planId=make_plan(name=ATTACK)["id"]), step, **form)
    assert response.status_code == status
    assert message in response.text
    assert "script" not in parse(response).tags
    for value in {**form, "name": ATTACK}.values():
        if value != "cash":
            assert value.replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;") in response.text


def test_an_expired_session_says_so(sandbox: Sandbox, anonymous: httpx.Client, open_checkout: Make) -> None:
    session = open_checkout(amount=900)
    sandbox.clock.advance(days=1, minutes=1)
    page = anonymous.get(session["url"])
    assert "This checkout has expired" in page.text
    parse(page)
    assert post(anonymous, session, "pay", rail="card", email="ada@example.com").status_code == 409


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "checkout/cs_test_x"), ("POST", "checkout/cs_test_x/pay"), ("GET", "links/unknown")],
)
def test_an_unknown_session_or_link_gets_an_error_page(anonymous: httpx.Client, method: str, path: str) -> None:
    response = anonymous.request(method, f"/_sandbox/{path}", data={"rail": "card"} if method == "POST" else None)
    assert response.status_code == 404
    assert "Page not found" in response.text
    parse(response)


def test_a_payment_link_opens_a_session_of_its_plan(
    sandbox: Sandbox, api: httpx.Client, anonymous: httpx.Client, make_plan: Make
) -> None:
    api.post("/v1/payment-links", json={"planId": make_plan(amount=700)["id"], "slug": "gym"})
    opened = anonymous.get("/_sandbox/links/gym")
    assert opened.status_code == 303
    assert anonymous.get(opened.headers["Location"]).status_code == 200
    form = {"rail": "card", "email": "ada@example.com", "action": "pay"}
    assert anonymous.post(f"{opened.headers['Location']}/pay", data=form).status_code == 303
    assert [charge.amount for charge in sandbox.ledger] == [700]


@pytest.mark.parametrize("form", ["pay", "settle", "promo-code"])
def test_the_address_of_a_form_leads_to_the_page(anonymous: httpx.Client, open_checkout: Make, form: str) -> None:
    # A browser shows it after an error, and a phone opens it again when it needs the page after a while.
    session = open_checkout(amount=900)
    response = anonymous.get(f"{session['url']}/{form}")
    assert response.status_code == 303
    assert session["url"].endswith(response.headers["Location"])


@pytest.mark.parametrize("url", ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,hi", "vbscript:x"])
def test_a_return_url_that_is_a_program_is_refused(api: httpx.Client, url: str) -> None:
    response = api.post("/v1/checkout/sessions", json={"amount": 900, "successUrl": url})
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["path"] == "successUrl"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://shop.test/done", "https://shop.test"),
        ("http://[::1]:8000/done", "http://[::1]:8000"),
        ("shop-app://done", "shop-app:"),
        ("https://shop.test;script-src/x", "https:"),
        ("https://[::1/x", "https:"),
    ],
)
def test_the_policy_permits_the_return_and_nothing_more(
    anonymous: httpx.Client, open_checkout: Make, url: str, target: str
) -> None:
    session = open_checkout(amount=900, successUrl=url)
    policy = anonymous.get(session["url"]).headers["Content-Security-Policy"]
    assert policy.endswith(f"form-action 'self' {target}")


def test_a_session_with_a_phone_number_does_not_ask_for_an_address(
    sandbox: Sandbox, api: httpx.Client, anonymous: httpx.Client, open_checkout: Make, make_customer: Make
) -> None:
    customer = make_customer(phone="+2348012345678")
    session = open_checkout(amount=900, customerPhone="2348012345678")
    assert "E-mail address" not in anonymous.get(session["url"]).text
    assert post(anonymous, session, "pay", rail="card", action="pay").status_code == 303
    assert [charge.customer_id for charge in sandbox.ledger] == [customer["id"]]


def test_a_form_of_other_bytes_is_refused(sandbox: Sandbox, api: httpx.Client, make_plan: Make) -> None:
    session = api.post("/v1/checkout/sessions", json={"planId": make_plan()["id"]}).json()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = httpx.post(f"{session['url']}/pay", content=b"\xff", headers=headers)
    assert response.status_code == 400
