"""Long names, addresses and amounts on a screen of 320 pixels, which is also 400 % zoom on a desktop."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.anyio

WIDTH = 320
EMAIL = f"{'a' * 60}@{'b' * 60}.example.com"
NAME = "Unlimited" * 20
AMOUNT = 99_999_999_999
CODE = "C" * 100


@pytest.fixture
async def page(open_page: OpenPage) -> Page:
    page = await open_page("phone")
    await page.set_viewport_size({"width": WIDTH, "height": 640})
    return page


async def expect_fit(page: Page) -> None:
    assert await page.evaluate("() => document.documentElement.scrollWidth") == WIDTH


async def test_the_checkout_fits(page: Page, client: AsyncDuro) -> None:
    plan = await client.plans.create(name=NAME, amount=AMOUNT, interval="month")
    await client.promo_codes.create(code=CODE, discount_type="fixed", discount_value=100)
    session = await client.checkout.create_session(plan_id=plan.id, customer_email=EMAIL)
    await page.goto(session.url)
    await expect_fit(page)
    await page.get_by_label("Promo code").fill(CODE)
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_role("button", name="Remove")).to_be_visible()
    await expect_fit(page)
    await page.get_by_role("radio", name="Bank transfer").check()
    await page.get_by_role("button", name="Pay").click()
    await page.get_by_role("button", name="Confirm the payment").click()
    await expect(page.get_by_role("heading", name="Payment complete")).to_be_visible()
    await expect_fit(page)


async def test_the_portal_fits(page: Page, client: AsyncDuro, sandbox: AsyncSandbox) -> None:
    plan = await client.plans.create(name=NAME, amount=AMOUNT, interval="month")
    customer = await client.customers.create(email=EMAIL)
    await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    await page.goto(sandbox.portal_link(customer.id).url)
    await expect_fit(page)
    await page.get_by_role("button", name="Send the code").click()
    await expect(page.get_by_label("Code", exact=True)).to_be_visible()
    await expect_fit(page)
    await page.get_by_label("Code", exact=True).fill(sandbox.codes[-1].code)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()
    await expect_fit(page)
