"""Customer portal, as a customer uses it from its link."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox
from tests.browser.accessibility import check_accessibility
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.anyio


async def press(page: Page, button: str) -> None:
    await page.get_by_role("button", name=button, exact=True).click()


async def subscribe(client: AsyncDuro) -> str:
    """Subscribe a customer, and return the customer's id."""
    plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
    customer = await client.customers.create(email="ada@example.com", name="Ada Obi")
    await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    return customer.id


@pytest.mark.parametrize(("device", "color_scheme"), [("desktop", "light"), ("phone", "dark")])
@pytest.mark.timeout(120)
async def test_a_customer_manages_a_subscription_and_the_wallet(
    open_page: OpenPage, client: AsyncDuro, sandbox: AsyncSandbox, device: str, color_scheme: str
) -> None:
    customer = await subscribe(client)
    page = await open_page(device, color_scheme=color_scheme)
    await page.goto(sandbox.portal_link(customer).url)
    await check_accessibility(page)
    await press(page, "Send the code")
    await check_accessibility(page)
    await page.get_by_label("Code").fill(sandbox.codes[-1].code)
    await press(page, "Sign in")
    await expect(page.get_by_text("Renews on 10 February 2026")).to_be_visible()
    await press(page, "Pause Pro")
    await expect(page.get_by_text("Paused")).to_be_visible()
    assert [event.type for event in sandbox.events][-1] == "subscription_paused"
    await page.get_by_label("Top up, in naira").fill("500")
    await press(page, "Continue")
    await press(page, "Pay ₦500.00")
    await expect(page.get_by_text("₦500.00 in your wallet")).to_be_visible()
    await page.get_by_label("BVN").fill("22212345678")
    await press(page, "Request")
    await expect(page.get_by_text("Transfers to account")).to_be_visible()
    await check_accessibility(page)
    await press(page, "Sign out")
    await expect(page.get_by_label("E-mail address")).to_be_visible()


async def test_the_dashboard_opens_the_portal_of_a_customer(
    page: Page, client: AsyncDuro, sandbox: AsyncSandbox
) -> None:
    customer = await subscribe(client)
    await page.goto(f"{sandbox.url}/_sandbox/dashboard/customers/{customer}")
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Open as the customer").click()
    portal = await opened.value
    await expect(portal.get_by_text("The code is sent to ada@example.com.")).to_be_visible()


async def test_the_portal_needs_no_script(open_page: OpenPage, client: AsyncDuro, sandbox: AsyncSandbox) -> None:
    link = sandbox.portal_link(await subscribe(client))
    page = await open_page("phone", java_script_enabled=False)
    await page.goto(link.url)
    await press(page, "Send the code")
    await page.get_by_label("Code").fill(sandbox.codes[-1].code)
    await press(page, "Sign in")
    await expect(page.get_by_text("Renews on 10 February 2026")).to_be_visible()
