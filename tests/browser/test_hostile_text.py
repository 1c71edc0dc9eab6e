"""Text of strangers on the pages: it is shown, and it does not run."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from duro import AsyncDuro
from tests.browser.page_log import PageLog

pytestmark = pytest.mark.anyio

# Each would open a dialog, which fails the test.
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "</title></style></textarea><script>alert(1)</script>",
    "{{ 7 * 7 }}${alert(1)}",
    "javascript:alert(1)",
    "\u202ealert(1)\u2066",
]


async def test_names_of_plans_are_text_at_the_checkout(page: Page, client: AsyncDuro) -> None:
    for payload in PAYLOADS:
        plan = await client.plans.create(name=payload, amount=500_000, interval="month")
        session = await client.checkout.create_session(plan_id=plan.id, customer_email="ada@example.com")
        await page.goto(session.url)
        await expect(page.get_by_role("heading", level=1)).to_have_text(payload)
        assert payload in await page.title()
        await page.get_by_role("button", name="Pay").click()
        await expect(page.get_by_role("heading", name="Payment complete")).to_be_visible()
        await expect(page.get_by_role("heading", level=1)).to_have_text(payload)


async def test_rejected_input_is_shown_as_text(page: Page, page_logs: list[PageLog], client: AsyncDuro) -> None:
    plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
    session = await client.checkout.create_session(plan_id=plan.id)
    page_logs[0].allowed_statuses.add(404)
    await page.goto(session.url)
    for payload in PAYLOADS:
        await page.get_by_label("Promo code").fill(payload)
        await page.get_by_role("button", name="Apply").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await expect(page.get_by_label("Promo code")).to_have_value(payload)
