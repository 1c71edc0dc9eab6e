"""Use of the dashboard: the keyboard, the clipboard, the history of the browser, two tabs, and a restart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox
from tests.browser.conftest import START, OpenPage
from tests.browser.page_log import PageLog
from tests.browser.test_dashboard_forms import DASHBOARD, open_live, subscribe
from tests.browser.test_keyboard import press_tab

pytestmark = pytest.mark.anyio

HOME = "/_sandbox/"


@pytest.mark.parametrize(
    ("button", "days"), [("+1 hour", 1 / 24), ("+1 day", 1), ("To payday", 18), ("To the next due item", 31)]
)
async def test_each_button_moves_the_clock(
    page: Page, sandbox: AsyncSandbox, client: AsyncDuro, button: str, days: float
) -> None:
    await subscribe(client)
    await page.goto(f"{sandbox.url}{HOME}")
    await page.get_by_role("button", name=button, exact=True).click()
    await expect(page.get_by_role("main").get_by_role("status")).to_contain_text("The clock is at")
    assert sandbox.clock.now() == START + timedelta(days=days)


async def test_the_clock_moves_with_the_keyboard(page: Page, sandbox: AsyncSandbox) -> None:
    await page.goto(f"{sandbox.url}{HOME}")
    assert await press_tab(page) == "Skip to the content"
    await page.keyboard.press("Enter")
    # The focus continues in the content, after the navigation.
    assert await press_tab(page) == "step"
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="+1 day")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main").get_by_role("status")).to_contain_text("The clock is at")
    assert sandbox.clock.now() == START + timedelta(days=1)


async def test_a_double_click_a_reload_and_the_history_repeat_no_step(page: Page, sandbox: AsyncSandbox) -> None:
    await page.goto(f"{sandbox.url}{HOME}")
    await page.get_by_role("button", name="+1 day").dblclick()
    await expect(page.get_by_role("main").get_by_role("status")).to_be_visible()
    await page.reload()
    await page.go_back()
    await page.go_forward()
    await expect(page.get_by_role("main").get_by_role("status")).to_have_count(0)
    assert sandbox.clock.now() == START + timedelta(days=1)


async def test_the_button_works_again_after_the_back_button(page: Page, sandbox: AsyncSandbox) -> None:
    await page.goto(f"{sandbox.url}{HOME}")
    for _ in range(2):
        await page.get_by_role("button", name="+1 day").click()
        await expect(page.get_by_role("main").get_by_role("status")).to_be_visible()
        await page.go_back()
    assert sandbox.clock.now() == START + timedelta(days=2)


async def test_two_tabs_show_the_same_clock(page: Page, sandbox: AsyncSandbox) -> None:
    other = await page.context.new_page()
    await open_live(page, f"{sandbox.url}{HOME}")
    # It shares the stream of the first one.
    await other.goto(f"{sandbox.url}{HOME}")
    await page.get_by_role("button", name="+1 day").click()
    await expect(other.locator("#clock")).to_contain_text("11 Jan 2026")
    await other.get_by_role("button", name="+1 day").click()
    await expect(page.locator("#clock")).to_contain_text("12 Jan 2026")


async def test_a_call_of_a_program_appears_on_an_open_page(
    page: Page, sandbox: AsyncSandbox, client: AsyncDuro
) -> None:
    await open_live(page, f"{sandbox.url}{DASHBOARD}/requests")
    await client.customers.create(name="Ada Obi")
    await expect(page.get_by_role("link", name="POST /v1/customers")).to_be_visible()
    assert await page.evaluate("() => window.isSamePage")


async def test_a_button_copies_the_whole_id(open_page: OpenPage, sandbox: AsyncSandbox, client: AsyncDuro) -> None:
    page = await open_page(permissions=["clipboard-read", "clipboard-write"])
    customer = await subscribe(client)
    await page.goto(f"{sandbox.url}{DASHBOARD}/customers")
    await page.get_by_role("button", name=f"Copy {customer}").click()
    await expect(page.locator("#live")).to_have_text("Copied")
    assert await page.evaluate("() => navigator.clipboard.readText()") == customer


async def test_relative_times_have_the_exact_one(page: Page, sandbox: AsyncSandbox, client: AsyncDuro) -> None:
    await subscribe(client)
    await sandbox.clock.advance(days=2)
    await page.goto(f"{sandbox.url}{DASHBOARD}/customers")
    await expect(page.get_by_text("2 days ago")).to_have_attribute("title", "10 Jan 2026, 09:00:00 UTC")


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
async def test_nothing_moves_for_people_who_prefer_that(
    open_page: OpenPage, sandbox: AsyncSandbox, motion: str, *, moves: bool
) -> None:
    page = await open_page(reduced_motion=motion)
    await page.goto(f"{sandbox.url}{HOME}")
    durations = await page.evaluate(
        "() => [...document.querySelectorAll('*')].map(part => getComputedStyle(part).transitionDuration)"
    )
    assert any(duration != "0s" for duration in durations) == moves


async def test_a_page_reports_a_stopped_sandbox_and_continues_after_its_restart(
    page: Page, page_logs: list[PageLog], sandbox: AsyncSandbox
) -> None:
    url = sandbox.url
    await open_live(page, f"{url}{HOME}")
    await sandbox.stop()
    await expect(page.get_by_text("Waiting for the sandbox …")).to_be_visible()
    again = AsyncSandbox(clock="frozen", start=START, port=int(url.rpartition(":")[2]))
    async with again:
        await expect(page.get_by_text("Waiting for the sandbox …")).to_have_count(0)
        # The form of the old page has the token of the new sandbox.
        await expect(page.get_by_role("button", name="+1 day")).to_be_visible()
        await page.get_by_role("button", name="+1 day").click()
        await expect(page.get_by_role("main").get_by_role("status")).to_contain_text("The clock is at")
        assert again.clock.now() == START + timedelta(days=1)
        await page.close()
    page_logs[0].problems = [each for each in page_logs[0].problems if "ERR_" not in each]


async def test_a_form_of_a_sandbox_that_was_restarted_changes_nothing(
    open_page: OpenPage, page_logs: list[PageLog], sandbox: AsyncSandbox
) -> None:
    page = await open_page(java_script_enabled=False)
    page_logs[0].allowed_statuses.add(403)
    url = sandbox.url
    await page.goto(f"{url}{HOME}")
    await sandbox.stop()
    async with AsyncSandbox(clock="frozen", start=START, port=int(url.rpartition(":")[2])) as again:
        await page.get_by_role("button", name="+1 day").click()
        await expect(page.get_by_role("alert")).to_contain_text("The sandbox was restarted")
        assert again.clock.now() == START
        await page.get_by_role("button", name="+1 day").click()
        await expect(page.get_by_role("main").get_by_role("status")).to_contain_text("The clock is at")
        await page.close()


async def test_a_customer_with_a_long_name_and_the_largest_amount_fits(
    open_page: OpenPage, sandbox: AsyncSandbox, client: AsyncDuro
) -> None:
    plan = await client.plans.create(name="Unlimited" * 20, amount=99_999_999_999, interval="month")
    customer = await client.customers.create(name="Wolfeschlegelstein" * 10)
    await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    page = await open_page("phone")
    for path in ("ledger", "subscriptions", f"customers/{customer.id}"):
        await page.goto(f"{sandbox.url}{DASHBOARD}/{path}")
        await expect(page.get_by_text("₦999,999,999.99").first).to_be_visible()
        assert await page.evaluate("() => document.documentElement.scrollWidth") == 390
