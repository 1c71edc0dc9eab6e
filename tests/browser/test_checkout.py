"""Payments on the pages of the hosted checkout, as a customer makes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect

from duro import AsyncDuro
from duro.api.models.plans import Plan
from duro.sandbox import AsyncSandbox
from tests.browser.conftest import OpenPage
from tests.browser.shop import Shop

pytestmark = pytest.mark.anyio

PAY = "Pay ₦5,000.00"
COMPLETE = "Payment complete"


@pytest.fixture
async def plan(client: AsyncDuro) -> Plan:
    return await client.plans.create(name="Pro", amount=500_000, interval="month")


def outcomes(sandbox: AsyncSandbox) -> list[tuple[int, str]]:
    return [(charge.amount, charge.status) for charge in sandbox.ledger]


async def press(page: Page, button: str) -> None:
    await page.get_by_role("button", name=button, exact=True).click()


async def expect_heading(page: Page, heading: str) -> None:
    await expect(page.get_by_role("heading", name=heading)).to_be_visible()


async def test_a_card_payment_returns_to_the_shop_with_the_reference(
    page: Page, client: AsyncDuro, sandbox: AsyncSandbox, shop: Shop, plan: Plan
) -> None:
    session = await client.checkout.create_session(plan_id=plan.id, success_url=f"{shop.url}/done?lang=en")
    await page.goto(session.url)
    await page.get_by_label("E-mail address").fill("ada@example.com")
    await press(page, PAY)
    await page.wait_for_url(f"{shop.url}/done?lang=en&reference={session.id}")
    assert f"/done?lang=en&reference={session.id}" in shop.visits
    assert outcomes(sandbox) == [(500_000, "succeeded")]
    (customer,) = await client.customers.list().collect(limit=2)
    assert customer.email == "ada@example.com"


async def test_the_shop_does_not_learn_the_token_of_the_session(
    page: Page, client: AsyncDuro, shop: Shop, plan: Plan
) -> None:
    session = await client.checkout.create_session(plan_id=plan.id, success_url=f"{shop.url}/done")
    await page.goto(session.url)
    await page.get_by_label("E-mail address").fill("ada@example.com")
    await press(page, PAY)
    await page.wait_for_url(f"{shop.url}/**")
    assert session.token not in await page.evaluate("document.referrer")


async def test_a_declined_payment_is_paid_over_another_rail(
    page: Page, client: AsyncDuro, sandbox: AsyncSandbox, plan: Plan
) -> None:
    session = await client.checkout.create_session(plan_id=plan.id, customer_email="ada@example.com")
    await page.goto(session.url)
    await page.get_by_text("Test a failed payment").click()
    await page.get_by_label("Reason").select_option("insufficient_funds")
    await press(page, "Let it fail")
    await expect(page.get_by_role("alert")).to_have_text(
        "The account does not have enough money. Choose another way to pay."
    )
    await expect(page.get_by_role("radio", name="Bank transfer")).to_be_checked()
    await page.get_by_role("radio", name="USSD").check()
    await press(page, PAY)
    await expect_heading(page, COMPLETE)
    await expect(page.get_by_text("You paid ₦5,000.00 by USSD.")).to_be_visible()
    assert outcomes(sandbox) == [(500_000, "failed"), (500_000, "succeeded")]


async def test_the_magic_address_declines_the_card_until_another_rail_is_chosen(
    page: Page, client: AsyncDuro, sandbox: AsyncSandbox, plan: Plan
) -> None:
    session = await client.checkout.create_session(plan_id=plan.id)
    await page.goto(session.url)
    await page.get_by_label("E-mail address").fill("decline+expired_card@example.com")
    await press(page, PAY)
    await expect(page.get_by_role("alert")).to_contain_text("The card has expired.")
    await page.get_by_role("radio", name="USSD").check()
    await press(page, PAY)
    await expect_heading(page, COMPLETE)
    assert outcomes(sandbox) == [(500_000, "failed"), (500_000, "succeeded")]


async def test_a_transfer_is_confirmed_on_the_waiting_page(
    page: Page, client: AsyncDuro, sandbox: AsyncSandbox, shop: Shop
) -> None:
    session = await client.checkout.create_session(amount=90_000, success_url=f"{shop.url}/done")
    await page.goto(session.url)
    await page.get_by_label("E-mail address").fill("ada@example.com")
    await page.get_by_role("radio", name="Bank transfer").check()
    await press(page, "Pay ₦900.00")
    await expect_heading(page, "Waiting for your payment")
    assert sandbox.ledger == ()
    await press(page, "Confirm the payment")
    await page.wait_for_url(f"{shop.url}/done?reference={session.id}")


async def test_a_transfer_that_is_confirmed_twice_returns_to_the_shop(
    page: Page, client: AsyncDuro, sandbox: AsyncSandbox, shop: Shop
) -> None:
    session = await client.checkout.create_session(
        amount=90_000, customer_email="ada@example.com", success_url=f"{shop.url}/done"
    )
    other = await page.context.new_page()
    await page.goto(session.url)
    await page.get_by_role("radio", name="Bank transfer").check()
    await press(page, "Pay ₦900.00")
    await other.goto(session.url)
    for tab in (page, other):
        await press(tab, "Confirm the payment")
        await tab.wait_for_url(f"{shop.url}/done?reference={session.id}")
    assert outcomes(sandbox) == [(90_000, "succeeded")]


async def test_the_waiting_page_shows_a_payment_that_the_clock_has_settled(
    page: Page, client: AsyncDuro, sandbox: AsyncSandbox
) -> None:
    session = await client.checkout.create_session(amount=90_000, customer_email="ada@example.com")
    await page.goto(session.url)
    await page.get_by_role("radio", name="Direct debit").check()
    await press(page, "Pay ₦900.00")
    await sandbox.clock.advance(minutes=5)
    await page.get_by_role("link", name="Check again").click()
    await expect_heading(page, COMPLETE)
    assert outcomes(sandbox) == [(90_000, "succeeded")]


async def test_a_payment_link_sells_its_plan_with_a_promo_code(
    page: Page, allow_status: Callable[[int], None], client: AsyncDuro, sandbox: AsyncSandbox, plan: Plan
) -> None:
    await client.promo_codes.create(code="HALF", discount_type="percentage", discount_value=50)
    link = await client.payment_links.create(plan_id=plan.id, slug="pro")
    allow_status(404)
    await page.goto(f"{sandbox.url}/_sandbox/links/{link.slug}")
    await page.get_by_label("Promo code").fill("UNKNOWN")
    await press(page, "Apply")
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Promo code").fill("HALF")
    await press(page, "Apply")
    await expect(page.get_by_text("Promo code HALF is applied.")).to_be_visible()
    await expect(page.get_by_text("\N{MINUS SIGN}₦2,500.00")).to_be_visible()
    await page.get_by_label("E-mail address").fill("ada@example.com")
    await press(page, "Pay ₦2,500.00")
    await expect_heading(page, COMPLETE)
    assert outcomes(sandbox) == [(250_000, "succeeded")]


async def test_a_removed_promo_code_restores_the_price(page: Page, client: AsyncDuro, plan: Plan) -> None:
    await client.promo_codes.create(code="HALF", discount_type="percentage", discount_value=50)
    session = await client.checkout.create_session(plan_id=plan.id)
    await page.goto(session.url)
    await page.get_by_label("Promo code").fill("HALF")
    await press(page, "Apply")
    await press(page, "Remove the promo code")
    await expect(page.get_by_role("button", name=PAY)).to_be_visible()


async def test_a_trial_starts_without_a_charge(page: Page, client: AsyncDuro, sandbox: AsyncSandbox) -> None:
    plan = await client.plans.create(name="Pro", amount=500_000, interval="month", trial_days=14)
    session = await client.checkout.create_session(plan_id=plan.id, customer_email="ada@example.com")
    await page.goto(session.url)
    await expect(page.get_by_text("Free trial of 14 days")).to_be_visible()
    await press(page, "Start free trial")
    await expect_heading(page, "Your trial has started")
    assert sandbox.ledger == ()


async def test_reload_and_the_back_button_do_not_charge_again(
    page: Page, client: AsyncDuro, sandbox: AsyncSandbox, shop: Shop, plan: Plan
) -> None:
    session = await client.checkout.create_session(
        plan_id=plan.id, customer_email="ada@example.com", success_url=f"{shop.url}/done"
    )
    await page.goto(session.url)
    await press(page, PAY)
    await page.wait_for_url(f"{shop.url}/**")
    await page.go_back()
    await expect_heading(page, COMPLETE)
    await page.reload()
    await page.get_by_role("link", name="Return to").click()
    await page.wait_for_url(f"{shop.url}/done?reference={session.id}")
    assert outcomes(sandbox) == [(500_000, "succeeded")]


async def test_a_double_click_and_a_second_tab_charge_once(
    page: Page, client: AsyncDuro, sandbox: AsyncSandbox, plan: Plan
) -> None:
    session = await client.checkout.create_session(plan_id=plan.id, customer_email="ada@example.com")
    other = await page.context.new_page()
    for tab in (page, other):
        await tab.goto(session.url)
    await page.get_by_role("button", name=PAY).dblclick()
    await press(other, PAY)
    for tab in (page, other):
        await expect_heading(tab, COMPLETE)
    assert outcomes(sandbox) == [(500_000, "succeeded")]


async def test_a_payment_needs_no_script(open_page: OpenPage, client: AsyncDuro, plan: Plan) -> None:
    session = await client.checkout.create_session(plan_id=plan.id, customer_email="ada@example.com")
    page = await open_page("phone", java_script_enabled=False)
    await page.goto(session.url)
    await page.get_by_text("Test a failed payment").click()
    await press(page, "Let it fail")
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_role("radio", name="Card").check()
    await press(page, PAY)
    await expect_heading(page, COMPLETE)


async def test_an_expired_session_cannot_be_paid(
    page: Page, allow_status: Callable[[int], None], client: AsyncDuro, sandbox: AsyncSandbox, plan: Plan
) -> None:
    session = await client.checkout.create_session(plan_id=plan.id, customer_email="ada@example.com")
    await page.goto(session.url)
    await sandbox.clock.advance(days=2)
    allow_status(409)
    await press(page, PAY)
    await expect_heading(page, "This checkout has expired")
    assert sandbox.ledger == ()


async def test_a_browser_on_the_page_uses_up_no_fault(
    page: Page, client: AsyncDuro, sandbox: AsyncSandbox, plan: Plan
) -> None:
    session = await client.checkout.create_session(plan_id=plan.id)
    requests = sandbox.stats.requests
    fault = sandbox.faults.add("status", status=503)
    await page.goto(session.url, wait_until="networkidle")
    assert (sandbox.stats.requests, fault.times_applied) == (requests, 0)
