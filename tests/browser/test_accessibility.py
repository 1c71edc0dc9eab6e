"""Every page of the checkout against the rules of axe-core, on each device, light and dark."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox
from tests.browser.accessibility import check_accessibility
from tests.browser.conftest import OpenPage
from tests.browser.page_log import PageLog

LONG_NAME = "Professional" * 12


@pytest.fixture
async def page(open_page: OpenPage, device: str, color_scheme: str) -> Page:
    return await open_page(device, color_scheme=color_scheme)


@pytest.mark.parametrize(("device", "color_scheme"), [("desktop", "light"), ("phone", "dark")])
@pytest.mark.timeout(180)
@pytest.mark.anyio
async def test_pages_of_the_checkout(
    page: Page, page_logs: list[PageLog], client: AsyncDuro, sandbox: AsyncSandbox, color_scheme: str
) -> None:
    plan = await client.plans.create(name=LONG_NAME, amount=500_000, interval="month")
    await client.promo_codes.create(code="HALF", discount_type="percentage", discount_value=50)
    session = await client.checkout.create_session(plan_id=plan.id, success_url="https://shop.test/done")
    page_logs[0].allowed_statuses |= {404, 409}

    await page.goto(session.url)
    red = await page.evaluate("() => Number(getComputedStyle(document.body).backgroundColor.match(/[0-9]+/)[0])")
    assert (red < 64) == (color_scheme == "dark")
    await check_accessibility(page)

    await page.get_by_label("Promo code").fill("HALF")
    await page.get_by_role("button", name="Apply").click()
    await page.get_by_text("Test a failed payment").click()
    await check_accessibility(page)

    await page.get_by_label("E-mail address").fill("ada@example.com")
    await page.get_by_role("button", name="Let it fail").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await check_accessibility(page)

    await page.get_by_role("radio", name="Bank transfer").check()
    await page.get_by_role("button", name="Pay").click()
    await expect(page.get_by_role("heading", name="Waiting")).to_be_visible()
    await check_accessibility(page)

    sandbox.transfers.settle(session.token)
    await page.reload()
    await expect(page.get_by_role("heading", name="Payment complete")).to_be_visible()
    await check_accessibility(page)

    expired = await client.checkout.create_session(plan_id=plan.id)
    await sandbox.clock.advance(days=2)
    await page.goto(expired.url)
    await check_accessibility(page)

    await page.goto(f"{sandbox.url}/_sandbox/links/unknown")
    await check_accessibility(page)
