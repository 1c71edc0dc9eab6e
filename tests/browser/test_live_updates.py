"""Live updates of the dashboard: what a person does on a page continues while its content changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.async_api import Locator, Page, Route, expect

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox
from tests.browser.conftest import OpenPage
from tests.browser.test_dashboard_forms import DASHBOARD, open_live, subscribe

pytestmark = pytest.mark.anyio

HOME = "/_sandbox/"
# A browser opens so many connections to one server.
MAX_CONNECTIONS = 6


async def find_top(element: Locator) -> float:
    """Return the distance of an element from the upper edge of the window."""
    top: float = await element.evaluate("element => element.getBoundingClientRect().top")
    return top


async def test_the_focus_stays_on_the_fault_when_another_one_is_added(page: Page, sandbox: AsyncSandbox) -> None:
    sandbox.faults.add("status", path="/v1/plans", status=503)
    await open_live(page, f"{sandbox.url}{DASHBOARD}/faults")
    row = page.get_by_role("row").filter(has_text="/v1/plans")
    await row.get_by_role("button", name="Remove").focus()
    sandbox.faults.add("status", path="/v1/customers", status=503)
    await expect(page.get_by_text("/v1/customers")).to_be_visible()
    await expect(row.get_by_role("button", name="Remove")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The fault was removed.")).to_be_visible()
    assert [fault.path for fault in sandbox.faults] == ["/v1/customers"]


async def test_the_focus_is_not_on_another_fault_when_its_own_was_removed(page: Page, sandbox: AsyncSandbox) -> None:
    fault = sandbox.faults.add("status", path="/v1/plans", status=503)
    sandbox.faults.add("status", path="/v1/customers", status=503)
    await open_live(page, f"{sandbox.url}{DASHBOARD}/faults")
    row = page.get_by_role("row").filter(has_text="/v1/plans")
    await row.get_by_role("button", name="Remove").focus()
    sandbox.faults.remove(fault)
    await expect(row).to_have_count(0)
    await expect(page.get_by_role("main")).to_be_focused()


async def test_a_table_keeps_its_scroll_position(open_page: OpenPage, sandbox: AsyncSandbox, client: AsyncDuro) -> None:
    page = await open_page("phone")
    await subscribe(client)
    await open_live(page, f"{sandbox.url}{DASHBOARD}/ledger")
    sheet = page.get_by_role("region", name="Table: Charges, newest first")
    await page.locator("#ledger").evaluate("part => { part.style.width = '150px'; }")
    await sheet.evaluate("sheet => { sheet.scrollLeft = 40; }")
    await subscribe(client)
    await expect(page.get_by_role("row")).to_have_count(3)
    assert await sheet.evaluate("sheet => sheet.scrollLeft") == 40


async def test_the_row_that_a_person_reads_stays_in_its_place(
    page: Page, sandbox: AsyncSandbox, client: AsyncDuro
) -> None:
    for number in range(40):
        await client.customers.create(name=f"Customer {number}")
    await open_live(page, f"{sandbox.url}{DASHBOARD}/customers")
    row = page.get_by_role("link", name="Customer 5", exact=True)
    await row.evaluate("row => row.scrollIntoView()")
    before = await find_top(row)
    await client.customers.create(name="Ada Obi")
    await expect(page.get_by_role("link", name="Ada Obi")).to_have_count(1)
    # The window scrolls by whole pixels.
    assert abs(await find_top(row) - before) < 1


async def test_a_press_of_the_pointer_postpones_an_update(page: Page, sandbox: AsyncSandbox, client: AsyncDuro) -> None:
    await client.customers.create(name="Ada Obi")
    await open_live(page, f"{sandbox.url}{DASHBOARD}/customers")
    await page.get_by_role("link", name="Ada Obi").hover()
    await page.mouse.down()
    async with page.expect_response(f"**{DASHBOARD}/customers"):
        await client.customers.create(name="Bola Adeyemi")
    await page.mouse.up()
    await expect(page.get_by_role("heading", level=1, name="Ada Obi")).to_be_visible()


async def test_a_selection_postpones_an_update_until_it_ends(
    page: Page, sandbox: AsyncSandbox, client: AsyncDuro
) -> None:
    await client.customers.create(name="Ada Obi")
    await open_live(page, f"{sandbox.url}{DASHBOARD}/customers")
    await page.get_by_role("link", name="Ada Obi").evaluate("link => getSelection().selectAllChildren(link)")
    async with page.expect_response(f"**{DASHBOARD}/customers"):
        await client.customers.create(name="Bola Adeyemi")
    # The page asks again as long as the text is selected.
    async with page.expect_response(f"**{DASHBOARD}/customers"):
        pass
    assert await page.evaluate("() => getSelection().toString()") == "Ada Obi"
    await page.evaluate("() => getSelection().removeAllRanges()")
    await expect(page.get_by_role("link", name="Bola Adeyemi")).to_be_visible()


async def test_a_change_before_the_stream_is_open_appears(page: Page, sandbox: AsyncSandbox, client: AsyncDuro) -> None:
    async def change(route: Route) -> None:
        await client.customers.create(name="Ada Obi")
        await route.continue_()

    await page.route("**/_sandbox/live", change)
    await page.goto(f"{sandbox.url}{DASHBOARD}/customers")
    await expect(page.get_by_role("link", name="Ada Obi")).to_be_visible()


async def test_more_pages_are_open_than_a_browser_has_connections(
    page: Page, sandbox: AsyncSandbox, client: AsyncDuro
) -> None:
    pages = [page, *[await page.context.new_page() for _ in range(MAX_CONNECTIONS + 1)]]
    for each in pages:
        await each.goto(f"{sandbox.url}{DASHBOARD}/customers")
    await client.customers.create(name="Ada Obi")
    for each in pages:
        await expect(each.get_by_role("link", name="Ada Obi")).to_be_visible()


async def test_an_update_does_not_enable_a_button_that_was_pressed(
    page: Page, sandbox: AsyncSandbox, client: AsyncDuro
) -> None:
    await subscribe(client)
    await open_live(page, f"{sandbox.url}{HOME}")
    # With this status, a browser stays on its page.
    await page.route(f"**{DASHBOARD}/clock", lambda route: route.fulfill(status=204))
    button = page.get_by_role("button", name="+1 day")
    await button.click()
    await expect(button).to_be_disabled()
    await sandbox.clock.advance(days=1)
    await expect(page.locator("#clock")).to_contain_text("11 Jan 2026")
    await expect(button).to_be_disabled()


async def test_a_page_whose_customer_a_reset_has_deleted_says_so(
    page: Page, allow_status: Callable[[int], None], sandbox: AsyncSandbox, client: AsyncDuro
) -> None:
    allow_status(404)
    customer = await subscribe(client)
    await open_live(page, f"{sandbox.url}{DASHBOARD}/customers/{customer}")
    sandbox.reset()
    await expect(page.get_by_role("heading", name="Page not found")).to_be_visible()


async def test_a_page_with_an_error_of_a_form_updates_itself(
    page: Page, allow_status: Callable[[int], None], sandbox: AsyncSandbox, client: AsyncDuro
) -> None:
    allow_status(409)
    plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
    customer = await client.customers.create(name="Ada Obi")
    subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    await page.goto(f"{sandbox.url}{DASHBOARD}/subscriptions/{subscription.id}")
    await client.subscriptions.cancel(subscription.id)
    await page.evaluate("() => document.querySelector('form[data-confirm]').removeAttribute('data-confirm')")
    await page.get_by_role("button", name="Cancel the subscription").click()
    await expect(page.get_by_role("alert")).to_contain_text("cannot be canceled")
    await sandbox.clock.advance(days=1)
    await expect(page.locator("#clock")).to_contain_text("11 Jan 2026")
