"""Pictures of the documentation. Only the option --screenshots writes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox
from tests.browser.conftest import OpenPage
from tests.browser.pictures import DIRECTORY, take_picture
from tests.browser.story import tell_story
from tests.support.webhook_receiver import Receiver

pytestmark = pytest.mark.anyio

Save = Callable[[Page, str], Awaitable[None]]


@pytest.fixture
def save(pytestconfig: pytest.Config) -> Save:
    """Take a picture of a page: ``await save(page, "checkout-phone")``."""

    async def save(page: Page, name: str) -> None:
        picture = await take_picture(page, name)
        if pytestconfig.getoption("--screenshots"):
            (DIRECTORY / f"{name}.webp").write_bytes(picture)

    return save


async def enter_promo_code(page: Page, client: AsyncDuro) -> None:
    """Open the checkout of a plan, and enter a promo code."""
    plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
    await client.promo_codes.create(code="HALF", discount_type="percentage", discount_value=50)
    session = await client.checkout.create_session(plan_id=plan.id, customer_email="ada@example.com")
    await page.goto(session.url)
    await page.get_by_label("Promo code").fill("HALF")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_text("is applied")).to_be_visible()


async def test_checkout(open_page: OpenPage, client: AsyncDuro, save: Save) -> None:
    page = await open_page("desktop")
    await enter_promo_code(page, client)
    await save(page, "checkout-desktop")


async def test_declined_checkout(open_page: OpenPage, client: AsyncDuro, save: Save) -> None:
    page = await open_page("phone")
    await enter_promo_code(page, client)
    await page.get_by_text("Test a failed payment").click()
    await page.get_by_role("button", name="Let it fail").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await save(page, "checkout-declined-phone")


async def test_dashboard(
    open_page: OpenPage, client: AsyncDuro, sandbox: AsyncSandbox, receiver: Receiver, save: Save
) -> None:
    await tell_story(client, sandbox, receiver.url, days=38)
    page = await open_page("desktop")
    await page.goto(f"{sandbox.url}/_sandbox/")
    await save(page, "dashboard-desktop")
    await page.goto(f"{sandbox.url}/_sandbox/dashboard/recovery")
    await save(page, "recovery-desktop")

    phone = await open_page("phone", color_scheme="dark")
    await phone.goto(f"{sandbox.url}/_sandbox/dashboard/customers")
    await phone.get_by_role("table").get_by_role("link", name="Ada Obi").click()
    heading = phone.get_by_role("heading", name="Time line")
    await heading.evaluate("heading => heading.scrollIntoView()")
    await save(phone, "customer-phone")


async def test_portal(open_page: OpenPage, client: AsyncDuro, sandbox: AsyncSandbox, save: Save) -> None:
    customer = await client.customers.create(email="ada@example.com", name="Ada Obi")
    for name, amount in (("Pro", 1_500_000), ("Storage", 250_000)):
        plan = await client.plans.create(name=name, amount=amount, interval="month")
        await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    page = await open_page("phone")
    await page.goto(sandbox.portal_link(customer.id).url)
    await page.get_by_role("button", name="Send the code").click()
    await page.get_by_label("Code").fill(sandbox.codes[-1].code)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("Renews on").first).to_be_visible()
    await save(page, "portal-phone")
