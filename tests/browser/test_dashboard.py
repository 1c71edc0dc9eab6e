"""Every page of the dashboard: accessibility, and text of strangers."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from duro import AsyncDuro
from duro.sandbox import AsyncSandbox
from tests.browser.accessibility import find_violations
from tests.browser.conftest import OpenPage
from tests.browser.dashboard_links import find_missing, open_each_page
from tests.browser.story import tell_story
from tests.browser.test_hostile_text import PAYLOADS
from tests.support.webhook_receiver import Receiver

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("device", "color_scheme"), [("desktop", "light"), ("phone", "dark")])
@pytest.mark.timeout(180)
async def test_pages_are_accessible(
    open_page: OpenPage, sandbox: AsyncSandbox, client: AsyncDuro, receiver: Receiver, *, device: str, color_scheme: str
) -> None:
    await tell_story(client, sandbox, receiver.url)
    page = await open_page(device, color_scheme=color_scheme)
    opened, violations = list[str](), list[str]()
    async for path in open_each_page(page, sandbox.url):
        opened.append(path)
        violations += await find_violations(page)
    assert (violations, find_missing(opened)) == ([], [])


@pytest.mark.timeout(180)
async def test_pages_without_content_are_accessible(open_page: OpenPage, sandbox: AsyncSandbox) -> None:
    page = await open_page("phone")
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
