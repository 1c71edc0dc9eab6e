"""Checkout with the keyboard alone: order of the focus, visible focus, and the keys of each control."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from duro import AsyncDuro

pytestmark = pytest.mark.anyio

_FOCUSED = """() => {
    const focused = document.activeElement, style = getComputedStyle(focused);
    return [focused.name || focused.textContent.trim(), style.outlineStyle !== "none" && style.outlineWidth !== "0px"];
}"""


async def press_tab(page: Page) -> str:
    """Move the focus, check that a person sees it, and return the name of the control."""
    await page.keyboard.press("Tab")
    name, visible = await page.evaluate(_FOCUSED)
    assert visible, f"the focus is not visible: {name}"
    return name


async def test_a_payment_is_declined_and_paid_with_the_keyboard(page: Page, client: AsyncDuro) -> None:
    plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
    await client.promo_codes.create(code="HALF", discount_type="percentage", discount_value=50)
    session = await client.checkout.create_session(plan_id=plan.id)
    await page.goto(session.url)

    assert await press_tab(page) == "code"
    await page.keyboard.type("HALF")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("is applied")).to_be_visible()

    assert await press_tab(page) == "code"  # removes the promo code
    assert await press_tab(page) == "email"
    await page.keyboard.type("ada@example.com")
    # The rails are one stop, and the arrow keys select.
    assert await press_tab(page) == "rail"
    assert await press_tab(page) == "action"
    assert await press_tab(page) == "Test a failed payment"
    await page.keyboard.press("Enter")
    assert await press_tab(page) == "failure"
    await page.keyboard.press("ArrowDown")
    assert await press_tab(page) == "action"
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()

    await page.get_by_role("radio", name="Bank transfer").focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("radio", name="USSD")).to_be_checked()
    # Enter in a field pays, and does not select the button that lets the payment fail.
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Payment complete")).to_be_visible()
