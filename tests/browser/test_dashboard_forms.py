"""Actions of a developer on the dashboard: advance the clock, replay a delivery, and decline a card."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox
from tests.browser.conftest import OpenPage
from tests.support.webhook_receiver import Receiver

pytestmark = pytest.mark.anyio

DASHBOARD = "/_sandbox/dashboard"
NAME = "Ada Obi"


async def subscribe(client: AsyncDuro) -> str:
    """Subscribe a customer to a monthly plan, and return the id of the customer."""
    plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
    customer = await client.customers.create(name=NAME, email="ada@example.com")
    await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    return customer.id


async def open_live(page: Page, url: str) -> None:
    """Open a page, and wait until it listens to changes. A reload would lose the mark."""
    async with page.expect_response("**/_sandbox/live"):
        await page.goto(url)
    await page.evaluate("() => { window.isSamePage = true; }")


async def test_the_recovery_board_follows_a_month_on_the_clock(
    open_page: OpenPage, sandbox: AsyncSandbox, client: AsyncDuro
) -> None:
    sandbox.cards.decline(customer := await subscribe(client), "insufficient_funds")
    board, overview = await open_page(), await open_page("phone")
    await open_live(board, f"{sandbox.url}{DASHBOARD}/recovery")
    await expect(board.get_by_text(NAME)).to_have_count(0)

    await overview.goto(f"{sandbox.url}/_sandbox/")
    await overview.get_by_role("button", name="To the next due item").click()
    await expect(overview.get_by_text("10 Feb 2026").first).to_be_visible()
    await expect(
        board.get_by_role("region", name=re.compile("^(At risk|Recovering)")).get_by_text(NAME)
    ).to_be_visible()

    await overview.get_by_role("button", name="To the next due item").click()
    await expect(board.get_by_role("region", name=re.compile("^Recovered")).get_by_text(NAME)).to_be_visible()
    assert await board.evaluate("() => window.isSamePage")
    assert [charge.status for charge in sandbox.ledger if charge.customer_id == customer][-1] == "succeeded"


async def test_a_delivery_is_replayed(page: Page, sandbox: AsyncSandbox, client: AsyncDuro, receiver: Receiver) -> None:
    sandbox.endpoints.add(receiver.url, events=["subscription_created"])
    await subscribe(client)
    await sandbox.wait_for_deliveries()
    await page.goto(f"{sandbox.url}{DASHBOARD}/deliveries")
    await page.get_by_role("table").get_by_role("link", name="subscription_created").first.click()
    await page.get_by_role("button", name="Replay").click()
    await expect(page.get_by_role("heading", name="Attempts")).to_be_visible()
    await sandbox.wait_for_deliveries()
    first, second = receiver.received
    assert first.event_id == second.event_id
    assert first.body == second.body


async def test_a_form_declines_the_next_charge_of_a_customer(
    page: Page, sandbox: AsyncSandbox, client: AsyncDuro
) -> None:
    customer = await client.customers.create(name=NAME)
    await page.goto(f"{sandbox.url}{DASHBOARD}/faults")
    form = page.locator("form").filter(has=page.get_by_role("heading", name="Decline the next charges"))
    await form.get_by_label("Customer or checkout token").fill(customer.id)
    await form.get_by_label("Failure").select_option("expired_card")
    await form.get_by_role("button", name="Decline").click()
    await expect(page.get_by_role("table").get_by_text("Expired card")).to_be_visible()

    plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
    await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    # 54 is the issuer's code of an expired card.
    assert [(charge.status, charge.failure_code) for charge in sandbox.ledger] == [("failed", "54")]


async def test_a_fault_has_the_fields_of_its_kind_after_the_back_button(page: Page, sandbox: AsyncSandbox) -> None:
    await page.goto(f"{sandbox.url}{DASHBOARD}/faults")
    await page.get_by_label("Kind", exact=True).select_option("delay")
    await page.get_by_label("Delay in seconds").fill("3")
    await page.get_by_role("link", name="Ledger").click()
    await page.wait_for_url("**/ledger")
    await page.go_back()
    await expect(page.get_by_label("Kind", exact=True)).to_have_value("delay")
    await expect(page.get_by_label("Delay in seconds")).to_be_visible()
    await expect(page.get_by_label("HTTP status")).to_be_hidden()


@pytest.mark.parametrize("kind", ["status", "reset_after", "duplicate"])
async def test_a_fault_is_added_without_scripts(open_page: OpenPage, sandbox: AsyncSandbox, kind: str) -> None:
    page = await open_page(java_script_enabled=False)
    await page.goto(f"{sandbox.url}{DASHBOARD}/faults")
    await page.get_by_label("Kind", exact=True).select_option(kind)
    await page.get_by_role("button", name="Add the fault").click()
    await expect(page.get_by_text(f"The fault {kind} was added.")).to_be_visible()
    (fault,) = sandbox.faults
    assert fault.to_json().get("status") == (503 if kind == "status" else None)


async def test_a_page_is_printed_in_dark_colors_on_paper(open_page: OpenPage, sandbox: AsyncSandbox) -> None:
    page = await open_page(color_scheme="dark")
    await page.goto(f"{sandbox.url}{DASHBOARD}/faults")
    await page.emulate_media(media="print", color_scheme="dark")
    assert await page.evaluate("() => getComputedStyle(document.body).color") == "rgb(23, 32, 42)"
    await expect(page.get_by_role("navigation", name="Dashboard")).to_be_hidden()
    await expect(page.get_by_role("button", name="Add the fault")).to_be_hidden()
