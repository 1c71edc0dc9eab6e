"""Pictures of the documentation. Only the option --screenshots writes them."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from duro import AsyncDuro
from tests.browser.conftest import DEVICES, OpenPage
from tests.browser.pictures import DIRECTORY, take_picture

pytestmark = pytest.mark.anyio


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def page(open_page: OpenPage, device: str) -> Page:
    return await open_page(device)


@pytest.fixture
def save(page: Page, device: str, pytestconfig: pytest.Config):
    """Write a picture of the page: ``await save("checkout")``."""

    async def save(name: str) -> None:
        picture = await take_picture(page, name)
        if pytestconfig.getoption("--screenshots"):
            (DIRECTORY / f"{name}-{device}.webp").write_bytes(picture)

    return save


async def test_checkout(page: Page, client: AsyncDuro, save) -> None:
    plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
    await client.promo_codes.create(code="HALF", discount_type="percentage", discount_value=50)
    session = await client.checkout.create_session(plan_id=plan.id, customer_email="ada@example.com")
    await page.goto(session.url)
    await page.get_by_label("Promo code").fill("HALF")
    await page.get_by_role("button", name="Apply").click()
    await save("checkout")

    await page.get_by_text("Test a failed payment").click()
    await page.get_by_role("button", name="Let it fail").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await save("checkout-declined")
