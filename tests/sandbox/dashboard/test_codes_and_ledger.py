"""Codes and ledger of the dashboard."""

from __future__ import annotations

import pytest

from duro import Duro
from duro.sandbox import Sandbox
from tests.sandbox.dashboard.conftest import Browser

CODES = "/_sandbox/dashboard/codes"
ROOT = "/_sandbox/dashboard"
LEDGER = f"{ROOT}/ledger"


def states(browser: Browser, query: str = "") -> list[str]:
    found = browser.open(f"{CODES}?{query}").text
    return [text for text in found if text in ("Valid", "Used", "Replaced", "Expired")]


def test_codes_are_listed_with_their_states(browser: Browser, frozen: Sandbox, client: Duro) -> None:
    client.customer_portal.start(email="ada@example.com")
    frozen.clock.advance(minutes=2)
    client.customer_portal.start(email="ada@example.com", resend=True)
    assert states(browser) == ["Valid", "Replaced"]
    assert frozen.codes[-1].code in browser.open(CODES).text
    client.customer_portal.verify(email="ada@example.com", code=frozen.codes[-1].code)
    frozen.clock.advance(minutes=9)
    assert states(browser) == ["Used", "Expired"]


def test_codes_are_filtered_by_recipient_and_channel(browser: Browser, client: Duro) -> None:
    client.customer_portal.start(email="ada@example.com")
    client.customer_identity.request_otp(phone="2348012345678")
    assert len(states(browser)) == 2
    assert len(states(browser, "recipient=Ada@example.com")) == 1
    assert len(states(browser, "channel=whatsapp")) == 1
    assert "No code matches" in browser.open(f"{CODES}?recipient=eve").text


@pytest.fixture
def charged(frozen: Sandbox, client: Duro) -> Sandbox:
    """Sandbox with two paid charges, one of them in dollars and refunded, and a failed one."""
    naira = client.plans.create(name="Pro", amount=1_234_567, interval="month")
    dollars = client.plans.create(name="Abroad", amount=900, interval="month", currency="USD")
    customer = client.customers.create()
    client.subscriptions.create(customer_id=customer.id, plan_id=naira.id)
    client.subscriptions.create(customer_id=customer.id, plan_id=dollars.id)
    client.invoices.refund(frozen.ledger[-1].invoice_id)
    frozen.cards.decline(customer.id, "do_not_honor")
    client.subscriptions.create(customer_id=client.customers.create().id, plan_id=naira.id)
    client.subscriptions.create(customer_id=customer.id, plan_id=naira.id)
    return frozen


def test_totals_are_those_of_each_currency(browser: Browser, charged: Sandbox) -> None:
    page = browser.open(LEDGER)
    figures = [text for text in page.text[: page.text.index("Entries")] if text.startswith(("₦", "$"))]
    assert figures == ["₦24,691.34", "₦0.00", "₦12,345.67", "₦0.00", "$9.00", "$9.00"]


def test_totals_are_zero_after_a_reset(browser: Browser, charged: Sandbox) -> None:
    charged.reset()
    assert [text for text in browser.open(LEDGER).text if text.startswith(("₦", "$"))] == ["₦0.00"] * 4


def test_charges_are_listed_with_their_currency(browser: Browser, charged: Sandbox) -> None:
    text = browser.open(LEDGER).text
    assert {"₦12,345.67", "$9.00", "Failed", "Succeeded"} <= set(text)
    assert f"{ROOT}/customers/{charged.ledger[0].customer_id}" in browser.open(LEDGER).attributes("a", "href")


def test_charges_are_filtered(browser: Browser, charged: Sandbox) -> None:
    failed = browser.open(f"{LEDGER}?status=failed").text
    assert failed.count("Failed") == 3
    assert "05" in "".join(failed)
    assert "No entry matches" in browser.open(f"{LEDGER}?customer_id=cus_unknown").text


def test_refunds_are_listed(browser: Browser, charged: Sandbox) -> None:
    page = browser.open(f"{LEDGER}?kind=refunds&status=failed")
    assert "Refunds, newest first" in page.text
    assert page.text.count("$9.00") == 3


def test_top_up_is_a_charge_in_naira_without_a_customer(browser: Browser, frozen: Sandbox, client: Duro) -> None:
    client.customer_portal.start(email="ada@example.com")
    code = frozen.codes[-1].code
    signed_in = client.customer_portal.verify(email="ada@example.com", code=code)
    top_up = client.customer_portal.top_up(amount_naira=100, credential=signed_in)
    frozen.checkout(top_up.checkout_token).pay("card")
    page = browser.open(LEDGER)
    assert "1 charge" in "".join(page.text)
    assert not [href for href in page.attributes("a", "href") if "/customers/" in href]


def test_empty_lists_name_the_next_step(browser: Browser) -> None:
    assert "No charges yet" in browser.open(LEDGER).text
    assert "No refunds yet" in browser.open(f"{LEDGER}?kind=refunds").text
    assert "No codes yet" in browser.open(CODES).text
