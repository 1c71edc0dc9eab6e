"""Every page of the dashboard: accessibility, hostile text, and live updates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox
from tests.browser.accessibility import find_violations
from tests.browser.conftest import DEVICES, OpenPage
from tests.browser.dashboard_links import HOME, open_each_page
from tests.browser.story import tell_story
from tests.browser.test_hostile_text import PAYLOADS
from tests.support.webhook_receiver import Receiver, listening

pytestmark = pytest.mark.anyio


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("device", DEVICES)
async def test_pages_are_accessible(
    open_page: OpenPage, sandbox: AsyncSandbox, client: AsyncDuro, receiver: Receiver, *, device: str, color_scheme: str
) -> None:
    await tell_story(client, sandbox, receiver.url)
    page = await open_page(device, color_scheme=color_scheme)
    assert [found async for _ in open_each_page(page, sandbox.url) for found in await find_violations(page)] == []


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
async def test_pages_without_content_are_accessible(
    open_page: OpenPage, sandbox: AsyncSandbox, color_scheme: str
) -> None:
    page = await open_page("phone", color_scheme=color_scheme)
    assert [found async for _ in open_each_page(page, sandbox.url) for found in await find_violations(page)] == []


async def test_text_of_strangers_does_not_run(
    page: Page, sandbox: AsyncSandbox, client: AsyncDuro, receiver: Receiver
) -> None:
    await tell_story(client, sandbox, receiver.url, PAYLOADS)
    await client.plans.create(
        name=PAYLOADS[0], amount=900, interval="month", idempotency_key="<script>alert(1)</script>"
    )
    shown = ""
    async for _ in open_each_page(page, sandbox.url):
        shown += await page.inner_text("body")
    assert [payload for payload in PAYLOADS if payload not in shown] == []


async def test_the_time_of_the_overview_follows_the_clock_without_a_reload(page: Page, sandbox: AsyncSandbox) -> None:
    async with page.expect_request("**/_sandbox/live"):
        await page.goto(f"{sandbox.url}{HOME}")
    await page.evaluate("() => { window.isSamePage = true; }")
    await sandbox.clock.advance(days=30)
    await expect(page.get_by_text("9 Feb").first).to_be_visible()
    assert await page.evaluate("() => window.isSamePage")
